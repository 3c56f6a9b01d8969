"""Stand-ins made on this machine: in the form of the real thing, marked as what they are."""

from __future__ import annotations

import errno
import json
import stat
import sys
import wave
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from sklearn.linear_model import LogisticRegression

from setsuden.cli.main import main
from setsuden.errors import InputError, SetsudenError
from setsuden.workload import data
from setsuden.workload.data._stand_in import MARKER, made_folder
from setsuden.workload.data.make import Settings, make, recipes
from tests.schemas_support import validate

SMALL_PICTURES, SMALL_SOUNDS = Settings(per_class=10), Settings(speakers=5, takes=1)
FAKE_ESPEAK = """#!{python}
import math, struct, sys, wave
if "--version" in sys.argv:
    print("eSpeak NG text-to-speech: 9.87  Data at: /nowhere")
    sys.exit(0)
options = dict(zip(sys.argv[1::2], sys.argv[2::2]))
assert set(options) >= {{"-v", "-p", "-s", "-w"}}, sys.argv
word = sys.argv[-1]
if word == "{refuses}":
    print("no such voice", file=sys.stderr)
    sys.exit(3)
hertz = 200 + 40 * (sum(map(ord, word)) % 50)
with wave.open(options["-w"], "wb") as file:
    file.setnchannels(1); file.setsampwidth(2); file.setframerate(22050)
    tone = (int(20000 * math.sin(2 * math.pi * hertz * i / 22050)) for i in range(6615))
    file.writeframes(b"".join(struct.pack("<h", sample) for sample in tone))
"""


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    """Twelve photographs whose left halves are dark and whose right halves are light."""
    folder = tmp_path / "photographs"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(12):
        pixels = rng.integers(0, 100, (200, 300, 3), dtype=np.uint8)
        pixels[:, 150:] += 150
        Image.fromarray(pixels).save(folder / f"scene-{number:02d}.png")
    (folder / "notes.txt").write_text("no photograph")
    return folder


def fake_espeak(folder: Path, monkeypatch: pytest.MonkeyPatch, refuses: str = "") -> None:
    folder.mkdir(exist_ok=True)
    program = folder / "espeak-ng"
    program.write_text(FAKE_ESPEAK.format(python=sys.executable, refuses=refuses))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(folder))


