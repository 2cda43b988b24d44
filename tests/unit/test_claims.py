"""One process compiles a function, others wait or take another; a claim ends with its process."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tb_contention._claims import claimed

pytest.importorskip("fcntl", reason="only files that can be locked can be claimed")

ROOT = Path(__file__).resolve().parents[2]
CLAIM = """
import sys
sys.path[0] = {root!r}
from tb_contention._claims import claimed
with claimed({folder!r}, "scan", 0.0) as ours:
    print(ours, flush=True)
    sys.stdin.read()
"""


@contextmanager
def other_process(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-c", CLAIM.format(root=str(ROOT), folder=str(folder))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        yield process
        process.kill()


def is_free(folder: Path, name: str = "scan", patience: float = 0.0) -> bool:
    with claimed(str(folder), name, patience) as ours:
        return ours


def test_what_another_process_makes_is_left_to_it_until_it_ends(tmp_path: Path) -> None:
    with other_process(tmp_path) as process:
        assert not is_free(tmp_path)
        assert not is_free(tmp_path, patience=0.05)
        assert is_free(tmp_path, "skim_line")
        process.kill()
        assert is_free(tmp_path, patience=60.0)


def test_a_claim_ends_where_its_block_does(tmp_path: Path) -> None:
    assert is_free(tmp_path)
    with other_process(tmp_path):
        pass
    assert is_free(tmp_path)


def test_where_no_file_can_be_everything_is_free(tmp_path: Path) -> None:
    assert is_free(tmp_path / "nowhere")
