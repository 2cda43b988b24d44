"""A report -> the few lines that an interpreter prints."""

from tb_contention.model.names import clean, shorten
from tb_contention.model.report import Report
from tb_contention.words.answers import Answer, answer_on, brief
from tb_contention.words.names import names_of
from tb_contention.words.numbers import count
from tb_contention.words.verdict import ordered_losses, verdict

_MOST = 4


def summary(report: Report) -> str:
    """Print the verdict, the slowdowns of the most contended device, and how much more there is."""
    answer = verdict(report)
    lines = [f"Report of {clean(report.logdir)}: {answer.headline}"]
    names = names_of(report)
    known = [
        loss
        for device in report.devices[:1]
        for loss in ordered_losses(device)
        if answer_on(device, loss) is not Answer.UNKNOWN
    ]
    for loss in known[:_MOST]:
        evidence = loss.slowdown.evidence.value
        lines.append(f"  {shorten(names[loss.session], 60)}: {brief(loss.slowdown)}, evidence {evidence}")
    if any(item.session.simulated for item in report.sessions):
        lines.append("  simulated data")
    counted = (
        count(len(report.sessions), "session"),
        count(len(report.devices), "device"),
        count(len(report.findings), "finding"),
        count(len(report.problems), "problem"),
    )
    return "\n".join([*lines, f"  {', '.join(counted)}"])
