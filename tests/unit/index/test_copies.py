"""Copies of one recording are one recording."""

import json
import shutil
from pathlib import Path

from tb_contention import analyse
from tb_contention.index import Index, Snapshot
from tb_contention.recorders.discover import discover
from tb_contention.simulate import write_directory


def look(logs: Path) -> Snapshot:
    return Index.of(str(logs), "", None).look(discover(str(logs)))


def copied(tmp_path: Path) -> tuple[Path, Path]:
    """Write a pair, and a copy of one of its captures in another place."""
    logs = write_directory(tmp_path / "logs", 1, window_ms=80.0)
    copy = logs / "later" / "trainer"
    shutil.copytree(logs / "job00000" / "trainer", copy)
    return logs, copy


def test_a_copy_of_a_file_is_no_contention(tmp_path: Path) -> None:
    logs, _ = copied(tmp_path)
    snapshot = look(logs)

    assert [g.names for g in snapshot.listing.groups] == [("evaluator", "trainer")]
    assert [len(c.copies) for c in snapshot.listing.captures] == [0, 1]
    assert [p.slug for p in snapshot.problems] == ["copy"]


def test_a_copy_without_its_manifest_is_a_copy(tmp_path: Path) -> None:
    logs, copy = copied(tmp_path)
    next(copy.rglob("tb_contention.json")).unlink()

    assert [p.file.split("/")[0] for p in look(logs).problems] == ["later"]


def test_equal_bytes_with_manifests_that_state_two_processes_are_two_recordings(tmp_path: Path) -> None:
    logs, copy = copied(tmp_path)
    path = next(copy.rglob("tb_contention.json"))
    manifest = json.loads(path.read_text())
    manifest["sessions"]["*"]["process_id"] = 1
    path.write_text(json.dumps(manifest))

    assert len(look(logs).groups[0].members) == 3


def test_one_window_of_one_process_is_one_recording_whatever_its_bytes(tmp_path: Path) -> None:
    logs, copy = copied(tmp_path)
    file = next(copy.rglob("*.xplane.pb"))
    file.write_bytes(file.read_bytes() + b"\x22\x00")  # another, empty host name

    assert [p.slug for p in look(logs).problems] == ["copy"]


def test_a_report_shows_a_recording_once_and_names_the_copy(tmp_path: Path) -> None:
    logs, _ = copied(tmp_path)
    report = analyse(logs, cache_dir=None)

    assert {s.name for s in report.sessions} == {"evaluator", "trainer"}
    assert [p.slug for p in report.problems] == ["copy"]


def test_the_copy_is_the_file_that_is_called_a_copy(real_traces: Path) -> None:
    snapshot = look(real_traces / "public_cases" / "same_file_twice")

    assert [(c.file, list(c.copies)) for c in snapshot.listing.captures] == [
        ("job.pt.trace.json", ["job (1).pt.trace.json"])
    ]
