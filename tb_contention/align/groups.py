"""Which sessions ran together on a device: capture windows that overlap by more than the errors of their clocks."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from operator import itemgetter

import numpy as np

from tb_contention.align.cliques import Clique, cliques_of
from tb_contention.align.place import Placed
from tb_contention.align.windows import MOST_PAIRS, Windows
from tb_contention.model.alignment import ClockSource, DeviceGroup, DeviceRef, Identity, PhysicalDevice, Session
from tb_contention.model.findings import Finding, Severity
from tb_contention.model.trace import Era
from tb_contention.units import I64, DeviceId, Nanoseconds, SessionId
from tb_contention.words.names import group_label, physical_label
from tb_contention.words.numbers import count, duration, listing
from tb_contention.words.trust import clock_name

#: Sessions that a finding on many names.
_MOST_NAMED = 20


def groups_of(device: PhysicalDevice, sessions: Mapping[SessionId, Placed]) -> list[DeviceGroup]:
    """Group the sessions of a device: the largest sets in which every pair ran together, in time order.

    long   |==================|
    short     |===|     |===|          two groups: {long, first short}, {long, second short}
    """
    members = _members(device, sessions)
    cliques = cliques_of(Windows(members), _kernels(device, members))
    planes: dict[SessionId, list[tuple[int, DeviceRef]]] = {}
    for place, plane in enumerate(device.planes):
        planes.setdefault(plane.session, []).append((place, plane))
    groups = [_group(device, clique, members, planes) for clique in cliques]
    groups.sort(key=lambda g: (g.start, g.end, [p.session for p in g.planes]))
    return [
        group if number == 1 else replace(group, id=DeviceId(f"{device.id}#{number}"))
        for number, group in enumerate(groups, 1)
    ]


def _members(device: PhysicalDevice, sessions: Mapping[SessionId, Placed]) -> list[Placed]:
    return sorted((sessions[s] for s in {p.session for p in device.planes}), key=lambda s: (s.start, s.id))


def _kernels(device: PhysicalDevice, members: Sequence[Placed]) -> I64:
    """Count what ran on the device, by session."""
    done = dict.fromkeys((m.id for m in members), 0)
    uses = {m.id: {use.device: use.kernels + use.copies for use in m.sketch.use} for m in members}
    for plane in device.planes:
        done[plane.session] += uses[plane.session].get(plane.device, 0)
    return np.array([done[m.id] for m in members], np.int64)


def _group(
    device: PhysicalDevice,
    clique: Clique,
    members: Sequence[Placed],
    planes: Mapping[SessionId, list[tuple[int, DeviceRef]]],
) -> DeviceGroup:
    inside = [members[row] for row in clique.rows]
    return DeviceGroup(
        id=device.id,
        device=device,
        planes=tuple(plane for _, plane in sorted((p for s in inside for p in planes[s.id]), key=itemgetter(0))),
        start=Nanoseconds(max(s.start for s in inside)),
        end=Nanoseconds(min(s.end for s in inside)),
        max_error=largest_error(inside),
        left_out=clique.left_out,
    )


def largest_error(sessions: Sequence[Placed | Session]) -> Nanoseconds | None:
    """Return the largest error of the clocks that counts between some sessions; None if one is unknown."""
    clocks = [s.clock for s in sessions]
    if len({c.capture for c in clocks}) == 1 and clocks[0].capture is not None:
        errors = [c.error for c in clocks]
    elif len({c.naming for c in clocks}) == 1 and clocks[0].naming is not None and len(clocks) > 1:
        errors = [c.naming_error for c in clocks]
    else:
        errors = [c.absolute_error for c in clocks]
    known = [e for e in errors if e is not None]
    return max(known) if len(known) == len(errors) else None


def open_questions(devices: Sequence[PhysicalDevice], sessions: Mapping[SessionId, Placed]) -> list[Finding]:
    """Say of each host how many pairs of its captures perhaps ran together on one device, and what would settle it."""
    by_host: dict[str, list[tuple[PhysicalDevice, list[Placed], I64, int]]] = {}
    for device in devices:
        members = _members(device, sessions)
        if len(members) > 1:
            rows, pairs = _perhaps_together(Windows(members))
            if pairs:
                by_host.setdefault(device.host, []).append((device, members, rows, pairs))
    return [_open_question(host, found) for host, found in by_host.items()]


def _perhaps_together(windows: Windows) -> tuple[I64, int]:
    """Return the rows that perhaps ran together with another, and the number of such pairs; of very many pairs only a part is counted."""
    everybody = np.arange(len(windows.known))
    unknown = int((~windows.known).sum())
    pairs = unknown * len(everybody) - unknown * (unknown + 1) // 2
    open_rows = np.ones(len(everybody), np.bool_) if unknown else np.zeros(len(everybody), np.bool_)
    seen = 0
    for a, b in windows.near_pairs(np.flatnonzero(windows.known)):
        unsure = windows.perhaps(a, b)
        pairs += int(unsure.sum())
        open_rows[a[unsure]] = True
        open_rows[b[unsure]] = True
        seen += len(a)
        if seen > MOST_PAIRS:
            break
    return np.flatnonzero(open_rows), pairs


def _open_question(host: str, found: list[tuple[PhysicalDevice, list[Placed], I64, int]]) -> Finding:
    pairs = sum(pairs for *_, pairs in found)
    open_ones = list({m[row].id: m[row] for _, m, rows, _ in found for row in rows.tolist()}.values())
    devices = listing([physical_label(device) for device, *_ in found])
    errors = [s.clock.absolute_error if s.clock.naming is None else s.clock.naming_error for s in open_ones]
    known = [e for e in errors if e is not None]
    without = len(errors) - len(known)
    reasons = [f"their clocks may be wrong by up to {duration(max(known))} each" if known else ""]
    reasons += [f"{count(without, 'capture has', 'captures have')} no wall clock" if without else ""]
    sources = sorted({s.clock.source for s in open_ones}, key=list(ClockSource).index)
    at_least = "at least " if pairs > MOST_PAIRS // 2 else ""
    those = "this pair" if pairs == 1 else f"these {at_least}{pairs:,} pairs"
    names = f"{open_ones[0].file.run} and {open_ones[1].file.run}" if len(open_ones) == 2 else ""
    what = names or f"{count(len(open_ones), 'capture')} of {host}"
    return Finding(
        rule="clock-too-coarse",
        severity=Severity.INFO,
        title=f"{what} may have run together on {devices}",
        detail=f"Whether {those} of captures overlap could not be determined, because "
        f"{listing([r for r in reasons if r])} ({listing([clock_name(source) for source in sources])}).",
        advice=f"Record with {_exact(open_ones)}. Otherwise state the clock in a manifest, or move one session by hand "
        "(--shift SESSION=DURATION).",
        evidence={"pairs": pairs, "captures": len(open_ones), "error_ns": max(known, default=None)},
        device=None,
        sessions=tuple(s.id for s in open_ones[:_MOST_NAMED]),
    )


def _exact(sessions: Sequence[Placed]) -> str:
    """Name the releases of the sessions' recorders that state the wall clock."""
    eras = {s.sketch.era for s in sessions}
    known = [
        "TensorFlow 2.17 or later, or JAX with jaxlib 0.4.25 or later" if eras - {Era.KINETO, Era.NSIGHT} else "",
        "a PyTorch that writes baseTimeNanoseconds" if Era.KINETO in eras else "",
        "Nsight Systems of 2021 or later" if Era.NSIGHT in eras else "",
    ]
    return ", or ".join(filter(None, known))


def group_findings(group: DeviceGroup, sessions: Mapping[SessionId, Session]) -> list[Finding]:
    """Say what a group of several sessions rests on: a bound on it, an assumed GPU, clocks of different quality."""
    ids = tuple(dict.fromkeys(p.session for p in group.planes))
    if len(ids) < 2:
        return []
    found, where = [], group_label(group)
    if group.left_out:
        are = "is" if group.left_out == 1 else "are"
        found.append(
            Finding(
                rule="group-bounded",
                severity=Severity.WARNING,
                title=f"{count(group.left_out, 'more session')} on {where} at the same time {are} left out",
                detail=f"The {len(ids)} sessions with the most kernels are analysed. What the others cost them is part of their figures "
                "without being named.",
                advice="Analyse fewer captures at a time: --run PATTERN or --since selects them.",
                evidence={"left_out": group.left_out},
                device=group.id,
                sessions=ids,
            )
        )
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
    sources = {sessions[s].clock.source for s in ids} - {ClockSource.USER, ClockSource.KERNELS}
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
