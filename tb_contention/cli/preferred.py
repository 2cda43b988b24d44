"""The session that matters most to the user: its option, and a report whose recommendations are made for it."""

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

from tb_contention.errors import OptionError

if TYPE_CHECKING:
    from tb_contention.model.report import Report


def add_preferred(parser: argparse.ArgumentParser) -> None:
    """Declare the session that matters most."""
    parser.add_argument(
        "--for", dest="preferred", metavar="SESSION",
        help="recommend what helps this session most; default: what saves most time over all sessions",
    )  # fmt: skip


def preferring(report: "Report", name: str | None) -> "Report":
    """Rank what is recommended for a session, by its id or unique name; OptionError where that is none or several."""
    if name is None:
        return report
    from tb_contention.words.names import names_of

    names = names_of(report)
    shared = [s for device in report.devices if len(device.sessions) > 1 for s in device.sessions]
    among = list(dict.fromkeys(shared))
    matches = [s for s in among if s == name] or [s for s in among if name in (report.session(s).name, names[s])]
    if len(matches) != 1:
        known = ", ".join(names[s] for s in among[:10]) or "none"
        many = "several sessions" if matches else "no session"
        raise OptionError(
            f"--for: {name!r} is {many} that shares a device.", slug="bad-option", advice=f"Sessions that do: {known}."
        )
    devices = tuple(
        device if device.advice is None else replace(device, advice=device.advice.preferring(matches[0]))
        for device in report.devices
    )
    return replace(report, devices=devices)
