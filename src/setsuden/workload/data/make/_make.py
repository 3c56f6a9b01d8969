"""By name: which recipe, in which folder, whole or not at all."""

from __future__ import annotations

import difflib
import shutil
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from tempfile import mkdtemp

from setsuden import __version__
from setsuden.errors import InputError
from setsuden.workload.data._stand_in import MARKER, Marker, made_folder
from setsuden.workload.data.make import _sounds
from setsuden.workload.data.make._cifar_form import write_cifar
from setsuden.workload.data.make._folder_form import write_folders
from setsuden.workload.data.make._photographs import debian_or_own, scikit_learn
from setsuden.workload.data.make._pictures import Pictures
from setsuden.workload.data.make._textures import textures


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What can be said about the making; each recipe takes some of it, and None takes the recipe's own value.

    per_class     training images of each class; a fifth as many are held out
    side          pixels along one side of an image, class folders only
    photographs   a folder of own photographs, one class each
    speakers      how many; a fifth of them is held out
    takes         times each speaker says each word
    """

    per_class: int | None = None
    side: int | None = None
    photographs: Path | None = None
    speakers: int | None = None
    takes: int | None = None

    def __post_init__(self) -> None:
        for name, value, least in (
            ("per_class", self.per_class, 5),
            ("side", self.side, 8),
            ("speakers", self.speakers, 5),
            ("takes", self.takes, 1),
        ):
            if value is not None and value < least:
                raise InputError(f"must be at least {least}", place=name, value=value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What was made, and how to load it.

    spec   what to give as the name of the data set
    train, test   samples of each part
    """

    name: str
    spec: str
    folder: Path
    stands_for: str
    recipe: str
    licence: str
    classes: tuple[str, ...]
    train: int
    test: int
    seed: int


@dataclass(frozen=True, slots=True)
class _Written:
    """What a recipe left in the folder it was given."""

    recipe: str
    licence: str
    classes: tuple[str, ...]
    train: int
    test: int


@dataclass(frozen=True, slots=True)
class _Recipe:
    stands_for: str
    takes: frozenset[str]
    write: Callable[[Path, Settings, int], _Written]


_PER_CLASS_CIFAR, _PER_CLASS_FOLDERS, _SIDE = 1_000, 100, 64
_SPEAKERS, _TAKES = 60, 3


def make(name: str, out: Path | None = None, settings: Settings | None = None, seed: int = 0) -> Made:
    """Make the stand-in ``name`` in ``out``, or in the user's cache, where ``load(name)`` finds it.

    InputError for an unknown name, a setting the recipe does not take, photographs or programs that are not here,
    and a folder that holds anything but an earlier stand-in of that name, which is replaced.
    """
    recipe = _RECIPES.get(name)
    if recipe is None:
        near = difflib.get_close_matches(name, _RECIPES, n=1)
        advice = f"Did you mean {near[0]}? " if near else ""
        raise InputError("no such stand-in", value=name, remedy=f"{advice}Known: {', '.join(_RECIPES)}.")
    settings = Settings() if settings is None else settings
    given = {field.name for field in fields(settings) if getattr(settings, field.name) is not None}
    if given - recipe.takes:
        raise InputError(
            f"this stand-in does not take {', '.join(sorted(given - recipe.takes))}",
            place=name,
            remedy=f"It takes: {', '.join(sorted(recipe.takes))}.",
        )
    folder = made_folder() / name if out is None else out.expanduser()
    replaced = _replaceable(folder, name)
    try:
        written = _written(name, recipe, settings, seed, folder, replaced)
    except OSError as error:
        raise InputError(
            f"cannot be written: {error.strerror or error}",
            place=str(folder),
            remedy="Choose another folder with --out.",
        ) from error
    return Made(
        name=name,
        spec=f"images:{folder}@{settings.side or _SIDE}" if recipe.stands_for == _IMAGENET else name,
        folder=folder,
        stands_for=recipe.stands_for,
        recipe=written.recipe,
        licence=written.licence,
        classes=written.classes,
        train=written.train,
        test=written.test,
        seed=seed,
    )


