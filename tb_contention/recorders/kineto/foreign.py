"""Work and memory of devices that are not understood -> problems, so that nobody takes what is left for all."""

from tb_contention.model.findings import Origin, Problem, Severity
from tb_contention.recorders.kineto import document as parts
from tb_contention.recorders.kineto.host_work import memory_kinds
from tb_contention.recorders.kineto.rows import Axis

_WORK = {parts.MTIA: "MTIA", parts.HPU: "HPU"}
#: c10::DeviceType of memory events (c10/core/DeviceType.h).
_MEMORY = {9: "XLA", 13: "MPS", 15: "HPU", 19: "MTIA", 20: "a PrivateUse1 device"}


def foreign(file: str, axis: Axis) -> list[Problem]:
    """State how many events of which devices are left out."""
    counts: dict[str, int] = {}
    for kind, name in _WORK.items():
        counts[name] = len(axis.of_class(kind))
    for number, count in memory_kinds(axis).items():
        if number in _MEMORY:
            counts[_MEMORY[number]] = counts.get(_MEMORY[number], 0) + count
    return [
        Problem(
            file=file, slug="unknown-device", severity=Severity.WARNING, origin=Origin.READING, count=count,
            message=f"{file}: {count:,} events of {name} are left out, because this kind of device is not understood.",
            advice="Work and memory of CUDA, ROCm and XPU devices are analysed; of others nothing is.",
        )
        for name, count in counts.items()
        if count
    ]  # fmt: skip
