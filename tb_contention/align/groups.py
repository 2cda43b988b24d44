"""Which sessions ran together on a device: capture windows that overlap by more than the errors of their clocks."""

from dataclasses import replace

import numpy as np

from tb_contention.model.alignment import ClockSource, DeviceGroup, Identity, PhysicalDevice, Session
from tb_contention.model.findings import Finding, Severity
from tb_contention.units import I64, Bool, DeviceId, Nanoseconds, SessionId
from tb_contention.words.names import group_label
from tb_contention.words.numbers import count, duration
from tb_contention.words.trust import clock_name

#: Pairs of sessions named one by one among "perhaps together"; beyond it they are counted.
MAX_PAIRS = 20


def pair_error(a: Session, b: Session) -> int | None:
    """Bound the error of the distance between two sessions' clocks, ns; None when one has no clock."""
    if (
        a.clock.error is None
        or b.clock.error is None
        or a.clock.absolute_error is None
        or b.clock.absolute_error is None
    ):
        return None
    if a.clock.capture is not None and a.clock.capture == b.clock.capture:
        return int(a.clock.error + b.clock.error)
    if a.clock.naming is not None and a.clock.naming == b.clock.naming:
        return int((a.clock.naming_error or 0) + (b.clock.naming_error or 0))
    return int(a.clock.absolute_error + b.clock.absolute_error)


class _Pairs:
    """Compare one session's capture window with all others at once; in vectors, for a log directory can hold thousands."""

    def __init__(self, members: list[Session]) -> None:
        self._start = np.array([s.start for s in members], np.int64)
        self._end = np.array([s.end for s in members], np.int64)
        clocks = [s.clock for s in members]
        self._known = np.array([c.error is not None and c.absolute_error is not None for c in clocks], np.bool_)
        self._error = np.array([c.error or 0 for c in clocks], np.int64)
        self._absolute = np.array([c.absolute_error or 0 for c in clocks], np.int64)
        codes: dict[str, int] = {}
        self._capture = np.array(
            [-1 if c.capture is None else codes.setdefault(c.capture, len(codes)) for c in clocks], np.int64
        )

    def together(self, row: int) -> I64:
        """Return the rows whose windows surely overlap that of `row`."""
        surely, _ = self._compare(row)
        return np.flatnonzero(surely)

    def perhaps_later(self, row: int) -> I64:
        """Return the rows behind `row` whose windows may overlap its own, for all that is known, though not surely."""
        _, perhaps = self._compare(row)
        perhaps[: row + 1] = False
        return np.flatnonzero(perhaps)

    def _compare(self, row: int) -> tuple[Bool, Bool]:
        overlap = np.minimum(self._end, self._end[row]) - np.maximum(self._start, self._start[row])
        same = (self._capture == self._capture[row]) & (self._capture >= 0)
        error = np.where(same, self._error + self._error[row], self._absolute + self._absolute[row])
        known = self._known & self._known[row]
        surely = known & (overlap > error)
        surely[row] = False
        return surely, ~surely & (~known | (overlap > -error))


def groups_of(device: PhysicalDevice, sessions: dict[SessionId, Session]) -> list[DeviceGroup]:
    """Group the sessions of a device: the largest sets in which every pair ran together, in time order.

    long   |==================|
    short     |===|     |===|          two groups: {long, first short}, {long, second short}
    """
    members = sorted({sessions[p.session].id for p in device.planes}, key=lambda s: (sessions[s].start, s))
    surely = _Pairs([sessions[s] for s in members])
    cliques = _maximal_cliques([set(surely.together(row).tolist()) for row in range(len(members))])
    groups = [_group(device, frozenset(members[row] for row in clique), sessions) for clique in cliques]
    groups.sort(key=lambda g: (g.start, g.end, [p.session for p in g.planes]))
    return [
        group if number == 1 else replace(group, id=DeviceId(f"{device.id}#{number}"))
        for number, group in enumerate(groups, 1)
    ]


def _maximal_cliques(neighbours: list[set[int]]) -> list[set[int]]:
    """Find all maximal cliques (Bron and Kerbosch with a pivot), without recursion.

    Errors differ between pairs, so "together" is no plain overlap of intervals: A and B may each be sure to have run with C, but not with
    one another, though both began before C.
    """
    found: list[set[int]] = []
    stack: list[tuple[set[int], set[int], set[int]]] = [(set(), set(range(len(neighbours))), set())]
    while stack:
        clique, candidates, done = stack.pop()
        if not candidates:
            if clique and not done:
                found.append(clique)
            continue
        pivot = max(candidates | done, key=lambda row: len(neighbours[row] & candidates))
        for row in sorted(candidates - neighbours[pivot]):
            near = neighbours[row]
            stack.append((clique | {row}, candidates & near, done & near))
            candidates = candidates - {row}
            done = done | {row}
    return found


