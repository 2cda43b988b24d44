"""The clock of the multiprocessors in hard scenarios, and what a driver that is asked at intervals says of it."""

from bisect import bisect_right
from math import inf
from typing import Any

import numpy as np

from tb_contention.simulate.hard.sessions import Machine
from tb_contention.simulate.hard.sharing import Head

#: The highest clock, MHz, and what it is a multiple of (H100); ms between readings, and by how much each may be late or the value old.
_HIGHEST, _STEP = 1980.0, 15.0
_EVERY, _LATE, _OLD = 50.0, 1.0, 3.0
#: Part of the readings that are a step off.
_OFF = 0.05

#: When the clock changes, ns, and by how much longer kernels take from then on that follow it.
Changes = list[tuple[float, float]]


class Clock:
    """Falls while two sessions have kernels and for some time after, and by itself. taken: takes down each change."""

    def __init__(self, machine: Machine, taken: Changes | None) -> None:
        self._machine, self._taken = machine, taken
        self._fallen = -inf
        self._now = 0.0

    def slower(self, now: float, kernels: list[Head]) -> float:
        """Return by how much longer kernels take from now on that follow it."""
        machine = self._machine
        if machine.fall and len({head.job for head in kernels}) > 1:
            self._fallen = now + machine.recover
        slower = machine.fall if self._fallen >= now else 0.0
        if machine.sags:
            slower = (1 + slower) * (1 + self._sagged(now)) - 1
        if self._taken is not None and slower != self._now:
            # Nothing need happen at the instant when it recovers.
            late = slower < self._now and machine.recover > 0
            self._taken.append((min(now, self._fallen) if late else now, slower))
        self._now = slower
        return slower

    def _sagged(self, now: float) -> float:
        at = bisect_right(self._machine.sags, (now, inf)) - 1
        return self._machine.sags[at][1] if at >= 0 else 0.0

    def changes(self, now: float) -> float:
        """Return when it changes next unless what runs does."""
        sags = self._machine.sags
        at = bisect_right(sags, (now, inf))
        sag = sags[at][0] if at < len(sags) else inf
        return min(sag, self._fallen + 1.0 if self._fallen > now else inf)


def samples(
    changes: Changes, busy: np.ndarray[Any, Any], window: tuple[float, float], epoch_ns: int, seed: int
) -> dict[str, list[int]]:
    """Return what the driver says every 50 ms of a window (ns), as a manifest holds it. busy: begin and end of all kernels, rows of two."""
    rng = np.random.default_rng(seed)
    count = int((window[1] - window[0]) / (_EVERY * 1e6)) + 1
    time = window[0] + np.arange(count) * _EVERY * 1e6 + np.cumsum(rng.uniform(0, _LATE * 1e6, count))
    time = np.append(time[time < window[1]], window[1])
    asked = time - rng.uniform(0, _OLD * 1e6, len(time))
    when, slower = np.array([(0.0, 0.0), *changes]).T
    clock = _HIGHEST / (1 + slower[np.maximum(np.searchsorted(when, asked, "right") - 1, 0)])
    clock = np.round(clock / _STEP) * _STEP - _STEP * (rng.random(len(time)) < _OFF)
    used = [np.clip(np.minimum(busy[:, 1], t) - np.maximum(busy[:, 0], t - 1e8), 0, None).sum() / 1e8 for t in asked]
    return {
        "time_ns": [epoch_ns + round(t) for t in time.tolist()],
        "sm_clock_mhz": [int(value) for value in clock.tolist()],
        "utilisation_percent": [min(100, round(100 * part)) for part in used],
    }
