"""Signs that a file holds more than what one process wrote once -> problems."""

import numpy as np

from tb_contention.model.findings import Origin, Problem, Severity
from tb_contention.recorders.common.advice import RECORD_AGAIN
from tb_contention.recorders.kineto import document as parts
from tb_contention.recorders.kineto import events as column
from tb_contention.recorders.kineto.json_text import NONE
from tb_contention.recorders.kineto.rows import Axis

#: How many of the host's events another process may have in a file of one.
_STRAY = 0.05


def more_writers(file: str, rows: Axis) -> list[Problem]:
    """State text behind the document, and host events of several processes."""
    found = []
    document = rows.document
    behind = len(document.text) - document.end
    if document.complete and behind > 0:
        found.append(
            _problem(
                file,
                "text-behind",
                f"{behind:,} bytes behind the end of the JSON document are not read; another trace may have been written to the same file",
                "Give each writer a file of its own, and record again.",
                behind,
                document.end,
            )
        )
    process = rows.table[np.isin(rows.table[:, column.CLASS], (parts.LAUNCH, parts.OP)), column.PROCESS]
    if len(process) and (process == NONE).sum() > _STRAY * len(process):
        found.append(
            _problem(
                file,
                "several-processes",
                "process ids are texts, as in merged traces of several ranks; all work is read as one session",
                "Read the trace of each rank from a file of its own.",
            )
        )
        return found
    known, counts = np.unique(process[process != NONE], return_counts=True)
    if len(known) > 1 and counts.max() < (1 - _STRAY) * counts.sum():
        found.append(
            _problem(
                file,
                "several-processes",
                f"host events of {len(known)} processes are mixed; two writers had the same file, or traces were merged",
                f"{RECORD_AGAIN} Give each process a file of its own.",
                len(known),
            )
        )
    return found


def _problem(file: str, slug: str, what: str, advice: str, count: int = 1, offset: int | None = None) -> Problem:
    return Problem(
        file=file, slug=slug, severity=Severity.WARNING, origin=Origin.READING, message=f"{file}: {what}.", advice=advice, count=count,
        offset=offset,
    )  # fmt: skip
