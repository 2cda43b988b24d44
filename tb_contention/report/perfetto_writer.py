"""The numbers that a Perfetto trace gives to its tracks, texts and arrows while it is written."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from tb_contention.model.intervals import Intervals
from tb_contention.model.levels import Levels
from tb_contention.report import perfetto_packets as packets
from tb_contention.units import I64


class Writer:
    """The numbers given so far: tracks, interned texts, arrows between slices; and what is added to all times, ns."""

    def __init__(self, shift: int) -> None:
        self.shift = shift
        self._tracks = 0
        self._texts = 0
        self._flows = 0

    def track(self, parent: int, name: str, description: str = "", unit: int | None = None) -> tuple[int, bytes]:
        """Make the next track; return its uuid and its packet."""
        self._tracks += 1
        made = packets.Track(
            uuid=self._tracks, parent=parent, name=name, rank=self._tracks, description=description, unit=unit
        )
        return self._tracks, packets.track(made)

    def texts(self, number: int) -> int:
        """Reserve numbers for texts; return the first."""
        self._texts += number
        return self._texts - number + 1

    def flows(self, number: int) -> I64:
        """Return new ids."""
        self._flows += number
        return np.arange(self._flows - number + 1, self._flows + 1, dtype=np.int64)

    def spans(self, parent: int, name: str, description: str, spans: "Spans") -> Iterator[bytes]:
        """Write spans on a track, and on further ones as far as they overlap."""
        end = np.maximum(spans.end, spans.start)
        row, rows = packets.side_by_side(spans.start, end)
        first = self._tracks + 1
        for number in range(1, rows + 1):
            yield self.track(parent, name if number == 1 else f"{name} ({number})", description)[1]
        flow_at, flows = spans.flow_at, spans.flows
        nothing = np.zeros(1, np.int64)
        made = packets.Slices(
            start=spans.start,
            end=end,
            track=first + row.astype(np.int64),
            name=spans.name,
            note=np.broadcast_to(nothing, len(row)) if spans.note is None else spans.note,
            flow_at=np.broadcast_to(nothing, len(row) + 1) if flow_at is None else flow_at,
            flows=nothing if flows is None else flows,
        )
        yield from packets.slices(made, self.shift)

    def marks(self, parent: int, name: str, description: str, where: Intervals) -> Iterator[bytes]:
        """Write intervals that all bear the name of their track."""
        first, names = self.names(np.zeros(1, np.int64), lambda _: name, packets.EVENT_NAMES)
        yield from names
        spans = Spans(start=where.start, end=where.end, name=np.full(len(where), first, np.int64))
        yield from self.spans(parent, name, description, spans)

    def counter(self, parent: int, name: str, description: str, unit: int, levels: Levels) -> Iterator[bytes]:
        """Write a step function; its value before the first change is unknown and left out."""
        uuid, made = self.track(parent, name, description, unit)
        yield made
        yield from packets.counter(uuid, levels.time, levels.value[1:], self.shift)

    def names(self, used: I64, name_of: Callable[[int], str], where: int) -> tuple[int, Iterator[bytes]]:
        """Intern the texts of some distinct values; return the number of the first, the others follow, and the packets."""
        first = self.texts(len(used))
        texts = ((number, name_of(value)) for number, value in enumerate(used.tolist(), first))
        return first, packets.interned(where, texts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spans:
    """Columns of `packets.Slices` without the tracks; None: no event has such."""

    start: I64
    end: I64
    name: I64
    note: I64 | None = None
    flow_at: I64 | None = None
    flows: I64 | None = None
