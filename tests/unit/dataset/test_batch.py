"""Log directories become datasets: every input is a row, what is done is not done again, and what changed is replaced."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow.dataset
import pyarrow.parquet
import pytest
from fsspec.implementations.local import LocalFileSystem

from tb_contention.cli.main import main
from tb_contention.dataset import running
from tb_contention.dataset.place import Place
from tb_contention.dataset.pool import Bounds
from tb_contention.dataset.rows import lost_range
from tb_contention.dataset.schema import TABLES, arrow_schema
from tb_contention.dataset.tasks import Settings, Task
from tb_contention.dataset.work import Done, work
from tb_contention.errors import LogdirError, OptionError, OutputError
from tb_contention.index import Selection
from tb_contention.model.dataset import Outcome
from tb_contention.simulate import write_directory

PAIRS = 2
EXECUTED = running._executed


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pairs, a capture alone, a copy, and a file that is no capture."""
    folder = write_directory(tmp_path_factory.mktemp("logs"), PAIRS, window_ms=60.0)
    write_directory(folder, 1, first=7, window_ms=60.0)
    shutil.rmtree(folder / "job00007" / "trainer")
    shutil.copytree(folder / "job00000" / "trainer", folder / "copied")
    broken = folder / "broken" / "plugins" / "profile" / "2026_03_05_10_00_00"
    broken.mkdir(parents=True)
    (broken / "node.xplane.pb").write_bytes(b"no capture" * 9)
    return folder


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Analyse without other processes, which take seconds to start."""

    def executed(
        executor: str,
        scheduler: str,
        tasks: Iterator[Task],
        settings: Settings,
        place: Place,
        workers: int,
        bounds: Bounds,
    ) -> Iterator[Done]:
        for task in tasks:
            yield work(task, settings, place)

    monkeypatch.setattr(running, "_executed", executed)


def read(dataset: Path, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (
        pyarrow.dataset.dataset(dataset / f"table={table}", partitioning="hive").to_table().to_pylist()
    )
    return found


def files(dataset: Path) -> dict[str, bytes]:
    return {str(p.relative_to(dataset)): p.read_bytes() for p in sorted(dataset.rglob("*.parquet"))}


def test_every_input_is_a_row(logs: Path, tmp_path: Path) -> None:
    counts = running.batch(logs, output=tmp_path / "ds")
    inputs = read(tmp_path / "ds", "inputs")
    assert counts.is_whole
    assert counts.inputs == len(inputs) == 2 * PAIRS + 3
    assert counts.outcomes == {"analysed": 2 * PAIRS, "alone": 1, "copy": 1, "unreadable": 1}
    (broken,) = [row for row in inputs if row["outcome"] == "unreadable"]
    assert broken["slug"]
    assert broken["file"].startswith("broken/")
    stated = json.loads((tmp_path / "ds" / "_run.json").read_text())
    assert stated["inputs"] == stated["rows"] == len(inputs)


def test_rows_lead_to_the_report_of_their_group(logs: Path, tmp_path: Path) -> None:
    from tb_contention import Options, analyse

    running.batch(logs, output=tmp_path / "ds")
    row = read(tmp_path / "ds", "slowdowns")[0]
    report = analyse(row["place"], options=Options(select=Selection(group=row["group"])), cache_dir=None)
    (device,) = (d for d in report.devices if len(d.sessions) > 1)
    loss = next(loss for loss in device.losses if loss.session == row["session"])
    assert row["slowdown_high"] == pytest.approx(loss.slowdown.high, rel=1e-6)
    assert row["window_ns"] == device.time.window
    assert str(row["date"]) == f"{row['recorded_at']:%Y-%m-%d}"
    assert row["recorded_at"].timestamp() * 1e9 == pytest.approx((report.origin_ns or 0) + device.group.start, abs=1e7)


def test_a_second_run_does_only_what_is_new(logs: Path, tmp_path: Path) -> None:
    mine = tmp_path / "logs"
    shutil.copytree(logs, mine)
    running.batch(mine, output=tmp_path / "ds")
    before = files(tmp_path / "ds")
    again = running.batch(mine, output=tmp_path / "ds", resume=True)
    assert (again.done, again.known) == (0, again.groups)
    assert files(tmp_path / "ds") == before
    changed = next((mine / "job00000" / "trainer").rglob("*.xplane.pb"))
    os.utime(changed, ns=(0, changed.stat().st_mtime_ns + 1_000_000_000))
    write_directory(mine, 1, first=9, window_ms=60.0)
    more = running.batch(mine, output=tmp_path / "ds", resume=True)
    assert more.inputs == again.inputs + 2
    assert more.is_whole
    assert len(read(tmp_path / "ds", "inputs")) == more.inputs
    keys = {name.rpartition("/")[2] for name in files(tmp_path / "ds") if name.startswith("table=inputs")}
    assert len(keys) == more.groups


def test_a_run_with_nothing_new_imports_no_analysis(logs: Path, tmp_path: Path) -> None:
    running.batch(logs, output=tmp_path / "ds")
    program = (
        "import sys; from tb_contention.cli.main import main\n"
        f"assert main(['batch', {str(logs)!r}, '-o', {str(tmp_path / 'ds')!r}, '--resume']) == 0\n"
        "print(*sorted({'numba', 'tb_contention.analysis', 'distributed'} & sys.modules.keys()))"
    )
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == ""
    assert "0 analysed now" in done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="counts threads in /proc")
def test_a_part_is_read_on_one_thread(logs: Path, tmp_path: Path) -> None:
    """Arrow's own threads outlive the answer, and abort an interpreter that ends meanwhile."""
    running.batch(logs, output=tmp_path / "ds")
    part = next((tmp_path / "ds").glob("table=inputs/*/*.parquet"))
    program = (
        "import os, sys, numpy, pyarrow.parquet; from tb_contention.dataset.schema import read_columns\n"
        "threads = lambda: len(os.listdir('/proc/self/task'))\n"
        f"before, data = threads(), open({str(part)!r}, 'rb').read()\n"
        "print(read_columns(data, ['input', 'outcome']).num_rows, threads() - before)\n"
        f"pyarrow.parquet.read_table({str(part)!r})\n"
        "print(threads() > before)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    rows, more, otherwise = done.stdout.split()
    assert int(rows) > 0
    assert more == "0"
    assert otherwise == "True"


def test_parts_are_read_once_and_a_lost_note_is_made_again(
    logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = running.batch(logs, output=tmp_path / "ds")
    note = tmp_path / "ds" / running.KNOWN
    whole, opened = running._read, list[str]()

    def read_part(place: Place, name: str, *columns: Any) -> list[list[str]]:
        opened.extend([] if columns else [name])  # columns: of an input without an answer, to say why
        return whole(place, name, *columns)

    monkeypatch.setattr(running, "_read", read_part)
    first = note.read_bytes()
    assert running.batch(logs, output=tmp_path / "ds", resume=True).outcomes == counts.outcomes
    assert not opened
    for damaged in (None, b"{", b'{"dataset": 0, "parts": {}}', b"[]"):
        if damaged is None:
            note.unlink()
        else:
            note.write_bytes(damaged)
        opened.clear()
        assert running.batch(logs, output=tmp_path / "ds", resume=True).outcomes == counts.outcomes
        assert len(opened) == counts.groups
        assert note.read_bytes() == first


def test_a_group_that_grows_replaces_the_smaller_one(logs: Path, tmp_path: Path) -> None:
    mine = write_directory(tmp_path / "logs", 1, window_ms=60.0)
    held = tmp_path / "held"
    shutil.move(mine / "job00000" / "trainer", held)
    assert running.batch(mine, output=tmp_path / "ds").outcomes == {"alone": 1}
    shutil.move(held, mine / "job00000" / "trainer")
    assert running.batch(mine, output=tmp_path / "ds", resume=True).outcomes == {"analysed": 2}
    assert [row["outcome"] for row in read(tmp_path / "ds", "inputs")] == ["analysed"] * 2
    assert len(read(tmp_path / "ds", "sessions")) == 2


def test_what_is_gone_from_the_log_directory_stays(tmp_path: Path) -> None:
    mine = write_directory(tmp_path / "logs", 2, window_ms=60.0)
    running.batch(mine, output=tmp_path / "ds")
    shutil.rmtree(mine / "job00000")
    counts = running.batch(mine, output=tmp_path / "ds", resume=True)
    assert counts.inputs == 2
    assert len(read(tmp_path / "ds", "inputs")) == 4


@pytest.mark.injects
def test_an_exception_costs_its_group_alone_and_is_tried_again(
    logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tb_contention import pipeline

    whole, calls = pipeline.analyse_group, []

    def fails(*words: Any) -> Any:
        calls.append(words)
        if len(calls) == 1:
            raise ZeroDivisionError("in one group")
        return whole(*words)

    monkeypatch.setattr(pipeline, "analyse_group", fails)
    first = running.batch(logs, output=tmp_path / "ds")
    assert first.is_whole
    assert first.outcomes["failed"] == 2
    (message,) = {row["message"] for row in read(tmp_path / "ds", "inputs") if row["outcome"] == "failed"}
    assert message == "ZeroDivisionError: in one group"
    again = running.batch(logs, output=tmp_path / "ds", resume=True)
    assert again.done == 1
    assert again.outcomes["analysed"] == 2 * PAIRS
    running.batch(logs, output=tmp_path / "whole")
    assert files(tmp_path / "ds") == files(tmp_path / "whole")


def test_an_interrupt_keeps_what_is_done(
    logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = running._executed

    def interrupted(*words: Any) -> Iterator[Done]:
        yield next(whole(*words))
        raise KeyboardInterrupt

    monkeypatch.setattr(running, "_executed", interrupted)
    assert main(["batch", str(logs), "-o", str(tmp_path / "ds")]) == 130
    assert (
        capsys.readouterr().err == f"Interrupted: what is done is kept in {tmp_path / 'ds'}; --resume does the rest.\n"
    )
    assert json.loads((tmp_path / "ds" / "_run.json").read_text())["left"] == PAIRS
    monkeypatch.setattr(running, "_executed", whole)
    running.batch(logs, output=tmp_path / "ds", resume=True)
    running.batch(logs, output=tmp_path / "whole")
    assert files(tmp_path / "ds") == files(tmp_path / "whole")


def test_two_runs_at_once_end_in_the_same_dataset(logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = running._executed

    def beside(*words: Any) -> Iterator[Done]:
        monkeypatch.setattr(running, "_executed", whole)
        yield next(whole(*words))
        running.batch(logs, output=tmp_path / "ds", resume=True)
        yield from whole(*words)

    running.batch(logs, output=tmp_path / "whole")
    monkeypatch.setattr(running, "_executed", beside)
    running.batch(logs, output=tmp_path / "ds")
    assert files(tmp_path / "ds") == files(tmp_path / "whole")


def test_reports_lie_beside_the_tables_and_go_with_their_group(logs: Path, tmp_path: Path) -> None:
    from tb_contention.dataset.fleet import read_fleet

    mine = tmp_path / "logs"
    shutil.copytree(logs / "job00000", mine / "job00000")
    running.batch(mine, output=tmp_path / "ds")
    tables = files(tmp_path / "ds")
    running.batch(mine, output=tmp_path / "ds", resume=True, reports=True)
    assert files(tmp_path / "ds") == tables
    fleet = read_fleet(str(tmp_path / "ds"))
    (name,) = {fleet.reports[each.where.place, each.where.group] for each in fleet.memory}
    assert "trainer" in (tmp_path / "ds" / name).read_text()
    assert running.batch(mine, output=tmp_path / "ds", resume=True, reports=True).done == 0
    changed = next(mine.rglob("*.xplane.pb"))
    os.utime(changed, ns=(0, changed.stat().st_mtime_ns + 1_000_000_000))
    running.batch(mine, output=tmp_path / "ds", resume=True)
    assert not (tmp_path / "ds" / name).exists()


def test_labels_name_jobs_and_select(logs: Path, tmp_path: Path) -> None:
    labels = {"job": r"/(\w+)/\d{4}_", "number": r"job(\d+)"}
    counts = running.batch(logs, output=tmp_path / "ds", labels=labels, where={"number": "*1"})
    assert counts.inputs == 2
    assert {row["job"] for row in read(tmp_path / "ds", "sessions")} == {"trainer", "evaluator"}
    assert {row["with_jobs"] for row in read(tmp_path / "ds", "slowdowns") if row["job"] == "trainer"} == {"evaluator"}
    assert {json.loads(row["labels"])["number"] for row in read(tmp_path / "ds", "sessions")} == {"00001"}


def test_pods_name_jobs_and_nodes_hosts(tmp_path: Path) -> None:
    mine = write_directory(tmp_path / "logs", 1, window_ms=60.0)
    for number, manifest in enumerate(sorted(mine.rglob("tb_contention.json"))):
        said = json.loads(manifest.read_text())
        for entry in said["sessions"].values():
            entry |= {
                "pod": f"train{number}-7d9c5b8f6d-x2x9z",
                "namespace": "vision",
                "node": "n1",
                "container": "3f2a",
            }
        manifest.write_text(json.dumps(said))
    running.batch(mine, output=tmp_path / "ds")
    sessions = read(tmp_path / "ds", "sessions")
    assert {row["job"] for row in sessions} == {"vision/train0", "vision/train1"}
    assert {(row["namespace"], row["node"], row["container"]) for row in sessions} == {("vision", "n1", "3f2a")}
    assert {row["host"] for row in read(tmp_path / "ds", "slowdowns")} == {"n1"}


def test_a_label_that_fits_no_session_is_told_and_selects_nothing(logs: Path, tmp_path: Path) -> None:
    labels = {"team": "pod:(.+)", "number": r"job(\d+)"}
    counts = running.batch(logs, output=tmp_path / "ds", labels=labels, select=Selection(latest=True))
    assert counts.notes == ("--label team: pod:(.+) fits no session.",)
    with pytest.raises(OptionError, match=r"no session in .* has labels that fit"):
        running.batch(logs, output=tmp_path / "other", labels=labels, where={"team": "*"})
    assert not (tmp_path / "other").exists()


def test_manifests_select_also_where_the_index_knows_the_captures(tmp_path: Path) -> None:
    mine = write_directory(tmp_path / "logs", 2, window_ms=60.0)
    for manifest in sorted(mine.rglob("tb_contention.json")):
        said = json.loads(manifest.read_text())
        said["sessions"]["*"]["namespace"] = f"team{manifest.parts[-6][-1]}"
        manifest.write_text(json.dumps(said))
    labels = {"team": "namespace:.+"}
    for _ in range(2):
        counts = running.batch(mine, output=tmp_path / "ds", labels=labels, where={"team": "team1"}, resume=True)
        assert counts.inputs == 2
        assert not counts.notes


def test_since_selects_by_time(logs: Path, tmp_path: Path) -> None:
    since = int(datetime(2026, 3, 5, 12, tzinfo=timezone.utc).timestamp()) * 1_000_000_000
    counts = running.batch(logs, output=tmp_path / "ds", select=Selection(since_ns=since, runs=("job*",)))
    assert counts.outcomes == {"alone": 1}


def test_a_dataset_may_be_behind_a_url(logs: Path, bucket: Any) -> None:
    running.batch(logs, output="memory://cluster/ds")
    again = running.batch(logs, output="memory://cluster/ds", resume=True)
    assert again.done == 0
    names = bucket.find("/cluster/ds")
    data = bucket.cat_file(next(name for name in names if "table=groups" in name))
    assert pyarrow.parquet.read_table(BytesIO(data)).num_rows == 1


def test_a_dataset_may_lie_in_a_file_system_with_directories_behind_a_url(
    logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = Selection(runs=("job0000[01]*",))
    running.batch(logs, output=tmp_path / "ds", select=pairs)
    monkeypatch.setattr(Place, "_remote", lambda place: (LocalFileSystem(), f"{tmp_path.as_posix()}/there"))
    for place, folder in ((f"file://{tmp_path.as_posix()}/deep/ds", "deep/ds"), ("sftp://host/there", "there")):
        running.batch(logs, output=place, select=pairs)
        assert running.batch(logs, output=place, select=pairs, resume=True).done == 0
        assert files(tmp_path / folder) == files(tmp_path / "ds")


def test_captures_may_lie_in_an_archive(logs: Path, tmp_path: Path) -> None:
    archive = shutil.make_archive(str(tmp_path / "logs"), "zip", logs)
    counts = running.batch(f"zip://job00001::{archive}", output=tmp_path / "ds", labels={"host": "host:.+"})
    assert counts.outcomes == {"analysed": 2}
    assert not counts.notes
    assert {row["job"] for row in read(tmp_path / "ds", "sessions")} == {"trainer", "evaluator"}


@pytest.mark.parametrize(
    ("place", "error", "message"),
    [
        ("nope://x", LogdirError, "nope://x: the URL cannot be opened"),
        ("memory://x/y", OptionError, "memory of one process"),
    ],
)
def test_places_that_workers_cannot_reach_are_refused(
    place: str, error: type[Exception], message: str, logs: Path, monkeypatch: pytest.MonkeyPatch, bucket: Any
) -> None:
    monkeypatch.setattr(running, "_executed", EXECUTED)
    with pytest.raises(error, match=message):
        running.batch(logs, output=place)


def test_a_dataset_that_cannot_be_written_is_named(
    logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(place: Place, name: str, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Place, "write", full)
    assert main(["batch", str(logs), "-o", str(tmp_path / "ds")]) == 1
    told = capsys.readouterr().err
    assert told.startswith(f"tb-contention: error: Cannot write to {tmp_path / 'ds'}: No space left on device.")
    assert len(told.splitlines()) == 1


def test_strict_tells_of_inputs_without_an_answer(
    logs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["batch", str(logs), "-o", str(tmp_path / "ds")]) == 0
    printed = capsys.readouterr()
    assert "1  unreadable" in printed.out
    assert printed.err.startswith("unreadable: broken/plugins/profile/2026_03_05_10_00_00/node.xplane.pb: ")
    assert len(printed.err.splitlines()) == 1
    again = ["batch", str(logs), "-o", str(tmp_path / "ds"), "--resume", "--strict"]
    assert main(again) == 3
    assert main([*again, "--run", "job*"]) == 0


def test_an_input_whose_rows_are_gone_is_told(
    logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = running._executed

    def executed(*words: Any) -> Iterator[Done]:
        for done in whole(*words):
            for part in (tmp_path / "ds" / "table=inputs").rglob(f"*-{done.unit}-*"):
                part.unlink()
            yield done

    monkeypatch.setattr(running, "_executed", executed)
    assert main(["batch", str(logs), "-o", str(tmp_path / "ds")]) == 1
    assert f"{2 * PAIRS + 3} inputs, but 2 rows" in capsys.readouterr().err


def test_what_cannot_be_meant_is_refused(logs: Path, tmp_path: Path) -> None:
    (tmp_path / "other").write_text("something")
    with pytest.raises(OutputError, match="not empty"):
        running.batch(logs, output=tmp_path)
    with pytest.raises(OptionError, match="no executor"):
        running.batch(logs, output=tmp_path / "ds", executor="spark")
    with pytest.raises(OptionError, match="needs --executor dask"):
        running.batch(logs, output=tmp_path / "ds", scheduler="tcp://127.0.0.1:1")
    assert not (tmp_path / "ds").exists()


@pytest.mark.parametrize("table", [table.slug for table in TABLES])
def test_columns_say_what_they_are(table: str) -> None:
    schema = arrow_schema(table)
    assert len(set(schema.names)) == len(schema.names)
    for field in schema:
        metadata = {key.decode(): value.decode() for key, value in field.metadata.items()}
        assert metadata["description"], field.name
        assert field.name.endswith("_ns") <= ("ns" in metadata["unit"]), field.name
        assert field.name.endswith("_bytes") <= (metadata["unit"] == "bytes"), field.name


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((300, 1000, 1.5, 1.2, 2.0), (150, 450)),
        ((None, 1000, None, 1.0, 1.25), (0, 200)),
        ((None, 1000, None, 1.0, None), (0, None)),
        ((0, 1000, 1.0, 0.9, 1.25), (0, 200)),
    ],
)
def test_a_loss_has_the_range_of_its_slowdown(given: tuple[Any, ...], expected: tuple[int, int | None]) -> None:
    assert lost_range(*given) == expected


def test_outcomes_that_a_later_run_tries_again() -> None:
    assert [each for each in Outcome if not each.is_final] == [Outcome.FAILED, Outcome.TIMED_OUT]
