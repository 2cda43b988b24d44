"""List the captures in a log directory and what each one contains.

For each session: its window, steps, clock and error bound, its devices, and the sessions that shared them.
"""

import argparse
import json
from typing import TYPE_CHECKING, Any

from tb_contention.cli.analysis import analyse_logdir
from tb_contention.cli.arguments import add_alignment, add_logdir, once
from tb_contention.cli.output import write_stdout
from tb_contention.cli.terminal import printable

if TYPE_CHECKING:
    from tb_contention.model.alignment import DeviceGroup, Session
    from tb_contention.pipeline import Analysis

NAME = "runs"
_IDENTITY = {
    "user": "identified by --gpu",
    "manifest": "identified by its manifest",
    "assumed": "identity assumed",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_logdir(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_alignment(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the sessions."""
    analysis = analyse_logdir(
        arguments.logdir,
        shifts=once(arguments.shift, "--shift"),
        gpus=once(arguments.gpu, "--gpu"),
        baselines={},
        use_cache=not arguments.no_cache,
    )
    found = {
        "logdir": analysis.report.logdir,
        "sessions": [_session(analysis, item.session) for item in analysis.report.sessions],
        "problems": [{"file": p.file, "slug": p.slug, "message": p.message} for p in analysis.report.problems],
    }
    write_stdout(json.dumps(found, indent=1) + "\n" if arguments.json else printable(_text(found)))
    return 0


def _session(analysis: "Analysis", session: "Session") -> dict[str, Any]:
    groups = [g for g in analysis.aligned.groups if any(p.session == session.id for p in g.planes)]
    clock = session.clock
    return {
        "id": session.id,
        "file": session.file,
        "simulated": session.simulated,
        "window_ns": int(session.end - session.start),
        "start_ns": int(session.start),
        "clock": {"source": clock.source.value, "error_ns": clock.error, "detail": clock.detail},
        "memory_events": len(session.trace.allocations),
        "steps": len(session.trace.steps),
        "devices": [_device(analysis, session, group) for group in groups],
        "problems": sorted({p.slug for p in analysis.report.problems if p.file == session.file}),
    }


def _device(analysis: "Analysis", session: "Session", group: "DeviceGroup") -> dict[str, Any]:
    shares = [s for d in analysis.report.devices if d.group.id == group.id for s in d.overlap.shares]
    own = [s for s in shares if s.session == session.id]
    others = dict.fromkeys(str(p.session) for p in group.planes if p.session != session.id)
    return {
        "id": str(group.id),
        "model": group.device.device.model,
        "identity": group.device.identity.value,
        "kernels": sum(int(s.kernels) for s in own),
        "copies": sum(int(s.copies) for s in own),
        "together_with": list(others),
    }


def _text(found: dict[str, Any]) -> str:
    from tb_contention.model.names import clean
    from tb_contention.words.numbers import count, duration, error

    lines = [f"{count(len(found['sessions']), 'session')} in {clean(found['logdir'])}"]
    for session in found["sessions"]:
        mark = "  (simulated)" if session["simulated"] else ""
        clock = session["clock"]
        steps, events = count(session["steps"], "step"), count(session["memory_events"], "memory event")
        lines += [
            "",
            f"{clean(session['id'])}{mark}",
            f"  window  {duration(session['window_ns'])}, starts at {duration(session['start_ns'])}; {steps}, {events}",
            f"  clock   {clock['source'].replace('_', ' ')}, {error(clock['error_ns'])}; {clean(clock['detail'])}".rstrip(
                ";. "
            ),
        ]
        for device in session["devices"]:
            others = ", ".join(clean(other) for other in device["together_with"])
            model = f", {clean(device['model'])}" if device["model"] else ""
            work = f"{count(device['kernels'], 'kernel')}, {count(device['copies'], 'copy', 'copies')}"
            shared = f"shared with {others}" if others else "not shared"
            known = _IDENTITY[device["identity"]]
            lines.append(f"  device  {clean(device['id'])}{model}, {known}: {work}; {shared}")
        lines += [f"  problem {slug}" for slug in session["problems"]]
    if found["problems"]:
        lines += ["", count(len(found["problems"]), "problem")]
        lines += [
            f"  {clean(p['file'])}: {clean(p['message'].removeprefix(p['file'] + ': '))} [{p['slug']}]"
            for p in found["problems"]
        ]
    return "\n".join(lines) + "\n"
