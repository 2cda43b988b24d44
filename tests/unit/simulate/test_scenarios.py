"""Scenarios as files: deterministic, called simulated, and true to their truth."""

import json
from pathlib import Path

import pytest

from tb_contention.recorders.xspace.proto import XSpace
from tb_contention.simulate import SCENARIOS, write_large, write_scenario
from tb_contention.simulate.memory import chunk, memory_changes
from tb_contention.simulate.named import named
from tb_contention.simulate.truth import combined_peak, slowdown
from tb_contention.simulate.write import play


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_scenario("time_slicing", tmp_path_factory.mktemp("simulated"))


def test_equal_seeds_give_equal_bytes(written: Path, tmp_path: Path) -> None:
    assert bytes_of(write_scenario("time_slicing", tmp_path)) == bytes_of(written)


def test_another_seed_gives_other_bytes(written: Path, tmp_path: Path) -> None:
    assert bytes_of(write_scenario("time_slicing", tmp_path, seed=1)) != bytes_of(written)


def test_the_demo_log_is_what_the_simulator_writes(written: Path, demo_logs: Path) -> None:
    for name, data in bytes_of(written).items():
        assert (demo_logs / "simulated_time_slicing" / name).read_bytes() == data, name


def test_what_is_simulated_says_so(written: Path) -> None:
    traces = sorted(written.rglob("*.xplane.pb"))
    assert len(traces) == 4
    for trace in traces:
        space = XSpace()
        space.ParseFromString(trace.read_bytes())
        gpu = space.planes[0]
        stats = {gpu.stat_metadata[s.metadata_id].name: s for s in gpu.stats}
        assert trace.name.startswith("simulated-")
        assert space.hostnames[0].startswith("simulated-")
        assert gpu.stat_metadata[stats["gpu_device_name"].ref_value].name.startswith("Simulated")
        manifest = json.loads((trace.parent / "tb_contention.json").read_text())
        assert manifest["sessions"]["*"]["simulated"] is True


def test_truth_divides_the_window_exactly(written: Path) -> None:
    truth = json.loads((written / "truth.json").read_text())
    assert sum(truth["time"].values()) == truth["window"]["length"]
    for session in truth["sessions"].values():
        assert session["exclusive"] + session["contended"] == session["busy"]


def test_the_demo_has_contention_and_its_memory_fits_closely(written: Path) -> None:
    truth = json.loads((written / "truth.json").read_text())
    assert all(1.3 < session["step_slowdown"] < 2.2 for session in truth["sessions"].values())
    assert 0.85 < truth["memory"]["combined_peak"] / truth["memory"]["capacity"] < 1.0


def test_the_peak_is_what_brute_force_finds() -> None:
    played = play(named("time_slicing"), 0)
    start, end = 330_000_000, 960_000_000
    found = combined_peak(played, start, end, 0)
    times = sorted({start} | {c.time for p in played for c in p.changes if start <= c.time < end})[::7]

    def held(time: int) -> int:
        levels = ([chunk(p.spec.weights), *(c.in_use for c in p.changes if c.time <= time)][-1] for p in played)
        return sum(levels)

    assert max(map(held, times)) <= found["combined_peak"] == held(found["combined_peak_at_unix_ns"])


def test_what_a_step_allocates_it_also_releases() -> None:
    for played in play(named("unshared"), 0):
        changes = memory_changes(played.spec, played.shared)
        assert changes[-1].in_use == chunk(played.spec.weights)
        assert all(change.in_use <= played.spec.limit for change in changes)


def test_nothing_is_lost_where_nothing_is_shared() -> None:
    assert [slowdown(played) for played in play(named("unshared"), 3)] == [1.0, 1.0]


@pytest.mark.parametrize("name", ["time_slicing", "mps", "single_stream"])
def test_sharing_makes_everybody_slower(name: str) -> None:
    assert all(slowdown(played) > 1.02 for played in play(named(name), 0))


def test_scenarios_have_their_own_names_and_one_line_each() -> None:
    assert len({s.name for s in SCENARIOS}) == len(SCENARIOS)
    assert all("\n" not in s.summary for s in SCENARIOS)


def test_an_unknown_scenario_is_refused_with_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="time_slicing"):
        write_scenario("nothing", tmp_path)


def test_a_large_file_is_read_by_protobuf(tmp_path: Path) -> None:
    path = write_large(tmp_path / "run" / "large.xplane.pb", 1_000)
    space = XSpace()
    space.ParseFromString(path.read_bytes())
    events = space.planes[0].lines[0].events
    assert len(events) == 1_000
    assert all(len(event.stats) == 6 for event in events)
    assert space.ByteSize() == path.stat().st_size
