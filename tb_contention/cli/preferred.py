"""The session that matters most to the user: its option, and a report whose recommendations are made for it."""

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tb_contention.model.report import DeviceReport, Report


def add_preferred(parser: argparse.ArgumentParser) -> None:
    """Declare the session that matters most."""
    parser.add_argument(
        "--for", dest="preferred", metavar="SESSION",
        help="recommend what helps this session most; default: what saves most time over all sessions",
    )  # fmt: skip


def preferring(report: "Report", name: str | None) -> "Report":
    """Rank what is recommended for the session of a name, in each group that has one.

    Raises OptionError where no group of several sessions has one, or one has several.
    """
    if name is None:
        return report
    from tb_contention.words.typed import called_in, named, the_one, unnamed

    shared = {s for device in report.devices if len(device.sessions) > 1 for s in device.sessions}
    matches = set(named(name, called_in(report, shared)))
    if not matches:
        raise unnamed("--for", name, called_in(report, shared), "session that shares a device")

    def ranked(device: "DeviceReport") -> "DeviceReport":
        here = matches.intersection(device.sessions)
        if device.advice is None or not here:
            return device
        one = the_one("--for", name, called_in(report, here), where="of one group")
        return replace(device, advice=device.advice.preferring(one))

    return replace(report, devices=tuple(map(ranked, report.devices)))
