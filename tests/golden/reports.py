"""Reports built by hand from drawings: the inputs of the golden files and of the tests of the renderers."""

from dataclasses import replace

import numpy as np
from lanes import device_report, group_of, session_of

from tb_contention.model.alignment import AlignedTraces, DeviceGroup, Session
from tb_contention.model.attribution import Attribution, RollUp, Rule, ScopeTotal, ThreadTotal
from tb_contention.model.contention import (
    UNTRACED,
    Blame,
    Confidence,
    Cost,
    Evidence,
    KernelBlame,
    KernelCost,
    LostTime,
    Mechanism,
    SessionLoss,
    SharingMetrics,
    Slowdown,
    StepTimes,
)
from tb_contention.model.findings import Finding, Origin, Problem, Severity
from tb_contention.model.intervals import Intervals
from tb_contention.model.prediction import Bounds, Prediction, Schedule, SessionPrediction
from tb_contention.model.report import Report, SessionReport, StepSummary
from tb_contention.units import Bytes, Nanoseconds, SessionId

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


def report_of(sessions: list[Session], *, note: str = "") -> Report:
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


def ns(value: int) -> Nanoseconds:
    """Write a length."""
    return Nanoseconds(value)


def loss_of(
    session: str,
    evidence: Evidence,
    slowdown: tuple[float | None, float | None, float | None],
    lost: int | None = None,
    **more: object,
) -> SessionLoss:
    """Write a loss that is all stretch, and slowdown as (estimate, low, high)."""
    settle = f"The kernels of {session} never ran undisturbed." if evidence is Evidence.D else ""
    estimate, low, high = slowdown
    known = None if lost is None else ns(lost)
    plain = SessionLoss(
        session=SessionId(session),
        stretch=known,
        stall=None if lost is None else ns(0),
        absorbed=None if lost is None else ns(0),
        lost=known,
        slowdown=Slowdown(estimate=estimate, low=low, high=high, evidence=evidence, coverage=0.9, settle=settle),
        step_shared=None,
        step_alone=None,
        steps=0,
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def steps_of(session: str, periods: list[tuple[int, int, int]], *, known: bool = True, start: int = 0) -> StepTimes:
    """Write step periods one after the other, each as (own, host, lost)."""
    own, host, lost = (np.array(part, np.int64) for part in zip(*periods, strict=True))
    ends = start + np.cumsum(own + host + lost)
    return StepTimes(
        session=SessionId(session),
        number=np.arange(1, len(periods) + 1, dtype=np.int64),
        start=np.append(np.int64(start), ends[:-1]),
        end=ends,
        own=own,
        host=host,
        lost=lost,
        known=known,
    )


def with_losses(report: Report, *losses: SessionLoss, mechanism: Mechanism = Mechanism.TIME_SLICING) -> Report:
    """Put losses in the place of those of the first device, and leave out whatever else was found of its cost."""
    cost = Cost(
        mechanism=mechanism,
        confidence=Confidence.SURE,
        detail="Drawn by hand.",
        slice=None,
        progress_sum=None,
        metrics=None,
        losses=losses,
    )
    return replace(report, devices=(replace(report.devices[0], cost=cost), *report.devices[1:]))


def _cost(trainer: str, evaluator: str) -> Cost:
    """Write a cost in which everything that can be known is."""
    a, b = SessionId(trainer), SessionId(evaluator)
    lost = LostTime(
        session=a,
        stretched=Intervals.union_of(np.array([8_000], np.int64), np.array([12_000], np.int64)),
        stalled=Intervals.union_of(np.array([3_000], np.int64), np.array([4_000], np.int64)),
    )
    parts = {"stretch": ns(4_000), "stall": ns(1_500), "absorbed": ns(500)}
    periods = {"step_shared": ns(8_000), "step_alone": ns(5_500), "steps": 2}
    return Cost(
        mechanism=Mechanism.TIME_SLICING,
        confidence=Confidence.SURE,
        detail="Few kernels, cut by the turn of another session, carry nearly all of the stretch.",
        slice=ns(2_300),
        progress_sum=0.98,
        metrics=SharingMetrics(antt=1.2423, stp=1.6584, fairness=0.7081, jain=0.9712),
        losses=(
            loss_of(trainer, Evidence.B, (1.4545, 1.41, 1.52), 5_000, **parts, **periods),
            loss_of(evaluator, Evidence.C, (1.03, 0.98, 1.12), 600),
        ),
        kernels=(
            KernelCost(session=a, name="B", alone=ns(3_000), lost=ns(3_000)),
            KernelCost(session=b, name="D", alone=ns(2_010), lost=ns(-10)),
        ),
        blame=(
            Blame(victim=a, culprit=b, lost=ns(4_000)),
            Blame(victim=a, culprit=UNTRACED, lost=ns(1_000)),
            Blame(victim=b, culprit=a, lost=ns(600)),
        ),
        kernel_blame=(KernelBlame(victim=a, victim_kernel="B", culprit=b, culprit_kernel="D", lost=ns(2_500)),),
        steps=(
            steps_of(trainer, [(4_000, 1_500, 1_500), (4_000, 1_500, 3_500)], start=2_000),
            steps_of(evaluator, [(3_000, 6_000, 0)], known=False, start=1_000),
        ),
        lost=(lost,),
    )


def _parts(trainer: str, evaluator: str) -> RollUp:
    a, b = SessionId(trainer), SessionId(evaluator)
    return RollUp(
        scopes=(
            ScopeTotal(session=a, scope="model/layer_0", kernels=2, total=ns(10_000), peak=Bytes(400)),
            ScopeTotal(session=a, scope="loss", kernels=1, total=ns(4_000), peak=None),
        ),
        threads=(
            ThreadTotal(
                session=b, thread="queue_1", runs=3, busy=ns(9_000), waited=ns(3_000), waits_for="reader", kernels=3, total=ns(8_000)
            ),
            ThreadTotal(
                session=b, thread="reader", runs=2, busy=ns(5_000), waited=ns(0), waits_for="", kernels=0, total=ns(0)
            ),
        ),
    )  # fmt: skip


def shared() -> Report:
    """Two sessions that overlap, with memory, steps, cost, parts, a finding and a problem; one is simulated and inside a process."""
    trainer = session_of("trainer", "AAAA....BBBBBB..AAAA", [(2, 300, 300), (9, 100, 400), (15, -300, 100)])
    evaluator = session_of("evaluator", "..CCCC......DD....CC", [(3, 200, 200), (13, -150, 50)])
    rule = Attribution(rule=Rule.MODEL_ID, detail="Its runs carry the model id evaluator.", kernels=3, unattributed=1)
    report = report_of([trainer, replace(evaluator, simulated=True, process_id=4711)])
    ids = (trainer.id, evaluator.id)
    device = replace(report.devices[0], cost=_cost(*ids), parts=_parts(*ids), predictions=_predictions(*ids))
    report = replace(report, devices=(device,))
    steps = StepSummary(count=3, mean=Nanoseconds(8_000), p50=Nanoseconds(8_000), p95=Nanoseconds(9_000))
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
    inside = replace(
        report.sessions[1].session, kind="in_process", process=SessionId("program/host0"), attribution=rule
    )
    second = replace(report.sessions[1], session=inside)
    first = replace(report.sessions[0], steps=steps, warnings=("Dropped 3 events.",))
    return replace(
        report,
        sessions=(first, second),
        findings=(finding,),
        problems=(problem,),
        notes=("A baseline was given.",),
    )


def _predictions(first: SessionId, second: SessionId) -> tuple[Prediction, ...]:
    """Write one prediction that tells everything, one that tells a range, and one that tells nothing."""
    row = SessionPrediction(
        session=first,
        slowdown=Bounds(estimate=1.0, low=1.0, high=1.0),
        step=Bounds(estimate=6_500.4, low=6_000.0, high=7_000.0),
        end=Bounds(estimate=15_000.0, low=14_000.0, high=16_000.0),
        gain=Bounds(estimate=1_500.0, low=1_000.0, high=2_000.0),
    )
    open_row = SessionPrediction(
        session=second, slowdown=Bounds(estimate=None, low=1.0, high=2.0), step=None, end=None, gain=None
    )
    shifted = Prediction(
        schedule=Schedule.SHIFTED,
        setting=f"start {first} 1.0 ms later {PAYLOADS[0]}",
        parameters=(("session", first), ("shift_ns", 1_000_000)),
        sessions=(row, open_row),
        makespan=Bounds(estimate=None, low=15_000.0, high=25_000.0),
        memory_peak=500,
        memory_most=600,
        memory_fits=True,
        curve=((500_000.0, 1.5), (1_000_000.0, 1.25)),
        played=0.5,
        assumes="The sessions keep their rhythm.",
    )
    return shifted, Prediction(schedule=Schedule.MPS, setting="run under MPS", unknown="Class D: capture it alone.")


def alone() -> Report:
    """One session by itself, without memory events."""
    report = report_of([session_of("solo", "AA..BB")])
    return with_losses(report, loss_of("solo/host0", Evidence.D, (None, None, None)), mechanism=Mechanism.NONE)


def hostile() -> Report:
    """Sessions, kernels, files, findings and problems that bear the payloads as names."""
    joined = " ".join(PAYLOADS)
    sessions = []
    for number, payload in enumerate(PAYLOADS):
        drawn = session_of(f"s{number}", "AAAA")
        named = replace(drawn, name=payload, run=payload, file=payload, host=payload)
        sessions.append(replace(named, id=SessionId(f"{payload}/{number}")))
    report = report_of(sessions, note=joined)
    kernels = tuple(replace(k, name=k.session) for k in report.devices[0].overlap.kernels)
    overlap = replace(report.devices[0].overlap, kernels=kernels)
    cost, parts = _hostile_cost([s.id for s in sessions]), _hostile_parts([s.id for s in sessions])
    device = replace(report.devices[0], overlap=overlap, cost=cost, parts=parts)
    findings = tuple(Finding(rule=p, severity=Severity.INFO, title=p, detail=p, advice=p) for p in PAYLOADS)
    problems = tuple(
        Problem(file=p, slug="x", severity=Severity.ERROR, origin=Origin.READING, message=p, advice=p) for p in PAYLOADS
    )
    inside = tuple(replace(s, session=_inside(s.session)) for s in report.sessions)
    report = replace(report, sessions=inside)
    return replace(report, logdir=joined, devices=(device,), findings=findings, problems=problems, notes=PAYLOADS)


def _inside(session: Session) -> Session:
    rule = Attribution(rule=Rule.ANNOTATION, detail=session.name, kernels=1, unattributed=0)
    return replace(session, process=SessionId(session.name), attribution=rule)


def _hostile_cost(ids: list[SessionId]) -> Cost:
    pairs = list(zip(ids, [*ids[1:], UNTRACED], strict=True))
    losses = []
    for number, session in enumerate(ids):
        evidence = tuple(Evidence)[number % 4]
        amounts = (None if evidence is Evidence.D else 1.5, 1.2, 1.8)
        losses.append(loss_of(session, evidence, amounts, None if evidence is Evidence.D else 100))
    return Cost(
        mechanism=Mechanism.CONCURRENT,
        confidence=Confidence.SURE,
        detail=" ".join(PAYLOADS),
        slice=None,
        progress_sum=float("nan"),
        metrics=SharingMetrics(antt=float("inf"), stp=1.0, fairness=1.0, jain=1.0),
        losses=tuple(losses),
        kernels=tuple(KernelCost(session=s, name=s, alone=ns(5), lost=ns(-5)) for s in ids),
        blame=tuple(Blame(victim=a, culprit=b, lost=ns(100)) for a, b in pairs),
        kernel_blame=tuple(
            KernelBlame(victim=a, victim_kernel=a, culprit=b, culprit_kernel=b, lost=ns(100)) for a, b in pairs
        ),
        steps=tuple(steps_of(s, [(500, 300, 200), (500, 500, 0)]) for s in ids),
    )


def _hostile_parts(ids: list[SessionId]) -> RollUp:
    none = {"runs": 1, "busy": ns(1), "waited": ns(1), "kernels": 1, "total": ns(1)}
    return RollUp(
        scopes=tuple(ScopeTotal(session=s, scope=s, kernels=1, total=ns(1), peak=Bytes(1)) for s in ids),
        threads=tuple(ThreadTotal(session=s, thread=s, waits_for=s, **none) for s in ids),  # type: ignore[arg-type]
    )


def nothing() -> Report:
    """A report without sessions."""
    return Report(version="0.0.0", logdir="logs", origin_ns=None, sessions=(), devices=(), findings=(), problems=())
