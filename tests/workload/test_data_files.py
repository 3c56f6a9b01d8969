from __future__ import annotations

import pickle
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from setsuden.errors import InputError
from setsuden.workload import data
from setsuden.workload.data._cifar import _read as cifar_batch
from setsuden.workload.data._idx import read_idx
from setsuden.workload.data._pickle import read_plain_pickle
from setsuden.workload.data._speech import read_wav
from tests.workload.fabricate import (
    CIFAR_FILES,
    cifar_arrays,
    cifar_binary_folder,
    cifar_python_folder,
    idx_bytes,
    mnist_folder,
    write_wav,
)


def raw(dataset: data.Dataset) -> np.ndarray:  # type: ignore[type-arg]
    """Undo the standardisation."""
    assert dataset.standardisation is not None
    shape = (1, -1, *([1] * (dataset.x_train.ndim - 2)))
    mean = np.array(dataset.standardisation.mean).reshape(shape)
    return dataset.x_train * np.array(dataset.standardisation.deviation).reshape(shape) + mean


@pytest.mark.parametrize("zipped", [False, True])
def test_idx_files_come_back_pixel_for_pixel(tmp_path: Path, zipped: bool) -> None:
    mnist_folder(tmp_path / "fashion-mnist", zipped=zipped)
    found = data.load("fashion-mnist", root=tmp_path)
    expected = np.random.default_rng(0).integers(0, 256, (20, 28, 28))
    assert found.x_train.shape == (20, 1, 28, 28)
    assert found.x_train.dtype == np.float32
    assert found.input_shape == (1, 28, 28)
    np.testing.assert_allclose(raw(found)[:, 0], expected, atol=1e-3)
    assert found.y_test.tolist() == list(range(10))
    assert found.x_train.mean() == pytest.approx(0, abs=1e-5)
    assert found.x_train.std() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("damage", "message", "offset"),
    [
        (lambda b: b[:2], "magic number", 2),
        (lambda b: b"\x01" + b[1:], "not an IDX file", 0),
        (lambda b: b[:2] + b"\x0d" + b[3:], "not an IDX file", 0),
        (lambda b: b[:10], "inside its 16-byte header", 10),
        (lambda b: b[:-5], "ends early: the header promises 15680", 15691),
        (lambda b: b + b"xx", "bytes after the data", 15696),
        (lambda b: b[:4] + b"\xff" * 12 + b[16:], "impossible size", 4),
    ],
)
def test_a_damaged_idx_file_is_named_with_its_byte(tmp_path: Path, damage, message: str, offset: int) -> None:  # type: ignore[no-untyped-def]
    folder = mnist_folder(tmp_path)
    path = folder / "train-images-idx3-ubyte"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(InputError, match=message) as caught:
        data.load("mnist", root=folder)
    assert caught.value.place == f"{path}, byte {offset}"
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("keep", [5, 200, -9])
def test_a_gzip_stream_cut_anywhere_is_refused(tmp_path: Path, keep: int) -> None:
    folder = mnist_folder(tmp_path, zipped=True)
    path = folder / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InputError, match="damaged or cut off"):
        data.load("mnist", root=folder)


def test_swapped_files_and_unequal_counts_are_refused(tmp_path: Path) -> None:
    folder = mnist_folder(tmp_path)
    labels = folder / "train-labels-idx1-ubyte"
    labels.write_bytes(idx_bytes(np.zeros(19)))
    with pytest.raises(InputError, match="19 labels for 20 images"):
        data.load("mnist", root=folder)
    labels.write_bytes((folder / "train-images-idx3-ubyte").read_bytes())
    with pytest.raises(InputError, match="expected 1 dimensions"):
        data.load("mnist", root=folder)


