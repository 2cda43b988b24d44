"""The way into xprof's trace viewer against xprof itself: its times from `zero_ns` on are ours, and run and host lead it to the file.

xprof answers as its server does, from a copy, as it writes beside what it reads.
"""

import json
import shutil
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from properties.memory_profile import parsed
from recorded import recorded_captures

from tb_contention.align import AlignOptions, align
from tb_contention.model.alignment import Session
from tb_contention.model.capture import CaptureFile
from tb_contention.pipeline import decode
from tb_contention.plugin.trace_viewer import TraceViewerPlace, trace_viewer_place
from tb_contention.recorders.discover import discover
from tb_contention.units import PS_PER_NS

pytestmark = pytest.mark.oracle

DEMOS = (
    "simulated_time_slicing",
    "recorded_two_sessions",
    "recorded_two_processes",
    "recorded_split_model",
    "recorded_queue_threads",
)
REAL = ("gpu_multi_worker", "mi300x_jax", "mi355x_jax", "eras")
WORKER = "recorded_two_processes/worker_a/plugins/profile/2026_11_23_03_02_43/demo-host.xplane.pb"
SAME_NS = 1

Event = dict[str, Any]


def xprof(logdir: Path) -> Any:
    from xprof.profile_plugin import ProfilePlugin

    flags = SimpleNamespace(master_tpu_unsecure_channel="")
    return ProfilePlugin(SimpleNamespace(logdir=str(logdir), data_provider=None, flags=flags))


def events(logdir: Path, run: str, host: str) -> list[Event]:
    """Return all complete events of a host, as the viewer gets them when it asks for every one."""
    args = {"run": run, "tag": "trace_viewer@", "host": host, "hosts": host, "resolution": "0"}
    said, _, _ = xprof(logdir).data_impl(SimpleNamespace(args=args))
    if said is None:
        raise ValueError(f"xprof does not read {run}/{host}")
    return [e for e in json.loads(said)["traceEvents"] if e.get("ph") == "X"]


def sessions(logdir: Path) -> list[tuple[Session, CaptureFile]]:
    found = discover(str(logdir))
    files = {file.relative: file for file in found.files}
    return [(s, files[s.file]) for s in align(decode(found).captures, AlignOptions()).sessions]


