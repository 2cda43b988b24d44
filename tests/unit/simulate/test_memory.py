"""Memory scenarios: allocators that add up, files that hold what was simulated, and truth that fits it."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tb_contention.model.trace import NONE, Trace
from tb_contention.recorders.xspace.decoding.reader import decode_xspace
from tb_contention.simulate import (
    Damage,
    changed_kernels,
    growing_pool,
    random_memory,
    write_large_memory,
    write_memory,
)
from tb_contention.simulate.heaps import Change, Life, Move, changes_of, with_ties
from tb_contention.simulate.memory_scenarios import MemorySession, recorded_changes
from tb_contention.simulate.recording import Window
from tb_contention.simulate.workload import Era

SEEDS = range(0, 60, 7)


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def truth_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "truth.json").read_text())
    return found


def read(folder: Path, session: str) -> Trace:
    (path,) = (folder / "together" / session).rglob("*.xplane.pb")
    return decode_xspace(path.read_bytes(), file=path.name)


def by_allocator(changes: list[Change]) -> dict[str, list[Change]]:
    found: dict[str, list[Change]] = {}
    for change in changes:
        found.setdefault(change.life.allocator, []).append(change)
    return found


def sessions_of(seeds: range) -> list[MemorySession]:
    return [session for seed in seeds for session in random_memory(seed).sessions]


@pytest.mark.parametrize("seed", SEEDS)
def test_bytes_in_use_differ_by_the_chunk_and_addresses_are_not_given_twice(seed: int) -> None:
    for session in random_memory(seed).sessions:
        for changes in by_allocator(changes_of(session.lives, session.moves)).values():
            held: set[int] = set()
            for before, change in zip([None, *changes], changes, strict=False):
                life, sign = change.life, 1 if change.move.gives else -1
                if before:
                    assert change.in_use - before.in_use == sign * life.size
                    assert change.move.time >= before.move.time
                    assert change.peak >= max(before.peak, change.in_use)
                assert life.size % 256 == 0
                assert 0 <= life.requested <= life.size
                assert 0 <= change.in_use <= session.limits[life.allocator]
                assert change.fragmentation is None or 0 <= change.fragmentation <= 1
                assert (change.address in held) is False if change.move.gives else True
                (held.add if change.move.gives else held.discard)(change.address)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_file_holds_exactly_what_the_allocators_did(seed: int, tmp_path: Path) -> None:
    scenario = random_memory(seed)
    write_memory(scenario, tmp_path)
    for session in scenario.sessions:
        spec, trace = session.spec, read(tmp_path, session.spec.name)
        drift, origin = spec.recorder.drift, Window.of(spec).start
        expected = Counter(
            (
                (c.move.time - origin) * 1000 + round((c.move.time - origin) * 1000 * drift * 1e-6),
                c.move.gives, c.life.allocator, c.in_use, c.life.size, c.life.requested, c.peak, c.address,
                (c.life.op or None) if c.move.gives else None,
            )
            for c in recorded_changes(session)
        )  # fmt: skip
        table, strings = trace.allocations, trace.strings
        columns = (
            table.start,
            table.is_allocation == 1,
            table.allocator,
            table.in_use,
            table.size,
            table.requested,
            table.peak,
        )
        rows = zip(*(column.tolist() for column in (*columns, table.address, table.op)), strict=True)
        found = Counter((*row[:2], strings.get(row[2]), *row[3:8], op_of(strings.get(row[8]))) for row in rows)
        assert found == expected
        limit = np.array([session.limits[str(strings.get(row))] for row in table.allocator.tolist()], np.int64)
        assert (table.in_use + table.available + table.reserved == limit).all()


def op_of(text: str | None) -> str | None:
    return None if text == "(null)" else text


@pytest.mark.parametrize("seed", SEEDS)
def test_holders_and_what_was_there_before_add_up_to_the_peak(seed: int, tmp_path: Path) -> None:
    memory = truth_of(write_memory(random_memory(seed), tmp_path))["memory"]
    held = sum(row["bytes"] for row in (*memory["holders"], *memory["before_capture"]))
    assert held == memory["combined_peak_bytes"]
    assert all(row["bytes"] >= 0 for row in memory["before_capture"])
    assert memory["combined_peak_bytes"] <= memory["sum_of_peaks_bytes"] <= memory["sum_of_limits_bytes"]
    assert memory["window_start_ns"] <= memory["combined_peak_at_ns"] <= memory["window_end_ns"]
    for row in memory["allocators"]:
        assert row["before_capture_bytes"] <= row["lifetime_peak_bytes"] <= row["limit_bytes"]
        assert row["peak_bytes"] <= row["lifetime_peak_bytes"]


def test_equal_seeds_give_equal_bytes(tmp_path: Path) -> None:
    damage = Damage(lose=0.1, repeat=0.1)
    first, second, other = tmp_path / "first", tmp_path / "second", tmp_path / "other"
    write_memory(random_memory(3), first, damage=damage)
    write_memory(random_memory(3), second, damage=damage)
    write_memory(random_memory(3), other, damage=damage, seed=1)
    assert bytes_of(first) == bytes_of(second)
    assert bytes_of(first) != bytes_of(other)


def test_damage_loses_and_repeats_that_share_of_the_events(tmp_path: Path) -> None:
    scenario = random_memory(3)
    count = [len(recorded_changes(session)) for session in scenario.sessions]
    write_memory(scenario, tmp_path / "lossy", damage=Damage(lose=0.3))
    write_memory(scenario, tmp_path / "twice", damage=Damage(repeat=0.3))
    lossy, twice = (
        sum(len(read(tmp_path / name, session.spec.name).allocations) for session in scenario.sessions)
        for name in ("lossy", "twice")
    )
    assert lossy == pytest.approx(0.7 * sum(count), rel=0.05)
    assert twice == pytest.approx(1.3 * sum(count), rel=0.05)
    truths = [truth_of(tmp_path / name) for name in ("lossy", "twice")]
    assert truths[0]["memory"] == truths[1]["memory"]
    assert truths[1]["memory"] == truths[1]["memory_as_recorded"]
    assert sum(row["events"] for row in truths[0]["memory_as_recorded"]["allocators"]) == lossy


@pytest.mark.full
def test_seeds_hold_all_that_profilers_record(tmp_path: Path) -> None:
    sessions = sessions_of(range(60))
    assert {len(random_memory(seed).sessions) for seed in range(60)} == {1, 2, 3, 4}
    assert {session.spec.recorder.era for session in sessions} == set(Era)
    assert sum(session.silent for session in sessions) > 5
    assert sum(bool(session.leaks) for session in sessions) > 10
    assert sum(bool(session.spec.recorder.drift) for session in sessions) > 10
    names = {life.allocator for session in sessions for life in session.lives}
    assert names >= {
        "GPU_0_bfc",
        "GPU_1_bfc",
        "gpu_host_bfc",
        "xla_gpu_host_bfc",
        "mklcpu",
        "GPU_collectivememory_0_bfc",
    }
    truths = [truth_of(write_memory(random_memory(seed), tmp_path / str(seed)))["memory"] for seed in range(24)]
    rows = [row for truth in truths for row in truth["allocators"] if row["kind"] == "device"]
    assert sum(row["lifetime_peak_bytes"] > row["peak_bytes"] for row in rows) > 10
    assert sum(truth["combined_peak_bytes"] < truth["sum_of_peaks_bytes"] for truth in truths) > 10
    over = [truth["sum_of_limits_bytes"] > truth["capacity_bytes"] for truth in truths]
    assert 5 < sum(over) < len(over) - 5
    assert any(len(truth["holders"]) > 60 for truth in truths)
    assert sum(any(row["count"] > 1 for row in truth["holders"]) for truth in truths) > 3
    assert sum(truth["combined_peak_at_ns"] == truth["window_start_ns"] for truth in truths) > 0


def test_events_of_two_threads_share_timestamps() -> None:
    tied = 0
    for session in sessions_of(range(20)):
        seen: dict[tuple[str, int], set[int]] = {}
        for change in recorded_changes(session):
            seen.setdefault((change.life.allocator, change.move.time), set()).add(change.move.thread)
        tied += sum(len(threads) > 1 for threads in seen.values())
    assert tied > 20


def test_some_frees_are_of_what_the_capture_did_not_see_and_some_on_another_thread() -> None:
    early, elsewhere = 0, 0
    for session in sessions_of(SEEDS):
        given: dict[int, Move] = {}
        for change in recorded_changes(session):
            move = change.move
            early += not move.gives and move.life not in given
            elsewhere += not move.gives and move.life in given and given[move.life].thread != move.thread
            given[move.life] = move
    assert early > 10
    assert elsewhere > 1000


def test_moves_share_a_timestamp_only_where_bytes_in_use_tell_their_order() -> None:
    def moves(*signs: int) -> tuple[Move, ...]:
        return tuple(
            Move(time=10_000_000 + k, thread=k, life=abs(sign) - 1, gives=sign > 0) for k, sign in enumerate(signs)
        )

    lives = tuple(Life(allocator="GPU_0_bfc", requested=256 * k, size=256 * k) for k in (1, 2, 3))
    clear, round_trip = moves(1, 2, -1), moves(1, -1)
    assert {m.time for m in with_ties(lives, clear, 1.0, 0)} == {10_000_000}
    assert with_ties(lives, round_trip, 1.0, 0) == round_trip
    assert with_ties(lives, clear, 1.0, 20_000_000) == clear
    assert with_ties(lives, clear, 0.0, 0) == clear


def test_a_convolution_changes_its_kernel_once_and_its_workspace_with_it(tmp_path: Path) -> None:
    write_memory(changed_kernels(2), tmp_path)
    (change,) = truth_of(tmp_path)["kernel_changes"]
    trace = read(tmp_path, "convolver")
    names = [trace.strings[row] for row in trace.kernels.name.tolist()]
    places = [k for k, name in enumerate(names) if name == change["after"]]
    assert len(places) == change["count_after"] > 3
    assert names.count(change["before"]) == change["count_before"] > 3
    assert max(k for k, name in enumerate(names) if name == change["before"]) < min(places)
    assert change["mean_after_ns"] > 1.2 * change["mean_before_ns"]
    assert change["workspace_after_bytes"] < change["workspace_before_bytes"]


def test_calls_of_the_driver_are_host_events_with_a_correlation(tmp_path: Path) -> None:
    write_memory(growing_pool(2), tmp_path)
    (stall,) = truth_of(tmp_path)["stalls"]
    trace = read(tmp_path, "grower")
    rows = [k for k, row in enumerate(trace.launches.name.tolist()) if (trace.strings[row]).startswith("cuMem")]
    assert len(rows) >= stall["count"] > 3
    assert (trace.launches.correlation[rows] != NONE).all()
    assert not set(trace.launches.correlation[rows].tolist()) & set(trace.kernels.correlation.tolist())
    assert {trace.threads[t] for t in trace.launches.thread[rows].tolist()} >= {"tf_Compute/1037"}
    assert (trace.launches.duration[rows] // 1000).max() > 1_000_000


def test_a_large_file_is_consistent(tmp_path: Path) -> None:
    path = write_large_memory(tmp_path / "a" / "x.xplane.pb", 20_001, threads=3, seed=4)
    trace = decode_xspace(path.read_bytes(), file=path.name)
    table = trace.allocations
    assert trace.complete
    assert len(table) == 20_001
    assert len(trace.kernels) == 100
    assert len(trace.steps) == 40
    assert len(set(table.thread.tolist())) == 3
    sign = np.where(table.is_allocation == 1, 1, -1)
    assert (np.diff(table.in_use) == (sign * table.size)[1:]).all()
    assert (np.diff(table.start) > 0).all()
    assert (table.in_use + table.available == table.in_use[0] + table.available[0]).all()
    assert len({trace.strings[row] for row in table.op.tolist()} - {"(null)"}) == 200
    held: dict[int, int] = {}
    for address, size, gives in zip(
        table.address.tolist(), table.size.tolist(), table.is_allocation.tolist(), strict=True
    ):
        if gives:
            assert address not in held
            held[address] = size
        else:
            assert held.pop(address) == size
    assert len(set(table.address.tolist())) < 0.25 * len(table)
    again = write_large_memory(tmp_path / "b" / "x.xplane.pb", 20_001, threads=3, seed=4)
    assert again.read_bytes() == path.read_bytes()


def test_sessions_whose_allocator_writes_no_events_are_named(tmp_path: Path) -> None:
    scenario = random_memory(1)
    quiet = replace(
        scenario, sessions=tuple(replace(s, silent=True) for s in scenario.sessions[1:]) + scenario.sessions[:1]
    )
    memory = truth_of(write_memory(quiet, tmp_path))["memory"]
    assert memory["sessions_without_data"] == [s.spec.name for s in quiet.sessions if s.silent]