def test_a_label_above_the_classes_is_refused_by_number(tmp_path: Path) -> None:
    folder = mnist_folder(tmp_path)
    (folder / "train-labels-idx1-ubyte").write_bytes(idx_bytes(np.r_[np.zeros(19), 10]))
    with pytest.raises(InputError, match="label of sample 19 is outside 0"):
        data.load("mnist", root=folder)


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_both_cifar_formats_give_the_same_images(tmp_path: Path, protocol: int) -> None:
    python = data.load("cifar10", root=cifar_python_folder(tmp_path / "py", protocol=protocol))
    binary = data.load("cifar10", root=cifar_binary_folder(tmp_path / "bin"))
    assert python.input_shape == (3, 32, 32)
    np.testing.assert_array_equal(python.x_train, binary.x_train)
    np.testing.assert_array_equal(python.y_test, binary.y_test)
    expected = np.concatenate([cifar_arrays(name)[0] for name in CIFAR_FILES[:5]]).reshape(-1, 3, 32, 32)
    np.testing.assert_allclose(raw(python), expected, atol=1e-3)


def test_a_python_2_pickle_is_read(tmp_path: Path) -> None:
    """Opcodes as Python 2.7 with NumPy 1 wrote them: byte strings, and the old module path of NumPy."""
    image = bytes(range(256)) * 12
    body = (
        b"\x80\x02}q\x01(U\x04dataq\x02cnumpy.core.multiarray\n_reconstruct\nq\x03cnumpy\nndarray\nq\x04"
        b"K\x00\x85q\x05U\x01bq\x06\x87q\x07Rq\x08(K\x01K\x01M\x00\x0c\x86q\x09cnumpy\ndtype\nq\x0aU\x02u1q\x0b"
        b"K\x00K\x01\x87q\x0cRq\x0d(K\x03U\x01|q\x0eNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\x0fb\x89T\x00\x0c\x00\x00"
        + image
        + b"q\x10tq\x11bU\x06labelsq\x12]q\x13K\x07au."
    )
    path = tmp_path / "data_batch_1"
    path.write_bytes(body)
    content = read_plain_pickle(path)
    assert content[b"labels"] == [7]
    array = content[b"data"]
    assert isinstance(array, np.ndarray)
    assert array.tobytes() == image


class Hostile:
    def __init__(self, function: object, *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self):  # type: ignore[no-untyped-def]
        return self.call


def touch(path: str) -> None:
    Path(path).touch()


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_hostile_pickle_is_refused_before_anything_runs(tmp_path: Path, protocol: int) -> None:
    folder = cifar_python_folder(tmp_path / "cifar")
    mark = tmp_path / "it ran"
    for attack in (Hostile(touch, str(mark)), Hostile(eval, f"open({str(mark)!r}, 'w')"), Hostile(getattr, "", "join")):
        (folder / "data_batch_3").write_bytes(pickle.dumps({b"data": attack}, protocol=protocol))
        with pytest.raises(InputError, match="wants to run code"):
            data.load("cifar10", root=folder)
        assert not mark.exists()


def test_an_array_of_objects_is_refused(tmp_path: Path) -> None:
    folder = cifar_python_folder(tmp_path)
    content = {b"data": np.array([{}, []], dtype=object), b"labels": [1, 2]}
    (folder / "test_batch").write_bytes(pickle.dumps(content, protocol=2))
    with pytest.raises(InputError, match="not numeric"):
        data.load("cifar10", root=folder)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.9, 0.999])
