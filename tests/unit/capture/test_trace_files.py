"""Which traces appeared meanwhile, and are of this machine."""

import socket
from pathlib import Path

from tb_contention.capture.trace_files import list_traces, new_traces

HOST = socket.gethostname()


def trace(logdir: Path, session: str, host: str = HOST, text: str = "x") -> Path:
    path = logdir / "plugins" / "profile" / session / f"{host}.xplane.pb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_what_is_new_or_written_anew_is_found(tmp_path: Path) -> None:
    kept, old = trace(tmp_path, "1"), trace(tmp_path, "2")
    before = list_traces(tmp_path)
    trace(tmp_path, "2", text="longer")
    new = trace(tmp_path, "3")

    assert [found.path for found in new_traces(before, list_traces(tmp_path))] == [old, new]
    assert kept.exists()


def test_traces_of_other_machines_are_not_ours(tmp_path: Path) -> None:
    trace(tmp_path, "1", host="other")
    assert new_traces(frozenset(), list_traces(tmp_path)) == ()


def test_directories_below_are_looked_at_where_asked(tmp_path: Path) -> None:
    path = trace(tmp_path / "a" / "train", "1")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    assert list_traces(tmp_path) == frozenset()
    assert [found.path for found in list_traces(tmp_path, below=True)] == [path]


def test_a_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert list_traces(tmp_path / "none", below=True) == frozenset()
