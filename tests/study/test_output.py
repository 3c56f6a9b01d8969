"""What is written appears whole or not at all, whatever the disk does."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from setsuden.cli.main import main
from setsuden.errors import InputError
from setsuden.ledger import Ledger
from setsuden.study.output import write_files, write_whole


def refuse(number: int) -> OSError:
    return OSError(number, os.strerror(number))


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk with room for one file and half of the next."""
    written: list[Path] = []
    whole = Path.write_bytes

    def write(self: Path, content: bytes) -> int:
        written.append(self)
        if len(written) == 1:
            return whole(self, content)
        whole(self, content[: len(content) // 2])
        raise refuse(errno.ENOSPC)

    monkeypatch.setattr(Path, "write_bytes", write)


@pytest.fixture
def read_only_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that refuses to write and to remove, even what is not there."""

    def refused(*arguments: object, **settings: object) -> int:
        raise refuse(errno.EROFS)

    monkeypatch.setattr(Path, "write_bytes", refused)
    monkeypatch.setattr(Path, "unlink", refused)


def test_a_full_disk_leaves_neither_half_a_file_nor_half_of_the_files(full_disk: None, tmp_path: Path) -> None:
    (tmp_path / "b.html").write_text("before", encoding="utf-8")
    with pytest.raises(InputError, match="cannot write the report: No space left on device"):
        write_files({"a.html": "first", "b.html": "second"}, tmp_path, "the report")
    assert [path.name for path in tmp_path.iterdir()] == ["b.html"]
    assert (tmp_path / "b.html").read_text(encoding="utf-8") == "before"


def test_a_place_that_is_a_folder_leaves_no_draft(tmp_path: Path) -> None:
    (tmp_path / "b.html" / "in").mkdir(parents=True)
    with pytest.raises(IsADirectoryError):
        write_whole({tmp_path / "b.html": "text"})
    assert [path.name for path in tmp_path.iterdir()] == ["b.html"]


def test_a_link_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "far" / "real.json")
    assert write_whole({tmp_path / "link": "text"}) == [tmp_path / "link"]
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "far" / "real.json").read_text(encoding="utf-8") == "text"


def test_what_is_no_plain_file_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reading = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_whole({tmp_path / "pipe": "text"})
        assert os.read(reading, 10) == b"text"
    finally:
        os.close(reading)
    assert (tmp_path / "pipe").is_fifo()


def test_an_export_to_a_read_only_disk_is_refused_in_one_sentence(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with Ledger.open() as ledger:
        ledger.start_run("run", "small", {}, []).finish("finished")
    request.getfixturevalue("read_only_disk")
    result = CliRunner().invoke(main, ["export", "last", "-o", str(tmp_path / "out.json")])
    assert result.exit_code == 2, result.exception
    assert result.stderr.startswith("setsuden: --output: cannot be written (Read-only file system)")
    assert len(result.stderr.splitlines()) == 1
