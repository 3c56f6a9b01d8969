from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from setsuden.ledger import environment
from setsuden.ledger.git_probe import GitProbe


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    def git(*words: str) -> str:
        settings = ("-c", "user.name=n", "-c", "user.email=e@x", "-c", "commit.gpgsign=false")
        done = subprocess.run(["git", *settings, *words], cwd=tmp_path, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    try:
        git("init", "-q", "-b", "work")
    except OSError:
        pytest.skip("git is not installed")
    (tmp_path / "a.txt").write_text("one")
    git("add", "a.txt")
    git("commit", "-qm", "first")
    return tmp_path


def head(repository: Path) -> str:
    return subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=repository, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_the_commit_is_read_from_a_folder_deep_inside(repository: Path) -> None:
    inner = repository / "deep" / "er"
    inner.mkdir(parents=True)
    assert environment.git_state(inner) == {"commit": head(repository), "branch": "work", "dirty": None}


def test_a_packed_reference_and_a_detached_head_are_read(repository: Path) -> None:
    commit = head(repository)
    subprocess.run(["git", "pack-refs", "--all"], cwd=repository, check=True)
    assert environment.git_state(repository) == {"commit": commit, "branch": "work", "dirty": None}
    subprocess.run(["git", "checkout", "-q", commit], cwd=repository, check=True)
    assert environment.git_state(repository) == {"commit": commit, "branch": None, "dirty": None}


def test_a_worktree_is_read(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    place = tmp_path_factory.mktemp("trees") / "tree"
    subprocess.run(["git", "worktree", "add", "-q", "-b", "side", str(place)], cwd=repository, check=True)
    assert environment.git_state(place) == {"commit": head(repository), "branch": "side", "dirty": None}


def test_outside_a_repository_there_is_no_git_state(tmp_path: Path) -> None:
    assert environment.git_state(tmp_path) is None


@pytest.mark.parametrize(("change", "dirty"), [(False, False), (True, True)])
def test_changes_are_noticed_by_git_itself(repository: Path, change: bool, dirty: bool) -> None:
    if change:
        (repository / "a.txt").write_text("two")
    probe = GitProbe(repository)
    assert probe._process is not None
    probe._process.wait()
    assert probe.finish() is dirty
    assert probe.finish() is None


def test_packages_are_those_imported_and_nothing_is_imported_to_find_out() -> None:
    before = set(sys.modules)
    found = environment.packages()
    assert "pytest" in found
    assert "json" not in found
    assert set(sys.modules) == before


def test_the_environment_names_neither_host_nor_user() -> None:
    document = environment.capture()
    identity = environment.identity()
    assert set(document) == {"hardware", "software", "git"}
    assert identity["host"] not in str(document["hardware"])


def test_a_branch_whose_name_is_in_another_encoding_is_read(repository: Path) -> None:
    (repository / ".git" / "HEAD").write_bytes(b"ref: refs/heads/caf\xe9\n")
    assert environment.git_state(repository) == {"commit": None, "branch": "caf\udce9", "dirty": None}
