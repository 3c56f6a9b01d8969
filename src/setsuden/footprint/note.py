"""What a reader must know about a footprint: a stable code and the values that fill its sentence."""

from __future__ import annotations

from dataclasses import dataclass, field

from setsuden.language import Language, Messages


@dataclass(frozen=True, slots=True)
class Note:
    """One remark; its sentence is ``notes.KEY`` in the messages of the room ``footprint``."""

    key: str
    values: dict[str, object] = field(default_factory=dict)

    @property
    def code(self) -> str:
        """Stable code such as ``SET-SITE-UNKNOWN``."""
        return "SET-" + self.key.upper().replace("_", "-")

    def text(self, language: Language) -> str:
        """The sentence in ``language``."""
        return Messages("footprint", language).say(f"notes.{self.key}", **self.values)
