"""Sample each GPU at intervals in a thread that slows down if reading takes long."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tb_contention.capture.facts import ProcessMemory, Samples
from tb_contention.capture.messages import reason
from tb_contention.capture.nvml import Nvml

#: Maximum number of samples over all GPUs; beyond it every other one is dropped and the period doubles.
MOST = 2000
_MOST_PROCESSES = 50
#: Maximum share of its time that the thread spends reading.
_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class _Row:
    time_ns: int
    figures: tuple[int | None, int | None, int | None, int | None]
    processes: dict[int, int | None]


class Sampler:
    """Reads the GPUs of `handles` (by UUID) until stopped."""

    def __init__(self, nvml: Nvml, handles: Mapping[str, Any], every_s: float) -> None:
        self._nvml = nvml
        self._handles = dict(handles)
        self._every_s = every_s
        self._rows: dict[str, list[_Row]] = {uuid: [] for uuid in self._handles}
        self._names: dict[int, str | None] = {}
        self._most = max(2, MOST // max(1, len(self._handles)))
        #: Unix time at zero of the monotonic clock: times increase even if the wall clock is set meanwhile.
        self._epoch_ns = time.time_ns() - time.monotonic_ns()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._sample, name="tb_contention samples", daemon=True)

    def start(self) -> None:
        """Start, if there is anything to read."""
        if self._handles:
            self._thread.start()

    def stop(self) -> None:
        """Read once more and stop; give up after 5 s in case the driver hangs."""
        self._end.set()
        if self._thread.ident is not None:
            self._thread.join(timeout=5.0)

    def _sample(self) -> None:
        try:
            self._read_until_the_end()
        except Exception as error:  # a thread of ours must not write to the program's stderr
            self._nvml.not_known.setdefault(f"samples: {type(error).__name__}: {reason(error)}")

    def _read_until_the_end(self) -> None:
        while True:
            began = time.monotonic()
            self._read()
            took = time.monotonic() - began
            if self._end.wait(max(self._every_s - took, took / _SHARE)):
                break
        self._read()

    def _read(self) -> None:
        for uuid, handle in self._handles.items():
            self._rows[uuid].append(self._row(handle))
        if any(len(rows) > self._most for rows in self._rows.values()):
            self._every_s *= 2
            for rows in self._rows.values():
                del rows[1::2]

    def _row(self, handle: Any) -> _Row:
        nvml, now = self._nvml, self._epoch_ns + time.monotonic_ns()
        used = nvml.memory_used(handle)
        processes = nvml.processes(handle)
        for process_id in processes:
            if process_id not in self._names:
                self._names[process_id] = nvml.process_name(process_id)
        return _Row(now, (nvml.sm_clock(handle), nvml.power(handle), nvml.utilisation(handle), used), processes)

    def samples(self, uuid: str) -> Samples | None:
        """Return the samples of a GPU; None without any."""
        rows = tuple(self._rows.get(uuid, ()))
        if not rows:
            return None
        clock, power, utilisation, used = zip(*(row.figures for row in rows), strict=True)
        times = tuple(row.time_ns for row in rows)
        return Samples(
            time_ns=times, sm_clock_mhz=clock, power_mw=power, utilisation_percent=utilisation, memory_used_bytes=used
        )

    def processes(self, uuid: str) -> tuple[ProcessMemory, ...]:
        """Return the processes seen on a GPU, by id; if very many, those seen most often."""
        rows = tuple(self._rows.get(uuid, ()))
        seen: dict[int, int] = {}
        for row in rows:
            for process_id in row.processes:
                seen[process_id] = seen.get(process_id, 0) + 1
        kept = sorted(sorted(seen), key=lambda process_id: -seen[process_id])[:_MOST_PROCESSES]
        return tuple(
            ProcessMemory(
                process_id=process_id,
                name=self._names.get(process_id),
                memory_bytes=tuple(row.processes.get(process_id) for row in rows),
            )
            for process_id in sorted(kept)
        )
