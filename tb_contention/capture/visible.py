"""Resolve CUDA_VISIBLE_DEVICES: find the GPU behind each CUDA ordinal of the process, if that is certain.

In a container the device plugin of Kubernetes names the GPUs it gave: in NVIDIA_VISIBLE_DEVICES, or as files (`MOUNTED`) where it lists
them as volume mounts (README of NVIDIA/k8s-device-plugin, DEVICE_LIST_STRATEGY). A static partition of MPS is named after its GPU:
CUDA_MPS_SM_PARTITION=GPU-<UUID>/<partition> (docs.nvidia.com/deploy/mps).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tb_contention.capture.facts import Gpu

#: Where the device plugin mounts a file per GPU, named by its UUID.
MOUNTED = "/var/run/nvidia-container-devices"
_UUID = re.compile(r"(?:GPU|MIG)-[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|MIG-GPU-[-0-9a-fA-F]{36}/\d+/\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Visible:
    """UUIDs by ordinal; if they are uncertain, none, and the reason in `doubt`."""

    uuids: tuple[str, ...] = ()
    doubt: str = ""


def resolved(gpus: Sequence[Gpu], environ: Mapping[str, str], mounted: Sequence[str] = ()) -> Visible:
    """Map ordinals to UUIDs by what NVML lists, else by what the environment names. mounted: the names of the files in `MOUNTED`."""
    setting = environ.get("CUDA_VISIBLE_DEVICES")
    found = visible(gpus, setting, environ.get("CUDA_DEVICE_ORDER")) if gpus else Visible()
    if gpus and not found.doubt:
        return found
    return _named(setting, (*environ.get("NVIDIA_VISIBLE_DEVICES", "").split(","), *mounted), environ) or found


def _named(setting: str | None, given: Sequence[str], environ: Mapping[str, str]) -> Visible | None:
    """Map ordinals to UUIDs that the environment spells out; the order of several is CUDA's own unless CUDA_VISIBLE_DEVICES states it."""
    asked = [] if setting is None else [word.strip() for word in setting.split(",")]
    if asked and all(map(_UUID.fullmatch, asked)):
        return Visible(uuids=tuple(asked)) if len(set(asked)) == len(asked) else None
    words = dict.fromkeys(word.strip().partition("::")[0] for word in given)  # a replica is GPU-...::N
    words |= dict.fromkeys([environ.get("CUDA_MPS_SM_PARTITION", "").partition("/")[0]])
    uuids = [word for word in words if _UUID.fullmatch(word)]
    return Visible(uuids=tuple(uuids)) if len(uuids) == 1 and asked in ([], ["0"]) else None


def visible(gpus: Sequence[Gpu], setting: str | None, order: str | None) -> Visible:
    """Map ordinals to UUIDs. gpus: all GPUs of the machine in PCI bus order; setting, order: CUDA_VISIBLE_DEVICES and CUDA_DEVICE_ORDER.

    Unless CUDA_DEVICE_ORDER asks for PCI bus order, CUDA puts the fastest GPU first; equal GPUs keep the bus order. As in CUDA, entries
    after the first invalid one are invisible.
    """
    if setting is None:
        if any(gpu.mig for gpu in gpus):
            return Visible(doubt="a GPU is in MIG mode, but CUDA_VISIBLE_DEVICES names no MIG instance")
        return _all(gpus, order)
    found: list[str] = []
    for word in (part.strip() for part in setting.split(",")):
        chosen = _one(gpus, word, order)
        if chosen.doubt:
            return chosen
        if not chosen.uuids:
            break
        found += chosen.uuids
    if len(set(found)) < len(found):
        return Visible(doubt="CUDA_VISIBLE_DEVICES names a GPU twice")
    return Visible(uuids=tuple(found))


def _all(gpus: Sequence[Gpu], order: str | None) -> Visible:
    if not _counted_by_bus(gpus, order):
        return Visible(doubt="the GPUs differ in model, and CUDA_DEVICE_ORDER is not PCI_BUS_ID")
    return _certain([gpu.uuid for gpu in gpus])


def _one(gpus: Sequence[Gpu], word: str, order: str | None) -> Visible:
    """Resolve one entry; return no UUID if it names no GPU."""
    if word.startswith("MIG-"):
        return Visible(uuids=(word,))
    if word.startswith("GPU-"):
        named = [gpu for gpu in gpus if gpu.uuid is not None and gpu.uuid.startswith(word)]
        if len(named) > 1:
            return Visible(doubt=f"{word[:50]} in CUDA_VISIBLE_DEVICES matches several GPUs")
    elif word.isascii() and word.isdigit():
        if not _counted_by_bus(gpus, order):
            return Visible(doubt="the GPUs differ in model, and CUDA_DEVICE_ORDER is not PCI_BUS_ID")
        named = [gpu for number, gpu in enumerate(gpus) if number == int(word[:9])]
    else:
        named = []
    if any(gpu.mig for gpu in named):
        return Visible(doubt="a GPU is in MIG mode, but CUDA_VISIBLE_DEVICES names no MIG instance")
    return _certain([gpu.uuid for gpu in named])


def _certain(uuids: Sequence[str | None]) -> Visible:
    if any(uuid is None for uuid in uuids):
        return Visible(doubt="NVML returned no UUID for a GPU")
    return Visible(uuids=tuple(uuid for uuid in uuids if uuid is not None))


def _counted_by_bus(gpus: Sequence[Gpu], order: str | None) -> bool:
    alike = len({(gpu.model, gpu.memory_bytes) for gpu in gpus}) <= 1 and all(gpu.model for gpu in gpus)
    return len(gpus) <= 1 or order == "PCI_BUS_ID" or alike
