"""What is exported: one run, its joules by component, its footprint if asked for, and declared facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from setsuden import __version__
from setsuden.errors import InputError
from setsuden.footprint import Footprint
from setsuden.footprint.from_run import from_record
from setsuden.language import Language
from setsuden.ledger import Measurement, RunRecord
from setsuden.quantity import Estimate, total
from setsuden.report.formats.facts import Facts
from setsuden.report.formats.place import Place, place_of
from setsuden.report.formats.redaction import Redaction

TOOL = f"setsuden {__version__}"
_STAGES = {"train": "training", "training": "training", "infer": "inference", "inference": "inference"}


@dataclass(frozen=True, slots=True)
class Note:
    """Something the format demands or the reader must know: key and values of a message of the room ``formats``."""

    key: str
    values: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class Rendered:
    """A finished document and what to say about it."""

    text: str
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """One run, ready to be written in any format.

    footprint    None when no site and no intensity was given: then nothing about carbon is written
    now          when the document is written, UTC
    redaction    takes names of host, user and folders out of free text
    model_card   text of a model card to be merged into, for ``hf``
    site         the place that was named, if any
    others       further runs, for the formats that hold several
    """

    record: RunRecord
    footprint: Footprint | None
    facts: Facts
    now: datetime
    redaction: Redaction
    language: Language = "en"
    model_card: str | None = None
    site: str | None = None
    others: tuple[Subject, ...] = ()

    # -- energy

    @property
    def measured_energy(self) -> Estimate:
        """Energy of the run in kWh as it stands in the ledger; InputError when it has none."""
        return from_record(self.record).energy.to("kWh")

    @property
    def energy(self) -> Estimate:
        """The energy that the carbon belongs to: with facility overhead where a PUE was given, kWh."""
        return self.footprint.energy if self.footprint else self.measured_energy

    @property
    def tops(self) -> tuple[Measurement, ...]:
        """Outermost windows: together they are the run."""
        return tuple(window for window in self.record.windows if window.parent_id is None)

    def component_energy(self, *components: str, windows: Sequence[Measurement] | None = None) -> Estimate | None:
        """kWh of the counted channels of these components; None when nothing counted them."""
        parts = [
            part.gross
            for window in (self.tops if windows is None else windows)
            for part in window.channels
            if part.counted and part.component in components
        ]
        return total(part.within(None) for part in parts).to("kWh") if parts else None

    @property
    def duration_s(self) -> float | None:
        """Seconds of the run, None when unknown."""
        return self.record.summary.duration_s

    @property
    def started_at(self) -> datetime:
        """When the first window began, UTC."""
        first = self.tops[0].started_at if self.tops else self.record.started_at
        return datetime.fromisoformat(first).astimezone(UTC)

    # -- what was done with what

    @property
    def stage(self) -> str | None:
        """training, pre-training, fine-tuning or inference, as declared or as the run's ``phase`` says; else None."""
        return self.facts.stage or _STAGES.get(str(self.attribute("phase")))

    def attribute(self, name: str) -> object:
        """A value annotated on the outermost windows, when they agree on it."""
        values = [window.attributes.get(name) for window in self.tops]
        return values[0] if values and all(value == values[0] for value in values) else None

    @property
    def name(self) -> str:
        """The run's name without host, user and paths."""
        return self.redaction.clean(self.record.name)

    @property
    def model(self) -> str:
        """The declared model, else the run's name."""
        return self.facts.model or self.name

    @property
    def processor(self) -> str | None:
        """The processor's name."""
        name = (self.record.environment.get("hardware") or {}).get("processor")
        return self.redaction.clean(str(name)) if name else None

    @property
    def memory_bytes(self) -> float | None:
        """Memory of the machine."""
        size = (self.record.environment.get("hardware") or {}).get("memory_bytes")
        return float(size) if size else None

    @property
    def software(self) -> dict[str, object]:
        """System, Python and package versions, as far as recorded."""
        return dict(self.record.environment.get("software") or {})

    @property
    def accelerators(self) -> tuple[str, ...]:
        """Labels of the GPUs and other accelerators that were metered."""
        return tuple(
            self.redaction.clean(channel.label)
            for channel in self.record.channels
            if channel.component in ("gpu", "accelerator")
        )

    @property
    def hardware(self) -> str | None:
        """Accelerators, else the processor, in words."""
        found = ", ".join(dict.fromkeys(self.accelerators)) or self.processor
        return found or None

    def tracking(self, component: str) -> str | None:
        """How a component was metered, in the word its interface is known by: rapl, nvml, model ..."""
        ways = [
            channel.id.partition("/")[0]
            for channel in self.record.channels
            if channel.component == component and channel.counted
        ]
        return "+".join(dict.fromkeys(ways)) or None

    @property
    def place(self) -> Place:
        """What the named site says of where the run took place."""
        return place_of(self.site)

    @property
    def location(self) -> str | None:
        """In words: the site's name, else the declared country."""
        return self.place.name or self.facts.country

    @property
    def country(self) -> str | None:
        """As declared, else the code of the site's country."""
        return self.facts.country or self.place.iso2


def one(subject: Subject, name: str) -> Subject:
    """Refuse more than one run for a format that describes one."""
    if subject.others:
        raise InputError(
            "this format describes one run", place=f"--format {name}", value=1 + len(subject.others),
            remedy="Export the runs one by one.",
        )  # fmt: skip
    return subject


def needed(footprint: Footprint | None, name: str) -> Footprint:
    """The footprint; InputError with the way out when none was asked for."""
    if footprint is None:
        raise InputError(
            "carbon needs a place", place=f"--format {name}", remedy="Give --site CODE or --intensity G_PER_KWH."
        )
    return footprint


def with_others(subjects: Sequence[Subject]) -> Subject:
    """The first subject, carrying the rest."""
    return replace(subjects[0], others=tuple(subjects[1:]))
