"""Whatever happens to a journal, what is read from it was written; the rest is not known, and nothing raises."""

import errno
import json
import os
import random
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tb_contention.index import Index
from tb_contention.index import store as module
from tb_contention.index.store import Store, place_of
from tb_contention.model.listing import KnownAnswer
from tb_contention.recorders.discover import discover
from tb_contention.simulate import write_directory

posix = pytest.mark.skipif(os.name != "posix", reason="signals, locks and owners of POSIX")
_WRITER = """
import sys
from pathlib import Path
from tb_contention.index import store
store._OUTDATED = int(sys.argv[4])
journal, name = store.Store(Path(sys.argv[1]), "/logs"), sys.argv[2]
for turn in range(int(sys.argv[3])):
    journal.append({f"{name}:{turn}": [name, turn, "x" * (turn % 5000)], "often": [name, turn, ""]})
    journal.read()
"""


def writer(directory: Path, name: str, turns: int, outdated: int = 20) -> "subprocess.Popen[bytes]":
    words = [sys.executable, "-c", _WRITER, str(directory), name, str(turns), str(outdated)]
    return subprocess.Popen(words, stderr=subprocess.PIPE)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "index"


def journal_of(directory: Path) -> Path:
    (path,) = directory.glob("*.index")
    return path


@posix
def test_several_programs_append_and_rewrite_at_once_and_lose_nothing(directory: Path) -> None:
    names, turns = ("a", "b", "c"), 60
    running = [writer(directory, name, turns) for name in names]
    for process in running:
        assert process.communicate(timeout=120)[1] == b""

    found = Store(directory, "/logs").read()

    assert {key for key in found if ":" in key} == {f"{name}:{turn}" for name in names for turn in range(turns)}
    assert all(f"{name}:{turn}" == key for key, (name, turn, _) in found.items() if ":" in key)
    assert journal_of(directory).read_bytes().count(b'"often"') < len(names) * turns


@posix
def test_killed_writers_leave_nothing_wrong(directory: Path) -> None:
    rng = random.Random(1)
    for round_ in range(6):
        process = writer(directory, f"w{round_}", 100_000)
        until = time.monotonic() + 30
        while not list(directory.glob("*.index")) and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(rng.uniform(0.2, 0.5))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        found = Store(directory, "/logs").read()
        for key, (name, turn, text) in found.items():
            assert key in (f"{name}:{turn}", "often")
            assert text == ("" if key == "often" else "x" * (turn % 5000))
    Store(directory, "/logs").append({"after": 1})
    assert Store(directory, "/logs").read()["after"] == 1


def test_random_bytes_are_no_lines(directory: Path) -> None:
    journal = Store(directory, "/logs")
    written = {f"/logs/{number}": [number, "text" * number] for number in range(50)}
    journal.append(written)
    path = journal_of(directory)
    whole = path.read_bytes()
    rng = random.Random(2)
    for _ in range(200):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 20)):
            at = rng.randrange(len(data))
            data[at : at + rng.randint(0, 3)] = rng.randbytes(rng.randint(0, 3))
        path.write_bytes(data[: rng.randint(0, len(data))] + rng.randbytes(rng.randint(0, 50)))
        assert all(written[key] == value for key, value in journal.read().items())
        journal.append({"new": 1})
        assert journal.read()["new"] == 1


@pytest.mark.parametrize(
    "text",
    [
        b"1",
        b"{}",
        b"[]",
        b'["a"]',
        b'["a",1,2]',
        b"[1,2]",
        b"[[],2]",
        b"[{},2]",
        b"null",
        b"{",
        b"[" * 100_000,
        b"\xff",
    ],
)
def test_lines_of_another_shape_are_no_lines(text: bytes, directory: Path) -> None:
    journal = Store(directory, "/logs")
    journal.append({"a": 5})
    with journal_of(directory).open("ab") as stream:
        stream.write(b"%08x %s\n" % (zlib.crc32(text), text))
    assert journal.read() == {"a": 5}