@pytest.mark.parametrize("name", ["texture-10", "sample-10"])
def test_pictures_are_written_as_cifar_and_read_by_its_reader(name: str) -> None:
    made = make(name, settings=SMALL_PICTURES, seed=3)
    files = sorted(path.name for path in made.folder.glob("*.bin"))
    assert files == [*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin"]
    assert {path.stat().st_size for path in made.folder.glob("*.bin")} == {20 * 3073}
    read = data.load(name)
    assert (read.name, read.stand_in, read.classes) == (name, True, made.classes)
    assert "stand-in for cifar10, not that data" in read.source
    assert read.x_train.shape == (100, 3, 32, 32)
    assert np.bincount(read.y_train).tolist() == [10] * 10
    assert np.bincount(read.y_test).tolist() == [2] * 10


def test_the_label_stays_when_the_reader_of_the_real_data_reads_the_folder(tmp_path: Path) -> None:
    made = make("texture-10", tmp_path / "elsewhere", SMALL_PICTURES)
    read = data.load("cifar10", root=made.folder)
    assert (read.name, read.stand_in) == ("texture-10", True)
    assert read.licence == made.licence


def test_what_is_no_stand_in_is_not_called_one() -> None:
    assert data.load("digits").stand_in is False


def test_photographs_train_on_their_left_and_test_on_their_right(photographs: Path) -> None:
    made = make("photo-10", settings=Settings(per_class=10, photographs=photographs))
    assert made.classes == tuple(f"scene-{number:02d}" for number in range(10))
    records = [np.fromfile(path, dtype=np.uint8).reshape(-1, 3073) for path in sorted(made.folder.glob("*.bin"))]
    assert max(int(part[:, 1:].max()) for part in records[:5]) < 100
    assert int(records[5][:, 1:].min()) >= 150
    assert data.load("photo-10").licence == "that of your photographs"


@pytest.mark.parametrize("side", [32, 64])
def test_photographs_become_class_folders(photographs: Path, side: int) -> None:
    settings = Settings(per_class=5, side=side, photographs=photographs)
    made = make("photo-folders", settings=settings)
    read = data.load(made.spec)
    assert read.stand_in is True
    assert read.x_train.shape == (60, 3, side, side)
    assert read.classes == made.classes
    assert "stand-in for imagenet" in read.source


def test_textures_become_class_folders_at_the_size_of_imagenet(tmp_path: Path) -> None:
    made = make("texture-folders", tmp_path / "folders", Settings(per_class=5, side=224))
    assert data.load(made.spec).x_test.shape == (10, 3, 224, 224)


def test_too_few_or_too_small_photographs_are_refused(photographs: Path) -> None:
    for path in list(photographs.glob("scene-*"))[3:]:
        path.unlink()
    with pytest.raises(InputError, match=r"10 photographs are needed.*got 3"):
        make("photo-10", settings=Settings(photographs=photographs))
    with pytest.raises(InputError, match="150x200 pixels, too few for 224x224"):
        make("photo-folders", settings=Settings(side=224, photographs=photographs))
    assert not made_folder().exists() or not list(made_folder().iterdir())


def test_missing_photographs_name_the_package_and_another_way(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("setsuden.workload.data.make._photographs._DEBIAN", tmp_path / "nothing")
    with pytest.raises(InputError, match=r"apt install mate-backgrounds.*texture-10"):
        make("photo-10")


def test_a_damaged_photograph_is_named(photographs: Path) -> None:
    (photographs / "scene-04.png").write_bytes(b"no image")
    with pytest.raises(InputError, match=r"scene-04\.png: not a readable photograph"):
        make("photo-10", settings=Settings(photographs=photographs))


def check_speech(name: str) -> None:
    made = make(name, settings=SMALL_SOUNDS, seed=1)
    files = sorted(made.folder.glob("*/*.wav"))
    assert len(files) == 50
    for path in files:
        assert path.name.split("_nohash_")[1] == "0.wav"
        with wave.open(str(path)) as sound:
            assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, 16_000)
            assert sound.getnframes() == 16_000
    read = data.load(name)
    assert (read.name, read.stand_in) == (name, True)
    assert read.x_train.shape == (40, 1, 16_000)
    assert read.groups_train is not None
    trained, listed = set(read.groups_train), (made.folder / "testing_list.txt").read_text().split()
    held_out = {line.split("/")[1].split("_nohash_")[0] for line in listed}
    assert (len(trained), len(held_out)) == (4, 1)
    assert not trained & held_out
    assert data.load(f"{name}-mfcc").name == f"{name}-mfcc"
    assert data.load(f"{name}-mfcc").x_test.shape == (10, 1, 49, 10)


def test_formants_are_written_as_speech_commands_and_read_by_their_reader() -> None:
    check_speech("formant-keywords")


def test_espeak_is_written_as_speech_commands_and_read_by_their_reader(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake_espeak(tmp_path / "bin", monkeypatch)
    check_speech("espeak-keywords")
    assert "spoken by espeak-ng 9.87" in data.load("espeak-keywords").source


def test_a_tone_keeps_its_pitch_through_the_change_of_rate(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake_espeak(tmp_path / "bin", monkeypatch)
    made = make("espeak-keywords", settings=SMALL_SOUNDS)
    with wave.open(str(next((made.folder / "go").glob("*.wav")))) as sound:
        samples = np.frombuffer(sound.readframes(16_000), dtype="<i2")
    expected = 200 + 40 * (sum(map(ord, "go")) % 50)
    assert abs(int(np.argmax(np.abs(np.fft.rfft(samples)))) - expected) <= 3


def test_espeak_that_is_missing_or_fails_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(InputError, match=r"apt install espeak-ng.*formant-keywords"):
        make("espeak-keywords")
    fake_espeak(tmp_path / "bin", monkeypatch, refuses="left")
    with pytest.raises(SetsudenError, match="exit code 3: no such voice"):
        make("espeak-keywords", settings=SMALL_SOUNDS)
    assert not list(made_folder().iterdir())


def test_made_up_words_can_be_told_apart_on_speakers_never_heard() -> None:
    make("formant-keywords", settings=Settings(speakers=15, takes=2))
    read = data.load("formant-keywords-mfcc")
    # Mean and deviation over the frames, so that where in the second the word lies does not matter.
    train, test = (np.hstack([x.mean(axis=2)[:, 0], x.std(axis=2)[:, 0]]) for x in (read.x_train, read.x_test))
    assert LogisticRegression(max_iter=300).fit(train, read.y_train).score(test, read.y_test) > 0.5


def test_textures_are_told_by_their_form_not_by_their_colour() -> None:
    make("texture-10", settings=Settings(per_class=40))
    read = data.load("texture-10")
    train, test = read.x_train.mean(axis=(2, 3)), read.x_test.mean(axis=(2, 3))
    assert LogisticRegression(max_iter=300).fit(train, read.y_train).score(test, read.y_test) < 0.25


@pytest.mark.parametrize("name", ["texture-10", "formant-keywords"])
def test_the_same_seed_makes_the_same_bytes_and_another_does_not(name: str, tmp_path: Path) -> None:
    settings = SMALL_PICTURES if name == "texture-10" else SMALL_SOUNDS

    def content(out: Path, seed: int) -> list[bytes]:
        folder = make(name, out, settings, seed).folder
        return [path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file() and path.name != MARKER]

    one = content(tmp_path / "one", 5)
    assert one == content(tmp_path / "two", 5)
    assert one != content(tmp_path / "three", 6)


def test_an_earlier_one_is_replaced_but_nothing_else(tmp_path: Path) -> None:
    out = tmp_path / "here"
    make("texture-10", out, SMALL_PICTURES)
    assert make("texture-10", out, Settings(per_class=5)).train == 50
    with pytest.raises(InputError, match="no earlier sample-10"):
        make("sample-10", out, SMALL_PICTURES)
    own = tmp_path / "own"
    own.mkdir()
    (own / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="in the way"):
        make("texture-10", own, SMALL_PICTURES)
    assert (own / "thesis.txt").read_text() == "mine"


def test_unknown_names_and_settings_are_refused() -> None:
    with pytest.raises(InputError, match=r"Did you mean texture-10"):
        make("texture10")
    with pytest.raises(InputError, match=r"does not take speakers"):
        make("texture-10", settings=SMALL_SOUNDS)
    with pytest.raises(InputError, match="per_class: must be at least 5"):
        Settings(per_class=4)


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"name": "x"}', '{"name": 1, "stands_for": "a", "recipe": "b", "licence": "c", "classes": ["d"],'
     ' "seed": 0, "made_with": "1"}'],
    ids=["empty", "list", "incomplete", "wrong type"],
)  # fmt: skip
def test_a_damaged_marker_is_refused(text: str) -> None:
    made = make("texture-10", settings=SMALL_PICTURES)
    (made.folder / MARKER).write_text(text)
    with pytest.raises(InputError, match="must hold name"):
        data.load("texture-10")


def test_a_stand_in_without_its_marker_is_not_found() -> None:
    made = make("texture-10", settings=SMALL_PICTURES)
    (made.folder / MARKER).unlink()
    with pytest.raises(InputError, match=MARKER):
        data.load("texture-10")


def test_a_file_cut_short_is_refused() -> None:
    made = make("texture-10", settings=SMALL_PICTURES)
    path = made.folder / "data_batch_2.bin"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InputError, match="must be a multiple of 3073 bytes"):
        data.load("texture-10")


