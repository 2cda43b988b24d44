"""What one process can state of itself and of its GPUs, from the start of a recording to its end."""

import os
from collections.abc import Mapping
from typing import Any

from tb_contention.capture import clock, driver, environment
from tb_contention.capture.facts import ClockReading, Device, Gpu, Session
from tb_contention.capture.nvml import Nvml
from tb_contention.capture.sampler import Sampler
from tb_contention.capture.visible import visible

#: How often GPUs are read.
SAMPLE_EVERY_S = 0.05


class Gathering:
    """Opens NVML when it is made, reads clocks and samples between `start` and `stop`, and states it all in `session`."""

    def __init__(self, *, sample_every_s: float = SAMPLE_EVERY_S) -> None:
        self._nvml = Nvml()
        found = [(self._nvml.gpu(handle), handle) for handle in self._nvml.handles()]
        self._gpus = tuple(gpu for gpu, _ in found)
        self._handles = {gpu.uuid: handle for gpu, handle in found if gpu.uuid is not None}
        self._sampler = Sampler(self._nvml, self._to_sample(), sample_every_s)
        self._readings: list[ClockReading] = []

    def start(self) -> None:
        """Begin to read."""
        self._read_clocks()
        self._sampler.start()

    def stop(self) -> None:
        """End reading."""
        self._sampler.stop()
        self._read_clocks()

    def _read_clocks(self) -> None:
        reading = clock.reading()
        if reading is not None:
            self._readings.append(reading)

    def _to_sample(self) -> "dict[str, Any]":
        """Return the handles of the GPUs of this process; all where these are in doubt, since the driver may tell them later."""
        ordinals, doubt = self._ordinals()
        handles = self._handles if doubt else {uuid: self._handle(uuid) for uuid in ordinals}
        return {uuid: handle for uuid, handle in handles.items() if handle is not None}

    def _handle(self, uuid: str) -> Any:
        return self._handles[uuid] if uuid in self._handles else self._nvml.handle(uuid)

    def _ordinals(self) -> "tuple[tuple[str, ...], str]":
        """Return the UUIDs by ordinal: as the CUDA driver says where it is at work, else as the environment says; or a doubt."""
        if not self._nvml.is_open:
            return (), ""
        at_work = driver.uuids_at_work()
        if at_work is not None:
            whole = {gpu.uuid for gpu in self._gpus}
            return tuple(f"{'GPU' if f'GPU-{uuid}' in whole else 'MIG'}-{uuid}" for uuid in at_work), ""
        told = visible(self._gpus, os.environ.get("CUDA_VISIBLE_DEVICES"), os.environ.get("CUDA_DEVICE_ORDER"))
        return told.uuids, told.doubt

    def session(self, name: str, profiler: "str | None", not_known: "tuple[str, ...]" = ()) -> Session:
        """State everything, and let NVML go. not_known: what the caller knows to be missing."""
        try:
            return self._session(name, profiler, not_known)
        finally:
            self._nvml.close()

    def _session(self, name: str, profiler: "str | None", missing: "tuple[str, ...]") -> Session:
        inside = environment.container()
        ordinals, doubt = self._ordinals()
        devices = {ordinal: self._device(uuid) for ordinal, uuid in enumerate(ordinals)}
        not_known = [f"which GPU is which ordinal: {doubt}"] if doubt else []
        if inside is not None:
            not_known.append("name of the machine: the process is in a container")
            if any(device.processes for device in devices.values()):
                not_known.append("own entry among the processes: containers may number processes in their own way")
        if not self._readings:
            not_known.append("clock readings: this system has no clock that nothing adjusts")
        driver_version = self._nvml.driver() if self._nvml.is_open else None
        mps = environment.mps(os.environ, is_client=self._is_mps_client(devices, inside))
        return Session(
            name=name[:1000] or "session", process_id=os.getpid(), host=environment.machine(inside), boot_id=environment.boot_id(),
            container=inside, profiler=profiler, clock_readings=tuple(self._readings), driver=driver_version, mps=mps,
            kernel_mode=environment.kernel_mode(), environment=environment.variables(), versions=environment.versions(),
            not_known=(*missing, *not_known, *self._nvml.not_known), devices=devices,
        )  # fmt: skip

    def _device(self, uuid: str) -> Device:
        gpu = next((gpu for gpu in self._gpus if gpu.uuid == uuid), None)
        if gpu is None:
            handle = self._handle(uuid)
            gpu = Gpu(uuid=uuid) if handle is None else self._nvml.gpu(handle)
        return Device(gpu=gpu, samples=self._sampler.samples(uuid), processes=self._sampler.processes(uuid))

    def _is_mps_client(self, devices: "Mapping[int, Device]", inside: "str | None") -> "bool | None":
        """Tell whether the driver lists this process as a client of MPS; None where it cannot be recognised."""
        if inside is not None or not devices:
            return None
        me, listed = os.getpid(), False
        for device in devices.values():
            handle = self._handles.get(device.gpu.uuid or "")
            clients = None if handle is None else self._nvml.mps_clients(handle)
            if clients is None:
                return None
            if me in clients:
                return True
            listed = listed or any(process.process_id == me for process in device.processes)
        return False if listed else None
