"""What can be stated of programs whose servers record on this machine, seen from beside them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tb_contention.capture import clock, environment
from tb_contention.capture.addresses import Address, is_local, listener
from tb_contention.capture.facts import ClockReading, Device, Gpu, Session
from tb_contention.capture.nvml import Nvml
from tb_contention.capture.sampler import Sampler
from tb_contention.capture.visible import Visible, visible

_SAMPLE_EVERY_S = 0.05
_ELSEWHERE = "GPU, clocks, processes: the program is on another machine"
_NOBODY = "GPU and processes: which process listens on the port is not told (of another user, or in a container)"


class Watch:
    """Reads clocks and all GPUs of this machine between `start` and `stop`; `session` states what belongs to one server."""

    def __init__(self) -> None:
        self._nvml = Nvml()
        found = [(self._nvml.gpu(handle), handle) for handle in self._nvml.handles()]
        self._gpus: tuple[Gpu, ...] = tuple(gpu for gpu, _ in found)
        handles: dict[str, Any] = {gpu.uuid: handle for gpu, handle in found if gpu.uuid is not None}
        self._sampler = Sampler(self._nvml, handles, _SAMPLE_EVERY_S)
        self._readings: list[ClockReading] = []

    @classmethod
    @contextmanager
    def during(cls) -> "Iterator[Watch]":
        """Watch while the block runs; afterwards it can still be asked."""
        watch = cls()
        watch._read_clocks()
        watch._sampler.start()
        try:
            yield watch
        finally:
            watch._sampler.stop()
            watch._read_clocks()

    def close(self) -> None:
        """Let NVML go."""
        self._nvml.close()

    def _read_clocks(self) -> None:
        reading = clock.reading()
        if reading is not None:
            self._readings.append(reading)

    def session(self, address: Address) -> Session:
        """State what is known of the program behind an address."""
        if not is_local(address):
            return Session(name=str(address), process_id=None, not_known=(_ELSEWHERE,))
        inside = environment.container()
        process = listener(address.port)
        environ = None if process is None else environment.of_process(process)
        if process is None or environ is None:
            return Session(
                name=str(address), process_id=process, host=environment.machine(inside), boot_id=environment.boot_id(), container=inside,
                clock_readings=tuple(self._readings), not_known=(_NOBODY, *self._nvml.not_known),
            )  # fmt: skip
        told = self._visible(environ)
        doubt = (f"which GPU is which ordinal: {told.doubt}",) if told.doubt else ()
        return Session(
            name=str(address), process_id=process, host=environment.machine(inside), boot_id=environment.boot_id(), container=inside,
            clock_readings=tuple(self._readings), driver=self._nvml.driver() if self._nvml.is_open else None,
            mps=environment.mps(environ, is_client=None), kernel_mode=environment.kernel_mode(environ),
            environment=environment.variables(environ), not_known=(*doubt, *self._nvml.not_known),
            devices={ordinal: self._device(uuid) for ordinal, uuid in enumerate(told.uuids)},
        )  # fmt: skip

    def _visible(self, environ: "dict[str, str]") -> Visible:
        if not self._nvml.is_open:
            return Visible()
        return visible(self._gpus, environ.get("CUDA_VISIBLE_DEVICES"), environ.get("CUDA_DEVICE_ORDER"))

    def _device(self, uuid: str) -> Device:
        gpu = next((gpu for gpu in self._gpus if gpu.uuid == uuid), Gpu(uuid=uuid))
        return Device(gpu=gpu, samples=self._sampler.samples(uuid), processes=self._sampler.processes(uuid))
