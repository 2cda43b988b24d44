"""The manifest is whole or not there, keeps what others wrote, and is what the reader reads."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import tb_contention
from tb_contention.capture import manifest
from tb_contention.capture.facts import ClockReading, Device, Gpu, Mps, ProcessMemory, Samples, Session
from tb_contention.recorders.manifest.reader import find_session, parse_sessions


def samples(count: int) -> Samples:
    numbers = tuple(range(count))
    times = tuple(1_772_704_800_000_000_000 + n for n in numbers)
    return Samples(
        time_ns=times,
        sm_clock_mhz=numbers,
        power_mw=numbers,
        utilisation_percent=numbers,
        memory_used_bytes=(None,) * count,
    )


def session(name: str, count: int = 3) -> Session:
    gpu = Gpu(
        uuid="GPU-1", pci_bus_id="0000:17:00.0", model="H", memory_bytes=80 << 30, compute_mode="default", mig=False
    )
    process = ProcessMemory(process_id=7, name="python", memory_bytes=(1 << 30,) * count)
    return Session(
        name=name, process_id=7, host="box", clock_readings=(ClockReading(realtime_ns=5, monotonic_raw_ns=6, gap_ns=1),),
        devices={0: Device(gpu=gpu, samples=samples(count), processes=(process,))}, not_known=("a: b",),
        kernel_mode="concurrent", mps=Mps(state="on", active_thread_percentage=50), environment={"CUDA_VISIBLE_DEVICES": ""},
    )  # fmt: skip


def read(directory: Path) -> dict[str, object]:
    found = json.loads((directory / manifest.NAME).read_bytes())
    assert isinstance(found, dict)
    return found


def test_what_is_written_is_read(tmp_path: Path) -> None:
    assert manifest.write(tmp_path, {"box": session("trainer")}, "profile") == ""

    found = find_session(parse_sessions((tmp_path / manifest.NAME).read_bytes()), "box.xplane.pb", "box")

    assert found is not None
    assert (found.name, found.host, found.process_id) == ("trainer", "box", 7)
    assert (found.kernel_mode.value, found.not_known) == ("concurrent", ("a: b",))
    assert [reading.monotonic_raw_ns for reading in found.clock_readings] == [6]
    assert (found.mps.state.value, found.mps.active_thread_percentage) == ("on", 50)
    assert found.environment == {"CUDA_VISIBLE_DEVICES": ""}
    device = found.devices[0]
    assert (device.uuid, device.compute_mode, device.mig) == ("GPU-1", "default", False)
    assert device.samples is not None
    assert device.samples.power.tolist() == [0, 0.001, 0.002]
    assert [(p.process_id, p.name, p.memory.tolist()) for p in device.samples.processes] == [
        (7, "python", [1 << 30] * 3)
    ]
    assert str(read(tmp_path)["recorder"]).endswith(" profile")


def test_entries_of_others_stay(tmp_path: Path) -> None:
    (tmp_path / manifest.NAME).write_text('{"format_version": 1, "note": [1], "sessions": {"*": {"name": "all"}}}')

    assert manifest.write(tmp_path, {"box": session("trainer")}, "run") == ""

    found = read(tmp_path)
    assert found["note"] == [1]
    assert set(found["sessions"]) == {"*", "box"}  # type: ignore[call-overload]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"format_version": 2, "sessions": {}}', '{"format_version": 1, "sessions": 3}']
)
def test_a_broken_manifest_is_kept_and_said(text: str, tmp_path: Path) -> None:
    (tmp_path / manifest.NAME).write_text(text)

    assert "it is kept" in manifest.write(tmp_path, {"box": session("trainer")}, "run")

    assert (tmp_path / manifest.NAME).read_text() == text


def test_a_directory_that_is_gone_is_said(tmp_path: Path) -> None:
    assert "cannot be written" in manifest.write(tmp_path / "none", {"box": session("trainer")}, "run")


def test_long_samples_are_thinned_to_what_readers_take(tmp_path: Path) -> None:
    for host in ("one", "two", "three"):
        assert manifest.write(tmp_path, {host: session(host, 6000)}, "run") == ""

    data = (tmp_path / manifest.NAME).read_bytes()
    assert len(data) <= manifest.MAX_BYTES
    assert all(find_session(parse_sessions(data), "", host) is not None for host in ("one", "two", "three"))


def test_nothing_else_is_left_behind(tmp_path: Path) -> None:
    manifest.write(tmp_path, {"box": session("trainer")}, "run")
    assert [path.name for path in tmp_path.iterdir()] == [manifest.NAME]


WRITER = """
import sys
from pathlib import Path
from tb_contention.capture import manifest
from tb_contention.capture.facts import Session
wrong = manifest.write(Path(sys.argv[1]), {sys.argv[2]: Session(name=sys.argv[2], process_id=7)}, "run")
sys.exit(wrong or 0)
"""


def test_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    pytest.importorskip("fcntl", reason="needs locks of files")
    names = [f"host{n}" for n in range(8)]
    package = str(Path(tb_contention.__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": package}
    words = [sys.executable, "-c", WRITER, str(tmp_path)]
    writers = [subprocess.Popen([*words, name], env=environment) for name in names]

    assert [writer.wait(60) for writer in writers] == [0] * len(names)
    assert set(read(tmp_path)["sessions"]) == set(names)  # type: ignore[call-overload]
