// Looks every few seconds for the newest first part of this page and puts it in the place of the old one.
"use strict";
const EVERY_MS = 5000;

async function renew() {
  const old = document.querySelector("section.first");
  if (document.hidden || old.contains(document.activeElement)) return;
  try {
    const reply = await fetch(location.href, { cache: "no-store" });
    const page = new DOMParser().parseFromString(await reply.text(), "text/html");
    if (!page.querySelector('script[src="/live.js"]')) {
      location.reload();
      return;
    }
    old.replaceWith(document.adoptNode(page.querySelector("section.first")));
  } catch {
    // The dashboard was stopped; what the page shows stays.
  }
}

setInterval(renew, EVERY_MS);
