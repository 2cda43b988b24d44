"""How often wrong clocks are found from kernels, and right ones left alone: `python tests/ground_truth/measure_clocks.py` prints the table
of docs/accuracy.md.

Random scenarios of every way of sharing are played and written as XSpace files. One session's clock is then moved.
"""

import sys
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

from tb_contention.align import AlignOptions, align
from tb_contention.contention.clock_check import check_clocks
from tb_contention.model.alignment import ClockCheck
from tb_contention.pipeline import decode
from tb_contention.recorders.discover import discover
from tb_contention.simulate import RANDOM_MODES, random_scenario, write_scenario

SEEDS = range(20, 32)
LATE_MS = (0.0, 0.2, 1.0, 5.0, 20.0)
#: Sessions of one process share a clock, and those that never meet show none.
MODES = [mode for mode in RANDOM_MODES if mode not in ("disjoint", "in_process_stream", "streams")]
SATURATED = ("time_slicing", "single_stream", "processor_sharing", "mps")


def outcomes(mode: str, seed: int, *, saturated: bool) -> list[tuple[float, str]]:
    """Return what became of the last session's clock, for each lateness; 'misplaced' where a correction misses by more than its error."""
    with tempfile.TemporaryDirectory() as folder:
        write_scenario(random_scenario(seed, mode, saturated=saturated), folder, seed=seed, alone=False)
        captures = decode(discover(str(Path(folder, "together")))).captures
    last = align(captures, AlignOptions()).sessions[-1]
    found = []
    for late in LATE_MS:
        by = round(late * 1e6)
        clock = replace(last.clock, origin_ns=(last.clock.origin_ns or 0) + by)
        aligned = align(captures, AlignOptions(checked={last.id: clock}))
        clocks = check_clocks(aligned)
        moves = {s.id: clocks.get(s.id, s.clock).correction or 0 for s in aligned.sessions}
        apart = [moves[last.id] - move + by for session, move in moves.items() if session != last.id]
        checks = {c.check for c in clocks.values()}
        if ClockCheck.CORRECTED in checks:
            error = max(c.error or 0 for c in clocks.values() if c.check is ClockCheck.CORRECTED)
            found.append((late, "corrected" if max(map(abs, apart)) <= 2 * error else "misplaced"))
        else:
            found.append((late, next((c.value for c in checks if c is not ClockCheck.NONE), "none")))
    return found


def table() -> str:
    """Print one line per lateness."""
    cases = [(mode, seed, saturated) for seed in SEEDS for mode in MODES for saturated in (False, mode in SATURATED)]
    count = Counter(
        found for mode, seed, saturated in dict.fromkeys(cases) for found in outcomes(mode, seed, saturated=saturated)
    )
    columns = ("corrected", "misplaced", "doubted", "confirmed", "none")
    lines = [f"| clock late by | {' | '.join(columns)} |", f"|---|{'--:|' * len(columns)}"]
    lines += [f"| {late:g} ms | {' | '.join(str(count[late, column]) for column in columns)} |" for late in LATE_MS]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(table() + "\n")
