"""Ten minutes of measuring on this machine, so that later answers are about it and not about a data sheet.

A matrix product and a pass over memory show the two rates of the bare machine, in place of a data sheet; models of the
zoo, trained and served at two batch sizes, show what real software makes of them. Each configuration is one row on the
public columns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from setsuden.errors import require
from setsuden.meter import Meter
from setsuden.predict.device_file import DeviceFile
from setsuden.predict.job import Work, row_of
from setsuden.quantity import Provenance, weakest
from setsuden.sensors import Clock, SystemClock

MODELS = ("lenet", "resnet-20", "mobilenet", "mlp", "vgg-11", "lstm", "ds-cnn", "resnet-18", "transformer",
          "depthwise-cnn", "mobilenet-v2", "small-cnn")  # fmt: skip
BATCHES = (1, 32)
_SIDE = 1024
_ELEMENTS = 1 << 24
_SHORTEST_S = 0.3
_LONGEST_S = 8.0
_SET_UP = 1.5  # minutes a configuration takes in all, over minutes it is measured


@dataclass(frozen=True, slots=True)
class Step:
    """One configuration that can be repeated: ``run()`` works through ``units`` samples."""

    work: Work
    training: bool
    units: int
    run: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Bench:
    """A configuration, built only when its turn comes."""

    name: str
    build: Callable[[], Step]


def benches() -> tuple[Bench, ...]:
    """All configurations, the most telling first: a run that is cut short still spans the range."""
    found: list[Bench] = []
    for name in MODELS:
        for training in (False, True):
            for batch in BATCHES[1:] if training else BATCHES:
                label = f"{name} {'training' if training else 'inference'} of {batch}"
                found.append(
                    Bench(label, lambda n=name, t=training, b=batch: _zoo(n, t, b))  # type: ignore[misc]
                )
    return tuple(found)


def calibrate(
    device: str,
    *,
    minutes: float = 10.0,
    todo: tuple[Bench, ...] | None = None,
    bare: Rates | None = None,
    meter: Meter | None = None,
    clock: Clock | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> DeviceFile:
    """Measure as many configurations as the time allows, but at least one.

    device     what to call it: the name that predictions will ask for
    minutes    at most; above zero
    todo       None: all of ``benches()``
    bare       rates of the bare machine; None: measure them first
    meter      None: everything this machine has
    progress   called with a configuration's name, how many are done, how many are planned

    Energy is gross: what the counted channels drew, idle power included. Raises MissingDependencyError without torch.
    """
    if todo is None or bare is None:
        require("Calibrating this machine", "torch", "torch")
    clock = clock or SystemClock()
    planned = todo if todo is not None else benches()
    kind = "cpu" if todo is None else ""  # ours run on the processor, whatever it is called
    slice_s = min(_LONGEST_S, max(_SHORTEST_S, 60 * minutes / len(planned) / _SET_UP))
    end_s = clock.elapsed() + 60 * minutes
    rows: list[dict[str, Any]] = []
    provenances: list[Provenance] = []
    channels: set[str] = set()
    started_at = clock.utc().isoformat()
    bare = bare or rates(clock, min(2.0, 6 * minutes))
    running = meter or Meter("calibrate", idle_s=min(5.0, 6 * minutes), kind="calibrate")
    with running:
        for done, bench in enumerate(planned):
            if rows and clock.elapsed() + slice_s > end_s:
                break
            if progress is not None:
                progress(bench.name, done, len(planned))
            step = bench.build()
            step.run()
            repeats = 0
            with running.window(bench.name) as window:
                begin_s = clock.elapsed()
                while clock.elapsed() - begin_s < slice_s or repeats < 2:
                    step.run()
                    repeats += 1
            measured = window.measurement
            assert measured is not None
            units = repeats * step.units
            joules = measured.energy.value if measured.energy is not None else None
            rows.append(_row(device, kind, step, bare, units, measured.duration_s, joules))
            if measured.energy is not None:
                provenances.append(measured.energy.provenance)
                channels |= {part.channel for part in measured.channels if part.counted}
    idle = running.idle
    busy = idle is not None and idle.disturbed
    idle_w = None  # what a busy machine draws is not its idle power
    if idle is not None and not busy:
        idle_w = sum(idle.powers[name].value for name in channels if name in idle.powers)
    provenance = weakest(provenances) if provenances else Provenance.ASSUMED
    return DeviceFile(
        device,
        started_at,
        ", ".join(sorted(channels)),
        provenance.value,
        idle_w or None,
        bare.flops,
        bare.bytes_per_s,
        tuple(rows),
        (clock.elapsed() - end_s) / 60 + minutes,
        busy,
    )


def _row(
    device: str, kind: str, step: Step, bare: Rates, units: int, seconds: float, joules: float | None
) -> dict[str, Any]:
    row = row_of(step.work, device, batch_size=step.units, precision="fp32", training=step.training, device_class=kind)
    row["device_flops"], row["device_bytes_per_s"] = bare.flops, bare.bytes_per_s
    row["units_per_s"] = units / seconds
    row["latency_ms"] = 1e3 * seconds * step.units / units
    if joules is not None and joules > 0:
        row["energy_j"] = joules / units
        row["power_w"] = joules / seconds
    return row


@dataclass(frozen=True, slots=True)
class Rates:
    """What the bare machine does: FLOP/s in 32 bits and bytes/s to and from memory."""

    flops: float
    bytes_per_s: float


def rates(clock: Clock, seconds: float = 2.0) -> Rates:
    """The best of repeated matrix products and array passes, each for at most ``seconds`` (at least three times)."""
    import torch

    left, right = torch.randn(_SIDE, _SIDE), torch.randn(_SIDE, _SIDE)
    values, out = torch.randn(_ELEMENTS), torch.empty(_ELEMENTS)
    product_s = _best_s(lambda: torch.mm(left, right), clock, seconds)
    pass_s = _best_s(lambda: torch.mul(values, 1.5, out=out), clock, seconds)
    return Rates(2 * _SIDE**3 / product_s, 2 * 4 * _ELEMENTS / pass_s)


def _best_s(work: Callable[[], object], clock: Clock, seconds: float) -> float:
    work()
    start_s, best_s, repeats = clock.elapsed(), float("inf"), 0
    while repeats < 3 or clock.elapsed() - start_s < seconds:
        before_s = clock.elapsed()
        work()
        best_s = min(best_s, clock.elapsed() - before_s)
        repeats += 1
    return best_s


def _zoo(name: str, training: bool, batch: int) -> Step:
    import torch

    from setsuden.predict.job import work_of
    from setsuden.workload import zoo
    from setsuden.workload.profile import profile

    model, inputs = zoo.build(name), zoo.example_input(name, batch)
    work = work_of(profile(name, batch_size=1))
    if not training:
        model.eval()

        def answer() -> None:
            with torch.inference_mode():
                model(inputs)

        return Step(work, False, batch, answer)
    model.train()
    labels = torch.zeros(batch, dtype=torch.long)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-4, momentum=0.9)

    def learn() -> None:
        optimizer.zero_grad(set_to_none=True)
        torch.nn.functional.cross_entropy(model(inputs), labels).backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    return Step(work, True, batch, learn)
