"""One task -> its part of each table, written to the dataset; the part of the inputs comes last and makes it count."""

import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tb_contention.dataset.jobs import Whose
from tb_contention.dataset.place import Place, report_name
from tb_contention.dataset.rows import row_of_input, rows_of_inputs, rows_of_report
from tb_contention.dataset.schema import LAST, TABLES, parquet
from tb_contention.dataset.tasks import Settings, Task, Unit, input_name
from tb_contention.index import PASSING
from tb_contention.model.dataset import Outcome
from tb_contention.model.report import Report

#: Characters of a message about an exception.
_LONG = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How one unit ended. outcomes: of its inputs; is_final: it need not be tried again.

    seconds, cpu: of work, by the clock and of the processor; peak: bytes of the worker.
    """

    unit: str
    outcomes: tuple[Outcome, ...]
    is_final: bool
    seconds: float = 0.0
    cpu: float = 0.0
    peak: int = 0


def part_name(table: str, date: str, unit: str, key: str, *, is_final: bool) -> str:
    """Name a part: `part-` for what is done, `retry-` for what a later run tries again."""
    return f"table={table}/date={date}/{'part' if is_final else 'retry'}-{unit}-{key}.parquet"


def work(task: Task, settings: Settings, place: Place) -> Done:
    """Analyse a group and write its parts; an exception becomes the outcome of its inputs. Raises OSError where nothing can be written."""
    began, cpu = time.perf_counter(), time.process_time()
    try:
        rows, page = _rows(task, settings)
        encoded = {table: parquet(table, found) for table, found in rows.items() if found or table == LAST}
    except Exception as error:  # whatever it is: one bad capture must not stop a run
        message = f"{type(error).__name__}: {error}"[:_LONG]
        done = write_outcome(task, place, Outcome.FAILED, "exception", message)
    else:
        inputs = rows[LAST]
        is_final = not any(row["slug"] in PASSING for row in inputs)
        for table, data in encoded.items():
            if table != LAST:
                place.write(part_name(table, task.date, task.unit, task.key, is_final=True), data)
        if settings.reports:
            place.write(report_name(task.key), page)
        place.write(part_name(LAST, task.date, task.unit, task.key, is_final=is_final), encoded[LAST])
        done = Done(unit=task.unit, outcomes=tuple(Outcome(row["outcome"]) for row in inputs), is_final=is_final)
    taken, cpu = time.perf_counter() - began, time.process_time() - cpu
    return replace(done, seconds=taken, cpu=cpu, peak=peak_memory())


def _rows(task: Task, settings: Settings) -> tuple[Mapping[str, Sequence[dict[str, Any]]], bytes]:
    """Return the rows of each table, and the report as a page where that is asked for."""
    from tb_contention.analysis import Options
    from tb_contention.pipeline import analyse_group
    from tb_contention.report.to_json import to_dict

    options = Options(find_baselines=settings.find_baselines)
    found = analyse_group(task.chosen, task.proposals, options)
    report = to_dict(found)
    made = rows_of_report(report, task.stated, _owners(found, task), settings.labels)
    inputs = rows_of_inputs(report, task.stated, task.inputs, alone=task.alone)
    made[LAST] = [_keyed(row, name, task.key) for row, name in zip(inputs, task.names, strict=True)]
    page = ""
    if settings.reports:
        from tb_contention.report.to_html import to_html

        page = to_html(found)
    return {table.slug: made.get(table.slug, []) for table in TABLES}, page.encode("utf-8", "backslashreplace")


def _owners(found: Report, task: Task) -> dict[str, Whose]:
    """Return whose the sessions of a group are; those of a baseline's file belong to other groups."""
    files = {file.relative: file for file in task.members}
    return {
        item.id: Whose(
            id=item.id,
            file=files[item.session.file],
            host=item.session.host,
            process_id=item.session.process_id,
            manifest=item.session.manifest,
        )
        for item in found.sessions
        if item.session.file in files
    }


def write_outcome(task: Task | Unit, place: Place, outcome: Outcome, slug: str, message: str) -> Done:
    """Write the rows of inputs that nothing was measured of."""
    unit, is_final = (task.unit, outcome.is_final) if isinstance(task, Task) else (task.name, task.is_final)
    rows = [
        _keyed(row_of_input(task.stated, file, outcome, slug=slug, message=message), input_name(file), task.key)
        for file in task.inputs
    ]
    place.write(part_name(LAST, task.date, unit, task.key, is_final=is_final), parquet(LAST, rows))
    return Done(unit=unit, outcomes=(outcome,) * len(rows), is_final=is_final)


def _keyed(row: dict[str, Any], name: str, key: str) -> dict[str, Any]:
    return {**row, "input": name, "key": key}


def peak_memory() -> int:
    """Return the largest resident memory that this process had, in bytes; 0 where the system does not tell."""
    try:
        import resource
    except ImportError:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak) * (1 if sys.platform == "darwin" else 1024)


def bound_memory(limit: int | None) -> None:
    """Let this process have no more memory than that: what needs more fails with a MemoryError. Linux only."""
    if limit is None or os.name != "posix":
        return
    import resource

    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(resource.RLIMIT_DATA, (limit if hard < 0 else min(limit, hard), hard))