def _written(name: str, recipe: _Recipe, settings: Settings, seed: int, folder: Path, replaced: bool) -> _Written:
    """Made beside its place and moved there in one step; a failure leaves nothing behind."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    workshop = Path(mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        written = recipe.write(workshop, settings, seed)
        Marker(
            name=name,
            stands_for=recipe.stands_for,
            recipe=written.recipe,
            licence=written.licence,
            classes=written.classes,
            seed=seed,
            made_with=__version__,
        ).write(workshop)
        workshop.chmod(0o755)
        if replaced:
            shutil.rmtree(folder)
        workshop.replace(folder)
    finally:
        shutil.rmtree(workshop, ignore_errors=True)
    return written


def recipes() -> list[str]:
    """Names that ``make`` knows."""
    return list(_RECIPES)


def _replaceable(folder: Path, name: str) -> bool:
    """Whether a folder must go first. InputError where it is not ours to remove."""
    if not folder.exists():
        return False
    if not folder.is_dir() or (any(folder.iterdir()) and f'"name": "{name}"' not in _marker_text(folder)):
        raise InputError(
            f"this is in the way and is no earlier {name}",
            place=str(folder),
            remedy="Name another folder, or remove it yourself.",
        )
    return True


def _marker_text(folder: Path) -> str:
    path = folder / MARKER
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def _cifar(pictures: Pictures, folder: Path, settings: Settings, seed: int) -> _Written:
    per_class = settings.per_class or _PER_CLASS_CIFAR
    classes = pictures.classes[:10]
    train, test = write_cifar(folder, pictures, per_class, seed)
    recipe = f"{pictures.about}, 32x32, in the binary form of CIFAR-10"
    return _Written(recipe, pictures.licence, classes, train, test)


def _folders(pictures: Pictures, folder: Path, settings: Settings, seed: int) -> _Written:
    side = settings.side or _SIDE
    train, test = write_folders(folder, pictures, settings.per_class or _PER_CLASS_FOLDERS, side, seed)
    return _Written(
        f"{pictures.about}, {side}x{side}, JPEG files in class folders",
        pictures.licence,
        tuple(sorted(pictures.classes)),
        train,
        test,
    )


def _speech(speak: _sounds.Speak, folder: Path, settings: Settings, seed: int) -> _Written:
    speakers, takes = settings.speakers or _SPEAKERS, settings.takes or _TAKES
    train, test = _sounds.write_speech(folder, speak, speakers, takes, seed)
    recipe = f"{speak.about}, {speakers} made-up speakers, in the folders of Speech Commands"
    return _Written(recipe, speak.licence, tuple(sorted(speak.words)), train, test)


_CIFAR, _IMAGENET, _SPEECH = "cifar10", "imagenet", "speech-commands"
_SAYS = frozenset({"speakers", "takes"})
_RECIPES: dict[str, _Recipe] = {
    "photo-10": _Recipe(
        _CIFAR,
        frozenset({"per_class", "photographs"}),
        lambda folder, settings, seed: _cifar(debian_or_own(settings.photographs, 10), folder, settings, seed),
    ),
    "sample-10": _Recipe(
        _CIFAR,
        frozenset({"per_class"}),
        lambda folder, settings, seed: _cifar(scikit_learn(), folder, settings, seed),
    ),
    "texture-10": _Recipe(
        _CIFAR,
        frozenset({"per_class"}),
        lambda folder, settings, seed: _cifar(textures(), folder, settings, seed),
    ),
    "photo-folders": _Recipe(
        _IMAGENET,
        frozenset({"per_class", "side", "photographs"}),
        lambda folder, settings, seed: _folders(debian_or_own(settings.photographs, None), folder, settings, seed),
    ),
    "texture-folders": _Recipe(
        _IMAGENET,
        frozenset({"per_class", "side"}),
        lambda folder, settings, seed: _folders(textures(), folder, settings, seed),
    ),
    "espeak-keywords": _Recipe(
        _SPEECH, _SAYS, lambda folder, settings, seed: _speech(_sounds.espeak(), folder, settings, seed)
    ),
    "formant-keywords": _Recipe(
        _SPEECH, _SAYS, lambda folder, settings, seed: _speech(_sounds.formants(), folder, settings, seed)
    ),
}
