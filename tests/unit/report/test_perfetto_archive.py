"""The archive for Perfetto: Perfetto reads what is in it, and each original lies where the report places it."""

import io
import json
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from perfetto_engine import perfetto
from unit.recorders.kineto.kineto_writer import kineto_document, write_kineto

from tb_contention.analysis import Analysis, Options
from tb_contention.model.capture import CaptureFile
from tb_contention.pipeline import analyse_logdir
from tb_contention.recorders.discover import discover
from tb_contention.recorders.load import load_trace
from tb_contention.report.perfetto_archive import PerfettoArchive
from tb_contention.report.to_perfetto import to_perfetto

#: The first version that knows the manifest; older ones leave each file on its own clock.
KNOWS_MANIFEST = (58,)
WORK = """
    select ts, dur from slice where lower(category) in ('kernel', 'gpu_memcpy', 'gpu_memset', 'memcpy', 'memset') order by ts, dur
"""
STREAMS = """
    select slice.ts, slice.dur, parent.name as session from slice
    join track on track.id = slice.track_id join track as parent on parent.id = track.parent_id
    where track.name glob 'stream *' order by slice.ts, slice.dur
"""
#: Perfetto drops events of a JSON file that overlap on one track, and counts them.
BROKEN = """
    select name, value from stats where value > 0 and severity in ('error', 'data_loss')
    and name != 'slice_drop_overlapping_complete_event'
"""
RECORDED = ("a100_nccl", "h100_bert", "mi250_rocm", "vllm_decode_graph")


def files_of(logs: Path) -> dict[str, CaptureFile]:
    return {file.relative: file for file in discover(str(logs)).files}


