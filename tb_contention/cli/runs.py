"""List the captures in a log directory and what each of them holds.

Which sessions share a GPU, with which clock and how it is known.
"""

import argparse
import json
from typing import TYPE_CHECKING, Any

from tb_contention.cli.analysis import analysed
from tb_contention.cli.output import write_stdout
from tb_contention.cli.report import add_options, once
from tb_contention.cli.terminal import printable

if TYPE_CHECKING:
    from tb_contention.model.alignment import DeviceGroup, Session
    from tb_contention.pipeline import Analysis

NAME = "runs"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("logdir", metavar="LOGDIR", help="TensorBoard log directory (local, or an fsspec URL)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print what was found."""
    looked = analysed(
        arguments.logdir,
        shifts=once(arguments.shift, "--shift"),
        gpus=once(arguments.gpu, "--gpu"),
        baselines={},
        use_cache=not arguments.no_cache,
    )
    found = {
        "logdir": looked.report.logdir,
        "sessions": [_session(looked, item.session) for item in looked.report.sessions],
        "problems": [{"file": p.file, "slug": p.slug, "message": p.message} for p in looked.report.problems],
    }
    write_stdout(json.dumps(found, indent=1) + "\n" if arguments.json else printable(_text(found)))
    return 0


def _session(looked: "Analysis", session: "Session") -> dict[str, Any]:
    groups = [g for g in looked.aligned.groups if any(p.session == session.id for p in g.planes)]
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
        "devices": [_device(looked, session, group) for group in groups],
        "problems": sorted({p.slug for p in looked.report.problems if p.file == session.file}),
    }


def _device(looked: "Analysis", session: "Session", group: "DeviceGroup") -> dict[str, Any]:
    shares = [s for d in looked.report.devices if d.group.id == group.id for s in d.overlap.shares]
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
    from tb_contention.words.numbers import count, duration

    lines = [f"{count(len(found['sessions']), 'session')} in {clean(found['logdir'])}"]
    for session in found["sessions"]:
        mark = "  (simulated)" if session["simulated"] else ""
        clock = session["clock"]
        error = "error unknown" if clock["error_ns"] is None else f"±{duration(clock['error_ns'])}"
        events = count(session["memory_events"], "memory event")
        lines += [
            "",
            f"{clean(session['id'])}{mark}",
            f"  window  {duration(session['window_ns'])} from {session['start_ns']:,} ns, {count(session['steps'], 'step')}, {events}",
            f"  clock   {clock['source'].replace('_', ' ')}, {error}. {clean(clock['detail'])}".rstrip(". ") + ".",
        ]
        for device in session["devices"]:
            others = ", ".join(clean(other) for other in device["together_with"])
            model = f", {clean(device['model'])}" if device["model"] else ""
            work = f"{count(device['kernels'], 'kernel')}, {device['copies']:,} copies"
            shared = f"; together with {others}" if others else "; alone"
            lines.append(f"  device  {clean(device['id'])}{model} ({device['identity']}): {work}{shared}")
        lines += [f"  problem {slug}" for slug in session["problems"]]
    if found["problems"]:
        lines += ["", count(len(found["problems"]), "problem")]
        lines += [
            f"  {clean(p['file'])}: {clean(p['message'].removeprefix(p['file'] + ': '))} [{p['slug']}]"
            for p in found["problems"]
        ]
    return "\n".join(lines) + "\n"
