"""Which capture alone a session is measured against, which one could be, and which one cannot."""

import shlex
from collections.abc import Iterable

from tb_contention.model.baseline import BaselineCapture, Found, Use
from tb_contention.model.names import clean
from tb_contention.model.report import Report
from tb_contention.words.names import Names, names_of

_FOUND = {
    Found.USER: "named by you",
    Found.MANIFEST: "recorded alone by the same run",
    Found.KERNELS: "found by its kernels",
}


def baseline_sentence(capture: BaselineCapture, names: Names) -> str:
    """Say what became of a capture alone: 'baseline of trainer: alone/trainer, found by its kernels'.

    It stands on a card of the tab, where the choice is made, as well as in reports, which add `baseline_hint`.
    """
    label, session = clean(capture.label), names[capture.session]
    if capture.use is Use.USED:
        return f"baseline of {session}: {label}, {_FOUND[capture.found]}"
    if capture.use is Use.OFFERED:
        return f"possible baseline of {session}: {label}, used only if you choose it, because {capture.reason}"
    return f"{label} is not used as the baseline of {session}: {capture.reason}"


def baseline_sentences(captures: Iterable[BaselineCapture], names: Names) -> list[str]:
    """Say it of several."""
    return [baseline_sentence(capture, names) for capture in captures]


def refusals(report: Report) -> list[str]:
    """Say of each baseline that the user names and that is refused why, for who does not read the whole report."""
    names = names_of(report)
    return [
        f"--baseline: {baseline_sentence(capture, names)}."
        for device in report.devices
        for capture in device.cost.baselines
        if capture.found is Found.USER and capture.use is Use.REFUSED
    ]


def baseline_hint(captures: Iterable[BaselineCapture], names: Names) -> str:
    """Say how another baseline is chosen on the command line, with the first capture that waits for that; empty without captures."""
    captures = tuple(captures)
    if not captures:
        return ""
    offered = next((capture for capture in captures if capture.use is Use.OFFERED), None)
    session, label = names[(offered or captures[0]).session], clean(offered.label) if offered is not None else "RUN"
    none = "; --no-baseline uses none" if any(c.use is Use.USED and c.found is not Found.USER for c in captures) else ""
    return f"To choose the baseline yourself, add --baseline {shlex.quote(f'{session}={label}')}{none}."
