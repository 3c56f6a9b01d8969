from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from setsuden.cli.main import main
from setsuden.errors import InputError, MissingDependencyError
from setsuden.workload import data
from setsuden.workload.data._dataset import Limits, standardised
from setsuden.workload.data._mfcc import keyword_features
from tests.schemas_support import validate
from tests.workload.fabricate import mnist_folder, speech_folder, write_wav


def test_digits_ship_and_split_the_same_way_every_time() -> None:
    first, again = data.load("digits"), data.load("digits", seed=9)
    assert first.x_train.shape == (1438, 1, 8, 8)
    assert first.x_test.shape == (359, 1, 8, 8)
    np.testing.assert_array_equal(first.y_test, again.y_test)


def test_no_held_out_digit_is_among_the_training_digits() -> None:
    found = data.load("digits")
    train = {image.tobytes() for image in found.x_train}
    assert not any(image.tobytes() in train for image in found.x_test)


def test_a_limit_keeps_every_class_and_follows_the_seed() -> None:
    one, same, other = (data.load("digits", limit_train=50, limit_test=20, seed=seed) for seed in (1, 1, 2))
    assert len(one.x_train) == 50
    assert len(one.x_test) == 20
    assert set(np.bincount(one.y_train, minlength=10)) <= {4, 5, 6}
    np.testing.assert_array_equal(one.x_train, same.x_train)
    assert not np.array_equal(one.x_train, other.x_train)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=60), st.integers(1, 70), st.integers(0, 5))
@settings(max_examples=100, deadline=None)
def test_kept_samples_are_distinct_and_in_the_shares_of_their_classes(labels: list[int], limit: int, seed: int) -> None:
    array = np.array(labels)
    kept = Limits(limit, None, seed).kept_train(array)
    assert len(kept) == min(limit, len(labels))
    assert (np.diff(kept) > 0).all()
    for label in set(labels):
        share = (array == label).mean()
        assert abs((array[kept] == label).sum() - share * len(kept)) <= len(set(labels)) / 2 + 1


def test_a_constant_channel_stays_finite() -> None:
    train, _, how = standardised(np.full((4, 2, 3, 3), 7, np.uint8), np.full((1, 2, 3, 3), 9, np.uint8))
    assert not train.any()
    assert how.deviation == (1.0, 1.0)


@pytest.mark.parametrize("limit", [0, -3])
def test_a_limit_below_one_is_refused(limit: int) -> None:
    with pytest.raises(InputError, match="limit_train: must be at least 1"):
        data.load("digits", limit_train=limit)


def test_an_unknown_name_suggests_a_near_one() -> None:
    with pytest.raises(InputError, match="Did you mean fashion-mnist"):
        data.load("fashion_mnist")


def test_an_absent_data_set_says_where_was_looked_and_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SETSUDEN_DATA", str(tmp_path / "shelf"))
    with pytest.raises(InputError) as caught:
        data.load("mnist")
    text = str(caught.value)
    assert str(tmp_path / "shelf" / "mnist") in text
    assert "four IDX files" in text


def test_the_environment_is_searched_before_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    mnist_folder(tmp_path / "data" / "mnist", train=11)
    assert len(data.load("mnist").x_train) == 11
    mnist_folder(tmp_path / "shelf" / "mnist", train=12)
    monkeypatch.setenv("SETSUDEN_DATA", "shelf")
    assert len(data.load("mnist").x_train) == 12


def test_speech_without_lists_keeps_each_speaker_in_one_part(tmp_path: Path) -> None:
    found = data.load("speech-commands", root=speech_folder(tmp_path))
    assert found.classes == ("no", "yes")
    assert found.input_shape == (1, 16_000)
    assert len(found.x_train) + len(found.x_test) == 40
    assert len(found.x_test) % 2 == 0  # both words of a held-out speaker are held out
    assert 0 < len(found.x_test) < 20


def test_speech_lists_decide_and_validation_files_are_left_out(tmp_path: Path) -> None:
    folder = speech_folder(tmp_path, speakers=3)
    (folder / "testing_list.txt").write_text("yes/00000000_nohash_0.wav\nno/00000001_nohash_0.wav\n")
    (folder / "validation_list.txt").write_text("yes/00000002_nohash_0.wav\n")
    found = data.load("speech-commands", root=folder)
    assert len(found.x_train) == 3
    assert sorted(found.y_test.tolist()) == [0, 1]


