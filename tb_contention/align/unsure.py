"""Captures that perhaps were on one GPU at the same time, though nothing says so -> what would settle it."""

from collections.abc import Mapping, Sequence
from itertools import combinations

from tb_contention.align.place import Placed
from tb_contention.model.alignment import PhysicalDevice
from tb_contention.model.findings import Finding, Severity
from tb_contention.units import SessionId
from tb_contention.words.numbers import count

#: Among more planes than these of unknown place, pairs are not looked for.
_MOST = 64


def unsure_devices(
    devices: Sequence[PhysicalDevice], sessions: Mapping[SessionId, Placed], names: Mapping[SessionId, str]
) -> list[Finding]:
    """Name the captures that overlap and that may have shared a GPU, and the option that says whether they did."""
    open_ones = [
        (device, ref.session, sessions[ref.session])
        for device in devices
        if not device.device.is_host
        for ref in device.planes
        if device.device.unplaced or not sessions[ref.session].names_host
    ]
    if not 2 <= len(open_ones) <= _MOST:
        return []
    found: dict[SessionId, int] = {}
    pairs = 0
    for (device, mine, a), (other, theirs, b) in combinations(open_ones, 2):
        if device.id == other.id or not _perhaps(device, other) or not _overlap(a, b):
            continue
        pairs += 1
        found |= {mine: device.device.ordinal, theirs: other.device.ordinal}
    if not found:
        return []
    first, second = list(found)[:2]
    options = " ".join(f"--gpu {names[s]}:{found[s]}=NAME" for s in (first, second))
    more = f" ({count(pairs, 'pair')} in all)" if pairs > 1 else ""
    return [
        Finding(
            rule="gpu-unknown", severity=Severity.INFO, title=f"{names[first]} and {names[second]} may have shared a GPU{more}",
            detail="They ran at the same time on GPUs that do not contradict each other, but the files do not say on which machine "
            "or on which of several GPUs. They are analysed apart.",
            advice=f"If it was one GPU, name it alike for both: {options}. Otherwise nothing is to be done.",
            evidence={"pairs": pairs}, sessions=tuple(found),
        )
    ]  # fmt: skip


def _perhaps(a: PhysicalDevice, b: PhysicalDevice) -> bool:
    """Return whether two devices may be one: what both state agrees, and they are no two ranks of one job."""
    mine, theirs = a.device, b.device
    if (
        mine.rank is not None
        and theirs.rank is not None
        and mine.rank[1] == theirs.rank[1]
        and mine.rank != theirs.rank
    ):
        return False
    return mine.ordinal == theirs.ordinal and not mine.differs_from(theirs)


def _overlap(a: Placed, b: Placed) -> bool:
    known = a.clock.origin_ns is not None and b.clock.origin_ns is not None
    return known and a.start < b.end and b.start < a.end
