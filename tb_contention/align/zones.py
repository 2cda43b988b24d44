"""The time zone in which one host names its directories, from its captures whose time is known otherwise.

A directory is named in local time, when the capture is exported. A capture of the same host that also states the moment in UTC shows the
zone; it holds for the captures around it, except that summer time may begin or end in between.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field

from tb_contention.units import NS_PER_S

QUARTER = 900
#: s from the end of a capture to its directory's name, at least and at most: the name has whole seconds, and collecting takes time.
EARLY, LATE = -2, 120
#: s within which evidence on both sides, or on one, tells the zone: shorter than any summer time, and than what matters of a change.
_BOTH, _ONE = 28 * 86_400, 86_400
#: s by which a zone changes at most with summer time; and by which one host's zones can differ before it is taken for several hosts.
SUMMER, _ONE_HOST = 3600, 3600


@dataclass(frozen=True, slots=True)
class Zone:
    """Local time minus UTC, s, with a bound on the error and what it rests on."""

    offset: int
    error: int
    detail: str


@dataclass(slots=True)
class Zones:
    """What the captures of one host show of its zone: local seconds of names, in order, and the offset that each shows."""

    _seen: list[tuple[int, int]] = field(default_factory=list)

    def note(self, local: int, ended: int) -> None:
        """Note a name, and when the capture ended, Unix s; what is no time zone's difference is no evidence."""
        # The name was made between `ended + EARLY` and `ended + LATE`; exactly one quarter of an hour must lie there.
        quarters = -(-(local - ended - LATE) // QUARTER)
        if quarters * QUARTER <= local - ended - EARLY and abs(quarters * QUARTER) <= 14 * 3600:
            self._seen.append((local, quarters * QUARTER))

    def sort(self) -> None:
        """Put the evidence in order; a host whose zones differ by more than summer time does is several hosts."""
        self._seen.sort()
        offsets = [offset for _, offset in self._seen]
        if offsets and max(offsets) - min(offsets) > _ONE_HOST:
            self._seen.clear()

    def at(self, local: int) -> Zone | None:
        """Return the zone at a moment in local time; None where nothing is known."""
        if not self._seen:
            return None
        row = bisect_left(self._seen, (local, -(1 << 40)))
        near = [self._seen[k] for k in (row - 1, row) if 0 <= k < len(self._seen)]
        nearest = min(near, key=lambda seen: abs(seen[0] - local))
        if len(near) == 2 and near[0][1] == near[1][1] and near[1][0] - near[0][0] <= _BOTH:
            return Zone(nearest[1], 0, "in the time zone of captures before and after it")
        if abs(nearest[0] - local) <= _ONE and all(abs(s[0] - local) > _ONE or s[1] == nearest[1] for s in near):
            return Zone(nearest[1], 0, "in the time zone of a capture within a day")
        return Zone(nearest[1], SUMMER, "in the time zone of another capture, unless summer time changed it")


def zones_of(evidence: Iterable[tuple[str, int, int]]) -> dict[str, Zones]:
    """Gather the zones of hosts from (host, local s of a name, Unix ns of the capture's end)."""
    found: dict[str, Zones] = {}
    for host, local, ended in evidence:
        found.setdefault(host, Zones()).note(local, ended // NS_PER_S)
    for zones in found.values():
        zones.sort()
    return found
