"""The text in which a profiler writes a kernel's launch -> its configuration.

TensorFlow 2.3 and 2.4 write `regs:38 shm:0 grid:160,1,1 block:1024,1,1`, later releases and JAX
`regs:32 static_shared:0 dynamic_shared:0 grid:12,1,1 block:256,1,1 occ_pct:100`; words are apart by blanks or line breaks.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

from tb_contention.units import Bytes
from tb_contention.wire import Wire

#: No text that a profiler writes is longer, and no number in it larger.
_LONGEST, _LARGEST = 4096, 1 << 40
#: Texts whose configuration is remembered.
_REMEMBERED = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchConfig:
    """How a kernel was launched; None for what the text does not state."""

    grid: Annotated[tuple[int, int, int] | None, Wire("blocks, as x, y, z")]
    block: Annotated[tuple[int, int, int] | None, Wire("threads per block, as x, y, z")]
    registers: Annotated[int | None, Wire("registers per thread")]
    static_shared: Annotated[Bytes | None, Wire("static shared memory per block")]
    dynamic_shared: Annotated[Bytes | None, Wire("dynamic shared memory per block")]
    occupancy: Annotated[float | None, Wire("theoretical occupancy as the profiler states it", key="occupancy_percent")]


def parse_launch_config(text: str | None) -> LaunchConfig | None:
    """Read a launch configuration; None for a text that names neither grid nor block. Nothing in a text makes it fail."""
    return None if text is None or len(text) > _LONGEST else _read(text)


@lru_cache(maxsize=_REMEMBERED)
def _read(text: str) -> LaunchConfig | None:
    """Read a text; several stages ask for the few hundred of a capture."""
    words = dict(word.split(":", 1) for word in text.split() if ":" in word)
    grid, block = _triple(words.get("grid")), _triple(words.get("block"))
    if grid is None and block is None:
        return None
    return LaunchConfig(
        grid=grid,
        block=block,
        registers=_count(words.get("regs")),
        static_shared=_size(words.get("static_shared", words.get("shm"))),
        dynamic_shared=_size(words.get("dynamic_shared")),
        occupancy=_percent(words.get("occ_pct")),
    )


def _count(word: str | None) -> int | None:
    if word is None or not (word.isascii() and word.isdigit() and len(word) <= 13):
        return None
    number = int(word)
    return number if number < _LARGEST else None


def _size(word: str | None) -> Bytes | None:
    number = _count(word)
    return None if number is None else Bytes(number)


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
