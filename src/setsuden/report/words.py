"""The reader's words: messages of the report, names of settings, codes explained, in one language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from setsuden.language import Language, Messages
from setsuden.report.record import Option, Pilot, Settings


class Words:
    """Messages in one language, with the names a pilot document needs."""

    def __init__(self, language: Language) -> None:
        self.language: Language = language
        self.messages = Messages("report", language)

    def __call__(self, key: str, **values: object) -> str:
        """The message of ``key`` with its placeholders filled."""
        text = self.messages.say(key, **values)
        # A full-width bracket brings its own space.
        return text.replace("） ", "）").replace(" （", "（") if self.language == "ja" else text

    def known(self, group: str, code: str) -> str:
        """The word for a code of the document, such as a phase; the code itself where the word is not known."""
        key = f"{group}.{code}"
        return self.messages.say(key) if key in self.messages else code

    def explained(self, group: str, code: str) -> str | None:
        """The explanation of a code; None for a code this version does not know."""
        key = f"{group}.{code}"
        return self.messages.say(key) if key in self.messages else None

    def listing(self, items: Iterable[str]) -> str:
        """Items joined as the language joins them."""
        return self("list.separator").join(items)


class Names:
    """What options and configurations are called: model and batch size, and only those settings that differ."""

    def __init__(self, pilot: Pilot, words: Words) -> None:
        self._pilot = pilot
        self._words = words
        self._varying = _varying([*pilot.decision.options, *pilot.configurations])

    def model(self, name: str) -> str:
        """Title of a model."""
        return self._pilot.title_of(name)

    def short(self, settings: Settings) -> str:
        """For charts and tables: ``LeNet · 32``, with other settings where they differ."""
        extra = "".join(f" · {piece}" for piece in self._settings(settings, self._varying))
        return f"{self.model(settings.model)} · {settings.batch_size}{extra}"

    def said(self, settings: Settings) -> str:
        """For sentences: ``LeNet (batch 32)``, with other settings where they differ."""
        pieces = [self._words("name.batch", batch=settings.batch_size), *self._settings(settings, self._varying)]
        inside = self._words("list.separator").join(pieces)
        return self._words("name.said", model=self.model(settings.model), inside=inside)

    def full(self, option: Option) -> str:
        """For the verdict: model, batch sizes of both phases (once where they are the same), what else differs."""
        settings = self._words("list.separator").join(self._settings(option, self._varying))
        trained, served = option.training_energy is not None, option.serving_batch_size
        if trained and served == option.batch_size:
            phases = [self._words("name.both", batch=served)]
        else:
            phases = [self._words("name.trained", batch=option.batch_size)] if trained else []
            phases += [self._words("name.served", batch=served)] if served is not None else []
        return self._words(
            "name.full" if settings else "name.plain",
            model=self.model(option.model),
            phases=self._words("name.and").join(phases),
            settings=settings,
        )

    def of(self, identity: str | None) -> str:
        """Name for sentences of the option of this id; the id itself where the document has no such option."""
        option = self._pilot.decision.option(identity)
        return self.said(option) if option else identity or ""

    def served(self, identity: str | None, serving_batch_size: int | None) -> str:
        """The same, with the batch size it would be served at where that is not the one it has now."""
        option = self._pilot.decision.option(identity)
        if serving_batch_size is None or option is None or option.serving_batch_size == serving_batch_size:
            return self.of(identity)
        return self._words("name.with_serving", option=self.said(option), batch=serving_batch_size)

    def _settings(self, settings: Settings, which: Sequence[str]) -> list[str]:
        pieces = []
        for name in which:
            value = getattr(settings, name)
            if value is not None:
                pieces.append(self._words(f"setting.{name}", value=self._words.known("optimizer", str(value))))
        return pieces


_SETTINGS = ("optimizer", "learning_rate", "precision", "threads", "loader_workers", "request_rate_per_s")


def _varying(settings: Sequence[Settings]) -> tuple[str, ...]:
    return tuple(
        name
        for name in _SETTINGS
        if len({value for item in settings if (value := getattr(item, name)) is not None}) > 1
    )
