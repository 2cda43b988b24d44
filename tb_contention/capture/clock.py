"""Read the wall clock and CLOCK_MONOTONIC_RAW, which nothing adjusts, as one pair."""

import time

from tb_contention.capture.facts import ClockReading

_TRIES = 25


def reading() -> ClockReading | None:
    """Read both clocks; return the tightest of several pairs, or None on a system without CLOCK_MONOTONIC_RAW."""
    if not hasattr(time, "CLOCK_MONOTONIC_RAW"):
        return None
    return min((_once() for _ in range(_TRIES)), key=lambda pair: pair.gap_ns)


def _once() -> ClockReading:
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW)
    now = time.clock_gettime_ns(time.CLOCK_REALTIME)
    after = time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW)
    return ClockReading(realtime_ns=now, monotonic_raw_ns=(before + after) // 2, gap_ns=after - before)