def _group(device: PhysicalDevice, members: frozenset[SessionId], sessions: dict[SessionId, Session]) -> DeviceGroup:
    inside = [sessions[s] for s in members]
    captures = {s.clock.capture for s in inside}
    shared = len(captures) == 1 and None not in captures
    errors = [s.clock.error if shared else s.clock.absolute_error for s in inside]
    known = [e for e in errors if e is not None]
    return DeviceGroup(
        id=device.id,
        device=device,
        planes=tuple(p for p in device.planes if p.session in members),
        start=Nanoseconds(max(s.start for s in inside)),
        end=Nanoseconds(min(s.end for s in inside)),
        max_error=Nanoseconds(max(known)) if len(known) == len(errors) else None,
    )


def clock_findings(devices: tuple[PhysicalDevice, ...], sessions: dict[SessionId, Session]) -> list[Finding]:
    """Name pairs on one device that perhaps ran together, and what would settle it."""
    found: list[Finding] = []
    pairs = 0
    for device in devices:
        members = [sessions[s] for s in dict.fromkeys(p.session for p in device.planes)]
        compared = _Pairs(members)
        for row, a in enumerate(members):
            perhaps = compared.perhaps_later(row)
            named = perhaps[: max(0, MAX_PAIRS - pairs)]
            found += [_too_coarse(device, a, members[other]) for other in named.tolist()]
            pairs += len(perhaps)
    if pairs > MAX_PAIRS:
        found.append(
            Finding(
                rule="clock-too-coarse",
                severity=Severity.INFO,
                title=f"{count(pairs - MAX_PAIRS, 'more pair')} of sessions may have run together",
                detail="Whether they did could not be determined, because their clocks are too coarse.",
                advice="Open fewer runs at a time, or state the clocks in manifests.",
                evidence={"pairs": pairs},
            )
        )
    return found


def _too_coarse(device: PhysicalDevice, a: Session, b: Session) -> Finding:
    error = pair_error(a, b)
    reason = "one of them has no wall clock" if error is None else f"their clocks may be wrong by {duration(error)}"
    return Finding(
        rule="clock-too-coarse",
        severity=Severity.INFO,
        title=f"{a.name} and {b.name} may have run together on {group_label(str(device.id), device)}",
        detail=f"Whether their captures overlap could not be determined, because {reason} ({clock_name(a.clock.source)}, "
        f"{clock_name(b.clock.source)}).",
        advice="Record with TensorFlow 2.17 or later, or JAX with jaxlib 0.4.25 or later. Otherwise state the clock in a manifest, or move "
        "one session by hand (--shift SESSION=DURATION).",
        evidence={"error_ns": error},
        device=None,
        sessions=(a.id, b.id),
    )


def group_findings(group: DeviceGroup, sessions: dict[SessionId, Session]) -> list[Finding]:
    """Say what a group of several sessions rests on: an assumed GPU, clocks of different quality."""
    ids = tuple(dict.fromkeys(p.session for p in group.planes))
    if len(ids) < 2:
        return []
    found, where = [], group_label(str(group.id), group.device)
    if group.device.identity is Identity.ASSUMED and not group.device.device.is_host:
        found.append(
            Finding(
                rule="gpu-identity-assumed",
                severity=Severity.INFO,
                title=f"The sessions on {where} are assumed to share one physical GPU",
                detail="Host name, ordinal and capabilities agree. A trace does not name the physical GPU, and CUDA_VISIBLE_DEVICES may "
                "give two GPUs the same ordinal.",
                advice="Name the GPU with --gpu SESSION:ORDINAL=NAME, or in a manifest.",
                device=group.id,
                sessions=ids,
            )
        )
    sources = {sessions[s].clock.source for s in ids} - {ClockSource.USER}
    if len(sources) > 1:
        found.append(
            Finding(
                rule="mixed-clocks",
                severity=Severity.INFO,
                title=f"The sessions on {where} have clocks of different quality",
                detail="; ".join(f"{sessions[s].name}: {clock_name(sessions[s].clock.source)}" for s in ids) + ".",
                advice="The larger error applies wherever two sessions are compared.",
                evidence={"max_error_ns": group.max_error},
                device=group.id,
                sessions=ids,
            )
        )
    return found