def test_speakers_of_the_kept_samples_are_kept() -> None:
    make("formant-keywords", settings=SMALL_SOUNDS)
    everything, few = data.load("formant-keywords"), data.load("formant-keywords", limit_train=7)
    assert everything.groups_train is not None
    assert few.groups_train is not None
    sounds, kept = (_raw(read).round(5).tolist() for read in (everything, few))
    assert few.groups_train.tolist() == [everything.groups_train[sounds.index(sound)] for sound in kept]


def _raw(read: data.Dataset) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Some samples of each sound as it was before it was standardised."""
    assert read.standardisation is not None
    scaled: np.ndarray[tuple[int, ...], np.dtype[np.float64]] = read.x_train[:, 0, ::400].astype(np.float64)
    return scaled * read.standardisation.deviation[0] + read.standardisation.mean[0]


def test_a_disk_that_takes_nothing_is_one_sentence_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(folder: Path, *_: object) -> tuple[int, int]:
        (folder / "half").write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("setsuden.workload.data.make._make.write_cifar", full)
    with pytest.raises(InputError, match=r"made: cannot be written: No space left on device\."):
        make("texture-10", tmp_path / "made", SMALL_PICTURES)
    assert list(tmp_path.iterdir()) == []


def test_the_command_says_what_it_made_and_how_to_use_it(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["data", "make", "texture-10", "--per-class", "5", "--json"])
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    validate("data-made", document)
    assert (document["train"], document["test"], document["stands_for"]) == (50, 10, "cifar10")
    said = CliRunner().invoke(main, ["data", "make", "texture-10", "--per-class", "5", "--out", str(tmp_path / "out")])
    assert f"texture-10 --root {tmp_path / 'out'}" in said.stdout
    japanese = CliRunner().invoke(main, ["data", "make", "texture-folders", "--per-class", "5", "--lang", "ja"])
    assert "代用" in japanese.stdout
    wrong = CliRunner().invoke(main, ["data", "make", "nothing"])
    assert wrong.exit_code == 2
    assert all(name in wrong.stderr for name in recipes())


def test_what_was_made_is_listed_as_here() -> None:
    make("texture-10", settings=SMALL_PICTURES)
    status = {found.name: found for found in data.available()}
    assert status["texture-10"].at_hand is True
    assert status["sample-10"].at_hand is False
    assert "data make sample-10" in status["sample-10"].how
