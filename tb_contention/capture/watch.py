"""Gather facts about local programs whose profiler servers record, from outside their processes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from tb_contention.capture import environment
from tb_contention.capture.addresses import Address, is_local, listener
from tb_contention.capture.facts import Session
from tb_contention.capture.machine import Machine
from tb_contention.capture.visible import Visible, resolved

_ELSEWHERE = "GPU, clocks and processes: the program runs on another machine"
_UNIDENTIFIED = "GPU and processes: the process that listens on the port could not be identified (another user's, or in a container)"


class Watch:
    """Reads clocks and all GPUs of this machine during a block; `session` returns the facts about one server."""

    def __init__(self) -> None:
        self._machine = Machine()
        self._machine.watch()

    @classmethod
    @contextmanager
    def during(cls) -> "Iterator[Watch]":
        """Watch while the block runs; `session` works afterwards too."""
        watch = cls()
        watch._machine.start()
        try:
            yield watch
        finally:
            watch._machine.stop()

    def close(self) -> None:
        """Close NVML."""
        self._machine.close()

    def session(self, address: Address) -> Session:
        """Return the facts about the program behind an address."""
        if not is_local(address):
            return Session(name=str(address), process_id=None, not_known=(_ELSEWHERE,))
        machine, inside, process = self._machine, environment.container(), listener(address.port)
        known = Session(
            name=str(address), process_id=process, host=environment.machine(inside), boot_id=environment.boot_id(),
            container=inside, clock_readings=machine.clock_readings, not_known=(_UNIDENTIFIED, *machine.nvml.not_known),
        )  # fmt: skip
        environ = None if process is None else environment.of_process(process)
        if environ is None:
            return known
        found = self._visible(environ)
        doubt = (f"GPU of each CUDA ordinal: {found.doubt}",) if found.doubt else ()
        devices = {ordinal: machine.device(uuid) for ordinal, uuid in enumerate(found.uuids)}
        return replace(
            known, driver=machine.driver(), mps=environment.mps(environ, is_client=None), kernel_mode=environment.kernel_mode(environ),
            environment=environment.variables(environ), kubernetes=environment.kubernetes(environ),
            sharing=environment.sharing(environ),
            not_known=(*doubt, *machine.nvml.not_known), devices=devices,
        )  # fmt: skip

    def _visible(self, environ: dict[str, str]) -> Visible:
        return resolved(self._machine.gpus, environ)
