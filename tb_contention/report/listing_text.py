"""What a log directory holds -> plain text for a terminal: its groups, a line each, and its captures where they are few."""

from collections.abc import Sequence

from tb_contention.model.alignment import Identity
from tb_contention.model.listing import Depth, ListedCapture, ListedGroup, Listing
from tb_contention.model.names import clean, shorten
from tb_contention.words.listing import instant, runs_title
from tb_contention.words.numbers import UNKNOWN, count, duration, error, listing, share, size
from tb_contention.words.problems import what_happened
from tb_contention.words.trust import clock_name

#: Groups, captures and problems that are printed unless more are asked for.
MOST_GROUPS, MOST_CAPTURES, MOST_PROBLEMS = 40, 24, 20
_IDENTITY = {
    Identity.USER: "identified by --gpu",
    Identity.MANIFEST: "identified by its manifest or the recording",
    Identity.ASSUMED: "identity assumed",
}
_LONG, _SHORT = 60, 24


def to_text(found: Listing, *, everything: bool = False) -> str:
    """Print a listing; everything: all groups and captures, however many there are."""
    groups = found.groups if everything else found.groups[:MOST_GROUPS]
    lines = [_head(found), *([found.apart] if found.apart else []), ""]
    lines += _table(groups)
    if len(groups) < len(found.groups):
        left = count(len(found.groups) - len(groups), "more group")
        lines += ["", f"{left} not shown: select some with --since, --run, --host or --gpu, or add --all."]
    if everything or len(found.captures) <= MOST_CAPTURES:
        for capture in found.captures:
            lines += ["", *_capture(capture, found)]
    elif groups:
        lines += ["", "Select fewer captures to see what each one holds, or add --all."]
    for finding in found.findings:
        lines += ["", f"{clean(finding.title)}. {clean(finding.detail)} {clean(finding.advice)}"]
    problems = found.problems if everything else found.problems[:MOST_PROBLEMS]
    if problems:
        lines += ["", count(len(found.problems), "problem")]
        lines += [f"  {clean(p.file)}: {clean(what_happened(p))} [{p.slug}]" for p in problems]
    if len(problems) < len(found.problems):
        lines.append(f"  and {len(found.problems) - len(problems):,} more")
    return "\n".join(lines) + "\n"


def _head(found: Listing) -> str:
    shared = sum(group.shared and not group.by_name for group in found.groups)
    alone = len({capture for group in found.groups if not group.shared for capture in group.captures})
    parts = [f"{count(shared, 'group')} that ran together" if shared else "none ran together"]
    parts += [f"{count(alone, 'capture')} alone"] if alone else []
    parts += [f"{found.pending:,} known by name only"] if found.pending else []
    return f"{count(len(found.captures), 'capture')} in {clean(found.logdir)}: {', '.join(parts)}"


def _table(groups: Sequence[ListedGroup]) -> list[str]:
    if not groups:
        return []
    rows: list[tuple[str, ...]] = [("date (UTC)", "runs", "host", "GPU", "sessions", "overlap", "slowdown", "group")]
    rows += [_row(group) for group in groups]
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]) - 1)]
    return [
        "  ".join([*(cell.ljust(w) for cell, w in zip(row, widths, strict=False)), row[-1]]).rstrip() for row in rows
    ]


def _row(group: ListedGroup) -> tuple[str, ...]:
    """Write the columns of the tab's overview, and the id that --group takes."""
    if not group.shared:
        overlap = "recorded twice" if group.repeated else "alone"
    else:
        overlap = "not read yet" if group.by_name else f"{duration(group.overlap)}, {share(group.overlap_share)}"
    found = group.found
    slower = UNKNOWN if found is None or not found.figure else f"{found.figure} {clean(found.label)}"
    devices = [clean(device.rpartition("/")[2]) for device in group.devices]
    models = f" ({listing([clean(model) for model in group.models], 2)})" if group.models else ""
    gpu = "processor only" if group.on_host else f"{listing(devices, 2) or UNKNOWN}{models}"
    mark = " (simulated)" if group.simulated else ""
    sessions = f"{len(group.captures):,}" + (f" + {group.left_out:,}" if group.left_out else "")
    runs = shorten(runs_title(group.names), _LONG) + mark
    when = instant(group.start_ns).removesuffix(" UTC")
    return (when, runs, shorten(clean(group.host), _SHORT), gpu, sessions, overlap, slower, group.id)


def _capture(capture: ListedCapture, found: Listing) -> list[str]:
    mark = "  (simulated)" if capture.simulated else ""
    lines = [f"{clean(capture.session)}{mark}", f"  id      {capture.id}, {size(capture.size)}"]
    if capture.depth is Depth.NAMED:
        return [*lines, "  not read yet"]
    if capture.depth is Depth.UNREADABLE:
        return [*lines, *(f"  problem {slug}" for slug in capture.problems)]
    is_timed = capture.start_ns is not None and capture.end_ns is not None
    length = duration((capture.end_ns or 0) - (capture.start_ns or 0)) if is_timed else UNKNOWN
    counts = f"{count(capture.steps or 0, 'step')}, {count(capture.memory_events or 0, 'memory event')}"
    process = "" if capture.process_id is None else f", process {capture.process_id}"
    lines += [
        f"  window  {length} from {instant(capture.start_ns)} on {clean(capture.host)}{process}; {counts}",
        f"  clock   {clock_name(capture.clock)}, {error(capture.error)}",
    ]
    others = _together_with(capture, found)
    for device in capture.devices:
        model = f", {clean(device.model)}" if device.model else ""
        kernels = count(device.kernels, "operation" if device.ordinal < 0 else "kernel")
        work = kernels if device.ordinal < 0 else f"{kernels}, {count(device.copies, 'copy', 'copies')}"
        names = others.get(device.name, [])
        shared = f"shared with {listing([clean(name) for name in names])}" if names else "not shared"
        lines.append(f"  device  {clean(device.name)}{model}, {_IDENTITY[device.identity]}: {work}; {shared}")
    lines += [f"  copy    {clean(copy)}" for copy in capture.copies]
    return lines + [f"  problem {slug}" for slug in capture.problems]


def _together_with(capture: ListedCapture, found: Listing) -> dict[str, list[str]]:
    """Return the names of the captures that ran together with one, by device."""
    names: dict[str, dict[str, None]] = {}
    for group in found.groups:
        if capture.id in group.captures and group.shared and not group.by_name:
            for device in group.devices:
                others = (n for i, n in zip(group.captures, group.names, strict=True) if i != capture.id)
                names.setdefault(device, {}).update(dict.fromkeys(others))
    return {device: list(others) for device, others in names.items()}
