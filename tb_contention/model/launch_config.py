"""The text in which a profiler writes a kernel's launch -> its configuration.

TensorFlow 2.3 and 2.4 write `regs:38 shm:0 grid:160,1,1 block:1024,1,1`, later releases and JAX
`regs:32 static_shared:0 dynamic_shared:0 grid:12,1,1 block:256,1,1 occ_pct:100`; words are apart by blanks or line breaks.
"""

import math
from dataclasses import dataclass

#: No text that a profiler writes is longer, and no number in it larger.
_LONGEST, _LARGEST = 4096, 1 << 40


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchConfig:
    """Blocks and threads per block as (x, y, z); registers per thread; shared memory in bytes; theoretical occupancy in percent.

    What the text does not say is None.
    """

    grid: tuple[int, int, int] | None
    block: tuple[int, int, int] | None
    registers: int | None
    static_shared: int | None
    dynamic_shared: int | None
    occupancy: float | None


def parse_launch_config(text: str | None) -> LaunchConfig | None:
    """Read a launch configuration; None for a text that names neither grid nor block. Nothing in a text makes it fail."""
    if text is None or len(text) > _LONGEST:
        return None
    words = dict(word.split(":", 1) for word in text.split() if ":" in word)
    grid, block = _triple(words.get("grid")), _triple(words.get("block"))
    if grid is None and block is None:
        return None
    return LaunchConfig(
        grid=grid,
        block=block,
        registers=_count(words.get("regs")),
        static_shared=_count(words.get("static_shared", words.get("shm"))),
        dynamic_shared=_count(words.get("dynamic_shared")),
        occupancy=_percent(words.get("occ_pct")),
    )


def _count(word: str | None) -> int | None:
    if word is None or not (word.isascii() and word.isdigit() and len(word) <= 13):
        return None
    number = int(word)
    return number if number < _LARGEST else None


def _triple(word: str | None) -> tuple[int, int, int] | None:
    parts = [_count(part) for part in (word or "").split(",")]
    known = [part for part in parts if part is not None]
    return (known[0], known[1], known[2]) if len(parts) == len(known) == 3 else None


def _percent(word: str | None) -> float | None:
    try:
        value = float(word) if word is not None else math.nan
    except ValueError:
        return None
    return value if 0 <= value <= 100 else None
