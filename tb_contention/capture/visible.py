"""Resolve CUDA_VISIBLE_DEVICES: find the GPU behind each CUDA ordinal of the process, if that is certain."""

from collections.abc import Sequence
from dataclasses import dataclass

from tb_contention.capture.facts import Gpu


@dataclass(frozen=True, slots=True, kw_only=True)
class Visible:
    """UUIDs by ordinal; if they are uncertain, none, and the reason in `doubt`."""

    uuids: tuple[str, ...] = ()
    doubt: str = ""


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
