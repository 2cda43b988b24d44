"""Ordinals of a process and the GPUs behind them: certain, or not stated."""

import ctypes
from pathlib import Path
from typing import Any

import pytest

from tb_contention.capture.driver import uuids_at_work, uuids_by_ordinal
from tb_contention.capture.facts import Gpu
from tb_contention.capture.visible import resolved, visible


def gpu(uuid: str, model: str = "A", *, mig: bool = False) -> Gpu:
    return Gpu(uuid=uuid, model=model, memory_bytes=1 << 30, mig=mig)


ALIKE = (gpu("GPU-aa11"), gpu("GPU-ab22"), gpu("GPU-cc33"))
UNLIKE = (gpu("GPU-aa11"), gpu("GPU-ab22", "B"))


@pytest.mark.parametrize(
    ("setting", "uuids"),
    [
        (None, ("GPU-aa11", "GPU-ab22", "GPU-cc33")),
        ("2,0", ("GPU-cc33", "GPU-aa11")),
        (" 1 ", ("GPU-ab22",)),
        ("GPU-c", ("GPU-cc33",)),
        ("GPU-cc33,0", ("GPU-cc33", "GPU-aa11")),
        ("", ()),
        ("-1", ()),
        ("0,-1,1", ("GPU-aa11",)),
        ("0,7,1", ("GPU-aa11",)),
        ("none", ()),
        ("GPU-zz,0", ()),
    ],
)
def test_numbers_and_uuids_are_resolved_as_cuda_does(setting: str | None, uuids: tuple[str, ...]) -> None:
    found = visible(ALIKE, setting, None)
    assert (found.uuids, found.doubt) == (uuids, "")


def test_a_prefix_that_fits_two_gpus_is_a_doubt() -> None:
    assert visible(ALIKE, "GPU-a", None).doubt
    assert visible(ALIKE, "GPU-a", None).uuids == ()


def test_a_gpu_named_twice_is_a_doubt() -> None:
    assert visible(ALIKE, "0,GPU-aa11", None).uuids == ()


@pytest.mark.parametrize("setting", [None, "0", "1,0"])
def test_unlike_gpus_are_counted_only_where_cuda_counts_by_the_bus(setting: str | None) -> None:
    assert visible(UNLIKE, setting, None).doubt
    assert visible(UNLIKE, setting, "FASTEST_FIRST").doubt
    assert not visible(UNLIKE, setting, "PCI_BUS_ID").doubt


def test_uuids_need_no_order() -> None:
    assert visible(UNLIKE, "GPU-ab22", None).uuids == ("GPU-ab22",)


def test_a_gpu_in_mig_mode_is_known_by_its_instance_alone() -> None:
    machine = (gpu("GPU-aa11", mig=True),)
    assert visible(machine, None, None).doubt
    assert visible(machine, "0", None).doubt
    assert visible(machine, "MIG-77", None).uuids == ("MIG-77",)


class Cuda:
    """Answers as the CUDA driver does, for UUIDs given as bytes."""

    def __init__(self, uuids: tuple[bytes, ...], code: int = 0) -> None:
        self._uuids = uuids
        self._code = code

    def cuDeviceGetCount(self, count: Any) -> int:  # noqa: N802
        count._obj.value = len(self._uuids)
        return self._code

    def cuDeviceGet(self, device: Any, ordinal: int) -> int:  # noqa: N802
        device._obj.value = ordinal
        return 0

    def cuDeviceGetUuid_v2(self, uuid: Any, device: ctypes.c_int) -> int:  # noqa: N802
        ctypes.memmove(uuid._obj, self._uuids[device.value], 16)
        return 0


def test_the_driver_at_work_tells_uuids_by_ordinal() -> None:
    assert uuids_by_ordinal(Cuda((bytes(range(16)), b"\xff" * 16))) == (
        "00010203-0405-0607-0809-0a0b0c0d0e0f",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
    )


def test_a_driver_that_is_not_started_tells_nothing() -> None:
    assert uuids_by_ordinal(Cuda((b"\0" * 16,), code=3)) is None


def test_a_process_without_the_driver_asks_nobody() -> None:
    maps = Path("/proc/self/maps")
    if maps.exists() and "libcuda.so" in maps.read_text():
        pytest.skip("needs a process without the CUDA driver")
    assert uuids_at_work() is None


FIRST, SECOND = "GPU-11111111-0000-4000-8000-000000000001", "GPU-22222222-0000-4000-8000-000000000002"
PART = "MIG-33333333-0000-4000-8000-000000000003"


@pytest.mark.parametrize(
    ("environ", "mounted", "uuids"),
    [
        ({"NVIDIA_VISIBLE_DEVICES": FIRST}, (), (FIRST,)),
        ({"NVIDIA_VISIBLE_DEVICES": f"{FIRST}::3", "CUDA_VISIBLE_DEVICES": "0"}, (), (FIRST,)),
        ({"NVIDIA_VISIBLE_DEVICES": PART}, (), (PART,)),
        ({"NVIDIA_VISIBLE_DEVICES": "/var/run/nvidia-container-devices"}, (SECOND,), (SECOND,)),
        (
            {"NVIDIA_VISIBLE_DEVICES": f"{FIRST},{SECOND}", "CUDA_VISIBLE_DEVICES": f"{SECOND},{FIRST}"},
            (),
            (SECOND, FIRST),
        ),
        ({"CUDA_MPS_SM_PARTITION": f"{FIRST}/Dx4AAAAA"}, (), (FIRST,)),
        # The order of several is CUDA's own; numbers are the container's; names are cut.
        ({"NVIDIA_VISIBLE_DEVICES": f"{FIRST},{SECOND}"}, (), ()),
        ({"NVIDIA_VISIBLE_DEVICES": FIRST, "CUDA_VISIBLE_DEVICES": "1"}, (), ()),
        ({"NVIDIA_VISIBLE_DEVICES": "all", "CUDA_VISIBLE_DEVICES": "GPU-11111111"}, (), ()),
        ({"CUDA_VISIBLE_DEVICES": f"{FIRST},{FIRST}"}, (), ()),
        ({"NVIDIA_VISIBLE_DEVICES": "void"}, (), ()),
    ],
)
def test_without_nvml_the_environment_names_what_it_spells_out(
    environ: dict[str, str], mounted: tuple[str, ...], uuids: tuple[str, ...]
) -> None:
    assert resolved((), environ, mounted).uuids == uuids


def test_nvml_comes_first_and_the_device_plugin_settles_its_doubts() -> None:
    assert resolved(ALIKE[:1], {"NVIDIA_VISIBLE_DEVICES": FIRST}).uuids == ("GPU-aa11",)
    in_parts = (gpu("GPU-aa11", mig=True),)
    assert resolved(in_parts, {"NVIDIA_VISIBLE_DEVICES": PART}).uuids == (PART,)
    assert resolved(in_parts, {}).doubt
