"""CUDA_VISIBLE_DEVICES -> which GPU is which ordinal of the process, as far as it is certain."""

from collections.abc import Sequence
from dataclasses import dataclass

from tb_contention.capture.facts import Gpu


@dataclass(frozen=True, slots=True, kw_only=True)
class Visible:
    """UUIDs by ordinal; where they are not certain none, and why."""

    uuids: tuple[str, ...] = ()
    doubt: str = ""


def visible(gpus: Sequence[Gpu], setting: str | None, order: str | None) -> Visible:
    """Map ordinals to UUIDs. gpus: all of the machine by PCI bus; setting, order: CUDA_VISIBLE_DEVICES and CUDA_DEVICE_ORDER.

    CUDA counts by the PCI bus only where it is told to, else the fastest GPU first; GPUs that are alike keep the order of the bus.
    Entries after the first that names no GPU are invisible, as CUDA has it.
    """
    if setting is None:
        if any(gpu.mig for gpu in gpus):
            return Visible(doubt="a GPU is in MIG mode, and CUDA_VISIBLE_DEVICES names no instance")
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
        return Visible(doubt="GPUs of several models, and CUDA_DEVICE_ORDER is not PCI_BUS_ID")
    return _certain([gpu.uuid for gpu in gpus])


def _one(gpus: Sequence[Gpu], word: str, order: str | None) -> Visible:
    """Resolve an entry; no UUID where it names no GPU."""
    if word.startswith("MIG-"):
        return Visible(uuids=(word,))
    if word.startswith("GPU-"):
        named = [gpu for gpu in gpus if gpu.uuid is not None and gpu.uuid.startswith(word)]
        if len(named) > 1:
            return Visible(doubt=f"CUDA_VISIBLE_DEVICES: {word[:50]} fits several GPUs")
    elif word.isascii() and word.isdigit():
        if not _counted_by_bus(gpus, order):
            return Visible(doubt="GPUs of several models, and CUDA_DEVICE_ORDER is not PCI_BUS_ID")
        named = [gpu for number, gpu in enumerate(gpus) if number == int(word[:9])]
    else:
        named = []
    if any(gpu.mig for gpu in named):
        return Visible(doubt="a GPU is in MIG mode, and CUDA_VISIBLE_DEVICES names no instance")
    return _certain([gpu.uuid for gpu in named])


def _certain(uuids: Sequence[str | None]) -> Visible:
    if any(uuid is None for uuid in uuids):
        return Visible(doubt="the UUID of a GPU could not be had")
    return Visible(uuids=tuple(uuid for uuid in uuids if uuid is not None))


def _counted_by_bus(gpus: Sequence[Gpu], order: str | None) -> bool:
    alike = len({(gpu.model, gpu.memory_bytes) for gpu in gpus}) <= 1 and all(gpu.model for gpu in gpus)
    return len(gpus) <= 1 or order == "PCI_BUS_ID" or alike
