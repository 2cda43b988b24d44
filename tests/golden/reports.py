"""Reports built by hand from drawings: the inputs of the golden files and of the tests of the renderers."""

from dataclasses import replace

import numpy as np
from lanes import device_report, group_of, session_of

from tb_contention.model.alignment import AlignedTraces, DeviceGroup, Session
from tb_contention.model.findings import Finding, Origin, Problem, Severity
from tb_contention.model.report import Report, SessionReport, StepSummary
from tb_contention.units import SessionId

#: Text that HTML, Markdown, a spreadsheet, a terminal or JSON in a script element might obey.
PAYLOADS = (
    "<script>alert(1)</script>",
    "</script></style></title><img src=x onerror=alert(1)>",
    "\" onload='alert(1)' x=\"",
    "](javascript:alert(1)) [x](http://evil.example) ![i](http://evil.example/i.png)",
    "a|b`c`*d*_e_#f\n\n# heading\n- item",
    "\x1b[31mred\x1b]0;title\x07\x9b31m\x7f\r",
    "\u202egnp.exe\u2028\u2029\u200b",
    '=HYPERLINK("http://evil.example")',
    "@SUM(1)",
    "+1",
    "-1",
    "\t=1",
)


def report_of(sessions: "list[Session]", *, note: str = "") -> Report:
    """Measure drawn sessions and put a report around them."""
    aligned, group = group_of(sessions)
    return _around(aligned, group, note)


def _around(aligned: AlignedTraces, group: DeviceGroup, note: str) -> Report:
    device = device_report(aligned, group)
    missing = "" if device.memory else "No allocator event was recorded: the memory is unknown, not zero."
    device = replace(device, memory_note=note or missing)
    return Report(
        version="0.0.0",
        logdir="logs",
        origin_ns=aligned.origin_ns,
        sessions=tuple(SessionReport(session=s, steps=None, warnings=()) for s in aligned.sessions),
        devices=(device,),
        findings=(),
        problems=(),
    )


def shared() -> Report:
    """Two sessions that overlap, with memory, steps, a finding and a problem; one of them is simulated."""
    trainer = session_of("trainer", "AAAA....BBBBBB..AAAA", [(2, 300, 300), (9, 100, 400), (15, -300, 100)])
    evaluator = session_of("evaluator", "..CCCC......DD....CC", [(3, 200, 200), (13, -150, 50)])
    report = report_of([trainer, replace(evaluator, simulated=True, process_id=4711)])
    steps = StepSummary(count=3, mean=8_000, p50=8_000, p95=9_000)
    finding = Finding(
        rule="overlap-in-time",
        severity=Severity.WARNING,
        title="2 sessions had work on host0/GPU:0 at once",
        detail="Most between trainer and evaluator.",
        advice="Capture each session alone as well.",
        evidence={"contended_ns": np.int64(5_000), "share": float("nan")},
        device=report.devices[0].id,
        sessions=report.devices[0].sessions,
    )
    problem = Problem(
        file="trainer/host0.xplane.pb",
        slug="truncated-xspace",
        severity=Severity.WARNING,
        origin=Origin.READING,
        message="The file ends inside an event.",
        advice="Copy it again.",
        count=17,
        offset=4096,
    )
    first = replace(report.sessions[0], steps=steps, warnings=("Dropped 3 events.",))
    return replace(
        report,
        sessions=(first, report.sessions[1]),
        findings=(finding,),
        problems=(problem,),
        notes=("A baseline was given.",),
    )


def alone() -> Report:
    """One session by itself, without memory events."""
    return report_of([session_of("solo", "AA..BB")])


def hostile() -> Report:
    """Sessions, kernels, files, findings and problems that bear the payloads as names."""
    joined = " ".join(PAYLOADS)
    sessions = []
    for number, payload in enumerate(PAYLOADS):
        drawn = session_of(f"s{number}", "AAAA")
        sessions.append(
            replace(drawn, id=SessionId(f"{payload}/{number}"), name=payload, run=payload, file=payload, host=payload)
        )
    report = report_of(sessions, note=joined)
    kernels = tuple(replace(k, name=k.session) for k in report.devices[0].overlap.kernels)
    device = replace(report.devices[0], overlap=replace(report.devices[0].overlap, kernels=kernels))
    findings = tuple(Finding(rule=p, severity=Severity.INFO, title=p, detail=p, advice=p) for p in PAYLOADS)
    problems = tuple(
        Problem(file=p, slug="x", severity=Severity.ERROR, origin=Origin.READING, message=p, advice=p) for p in PAYLOADS
    )
    return replace(report, logdir=joined, devices=(device,), findings=findings, problems=problems, notes=PAYLOADS)


def nothing() -> Report:
    """A report without sessions."""
    return Report(version="0.0.0", logdir="logs", origin_ns=None, sessions=(), devices=(), findings=(), problems=())