def test_short_sounds_are_filled_and_long_ones_cut(tmp_path: Path) -> None:
    from setsuden.workload.data._speech import read_wav

    write_wav(tmp_path / "short.wav", np.full(100, 16_384))
    write_wav(tmp_path / "long.wav", np.full(20_000, -16_384))
    short, long = read_wav(tmp_path / "short.wav"), read_wav(tmp_path / "long.wav")
    assert short[:100].tolist() == [0.5] * 100
    assert not short[100:].any()
    assert long.tolist() == [-0.5] * 16_000


@pytest.mark.parametrize(("rate", "channels"), [(8_000, 1), (16_000, 2)])
def test_a_wav_of_another_form_is_refused(tmp_path: Path, rate: int, channels: int) -> None:
    folder = speech_folder(tmp_path)
    write_wav(folder / "no" / "00000000_nohash_0.wav", np.zeros(16_000), rate=rate, channels=channels)
    with pytest.raises(InputError, match="expected 1 channel, 16 bit, 16000 Hz"):
        data.load("speech-commands", root=folder)


@pytest.mark.parametrize(("keep", "message"), [(20, "not a readable WAV"), (1000, "ends early"), (0, "not a readable")])
def test_a_cut_wav_is_refused_by_name(tmp_path: Path, keep: int, message: str) -> None:
    folder = speech_folder(tmp_path)
    path = folder / "yes" / "00000000_nohash_0.wav"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InputError, match=message) as caught:
        data.load("speech-commands", root=folder)
    assert str(path) in str(caught.value)


def test_one_second_gives_49_frames_of_10_coefficients_and_louder_means_a_larger_first_one() -> None:
    time_s = np.arange(16_000) / 16_000
    tone = np.sin(2 * np.pi * 1000 * time_s).astype(np.float32)
    features = keyword_features(np.stack([tone, 10 * tone])[:, np.newaxis], 16_000)
    assert features.shape == (2, 1, 49, 10)
    assert (features[1, 0, :, 0] > features[0, 0, :, 0]).all()
    np.testing.assert_allclose(features[0, 0, 5], features[0, 0, 6], atol=1e-3)  # a steady tone: equal frames


def test_a_band_answers_to_its_own_pitch() -> None:
    from setsuden.workload.data._mfcc import _mel_bands

    bands = _mel_bands(640, 16_000)
    centres = bands.argmax(axis=0) * 25.0
    assert bands.shape == (321, 40)
    assert (np.diff(centres) >= 0).all()
    assert 20 <= centres[0] <= 100
    assert 3500 <= centres[-1] <= 4000


def test_image_folders_are_read_as_classes(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    for label, colour in enumerate(((255, 0, 0), (0, 0, 255))):
        for number in range(5):
            path = tmp_path / ("red", "blue")[label] / f"{number}.png"
            path.parent.mkdir(exist_ok=True)
            image.new("RGB", (10, 12), colour).save(path)
    found = data.load(f"images:{tmp_path}@8")
    assert found.classes == ("blue", "red")
    assert found.input_shape == (3, 8, 8)
    assert (len(found.x_train), len(found.x_test)) == (8, 2)
    for pixels, label in zip(found.x_train, found.y_train, strict=True):
        assert (pixels[0].mean() > pixels[2].mean()) == (label == 1)


def test_a_file_that_is_no_image_is_refused_by_name(tmp_path: Path) -> None:
    pytest.importorskip("PIL")
    for name in ("a/1.png", "a/2.png", "b/1.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"no image")
    with pytest.raises(InputError, match="not a readable image"):
        data.load(f"images:{tmp_path}")
    with pytest.raises(InputError, match="no such folder"):
        data.load(f"images:{tmp_path / 'nowhere'}")


def test_without_pillow_the_needed_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a/1.png", "b/1.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(MissingDependencyError, match=r"setsuden\[data\]"):
        data.load(f"images:{tmp_path}")


@pytest.mark.parametrize(
    ("x", "domain", "shape"),
    [
        (np.random.default_rng(0).normal(size=(10, 5)), "tabular", (5,)),
        (np.random.default_rng(0).integers(0, 50, (10, 7)), "text", (7,)),
        (np.random.default_rng(0).normal(size=(10, 1, 40)), "audio", (1, 40)),
        (np.random.default_rng(0).integers(0, 255, (10, 3, 4, 4), dtype=np.uint8), "image", (3, 4, 4)),
    ],
)
def test_an_npz_file_is_understood_by_its_shape(tmp_path: Path, x, domain: str, shape: tuple[int, ...]) -> None:  # type: ignore[no-untyped-def]
    np.savez(tmp_path / "mine.npz", x=x, y=np.arange(10) % 3)
    found = data.load(f"npz:{tmp_path / 'mine.npz'}")
    assert (found.domain, found.input_shape, found.num_classes) == (domain, shape, 3)
    assert (len(found.x_train), len(found.x_test)) == (8, 2)
    assert found.vocabulary == (int(x.max()) + 1 if domain == "text" else None)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": np.zeros((4, 2))}, "needs the arrays x and y"),
        ({"x": np.zeros((4, 2)), "y": np.zeros(3, int)}, "3 labels for samples"),
        ({"x": np.zeros((4, 2)), "y": np.zeros(4)}, "labels must be one row of whole numbers"),
        ({"x": np.array([[1.0], [np.nan], [2.0]]), "y": np.zeros(3, int)}, "not a number"),
        ({"x": np.zeros(4), "y": np.zeros(4, int)}, "numbers of one of the shapes"),
        ({"x": np.zeros((4, 2)), "y": np.array([0, 1, 2, -1])}, "label of sample"),
        ({"x": np.zeros((4, 2)), "y": np.zeros(4, int), "domain": "smell"}, "unknown domain"),
        ({"x": np.zeros((4, 2)), "y": np.zeros(4, int), "domain": "text"}, "text must be whole numbers"),
        ({"x": np.full((4, 2), 9), "y": np.zeros(4, int), "vocabulary": 9}, "tokens must lie in"),
    ],
)
def test_unfit_arrays_are_refused_with_a_sentence(tmp_path: Path, arrays: dict[str, object], message: str) -> None:
    np.savez(tmp_path / "mine.npz", **arrays)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=message):
        data.load(f"npz:{tmp_path / 'mine.npz'}")