@dataclass(frozen=True)
class Opened:
    """An archive, unpacked."""

    path: Path
    folder: Path
    left_out: list[str]

    @property
    def manifest(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads((self.folder / "perfetto_manifest.json").read_text())["perfetto_manifest"]
        return said

    def originals(self) -> Iterator[tuple[dict[str, Any], int]]:
        for entry in self.manifest["files"][1:]:
            assert entry["clocks"]["sync_to"] == {"file": "contention.pftrace", "clock": "BOOTTIME"}
            yield entry, entry["clocks"]["offset_ns"]


def opened(analysis: Analysis, files: dict[str, CaptureFile], folder: Path) -> Opened:
    archive = PerfettoArchive(analysis.aligned, analysis.report.devices[0], files)
    path = folder / "contention.tar"
    (folder / "unpacked").mkdir(parents=True)
    path.write_bytes(b"".join(archive.chunks()))
    with tarfile.open(path) as tar:
        for member in tar.getmembers():
            assert member.isreg()
            assert len(member.name) < 99
            stream = tar.extractfile(member)
            assert stream is not None
            (folder / "unpacked" / Path(member.name).name).write_bytes(stream.read())
    return Opened(path, folder / "unpacked", archive.left_out)


def check(found: Opened, sessions: int) -> None:
    """Perfetto loads it, and each kernel of each original is a kernel of the aligned trace once its clock is moved."""
    aligned = perfetto(found.folder / "contention.pftrace", STREAMS).rows[0]
    whole = perfetto(found.path, "select name from __intrinsic_trace_file", BROKEN, WORK)
    assert whole.rows[1] == []
    # Older versions begin names with a slash.
    assert {(row["name"] or "").lstrip("/") for row in whole.rows[0]} >= {
        entry["path"] for entry in found.manifest["files"]
    }
    placed = []
    for entry, offset in found.originals():
        alone, broken = perfetto(found.folder / entry["path"], WORK, BROKEN).rows
        assert broken == []
        ours = [row for row in aligned if row["session"].partition(" (")[0] == entry["machine"]["name"]]
        # Perfetto reads microseconds as floats: the last nanosecond may differ.
        assert len(alone) == len(ours) > 0
        assert all(
            abs(a["ts"] + offset - b["ts"]) <= 1 and abs(a["dur"] - b["dur"]) <= 1
            for a, b in zip(alone, ours, strict=True)
        )
        placed += [(row["ts"] + offset, row["dur"]) for row in alone]
    assert len(list(found.originals())) == sessions
    if whole.version >= KNOWS_MANIFEST:
        assert [(row["ts"], row["dur"]) for row in whole.rows[2]] == sorted(placed)


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_original_lies_where_the_report_places_it(name: str, real_traces: Path, tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    shutil.copy(real_traces / "kineto" / f"{name}.pt.trace.json.gz", logs)
    shifts = {"a100_nccl": 12_345_678} if name == "a100_nccl" else {}
    analysis = analyse_logdir(logs, Options(shifts=shifts))
    check(opened(analysis, files_of(logs), tmp_path), sessions=1)


def test_json_of_tensorflow_lies_where_the_report_places_it(real_traces: Path, tmp_path: Path) -> None:
    logs = real_traces / "eras" / "tf-2.2.0" / "keras"
    found = opened(analyse_logdir(logs), files_of(logs), tmp_path)
    ((entry, offset),) = found.originals()
    spans = "select ts, dur from slice where name not in ('window', 'contention')"
    alone, ours = (
        {(row["ts"] + by, row["dur"]) for row in perfetto(found.folder / name, spans).rows[0]}
        for name, by in ((entry["path"], offset), ("contention.pftrace", 0))
    )
    near = {(ts + late, dur + long) for ts, dur in alone for late in (-1, 0, 1) for long in (-1, 0, 1)}
    assert len(ours) > 10
    assert ours <= near


@pytest.fixture(scope="module")
def mixed(demo_logs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sessions on one GPU: one in PyTorch's form, one as XSpace."""
    return as_kineto(demo_logs, tmp_path_factory.mktemp("mixed"), "trainer")


def as_kineto(demo_logs: Path, folder: Path, *names: str) -> Path:
    logs = folder / "logs"
    shutil.copytree(demo_logs / "simulated_time_slicing" / "together", logs)
    for number, file in enumerate(discover(str(logs)).files):
        name = file.run.split("/")[0]
        if name in names:
            document = kineto_document(load_trace(file), base_ns=1_771_000_000_000_000_000, process=4211 + number)
            shutil.rmtree(logs / name)
            (logs / name).mkdir()
            write_kineto(logs / name / f"{name}.pt.trace.json.gz", document)
    return logs


@lru_cache(maxsize=4)
def on_one_gpu(logs: Path) -> Analysis:
    sessions = analyse_logdir(logs).aligned.sessions
    return analyse_logdir(logs, Options(gpus={(session.id, 0): "the GPU" for session in sessions}))


def test_what_perfetto_does_not_read_is_left_out_and_said(mixed: Path, tmp_path: Path) -> None:
    analysis = on_one_gpu(mixed)
    assert len(analysis.report.devices[0].sessions) == 2
    found = opened(analysis, files_of(mixed), tmp_path)
    check(found, sessions=1)
    (sentence,) = found.left_out
    assert sentence.startswith("evaluator/plugins/profile/")
    assert sentence.endswith("is left out, because Perfetto does not read its format.")
    assert found.manifest["attributes"]["tb_contention.left_out"] == sentence
    assert found.manifest["trace_time"] == {"clock": "BOOTTIME", "file": "contention.pftrace"}
    pftrace = b"".join(to_perfetto(analysis.aligned, analysis.report.devices[0]))
    assert (found.folder / "contention.pftrace").read_bytes() == pftrace


def test_two_originals_are_two_machines(demo_logs: Path, tmp_path: Path) -> None:
    logs = as_kineto(demo_logs, tmp_path, "trainer", "evaluator")
    found = opened(on_one_gpu(logs), files_of(logs), tmp_path)
    check(found, sessions=2)
    assert found.left_out == []
    assert len({entry["machine"]["name"] for entry, _ in found.originals()}) == 2


@pytest.mark.parametrize("origin", [None, 1 << 63])
def test_without_a_wall_clock_the_aligned_trace_is_the_clock(origin: int | None, mixed: Path, tmp_path: Path) -> None:
    analysis = on_one_gpu(mixed)
    analysis = replace(analysis, aligned=replace(analysis.aligned, origin_ns=origin))
    check(opened(analysis, files_of(mixed), tmp_path), sessions=1)


def test_a_file_that_is_gone_changed_or_cut_is_left_out(mixed: Path, tmp_path: Path) -> None:
    analysis, files = on_one_gpu(mixed), files_of(mixed)
    gone = opened(analysis, {}, tmp_path / "gone")
    assert [s.endswith("is left out, because it is no longer there.") for s in gone.left_out] == [True, True]
    assert perfetto(gone.path, BROKEN).rows == [[]]

    copied = tmp_path / "copy"
    shutil.copytree(mixed, copied)
    (original,) = copied.rglob("*.pt.trace.json.gz")
    data = original.read_bytes()
    original.write_bytes(data[: len(data) // 2])
    changed = opened(analysis, files | files_of(copied), tmp_path / "changed")
    assert any("has changed since it was analysed" in sentence for sentence in changed.left_out)
    cut = opened(on_one_gpu(copied), files_of(copied), tmp_path / "cut")
    assert any("is truncated" in sentence for sentence in cut.left_out)
    assert perfetto(cut.path, BROKEN).rows == [[]]


def test_hostile_names_are_plain_in_the_archive(mixed: Path, tmp_path: Path) -> None:
    analysis = on_one_gpu(mixed)
    hostile = {name: replace(file, relative=name) for name, file in files_of(mixed).items()}
    archive = PerfettoArchive(analysis.aligned, analysis.report.devices[0], hostile)
    again = PerfettoArchive(analysis.aligned, analysis.report.devices[0], hostile)
    assert b"".join(archive.chunks()) == b"".join(again.chunks())
    from tb_contention.report.perfetto_archive import _member, _unlike

    for path in (
        "../../etc/passwd.json",
        "a/.hidden/b.json.gz",
        ".json",
        "日本.json",
        "x" * 300 + ".json",
        "<script>.json",
    ):
        name = _member(path)
        assert 0 < len(name) <= 90
        assert name.replace("_", "").replace(".", "").replace("-", "").isalnum()
        assert name[0] not in "._-"
    taken = {"contention.pftrace", "perfetto_manifest.json"}
    names = [_unlike(_member("perfetto_manifest.json"), taken), _unlike(_member("contention.pftrace.gz"), taken)]
    assert names == ["perfetto_manifest_2.json", "contention_2.pftrace"]


def test_the_archive_comes_in_chunks_of_a_bounded_size(mixed: Path) -> None:
    analysis = on_one_gpu(mixed)
    archive = PerfettoArchive(analysis.aligned, analysis.report.devices[0], files_of(mixed))
    chunks = list(archive.chunks())
    assert max(map(len, chunks)) <= 1 << 20
    assert archive.originals == 1
    assert archive.size == next(mixed.rglob("*.json.gz")).stat().st_size
    with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as tar:
        assert tar.getnames()[-1] == "perfetto_manifest.json"
