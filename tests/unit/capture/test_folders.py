"""Every recording has a folder of its own, also where names are equal."""

import subprocess
import sys
from pathlib import Path

import pytest

from tb_contention.capture.folders import OwnFolder, folder_name


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("trainer", "trainer"),
        ("a b/c", "a_b_c"),
        ("../../etc", "_.._etc"),
        ("", "session"),
        ("...", "session"),
        ("ü-1", "ü-1"),
    ],
)
def test_names_become_folders_inside_the_log_directory(name: str, folder: str) -> None:
    assert folder_name(name) == folder
    assert "/" not in folder_name(name)


def test_equal_names_at_once_get_folders_of_their_own(tmp_path: Path) -> None:
    pytest.importorskip("fcntl", reason="needs locks of files")
    first, second = OwnFolder(tmp_path / "a"), OwnFolder(tmp_path / "a")
    assert (first.path.name, second.path.name) == ("a", "a_2")
    first.leave()
    assert OwnFolder(tmp_path / "a").path.name == "a"


def test_a_process_that_ended_holds_nothing(tmp_path: Path) -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).resolve().parents[3])!r}); from pathlib import Path\n"
        f"from tb_contention.capture.folders import OwnFolder; print(OwnFolder(Path({str(tmp_path)!r}) / 'a').path.name)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout == "a\n"
    assert OwnFolder(tmp_path / "a").path.name == "a"


def test_a_place_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        OwnFolder(tmp_path / "file" / "a")