def test_an_npz_file_with_pickled_objects_or_damage_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.npz"
    np.savez(path, x=np.array([{}], dtype=object), y=np.zeros(1, int))
    with pytest.raises(InputError, match="file of plain arrays, or it is damaged"):
        data.load(f"npz:{path}")
    np.savez(path, x=np.zeros((4, 2)), y=np.zeros(4, int))
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(InputError, match="file of plain arrays, or it is damaged"):
        data.load(f"npz:{path}")
    with pytest.raises(InputError, match="cannot read this file"):
        data.load(f"npz:{tmp_path / 'nowhere.npz'}")


def test_a_factory_of_the_users_own_is_called_with_what_it_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my_own_data.py").write_text(
        "import numpy as np\n"
        "def make(seed):\n"
        "    x = np.random.default_rng(seed).normal(size=(10, 3))\n"
        "    return x, np.arange(10) % 2, x + 1, np.arange(10) % 2\n"
        "def nothing():\n    return None\n"
        "number = 3\n"
    )
    monkeypatch.chdir(tmp_path)
    found = data.load("my_own_data:make", limit_train=4, seed=3)
    assert found.x_train.shape == (4, 3)
    assert found.domain == "tabular"
    with pytest.raises(InputError, match="must return a Dataset"):
        data.load("my_own_data:nothing")
    with pytest.raises(InputError, match="has no function 'number'"):
        data.load("my_own_data:number")
    with pytest.raises(InputError, match="cannot import the module"):
        data.load("my_absent_data:make")
    assert str(tmp_path) not in sys.path


def test_the_list_of_data_sets_is_what_its_schema_promises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    mnist_folder(tmp_path / "data" / "mnist")
    result = CliRunner().invoke(main, ["data", "list", "--json"])
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    validate("data-sets", document)
    by_name = {row["name"]: row for row in document["data_sets"]}
    assert list(by_name) == data.names()
    assert by_name["mnist"]["path"] == "data/mnist"
    assert by_name["digits"]["at_hand"] is True
    assert by_name["cifar10"] | {"at_hand": False, "path": None} == by_name["cifar10"]


@pytest.mark.parametrize(("language", "word"), [("en", "absent"), ("ja", "なし")])
def test_the_list_reads_in_both_languages(language: str, word: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["data", "list", "--lang", language, "--root", str(tmp_path)])
    assert result.exit_code == 0
    assert result.stdout.count(f"[{word}]") == len(data.names()) - 1
    assert str(tmp_path / "cifar10") in result.stdout


def test_both_languages_tell_about_every_data_set() -> None:
    from setsuden.language import table

    english, japanese = table("data", "en"), table("data", "ja")
    assert english.keys() == japanese.keys()
    assert {f"about.{name}" for name in data.names()} | {f"how.{name}" for name in data.names()} <= english.keys()
