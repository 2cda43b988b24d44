"""Gates built by hand: the inputs of the golden files and of the tests of the renderers."""

from golden.reports import PAYLOADS

from tb_contention.model.contention import Evidence
from tb_contention.model.gate import Gate, Gauge, Outcome, Unit, Verdict
from tb_contention.units import DeviceId, SessionId

_GPU = DeviceId("host0/GPU:0")
_TRAINER = SessionId("trainer/run/host0")


def gate_of_all(*, unknown_passes: bool = False) -> Gate:
    """Each kind of verdict once, in each unit."""
    verdicts = (
        Verdict(
            gauge=Gauge.MAX_SLOWDOWN, outcome=Outcome.WITHIN, unit=Unit.RATIO, figure=1.18, low=1.1, high=1.25, bound=1.2,
            evidence=Evidence.B, device=_GPU, where="GPU 0 on host0", session=_TRAINER, subject="trainer",
        ),
        Verdict(
            gauge=Gauge.MAX_SLOWDOWN, outcome=Outcome.NOT_KNOWN, unit=Unit.RATIO, low=1.0, high=2.5, bound=1.2,
            evidence=Evidence.D, why="A capture of it alone would settle it.",
            device=_GPU, where="GPU 0 on host0", session=_TRAINER, subject="trainer",
        ),
        Verdict(
            gauge=Gauge.MAX_SLOWDOWN, outcome=Outcome.OVER, unit=Unit.RATIO, low=1.3, high=2.5, bound=1.2, evidence=Evidence.D,
            device=_GPU, where="GPU 0 on host0", session=_TRAINER, subject="trainer",
        ),
        Verdict(gauge=Gauge.MAX_SLOWDOWN, outcome=Outcome.NOT_APPLICABLE, unit=Unit.RATIO, bound=1.2, why="captured alone"),
        Verdict(
            gauge=Gauge.MAX_CONTENDED, outcome=Outcome.OVER,
            device=_GPU, where="GPU 0 on host0", unit=Unit.SHARE, figure=0.3004, low=0.28, high=0.31,
            bound=0.3,
        ),
        Verdict(
            gauge=Gauge.MIN_HEADROOM, outcome=Outcome.OVER, device=_GPU, where="GPU 0 on host0", unit=Unit.BYTES, figure=float(1 << 30),
            low=float(1 << 30), high=float(1 << 30), bound=float(2 << 30),
        ),
        Verdict(
            gauge=Gauge.MIN_HEADROOM, outcome=Outcome.NOT_KNOWN, device=_GPU, where="GPU 0 on host0", unit=Unit.SHARE, high=0.4, bound=0.1,
            why="allocator events are missing, so less may be left",
        ),
        Verdict(
            gauge=Gauge.MAX_STEP, outcome=Outcome.OVER, unit=Unit.NANOSECONDS, figure=12_500_000.0, bound=12_000_000.0,
            why="fewer than 5 step periods, so no interval", device=_GPU, where="GPU 0 on host0", session=_TRAINER, subject="trainer",
        ),
        Verdict(
            gauge=Gauge.MIN_EVIDENCE, outcome=Outcome.OVER, unit=Unit.CLASS, figure=3.0, low=3.0, high=3.0, bound=2.0,
            evidence=Evidence.C, device=_GPU, where="GPU 0 on host0", session=_TRAINER, subject="trainer",
        ),
        Verdict(gauge=Gauge.FAIL_ON, outcome=Outcome.WITHIN, device=_GPU, where="GPU 0 on host0", figure=0.0, low=0.0, high=0.0, bound=0.0),
        Verdict(
            gauge=Gauge.NO_PROBLEMS, outcome=Outcome.OVER, subject="a.xplane.pb", figure=2.0, low=2.0, high=2.0, bound=0.0,
            why="It ends early. [truncated-xspace]; It is damaged. [bad-event]",
        ),
        Verdict(gauge=Gauge.CAPTURES, outcome=Outcome.NOT_KNOWN, subject="b.xplane.pb", why="It is empty. [empty-file]"),
        Verdict(
            gauge=Gauge.MAX_CLOCK_ERROR, outcome=Outcome.NOT_KNOWN,
            why="this limit applies to nothing in the selected session or device",
        ),
    )  # fmt: skip
    return Gate(verdicts=verdicts, unknown_passes=unknown_passes)


def hostile_gate() -> Gate:
    """Every outcome with payloads as names."""
    more = (*PAYLOADS, "]]>", "<![CDATA[", "&amp;&#0;", "\ufffe\uffff\udc80\x00\x0b", "\U0001f600")
    return Gate(
        verdicts=tuple(
            Verdict(
                gauge=Gauge.NO_PROBLEMS,
                outcome=outcome,
                device=DeviceId(text),
                where=text,
                subject=text,
                why=text,
                bound=0.0,
            )
            for text in more
            for outcome in Outcome
        ),
        unknown_passes=False,
    )
