"""Reports that differ in what is known of a slowdown: the cases on which a judge can contradict itself."""

from dataclasses import replace

from golden.reports import alone, loss_of, report_of, with_losses
from lanes import session_of

from tb_contention.model.contention import Evidence, Mechanism
from tb_contention.model.report import Report
from tb_contention.words.answers import Answer

Numbers = tuple[float | None, float | None, float | None]
A, B, C, D = Evidence.A, Evidence.B, Evidence.C, Evidence.D
TOGETHER, APART = ("AAAA....BBBB", "..CCCC......"), ("AAAA........", "......CCCC..")


def of(evidence: Evidence, numbers: Numbers, lanes: tuple[str, str] = TOGETHER) -> Report:
    """Draw two sessions, both with these numbers."""
    drawn = report_of(
        [session_of(f"runs/{name}", lane) for name, lane in zip(("trainer", "evaluator"), lanes, strict=True)]
    )
    losses = [loss_of(f"runs/{name}/host0", evidence, numbers) for name in ("trainer", "evaluator")]
    return with_losses(drawn, *losses)


def by_switches() -> Report:
    """Draw slowdowns that recorded context switches measured."""
    report = of(B, (1.3, 1.25, 1.35))
    (device,) = report.devices
    losses = tuple(replace(loss, slowdown=replace(loss.slowdown, measured=True)) for loss in device.losses)
    return replace(report, devices=(replace(device, cost=replace(device.cost, losses=losses)),))


def on_a_processor() -> Report:
    """Draw bounds on a host, where overlap alone says nothing."""
    report = of(D, (None, 1.0, 2.7))
    (device,) = report.devices
    physical = replace(device.group.device, device=replace(device.group.device.device, is_host=True))
    return replace(report, devices=(replace(device, group=replace(device.group, device=physical)),))


def apart() -> Report:
    """Draw sessions that never have work at once."""
    report = of(D, (None, None, None), APART)
    (device,) = report.devices
    return replace(report, devices=(replace(device, cost=replace(device.cost, mechanism=Mechanism.NONE)),))


#: Each report by its name, with the one answer that everybody must give.
ANSWERS: dict[str, tuple[Report, Answer]] = {
    "hardly_1.004": (of(A, (1.004, 0.99, 1.02)), Answer.NO),
    "little_1.03": (of(A, (1.03, 1.02, 1.04)), Answer.NO),
    "crossing_1.04": (of(B, (1.04, 1.02, 1.10)), Answer.UNDECIDED),
    "half_open_1.30": (of(B, (1.30, None, 1.40)), Answer.UNDECIDED),
    "measured": (by_switches(), Answer.YES),
    "class_a": (of(A, (1.5, 1.45, 1.55)), Answer.YES),
    "class_b": (of(B, (1.5, 1.4, 1.6)), Answer.YES),
    "class_c": (of(C, (1.5, 1.3, 1.7)), Answer.YES),
    "class_d_open": (of(D, (1.77, 1.0, 2.7)), Answer.UNDECIDED),
    "class_d_sure": (of(D, (None, 1.2, None)), Answer.YES),
    "unknown": (of(D, (None, None, None)), Answer.UNKNOWN),
    "never_at_once": (apart(), Answer.NO),
    "processor": (on_a_processor(), Answer.UNKNOWN),
    "alone": (alone(), Answer.UNKNOWN),
}
