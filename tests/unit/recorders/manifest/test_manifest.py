"""What a manifest may say, and that anything else is refused in one sentence."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tb_contention.errors import ManifestError
from tb_contention.model.capture import CaptureFile, Container
from tb_contention.model.manifest import ClockReading, KernelMode, ManifestSession, MpsState
from tb_contention.model.trace import NONE
from tb_contention.recorders.manifest import reader
from tb_contention.recorders.manifest.reader import find_session, parse_sessions, read_manifest

WHOLE: dict[str, Any] = {
    "host": "gpuhost",
    "name": "trainer",
    "process_id": 4211,
    "container": "3f2a",
    "pod": "trainer-0",
    "namespace": "vision",
    "node": "n1",
    "driver": "550.54.15",
    "boot_id": "x",
    "mps": {"state": "on", "active_thread_percentage": 50, "pinned_memory_limit": "0=10G"},
    "sharing": {"strategy": "mps", "replicas": 4},
    "kernel_mode": "serialised",
    "clock_readings": [
        {"realtime_ns": 1_000_000_000, "monotonic_raw_ns": 5, "gap_ns": 100},
        {"realtime_ns": 2_000_000_000, "monotonic_raw_ns": 1_000_000_005},
    ],
    "environment": {"CUDA_VISIBLE_DEVICES": ""},
    "versions": {"tensorflow": "2.21.0"},
    "not_known": ["Power: not told."],
    "devices": {
        "1": {
            "uuid": "GPU-1",
            "compute_mode": "default",
            "mig": False,
            "samples": {"time_ns": [10, 20], "power_mw": [250_000, None], "memory_used_bytes": [7, None]},
            "processes": [{"process_id": 9, "name": "other", "memory_bytes": [None, 3]}, {"process_id": 10}],
        }
    },
}


def read(entry: Any, file: str = "host.xplane.pb") -> ManifestSession | None:
    document = {"format_version": 1, "sessions": {"host": entry}}
    return find_session(parse_sessions(json.dumps(document).encode()), file, "host")


def test_everything_that_is_said_is_read() -> None:
    said = read(WHOLE)
    assert said is not None
    assert (said.container, said.driver, said.kernel_mode) == ("3f2a", "550.54.15", KernelMode.SERIALISED)
    assert (said.pod, said.namespace, said.node, said.boot_id) == ("trainer-0", "vision", "n1", "x")
    assert (said.sharing.strategy, said.sharing.replicas) == ("mps", 4)
    assert (said.mps.state, said.mps.active_thread_percentage, said.mps.pinned_memory_limit) == (
        MpsState.ON,
        50,
        "0=10G",
    )
    assert said.environment == {"CUDA_VISIBLE_DEVICES": ""}
    assert (said.versions, said.not_known) == ({"tensorflow": "2.21.0"}, ("Power: not told.",))
    device = said.devices[1]
    assert (device.uuid, device.compute_mode, device.mig) == ("GPU-1", "default", False)
    assert device.samples is not None
    assert device.samples.time.tolist() == [10, 20]
    assert device.samples.memory_used.tolist() == [7, NONE]
    assert device.samples.power[0] == 250.0
    assert np.isnan(device.samples.power[1])
    assert np.isnan(device.samples.sm_clock).all()
    assert [(p.process_id, p.name, p.memory.tolist()) for p in device.samples.processes] == [
        (9, "other", [NONE, 3]),
        (10, "", [NONE, NONE]),
    ]


def part_of(folder: Path, part: str) -> CaptureFile:
    return CaptureFile(
        path=str(folder / "r.sqlite"), relative="runs/r.sqlite", run="runs", directory="runs", host="r", container=Container.NSIGHT,
        size=1, mtime_ns=1, manifest=str(folder / "tb_contention.json"), part=part,
    )  # fmt: skip


def test_each_part_of_a_file_has_its_own_entry_and_one_bad_entry_leaves_the_others(tmp_path: Path) -> None:
    sessions = {"r/one": {"name": "trainer"}, "r/two": {"name": 5}, "*": {"name": "any", "simulated": True}}
    (tmp_path / "tb_contention.json").write_text(json.dumps({"format_version": 1, "sessions": sessions}))

    found, problems = read_manifest(
        part_of(tmp_path, ""), [part_of(tmp_path, part) for part in ("one", "two", "three")]
    )

    assert found == (ManifestSession(name="trainer"), None, ManifestSession(simulated=True))
    (problem,) = problems
    assert (problem.slug, problem.file) == ("bad-manifest", "runs/r.sqlite")
    assert problem.message.startswith("runs/tb_contention.json is ignored for this file: name must be")


def test_a_manifest_is_read_once_however_many_processes_a_file_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tb_contention.json").write_text(json.dumps({"format_version": 1, "sessions": {"*": {}}}))
    read: list[bytes] = []

    def counted(data: bytes) -> Mapping[str, Any]:
        read.append(data)
        return parse_sessions(data)

    monkeypatch.setattr(reader, "parse_sessions", counted)

    read_manifest(part_of(tmp_path, ""), [part_of(tmp_path, part) for part in ("one", "two")])

    assert len(read) == 1


def test_an_empty_entry_says_nothing() -> None:
    assert read({}) == ManifestSession()


def test_a_word_of_a_later_version_is_unknown() -> None:
    said = read({"kernel_mode": "sideways", "mps": {"state": "half"}})
    assert said is not None
    assert (said.kernel_mode, said.mps.state) == (KernelMode.UNKNOWN, MpsState.UNKNOWN)


@pytest.mark.parametrize(
    "entry",
    [
        [],
        {"process_id": -1},
        {"process_id": True},
        {"simulated": 1},
        {"clock": {"origin_ns": 1}},
        {"clock_readings": {}},
        {"clock_readings": [{"realtime_ns": 1}]},
        {"mps": []},
        {"mps": {"active_thread_percentage": 0}},
        {"mps": {"active_thread_percentage": 1e999}},
        {"environment": {"A": 1}},
        {"not_known": [1]},
        {"name": "x" * 1001},
        {"devices": {"one": {}}},
        {"devices": {"0": {"mig": "no"}}},
        {"devices": {"0": {"samples": {"time_ns": [2, 1]}}}},
        {"devices": {"0": {"samples": {"time_ns": [None]}}}},
        {"devices": {"0": {"samples": {"time_ns": [1], "power_mw": [1, 2]}}}},
        {"devices": {"0": {"samples": {"time_ns": [1], "power_mw": [10**400]}}}},
        {"devices": {"0": {"samples": {"time_ns": [1], "sm_clock_mhz": ["1"]}}}},
        {"devices": {"0": {"samples": {"time_ns": [1], "memory_used_bytes": [1.5]}}}},
        {"devices": {"0": {"samples": {"time_ns": [1]}, "processes": [{"name": "x"}]}}},
    ],
)
def test_what_is_no_such_value_is_refused(entry: Any) -> None:
    with pytest.raises(ManifestError) as raised:
        read(entry)
    assert raised.value.message.endswith(".")
    assert "\n" not in raised.value.message


def readings(change_ns: int, seconds: int = 2) -> ManifestSession:
    steady = seconds * 1_000_000_000
    return ManifestSession(
        clock_readings=(
            ClockReading(realtime_ns=0, monotonic_raw_ns=0, gap_ns=100),
            ClockReading(realtime_ns=steady + change_ns, monotonic_raw_ns=steady, gap_ns=100),
        )
    )


def test_a_clock_that_is_steered_is_not_said_to_be_set() -> None:
    assert readings(1_000_000).clock_step_ns == 0  # 500 ppm of two seconds
    assert readings(-1_000_000).clock_step_ns == 0


def test_a_clock_that_is_set_shows_by_how_much() -> None:
    assert readings(30_000_000).clock_step_ns == 30_000_000
    assert readings(-5_000_000).clock_step_ns == -5_000_000


def test_one_reading_tells_nothing_of_the_clock() -> None:
    one = ManifestSession(clock_readings=(ClockReading(realtime_ns=1, monotonic_raw_ns=1),))
    assert (one.clock_change_ns, one.clock_step_ns) == (None, 0)


@pytest.mark.parametrize(
    ("entry", "part"),
    [
        ({}, None),
        ({"mps": {"state": "on"}, "devices": {"0": {"uuid": "GPU-1"}}}, None),
        ({"mps": {"active_thread_percentage": 12.5}}, "at most 12.5 % of the threads, not reserved"),
        (
            {"mps": {"state": "on", "active_thread_percentage": 50, "sm_partition": "GPU-1/Dx4"}},
            "static partition of MPS, its own",
        ),
        ({"mps": {"active_thread_percentage": 50, "sm_partition": "GPU-1/Dx4"}}, None),
        ({"devices": {"0": {"uuid": "MIG-1"}}}, "MIG instance, its own"),
        (
            {"devices": {"0": {"uuid": "x", "mig_of": "GPU-1"}}, "sharing": {"strategy": "time-slicing"}},
            "MIG instance, its own; replica of time-slicing, not reserved",
        ),
    ],
)
def test_a_part_of_the_gpu_is_exclusive_or_not(entry: dict[str, Any], part: str | None) -> None:
    said = read(entry)
    assert said is not None
    assert said.part == part
