"""What NVML tells, over a stand-in for nvidia-ml-py, and over the real one where it is installed and there is no GPU."""

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tb_contention.capture import driver, environment
from tb_contention.capture.gathering import Gathering
from tb_contention.capture.manifest import as_json
from tb_contention.capture.nvml import Nvml
from tb_contention.capture.sampler import MOST, Sampler

FIRST, SECOND = "GPU-11111111-0000-4000-8000-000000000001", "GPU-22222222-0000-4000-8000-000000000002"


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Put the stand-in where `import pynvml` finds it, with two GPUs that are alike."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent / "stand_in"))
    monkeypatch.delitem(sys.modules, "pynvml", raising=False)
    for name in ("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER"):
        monkeypatch.delenv(name, raising=False)
    module: Any = importlib.import_module("pynvml")
    module.GPUS[:] = [module.Card(FIRST, 0x17), module.Card(SECOND, 0x3B, used=5 << 30)]
    yield module
    sys.modules.pop("pynvml", None)


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Say that this process is in no container, wherever the test runs."""
    monkeypatch.setattr(environment, "container", lambda: None)


def stated(**keywords: Any) -> dict[str, Any]:
    """Gather for a moment, as a recording does."""
    gathering = Gathering(sample_every_s=0.001, **keywords)
    gathering.start()
    gathering.stop()
    return as_json(gathering.session("trainer", None))


def test_gpus_are_stated_by_ordinal_with_identity_and_samples(library: Any) -> None:
    found = stated()

    assert found["driver"] == "550.54.15"
    assert [found["devices"][ordinal]["uuid"] for ordinal in ("0", "1")] == [FIRST, SECOND]
    second = found["devices"]["1"]
    assert (second["pci_bus_id"], second["model"], second["memory_bytes"]) == (
        "0000:3b:00.0",
        "NVIDIA Stand-in",
        80 << 30,
    )
    assert (second["compute_mode"], second["mig"]) == ("default", False)
    samples = second["samples"]
    assert {len(column) for column in samples.values()} == {len(samples["time_ns"])}
    assert len(samples["time_ns"]) >= 2
    assert set(samples["memory_used_bytes"]) == {5 << 30}
    assert (samples["sm_clock_mhz"][0], samples["power_mw"][0], samples["utilisation_percent"][0]) == (
        1980,
        350_000,
        97,
    )


def test_the_library_is_let_go(library: Any) -> None:
    stated()
    assert library.OPEN == 0


def test_every_process_on_a_gpu_is_listed_with_its_memory(library: Any, outside: None) -> None:
    library.GPUS[0].compute = {4211: 3 << 30, 4300: None}
    library.GPUS[0].graphics = {7: 1 << 20}
    library.NAMES.update({4211: "/usr/bin/python3 train.py --secret 1", 7: "Xorg"})

    processes = {entry["process_id"]: entry for entry in stated()["devices"]["0"]["processes"]}

    assert set(processes) == {7, 4211, 4300}
    assert processes[4211]["name"] == "python3"
    assert set(processes[4211]["memory_bytes"]) == {3 << 30}
    assert set(processes[4300]["memory_bytes"]) == {None}
    assert "name" not in processes[4300]


def test_what_a_gpu_does_not_support_is_null_and_said_once(library: Any) -> None:
    library.GPUS[0].lacks = ("clock", "power", "mig")

    found = stated()

    assert set(found["devices"]["0"]["samples"]["power_mw"]) == {None}
    assert found["devices"]["0"]["mig"] is False
    assert [s for s in found["not_known"] if s.startswith(("SM clock", "power"))] == [
        "SM clock: Not Supported",
        "power: Not Supported",
    ]


def test_a_call_that_this_release_has_not_is_said(library: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(library, "nvmlDeviceGetPowerUsage")
    assert "power: this release of nvidia-ml-py has no nvmlDeviceGetPowerUsage" in stated()["not_known"]


def test_unlike_gpus_without_an_order_are_not_stated(library: Any) -> None:
    library.GPUS[1].name = "NVIDIA Other"

    found = stated()

    assert found["devices"] == {}
    assert any(s.startswith("GPU of each CUDA ordinal:") for s in found["not_known"])


def test_a_process_that_sees_no_gpu_reads_none(library: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setattr(library, "nvmlDeviceGetPowerUsage", lambda handle: pytest.fail("a GPU was read"))

    found = stated()

    assert (found["devices"], found["driver"]) == ({}, "550.54.15")


@pytest.mark.parametrize(("mode", "word"), [(0, "default"), (2, "prohibited"), (3, "exclusive_process")])
def test_compute_modes_have_their_words(mode: int, word: str, library: Any) -> None:
    library.GPUS[0].mode = mode
    assert stated()["devices"]["0"]["compute_mode"] == word


def test_the_drivers_list_of_mps_clients_tells_whether_mps_is_on(library: Any, outside: None) -> None:
    me = os.getpid()
    library.GPUS[0].compute, library.GPUS[0].mps = {me: 1}, {me: 1}
    assert stated()["mps"]["state"] == "on"

    library.GPUS[0].mps = {}
    assert stated()["mps"]["state"] == "off"


def test_a_mig_instance_is_stated_as_itself(library: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    library.GPUS[0].mig = 1
    library.GPUS.append(
        library.Card("MIG-3333", 0x17, total=10 << 30, lacks=("mig", "utilisation"), whole=library.GPUS[0])
    )
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "MIG-3333")

    (device,) = stated()["devices"].values()

    assert (device["uuid"], device["memory_bytes"], device["mig_of"]) == ("MIG-3333", 10 << 30, FIRST)


def test_a_pod_without_the_library_is_on_the_gpu_that_the_device_plugin_gave_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("NVIDIA_VISIBLE_DEVICES", FIRST)

    assert stated()["devices"] == {"0": {"uuid": FIRST}}

    monkeypatch.setattr(driver, "uuids_at_work", lambda: (SECOND.removeprefix("GPU-"),))
    assert stated()["devices"] == {"0": {"uuid": SECOND}}


def test_the_driver_at_work_is_believed_before_the_environment(library: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    library.GPUS[1].name = "NVIDIA Other"
    library.GPUS.append(library.Card("MIG-3333", 0x17))
    monkeypatch.setattr(driver, "uuids_at_work", lambda: (SECOND.removeprefix("GPU-"), "3333"))

    found = stated()

    assert [device["uuid"] for device in found["devices"].values()] == [SECOND, "MIG-3333"]
    assert all("samples" in device for device in found["devices"].values())


def test_a_library_that_breaks_while_it_is_read_is_said(library: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Odd:
        def __iter__(self) -> Iterator[Any]:
            raise OSError("gone")

    monkeypatch.setattr(library, "nvmlDeviceGetComputeRunningProcesses", lambda handle: Odd())
    assert "samples: OSError: gone" in stated()["not_known"]


def test_samples_are_thinned_when_there_are_very_many(library: Any) -> None:
    nvml = Nvml()
    handles = {card.uuid: card for card in library.GPUS}
    sampler = Sampler(nvml, handles, 0.0)
    for _ in range(3 * MOST):
        sampler._read()

    samples = sampler.samples(FIRST)

    assert samples is not None
    assert MOST // 8 < len(samples.time_ns) <= MOST // 2
    assert list(samples.time_ns) == sorted(samples.time_ns)


def test_sampling_takes_a_tenth_of_its_threads_time_at_most(library: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    asked = 0

    def slow(handle: object) -> int:
        nonlocal asked
        asked += 1
        time.sleep(0.02)
        return 1

    monkeypatch.setattr(library, "nvmlDeviceGetPowerUsage", slow)
    sampler = Sampler(Nvml(), {FIRST: library.GPUS[0]}, 0.001)
    sampler.start()
    time.sleep(0.5)
    sampler.stop()

    assert 2 <= asked <= 5


def test_the_real_library_without_a_driver_becomes_a_sentence() -> None:
    if importlib.util.find_spec("pynvml") is None or Path("/dev/nvidiactl").exists():
        pytest.skip("needs nvidia-ml-py, and no GPU")
    sys.modules.pop("pynvml", None)

    found = stated()

    assert found["devices"] == {}
    assert "GPU identity and memory: NVML Shared Library Not Found" in found["not_known"]


def test_without_the_library_a_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert "GPU identity and memory: nvidia-ml-py is not installed" in stated()["not_known"]


def test_a_module_of_that_name_that_is_something_else_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", ModuleType("pynvml"))
    assert stated()["devices"] == {}
