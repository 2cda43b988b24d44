"""Read the GPUs and clocks of this machine during a recording."""

from collections.abc import Iterable
from typing import Any

from tb_contention.capture import clock
from tb_contention.capture.facts import ClockReading, Device, Gpu
from tb_contention.capture.nvml import Nvml
from tb_contention.capture.sampler import Sampler

#: Interval between readings of the GPUs.
SAMPLE_EVERY_S = 0.05


class Machine:
    """Opens NVML; reads clocks and the GPUs chosen by `watch` between `start` and `stop`; `close` closes NVML.

    gpus: the whole GPUs in NVML's order. handles: their NVML handles by UUID. clock_readings: at start and stop, if readable.
    """

    def __init__(self) -> None:
        self.nvml = Nvml()
        found = [(self.nvml.gpu(handle), handle) for handle in self.nvml.handles()]
        self.gpus: tuple[Gpu, ...] = tuple(gpu for gpu, _ in found)
        self.clock_readings: tuple[ClockReading, ...] = ()
        self.handles: dict[str, Any] = {gpu.uuid: handle for gpu, handle in found if gpu.uuid is not None}
        self._sampler = Sampler(self.nvml, {}, SAMPLE_EVERY_S)

    def watch(self, uuids: Iterable[str] | None = None, *, every_s: float = SAMPLE_EVERY_S) -> None:
        """Choose the GPUs or MIG instances to read; by default all GPUs."""
        handles = self.handles if uuids is None else {uuid: self.handle(uuid) for uuid in uuids}
        there = {uuid: handle for uuid, handle in handles.items() if handle is not None}
        self._sampler = Sampler(self.nvml, there, every_s)

    def start(self) -> None:
        """Start reading."""
        self._read_clocks()
        self._sampler.start()

    def stop(self) -> None:
        """Stop reading."""
        self._sampler.stop()
        self._read_clocks()

    def close(self) -> None:
        """Close NVML."""
        self.nvml.close()

    def _read_clocks(self) -> None:
        reading = clock.reading()
        if reading is not None:
            self.clock_readings += (reading,)

    def handle(self, uuid: str) -> Any:
        """Return the NVML handle of a GPU or MIG instance; None if there is none."""
        return self.handles[uuid] if uuid in self.handles else self.nvml.handle(uuid)

    def driver(self) -> str | None:
        """Return the driver's version."""
        return self.nvml.driver() if self.nvml.is_open else None

    def device(self, uuid: str) -> Device:
        """Return the identity and readings of a GPU or MIG instance."""
        gpu = next((gpu for gpu in self.gpus if gpu.uuid == uuid), None)
        if gpu is None:
            handle = self.handle(uuid)
            gpu = Gpu(uuid=uuid) if handle is None else self.nvml.gpu(handle)
        return Device(gpu=gpu, samples=self._sampler.samples(uuid), processes=self._sampler.processes(uuid))
