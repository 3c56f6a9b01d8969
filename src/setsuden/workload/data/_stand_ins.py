"""The named stand-ins: read by the readers of the data sets whose form they have."""

from __future__ import annotations

from dataclasses import replace

from setsuden.workload.data._cifar import CIFAR10
from setsuden.workload.data._source import Source
from setsuden.workload.data._speech import SPEECH_COMMANDS, SPEECH_COMMANDS_MFCC
from setsuden.workload.data._stand_in import MARKER


def _in_the_form_of(source: Source, name: str, folder: str, origin: str, licence: str) -> Source:
    return replace(
        source,
        name=name,
        folders=(folder,),
        files=(*source.files, (MARKER,)),
        origin=origin,
        licence=licence,
        made=True,
    )


_GENERATED = "no rights claimed: generated"
STAND_INS: tuple[Source, ...] = (
    _in_the_form_of(CIFAR10, "photo-10", "photo-10", "patches of ten photographs", "that of the photographs"),
    _in_the_form_of(CIFAR10, "sample-10", "sample-10", "patches of scikit-learn's two photographs", "CC BY 2.0"),
    _in_the_form_of(CIFAR10, "texture-10", "texture-10", "drawn textures", _GENERATED),
    *(
        _in_the_form_of(source, f"{name}{suffix}", name, origin, _GENERATED)
        for name, origin in (
            ("espeak-keywords", "words spoken by espeak-ng"),
            ("formant-keywords", "words made of formants"),
        )
        for source, suffix in ((SPEECH_COMMANDS, ""), (SPEECH_COMMANDS_MFCC, "-mfcc"))
    ),
)
