"""Gather the facts about this process and its GPUs while it is recorded."""

import os
from collections.abc import Mapping

from tb_contention.capture import driver, environment
from tb_contention.capture.facts import Device, Session
from tb_contention.capture.machine import SAMPLE_EVERY_S, Machine
from tb_contention.capture.visible import MOUNTED, resolved


class Gathering:
    """Opens NVML, reads clocks and samples between `start` and `stop`, and returns all facts in `session`."""

    def __init__(self, *, sample_every_s: float = SAMPLE_EVERY_S) -> None:
        self._machine = Machine()
        ordinals, doubt = self._ordinals()
        # All GPUs while this process's own are uncertain: the driver may name them later.
        self._machine.watch(None if doubt else ordinals, every_s=sample_every_s)

    def start(self) -> None:
        """Start reading."""
        self._machine.start()

    def stop(self) -> None:
        """Stop reading."""
        self._machine.stop()

    def _ordinals(self) -> tuple[tuple[str, ...], str]:
        """Return the UUIDs by ordinal, from the CUDA driver if it is initialised, else from the environment; or why they are uncertain."""
        found = resolved(self._machine.gpus, os.environ, environment.listed(MOUNTED))
        at_work = driver.uuids_at_work()
        if at_work is None:
            return found.uuids, found.doubt
        whole = {gpu.uuid for gpu in self._machine.gpus} - {None}
        named = set(found.uuids)
        # Without NVML only the environment tells an instance from a whole GPU.
        is_part = [f"GPU-{uuid}" not in whole if whole else f"MIG-{uuid}" in named for uuid in at_work]
        return tuple(f"{'MIG' if part else 'GPU'}-{uuid}" for part, uuid in zip(is_part, at_work, strict=True)), ""

    def session(self, name: str, profiler: str | None, not_known: tuple[str, ...] = ()) -> Session:
        """Return all facts and close NVML. not_known: what the caller knows to be missing."""
        try:
            return self._session(name, profiler, not_known)
        finally:
            self._machine.close()

    def _session(self, name: str, profiler: str | None, missing: tuple[str, ...]) -> Session:
        inside = environment.container()
        ordinals, doubt = self._ordinals()
        devices = {ordinal: self._machine.device(uuid) for ordinal, uuid in enumerate(ordinals)}
        not_known = [f"GPU of each CUDA ordinal: {doubt}"] if doubt else []
        if inside is not None:
            not_known.append("machine name: the process runs in a container")
            if any(device.processes for device in devices.values()):
                not_known.append(
                    "this process among the GPU's processes: process ids in a container may differ from the driver's"
                )
        if not self._machine.clock_readings:
            not_known.append("clock readings: this system has no CLOCK_MONOTONIC_RAW")
        mps = environment.mps(os.environ, is_client=self._is_mps_client(devices, inside))
        return Session(
            name=name[:1000] or "session", process_id=os.getpid(), host=environment.machine(inside), boot_id=environment.boot_id(),
            container=inside, kubernetes=environment.kubernetes(), profiler=profiler,
            clock_readings=self._machine.clock_readings, driver=self._machine.driver(), mps=mps,
            sharing=environment.sharing(os.environ),
            kernel_mode=environment.kernel_mode(), environment=environment.variables(), versions=environment.versions(),
            not_known=(*missing, *not_known, *self._machine.nvml.not_known), devices=devices,
        )  # fmt: skip

    def _is_mps_client(self, devices: Mapping[int, Device], inside: str | None) -> bool | None:
        """Return whether the driver lists this process as an MPS client; None if it cannot be identified."""
        if inside is not None or not devices:
            return None
        me, listed = os.getpid(), False
        for device in devices.values():
            handle = self._machine.handles.get(device.gpu.uuid or "")
            clients = None if handle is None else self._machine.nvml.mps_clients(handle)
            if clients is None:
                return None
            if me in clients:
                return True
            listed = listed or any(process.process_id == me for process in device.processes)
        return False if listed else None
