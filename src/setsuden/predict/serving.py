"""A language model that answers requests as they come: joules a request and a token against the rate of requests.

One replica decodes up to so many requests together; further ones wait. With ``n`` requests inside it answers

    X(n) = 1 / (L t(n) + P p)    requests/s

where ``L`` output tokens take ``t(n)`` seconds each with ``n`` decoding together (one over the throughput) and ``P``
prompt tokens take ``p`` seconds each. Requests come at random (Poisson), so the number inside is a birth-death chain
(Kleinrock 1975, 3.2) with ``p(n) ~ lambda^n / (X(1) ... X(n))``: M/M/1 where one is decoded at a time. Power is idle
power while nobody is inside and ``X(n)`` times the joules of a request otherwise. So a request costs

    idle power x share of time empty / rate  +  L e(n) averaged over answers  +  P q

which explodes as the rate goes to nothing and falls to ``L e(most) + P q`` at saturation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from setsuden.errors import InputError

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Server:
    """One replica.

    token_s, token_j     seconds (one over the throughput) and joules of an output token with 1, 2, ... requests
                         decoding together, shape (most,); neither may rise with the number
    prompt_s, prompt_j   of one prompt token
    idle_w               drawn while nobody is served, W
    """

    token_s: Floats
    token_j: Floats
    prompt_s: float
    prompt_j: float
    idle_w: float

    def __post_init__(self) -> None:
        if len(self.token_s) != len(self.token_j) or not len(self.token_s):
            raise InputError("seconds and joules of a token are given for the same batches", place="token_s")
        for name, values in (("token_s", self.token_s), ("token_j", self.token_j)):
            if not (np.min(values) > 0 and np.all(np.diff(values) <= 1e-12 * values[:-1])):
                raise InputError("above zero and never rising with the batch", place=name, value=float(values[-1]))
        if min(self.prompt_s, self.prompt_j, self.idle_w) < 0:
            raise InputError("cannot be below zero", place="prompt or idle", value=self.idle_w)

    def request_s(self, prompt_tokens: float, output_tokens: float) -> Floats:
        """Seconds between answers with 1, 2, ... requests inside, shape (most,)."""
        return np.asarray(output_tokens * self.token_s + prompt_tokens * self.prompt_s)

    def request_j(self, prompt_tokens: float, output_tokens: float) -> Floats:
        """Joules of an answer, likewise."""
        return np.asarray(output_tokens * self.token_j + prompt_tokens * self.prompt_j)

    def saturation_per_s(self, prompt_tokens: float, output_tokens: float) -> float:
        """The most requests that can be answered in a second."""
        return 1.0 / float(self.request_s(prompt_tokens, output_tokens)[-1])


@dataclass(frozen=True, slots=True)
class Steady:
    """What one replica does in the long run.

    offered_per_s, served_per_s   requests coming and answered; fewer are answered than come when ``overloaded``
    busy_share                    share of the time (0-1) with anybody inside
    batch                         mean number decoding together while busy
    power_w                       mean
    idle_j, prefill_j, decode_j   joules of each served request, by what they were spent on
    latency_s                     mean from arrival to the last token; None when overloaded: it grows without end
    """

    offered_per_s: float
    served_per_s: float
    overloaded: bool
    busy_share: float
    batch: float
    power_w: float
    idle_j: float
    prefill_j: float
    decode_j: float
    latency_s: float | None

    @property
    def request_j(self) -> float:
        """Joules of a served request, everything in it."""
        return self.idle_j + self.prefill_j + self.decode_j


def steady(server: Server, requests_per_s: float, prompt_tokens: float, output_tokens: float) -> Steady:
    """The long run of one replica at one rate.

    requests_per_s   arriving at this replica, above zero
    prompt_tokens    of a request, from zero; ``output_tokens`` above zero
    """
    if not requests_per_s > 0:
        raise InputError(
            "without requests there is no energy of a request", place="requests_per_s", value=requests_per_s
        )
    if not (output_tokens > 0 and prompt_tokens >= 0):
        raise InputError("a request has output tokens", place="output_tokens", value=output_tokens)
    apart_s = server.request_s(prompt_tokens, output_tokens)
    most = len(apart_s)
    prefill_j = prompt_tokens * server.prompt_j
    last = requests_per_s * float(apart_s[-1])
    if last >= 1.0:
        served = 1.0 / float(apart_s[-1])
        decode_j = output_tokens * float(server.token_j[-1])
        power_w = served * (prefill_j + decode_j)
        return Steady(requests_per_s, served, True, 1.0, float(most), power_w, 0.0, prefill_j, decode_j, None)
    logs = np.concatenate(([0.0], np.cumsum(np.log(requests_per_s * apart_s))))
    weights = np.exp(logs - logs.max())
    inside = np.arange(most + 1)
    # From ``most`` on the chain is geometric: what waits is summed in closed form.
    waiting = weights[-1] * last / (1 - last) ** 2
    weights[-1] /= 1 - last
    share = weights / weights.sum()
    busy_share = 1.0 - float(share[0])
    answers = share[1:] / apart_s  # a second, by how many are inside; they add up to the arrivals
    decode_j = output_tokens * float(answers @ server.token_j) / requests_per_s
    idle_j = server.idle_w * float(share[0]) / requests_per_s
    mean_inside = float(share @ inside) + float(waiting / weights.sum())
    return Steady(
        offered_per_s=requests_per_s,
        served_per_s=requests_per_s,
        overloaded=False,
        busy_share=busy_share,
        batch=float(share[1:] @ inside[1:]) / busy_share if busy_share > 0 else 1.0,
        power_w=requests_per_s * (idle_j + prefill_j + decode_j),
        idle_j=idle_j,
        prefill_j=prefill_j,
        decode_j=decode_j,
        latency_s=mean_inside / requests_per_s,
    )