def test_another_version_has_another_journal(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Store(directory, "/logs").append({"a": 5})
    monkeypatch.setattr(module, "INDEX_VERSION", module.INDEX_VERSION + 1)
    assert Store(directory, "/logs").read() == {}


def test_a_journal_states_its_log_directory(directory: Path) -> None:
    journal = Store(directory, "/logs\0")
    for number in range(3):
        journal.append({"a": number})
    assert place_of(journal_of(directory)) == "/logs"
    assert journal_of(directory).read_bytes().count(b'"place"') == 1
    journal_of(directory).write_bytes(b"damaged")
    assert place_of(journal_of(directory)) == ""
    assert place_of(directory / "missing") == ""


def test_a_journal_that_is_mostly_outdated_is_written_anew(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_OUTDATED", 10)
    journal = Store(directory, "/logs")
    for number in range(100):
        journal.append({"a": number})
    assert journal.read() == {"a": 99}
    if os.name == "posix":
        assert journal_of(directory).read_bytes().count(b"\n") == 3
    assert place_of(journal_of(directory)) == "/logs"


def test_reading_counts_as_use(directory: Path) -> None:
    journal = Store(directory, "/logs")
    journal.append({"a": 1})
    os.utime(journal_of(directory), (1, 1))
    journal.read()
    assert journal_of(directory).stat().st_mtime > 1e9


def test_nothing_is_followed_through_links(directory: Path, tmp_path: Path) -> None:
    journal = Store(directory, "/logs")
    journal.append({"a": 1})
    path = journal_of(directory)
    outside = tmp_path / "outside"
    path.replace(outside)
    path.symlink_to(outside)
    before = outside.read_bytes()
    journal.append({"b": 2})
    assert journal.read() == {}
    assert outside.read_bytes() == before


@posix
def test_a_pipe_in_its_place_does_not_hang(directory: Path) -> None:
    directory.mkdir(parents=True, mode=0o700)
    journal = Store(directory, "/logs")
    os.mkfifo(journal._path)
    journal.append({"a": 1})
    assert journal.read() == {}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a directory away")
@pytest.mark.parametrize("which", ["cache", "cache/index"])
def test_the_directory_of_another_user_is_not_used(which: str, directory: Path, tmp_path: Path) -> None:
    journal = Store(directory, "/logs")
    journal.append({"a": 1})
    size = journal_of(directory).stat().st_size
    os.chown(tmp_path / which, 12345, 12345)
    journal.append({"b": 2})
    assert journal.read() == {}
    assert journal_of(directory).stat().st_size == size


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EIO, errno.EDQUOT])
def test_a_disk_that_refuses_is_no_error(code: int, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Store(directory, "/logs")
    journal.append({"a": 1})
    write, left = os.write, iter([7])

    def refusing(descriptor: int, data: bytes) -> int:
        for some in left:
            return write(descriptor, data[:some])
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "write", refusing)
    journal.append({"b": 2})
    monkeypatch.setattr(os, "write", write)
    assert journal.read() == {"a": 1}
    journal.append({"c": 3})
    assert journal.read() == {"a": 1, "c": 3}


def test_a_directory_that_cannot_be_made_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    journal = Store(tmp_path / "file" / "index", "/logs")
    journal.append({"a": 1})
    assert journal.read() == {}


def test_a_name_that_is_not_unicode_is_kept(directory: Path) -> None:
    Store(directory, "/logs/\udcff").append({"/logs/\udcff/a": 1})
    assert Store(directory, "/logs/\udcff").read() == {"/logs/\udcff/a": 1}


def test_without_a_cache_nothing_is_written(tmp_path: Path) -> None:
    logs = write_directory(tmp_path / "logs", 1, window_ms=20.0)
    index = Index.of(str(logs), "", None)
    before = sorted(tmp_path.rglob("*"))
    assert index.store is None
    assert len(index.look(discover(str(logs))).listing.captures) == 2
    assert sorted(tmp_path.rglob("*")) == before


_OTHER: tuple[object, ...] = (None, 7, -1.5, "text", [], {}, [[]], {"a": [1]}, True, 1 << 80, [None] * 14)


def changed(value: object, rng: random.Random) -> Iterator[object]:
    """Yield a value with one place inside it replaced by something of another shape, for each place."""
    yield rng.choice(_OTHER)
    if isinstance(value, list):
        for at, part in enumerate(value):
            for other in changed(part, rng):
                yield [*value[:at], other, *value[at + 1 :]]
    elif isinstance(value, dict):
        for key, part in value.items():
            yield {k: v for k, v in value.items() if k != key}
            for other in changed(part, rng):
                yield {**value, key: other}


def test_rows_and_answers_of_another_shape_are_read_anew(tmp_path: Path) -> None:
    """A value of another shape is not known, or is a value that a file could state; a listing never raises."""
    logs = write_directory(tmp_path / "logs", 1, window_ms=20.0)
    discovery = discover(str(logs))
    first = Index.of(str(logs), "", tmp_path / "cache")
    expected = first.look(discovery)
    first.note(expected.groups[0], an_answer())
    journal = first.store
    assert journal is not None
    noted = json.loads(json.dumps(journal.read()))
    path = journal_of(tmp_path / "cache" / "index")
    rng = random.Random(3)
    for key, value in noted.items():
        for other in changed(value, rng):
            path.unlink()
            journal.append({**noted, key: other})
            listing = Index.of(str(logs), "", tmp_path / "cache").look(discovery).listing
            assert len(listing.captures) == 2


def an_answer() -> KnownAnswer:
    return KnownAnswer(answer="yes", label="trainer", figure="1.5×", interval="1.4 to 1.6", estimate=1.5)
