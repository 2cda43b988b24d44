"""The GPUs and clocks of this machine, read from the start of a recording to its end."""

from collections.abc import Iterable
from typing import Any

from tb_contention.capture import clock
from tb_contention.capture.facts import ClockReading, Device, Gpu
from tb_contention.capture.nvml import Nvml
from tb_contention.capture.sampler import Sampler

#: How often GPUs are read.
SAMPLE_EVERY_S = 0.05


class Machine:
    """Opens NVML when it is made; reads clocks and the GPUs of `watch` between `start` and `stop`, and lets NVML go in `close`.

    gpus: whole ones, in the order of NVML; handles: what NVML calls them, by UUID.
    clock_readings: at the start and at the stop, none where nothing can be read.
    """

    def __init__(self) -> None:
        self.nvml = Nvml()
        found = [(self.nvml.gpu(handle), handle) for handle in self.nvml.handles()]
        self.gpus: tuple[Gpu, ...] = tuple(gpu for gpu, _ in found)
        self.clock_readings: tuple[ClockReading, ...] = ()
        self.handles: dict[str, Any] = {gpu.uuid: handle for gpu, handle in found if gpu.uuid is not None}
        self._sampler = Sampler(self.nvml, {}, SAMPLE_EVERY_S)

    def watch(self, uuids: Iterable[str] | None = None, *, every_s: float = SAMPLE_EVERY_S) -> None:
        """Choose what to read: these GPUs or parts of GPUs (MIG), or all GPUs."""
        handles = self.handles if uuids is None else {uuid: self.handle(uuid) for uuid in uuids}
        there = {uuid: handle for uuid, handle in handles.items() if handle is not None}
        self._sampler = Sampler(self.nvml, there, every_s)

    def start(self) -> None:
        """Begin to read."""
        self._read_clocks()
        self._sampler.start()

    def stop(self) -> None:
        """End reading."""
        self._sampler.stop()
        self._read_clocks()

    def close(self) -> None:
        """Let NVML go."""
        self.nvml.close()

    def _read_clocks(self) -> None:
        reading = clock.reading()
        if reading is not None:
            self.clock_readings += (reading,)

    def handle(self, uuid: str) -> Any:
        """Return what NVML calls a GPU or a part of one; None where it knows none of this name."""
        return self.handles[uuid] if uuid in self.handles else self.nvml.handle(uuid)

    def driver(self) -> str | None:
        """Return the driver's version."""
        return self.nvml.driver() if self.nvml.is_open else None

    def device(self, uuid: str) -> Device:
        """State what is known and was read of a GPU or a part of one."""
        gpu = next((gpu for gpu in self.gpus if gpu.uuid == uuid), None)
        if gpu is None:
            handle = self.handle(uuid)
            gpu = Gpu(uuid=uuid) if handle is None else self.nvml.gpu(handle)
        return Device(gpu=gpu, samples=self._sampler.samples(uuid), processes=self._sampler.processes(uuid))