def test_a_pickle_cut_anywhere_is_refused(tmp_path: Path, share: float) -> None:
    folder = cifar_python_folder(tmp_path)
    path = folder / "data_batch_2"
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(InputError, match="damaged or cut off") as caught:
        data.load("cifar10", root=folder)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([1, 2], "holds no dictionary"),
        ({b"labels": [1]}, "'data' must be an array"),
        ({b"data": np.zeros((2, 3071), np.uint8), b"labels": [1, 2]}, "3072 columns"),
        ({b"data": np.zeros((2, 3072), np.float32), b"labels": [1, 2]}, "'data' must be an array of bytes"),
        ({b"data": np.zeros((2, 3072), np.uint8), b"fine_labels": [1, 2]}, "'labels' must be a list"),
        ({b"data": np.zeros((2, 3072), np.uint8), b"labels": [1, 10]}, "label 1: a label lies outside"),
        ({b"data": np.zeros((2, 3072), np.uint8), b"labels": [1, -1]}, "label 1: a label lies outside"),
        ({b"data": np.zeros((2, 3072), np.uint8), b"labels": [1, "cat"]}, "label 1: a label lies outside"),
        ({b"data": np.zeros((2, 3072), np.uint8), b"labels": [1]}, "1 labels for 2 images"),
    ],
)
def test_a_cifar_pickle_of_the_wrong_content_is_refused(tmp_path: Path, content: object, message: str) -> None:
    folder = cifar_python_folder(tmp_path)
    (folder / "data_batch_1").write_bytes(pickle.dumps(content, protocol=2))
    with pytest.raises(InputError, match=message):
        data.load("cifar10", root=folder)


def test_a_truncated_binary_cifar_file_is_refused_with_its_byte(tmp_path: Path) -> None:
    folder = cifar_binary_folder(tmp_path)
    path = folder / "data_batch_4.bin"
    path.write_bytes(path.read_bytes()[:10_000])
    with pytest.raises(InputError, match="ends inside record 3") as caught:
        data.load("cifar10", root=folder)
    assert caught.value.place == f"{path}, byte 10000"


def test_a_cifar_file_cut_between_records_is_noticed_by_its_count(tmp_path: Path) -> None:
    folder = cifar_binary_folder(tmp_path)
    path = folder / "data_batch_4.bin"
    path.write_bytes(path.read_bytes()[: 7 * 3073])
    with pytest.raises(InputError, match="equally many images") as caught:
        data.load("cifar10", root=folder)
    assert caught.value.place == str(path)


def test_a_binary_label_above_nine_is_refused_with_its_byte(tmp_path: Path) -> None:
    folder = cifar_binary_folder(tmp_path)
    path = folder / "test_batch.bin"
    damaged = bytearray(path.read_bytes())
    damaged[2 * 3073] = 11
    path.write_bytes(damaged)
    with pytest.raises(InputError, match="a label lies outside") as caught:
        data.load("cifar10", root=folder)
    assert caught.value.place == f"{path}, byte {2 * 3073}"


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("data_batch_1", cifar_batch),
        ("train-images-idx3-ubyte", read_idx),
        ("train-images-idx3-ubyte.gz", read_idx),
        ("sound.wav", read_wav),
    ],
)
def test_a_file_with_any_byte_changed_is_read_or_refused_and_nothing_else(
    tmp_path: Path, name: str, read: Callable[[Path], object]
) -> None:
    cifar_python_folder(tmp_path, count=1)
    mnist_folder(tmp_path, train=1, test=1, side=4)
    mnist_folder(tmp_path, train=1, test=1, side=4, zipped=True)
    write_wav(tmp_path / "sound.wav", np.arange(100))
    whole = (tmp_path / name).read_bytes()
    path = tmp_path / f"damaged{Path(name).suffix}"
    chance = random.Random(1)
    messages = []
    for _ in range(300):
        damaged = bytearray(whole)
        damaged[chance.randrange(min(150, len(whole)))] = chance.randrange(256)
        path.write_bytes(damaged)
        try:
            read(path)
        except InputError as error:
            messages.append(str(error))
    assert len(messages) > 30
    assert all(message.startswith(str(path)) for message in messages)


def test_a_missing_batch_is_named(tmp_path: Path) -> None:
    folder = cifar_python_folder(tmp_path / "cifar-10-batches-py")
    (folder / "data_batch_3").unlink()
    with pytest.raises(InputError, match="lacks data_batch_3"):
        data.load("cifar10", root=tmp_path)