def ours(session: Session) -> dict[str, list[int]]:
    """Return the starts of what the reader keeps, ns from the report's origin, by name."""
    trace = session.trace
    starts: dict[str, list[int]] = defaultdict(list)
    for table in (trace.kernels, trace.launches, trace.host_events):
        for name, start in zip(table.name.tolist(), table.start.tolist(), strict=True):
            starts[trace.strings.get(name) or ""].append(start // PS_PER_NS + session.offset)
    return starts


def theirs(place: TraceViewerPlace, said: list[Event]) -> dict[str, list[float]]:
    starts: dict[str, list[float]] = defaultdict(list)
    for event in said:
        starts[event["name"]].append(event["ts"] * 1e3 + place.zero)
    return starts


def differences(session: Session, place: TraceViewerPlace, said: list[Event]) -> list[float]:
    """Return xprof's start less ours, ns, for all events of the names that both have equally often."""
    mine, other = ours(session), theirs(place, said)
    pairs = [(sorted(mine[n]), sorted(other[n])) for n in mine if len(mine[n]) == len(other.get(n, ()))]
    return [b - a for left, right in pairs for a, b in zip(left, right, strict=True)]


@pytest.fixture
def copy(demo_logs: Path, tmp_path: Path) -> Callable[[str], Path]:
    """Put a capture at a place below a log directory of its own."""

    def put(relative: str) -> Path:
        target = tmp_path / "logs" / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(demo_logs / WORKER, target)
        return tmp_path / "logs"

    return put


def compare(folder: Path, logdir: Path) -> int:
    """Compare all captures of a log directory; return how many there are."""
    for path in folder.rglob("*.xplane.pb"):
        if path.stat().st_size:
            target = logdir / path.relative_to(folder)
            target.parent.mkdir(parents=True)
            shutil.copy(path, target)
            for manifest in path.parent.glob("tb_contention.json"):
                shutil.copy(manifest, target.parent)
    found = sessions(logdir)
    runs = set(xprof(logdir).generate_runs())
    for session, file in found:
        place = trace_viewer_place(session, file, str(logdir))
        assert place is not None
        assert place.run in runs
        apart = differences(session, place, events(logdir, place.run, place.host))
        assert len(apart) > 20, file.relative
        assert np.abs(apart).max() <= SAME_NS, file.relative
    return len(found)


def test_every_log_directory_is_compared(demo_logs: Path, real_traces: Path) -> None:
    assert {path.relative_to(demo_logs).parts[0] for path in demo_logs.rglob("*.xplane.pb")} == set(DEMOS)
    assert {path.relative_to(real_traces).parts[0] for path in recorded_captures(real_traces)} == set(REAL)


@pytest.mark.parametrize("name", DEMOS)
def test_the_times_of_the_demos_are_the_same(demo_logs: Path, tmp_path: Path, name: str) -> None:
    assert compare(demo_logs / name, tmp_path / "logs")


@pytest.mark.parametrize("name", REAL)
def test_the_times_of_real_captures_are_the_same(real_traces: Path, tmp_path: Path, name: str) -> None:
    assert compare(real_traces / name, tmp_path / "logs")


@pytest.mark.parametrize(
    ("relative", "run", "host"),
    [
        ("plugins/profile/S/h.xplane.pb", "S", "h"),
        ("train/plugins/profile/S/h.xplane.pb", "train/S", "h"),
        ("a/b/c/plugins/profile/S/10.0.0.1_6009.xplane.pb", "a/b/c/S", "10.0.0.1_6009"),
        ("odd é &+%20#?=/plugins/profile/S 1;x/h ö&+%;#x.xplane.pb", "odd é &+%20#?=/S 1;x", "h ö&+%;#x"),
    ],
)
def test_run_and_host(copy: Callable[[str], Path], relative: str, run: str, host: str) -> None:
    logdir = copy(relative)
    ((session, file),) = sessions(logdir)
    place = trace_viewer_place(session, file, str(logdir))
    assert place == TraceViewerPlace(run=run, host=host, zero=session.offset)
    assert run in xprof(logdir).generate_runs()
    assert events(logdir, run, host)


def test_hosts_of_one_run_have_each_their_own_time(copy: Callable[[str], Path], demo_logs: Path) -> None:
    """xprof moves no host's times to those of another, so each opens at its own zero."""
    logdir = copy("plugins/profile/S/a.xplane.pb")
    other = next((demo_logs / "recorded_two_processes" / "worker_b").rglob("*.xplane.pb"))
    shutil.copy(other, logdir / "plugins" / "profile" / "S" / "b.xplane.pb")
    found = sessions(logdir)
    places = [trace_viewer_place(session, file, str(logdir)) for session, file in found]
    assert len({place.zero for place in places if place}) == 2
    for (session, _), place in zip(found, places, strict=True):
        assert place is not None
        apart = differences(session, place, events(logdir, place.run, place.host))
        assert np.abs(apart).max() <= SAME_NS


def test_a_folder_behind_a_link_is_found_by_its_name(copy: Callable[[str], Path], tmp_path: Path) -> None:
    (copy("plugins/profile/S/h.xplane.pb") / "plugins").rename(tmp_path / "plugins")
    (tmp_path / "logs" / "linked").symlink_to(tmp_path, target_is_directory=True)
    ((session, file),) = sessions(tmp_path / "logs")
    place = trace_viewer_place(session, file, str(tmp_path / "logs"))
    assert place is not None
    assert place.run == "linked/S"
    assert events(tmp_path / "logs", place.run, place.host)


def test_without_a_place_xprof_does_not_open_it(copy: Callable[[str], Path]) -> None:
    """A comma in the host, a cut file, a log directory inside the layout."""
    logdir = copy("comma/plugins/profile/S/a,b.xplane.pb")
    cut = copy("cut/plugins/profile/S/h.xplane.pb") / "cut/plugins/profile/S/h.xplane.pb"
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    found = sessions(logdir)
    assert len(found) == 2
    for session, file in found:
        assert trace_viewer_place(session, file, str(logdir)) is None
        with pytest.raises((ValueError, FileNotFoundError)):
            events(logdir, file.run, file.host)
    inside = copy("plugins/profile/S/h.xplane.pb") / "plugins" / "profile"
    ((session, file),) = sessions(inside)
    assert trace_viewer_place(session, file, str(inside)) is None
    with pytest.raises((ValueError, FileNotFoundError)):
        events(inside, file.run, file.host)


def test_times_in_unix_time_overflow_in_xprof(copy: Callable[[str], Path]) -> None:
    """No profiler writes such lines; in 64 bits of picoseconds there is no room for them."""
    logdir = copy("plugins/profile/S/h.xplane.pb")
    path = logdir / "plugins" / "profile" / "S" / "h.xplane.pb"
    space = parsed(path.read_bytes())
    for line in (line for plane in space.planes for line in plane.lines):
        line.timestamp_ns += 1_795_402_962_056_886_549
    path.write_bytes(space.SerializeToString())
    ((session, file),) = sessions(logdir)
    assert session.trace.clock.unix_lines
    assert trace_viewer_place(session, file, str(logdir)) is None
    start = min(event["ts"] for event in events(logdir, "S", "h"))
    assert start * 1e-6 < 2**64 * 1e-12 < 1_795_402_962
