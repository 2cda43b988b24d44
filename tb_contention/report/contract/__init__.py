"""The contract with programs: what goes over the wire, and the schema, pages and types that are made of it.

`Wire` declares the keys of a frozen value on its fields; `derived` and `judged` add those that take more than one value.
"""

from typing import Any

from tb_contention import wire
from tb_contention.model.report import Report
from tb_contention.report.contract import derived, judged
from tb_contention.report.contract.about import About

__all__ = ["derived", "encode", "judged"]


def encode(value: Any, report: Report | None = None) -> wire.Json:
    """Return a frozen value as JSON values; report: the one that it is part of, where any of its keys is made of more than itself."""
    return wire.encode(value, None if report is None else About.of(report))
