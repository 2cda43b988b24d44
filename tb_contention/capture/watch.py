"""What can be stated of programs whose servers record on this machine, seen from beside them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from tb_contention.capture import environment
from tb_contention.capture.addresses import Address, is_local, listener
from tb_contention.capture.facts import Session
from tb_contention.capture.machine import Machine
from tb_contention.capture.visible import Visible, visible

_ELSEWHERE = "GPU, clocks, processes: the program is on another machine"
_NOBODY = "GPU and processes: which process listens on the port is not told (of another user, or in a container)"


class Watch:
    """Reads clocks and all GPUs of this machine during a block; `session` states what belongs to one server."""

    def __init__(self) -> None:
        self._machine = Machine()
        self._machine.watch()

    @classmethod
    @contextmanager
    def during(cls) -> "Iterator[Watch]":
        """Watch while the block runs; afterwards it can still be asked."""
        watch = cls()
        watch._machine.start()
        try:
            yield watch
        finally:
            watch._machine.stop()

    def close(self) -> None:
        """Let NVML go."""
        self._machine.close()

    def session(self, address: Address) -> Session:
        """State what is known of the program behind an address."""
        if not is_local(address):
            return Session(name=str(address), process_id=None, not_known=(_ELSEWHERE,))
        machine, inside, process = self._machine, environment.container(), listener(address.port)
        known = Session(
            name=str(address), process_id=process, host=environment.machine(inside), boot_id=environment.boot_id(),
            container=inside, clock_readings=machine.clock_readings, not_known=(_NOBODY, *machine.nvml.not_known),
        )  # fmt: skip
        environ = None if process is None else environment.of_process(process)
        if environ is None:
            return known
        told = self._visible(environ)
        doubt = (f"which GPU is which ordinal: {told.doubt}",) if told.doubt else ()
        devices = {ordinal: machine.device(uuid) for ordinal, uuid in enumerate(told.uuids)}
        return replace(
            known, driver=machine.driver(), mps=environment.mps(environ, is_client=None), kernel_mode=environment.kernel_mode(environ),
            environment=environment.variables(environ), not_known=(*doubt, *machine.nvml.not_known), devices=devices,
        )  # fmt: skip

    def _visible(self, environ: dict[str, str]) -> Visible:
        if not self._machine.nvml.is_open:
            return Visible()
        return visible(self._machine.gpus, environ.get("CUDA_VISIBLE_DEVICES"), environ.get("CUDA_DEVICE_ORDER"))
