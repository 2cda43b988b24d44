"""Which sessions ran together on a device: capture windows that overlap by more than the errors of their clocks."""

from tb_contention.model.alignment import ClockSource, DeviceGroup, Identity, PhysicalDevice, Session
from tb_contention.model.findings import Finding, Severity
from tb_contention.units import DeviceId, Nanoseconds, SessionId

#: Pairs of sessions named one by one among "perhaps together"; beyond it they are counted.
MAX_PAIRS = 20


def pair_error(a: Session, b: Session) -> "int | None":
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
    return int(a.clock.absolute_error + b.clock.absolute_error)


def together(a: Session, b: Session) -> bool:
    """Tell whether two capture windows surely overlap."""
    error = pair_error(a, b)
    return error is not None and min(a.end, b.end) - max(a.start, b.start) > error


def perhaps_together(a: Session, b: Session) -> bool:
    """Tell whether two capture windows may overlap, for all that is known, though not surely."""
    error = pair_error(a, b)
    return not together(a, b) and (error is None or min(a.end, b.end) - max(a.start, b.start) > -error)


def groups_of(device: PhysicalDevice, sessions: "dict[SessionId, Session]") -> "list[DeviceGroup]":
    """Group the sessions of a device: the largest sets in which every pair ran together, in time order.

    long   |==================|
    short     |===|     |===|          two groups: {long, first short}, {long, second short}
    """
    members = sorted({sessions[p.session].id for p in device.planes}, key=lambda s: (sessions[s].start, s))
    groups: list[frozenset[SessionId]] = []
    for row, latest in enumerate(members):
        clique = [latest]
        for earlier in reversed(members[:row]):
            if all(together(sessions[earlier], sessions[other]) for other in clique):
                clique.append(earlier)
        groups.append(frozenset(clique))
    largest = [g for g in groups if not any(g < other for other in groups)]
    return [_group(device, g, number, sessions) for number, g in enumerate(dict.fromkeys(largest), 1)]


def _group(
    device: PhysicalDevice, members: "frozenset[SessionId]", number: int, sessions: "dict[SessionId, Session]"
) -> DeviceGroup:
    inside = [sessions[s] for s in members]
    errors = [s.clock.error if s.clock.capture is not None else s.clock.absolute_error for s in inside]
    known = [e for e in errors if e is not None]
    return DeviceGroup(
        id=device.id if number == 1 else DeviceId(f"{device.id}#{number}"),
        device=device,
        planes=tuple(p for p in device.planes if p.session in members),
        start=Nanoseconds(max(s.start for s in inside)),
        end=Nanoseconds(min(s.end for s in inside)),
        max_error=Nanoseconds(max(known)) if len(known) == len(errors) else None,
    )


def clock_findings(devices: "tuple[PhysicalDevice, ...]", sessions: "dict[SessionId, Session]") -> "list[Finding]":
    """Name pairs on one device that perhaps ran together, and what would settle it."""
    found: list[Finding] = []
    pairs = 0
    for device in devices:
        members = [sessions[s] for s in dict.fromkeys(p.session for p in device.planes)]
        for row, a in enumerate(members):
            for b in members[row + 1 :]:
                if perhaps_together(a, b):
                    pairs += 1
                    if pairs <= MAX_PAIRS:
                        found.append(_too_coarse(device, a, b))
    if pairs > MAX_PAIRS:
        found.append(
            Finding(
                rule="clock-too-coarse",
                severity=Severity.INFO,
                title=f"{pairs - MAX_PAIRS} more pairs of sessions perhaps ran together",
                detail="Their clocks are too coarse to tell.",
                advice="Look at fewer runs at a time, or settle the clocks with a manifest.",
                evidence={"pairs": pairs},
            )
        )
    return found


def _too_coarse(device: PhysicalDevice, a: Session, b: Session) -> Finding:
    error = pair_error(a, b)
    reason = (
        "one of them has no wall clock"
        if error is None
        else f"their clocks may be {error / 1e9:.3g} s apart from the truth"
    )
    return Finding(
        rule="clock-too-coarse",
        severity=Severity.INFO,
        title=f"{a.name} and {b.name} perhaps ran together on {device.id}",
        detail=f"Whether their captures overlap cannot be told: {reason} ({a.clock.source.value}, {b.clock.source.value}).",
        advice="Record with TensorFlow 2.17 or later, or JAX with jaxlib 0.4.25 or later; or state the clock in a manifest; or move one "
        "by hand: --shift SESSION=DURATION.",
        evidence={"error_ns": error},
        device=None,
        sessions=(a.id, b.id),
    )


def group_findings(group: DeviceGroup, sessions: "dict[SessionId, Session]") -> "list[Finding]":
    """Say what a group of several sessions rests on: an assumed GPU, clocks of different quality."""
    ids = tuple(dict.fromkeys(p.session for p in group.planes))
    if len(ids) < 2:
        return []
    found = []
    if group.device.identity is Identity.ASSUMED and not group.device.device.is_host:
        found.append(
            Finding(
                rule="gpu-identity-assumed",
                severity=Severity.INFO,
                title=f"That the sessions on {group.id} share one physical GPU is assumed",
                detail="Host name, ordinal and capabilities agree; a trace does not name the physical GPU, and CUDA_VISIBLE_DEVICES may "
                "give two GPUs the same ordinal.",
                advice="State it with --gpu SESSION:ORDINAL=NAME, or in a manifest.",
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
                title=f"The clocks on {group.id} are of different quality",
                detail="; ".join(f"{sessions[s].name}: {sessions[s].clock.source.value}" for s in ids) + ".",
                advice="The larger error counts for all that compares the two.",
                evidence={"max_error_ns": group.max_error},
                device=group.id,
                sessions=ids,
            )
        )
    return found
