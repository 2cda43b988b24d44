"""A dataset -> verdicts: one per limit and job, GPU, rule or outcome, from the row that is worst for it.

A row is judged as the report of its group would be (`gate/judging.py`). Sums of a job are compared with those of a named baseline, which is
kept beside the tables: what the same work took longer for others, then and now.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from tb_contention._version import __version__
from tb_contention.dataset.fleet import in_doubt, lost_by, on_gpus, table_of
from tb_contention.dataset.library import library
from tb_contention.dataset.place import Place
from tb_contention.dataset.schema import DATASET_VERSION, FINDINGS, GROUPS, INPUTS, MEMORY, SLOWDOWNS
from tb_contention.errors import LogdirError, OptionError, OutputError
from tb_contention.gate.judging import exactly, graded, judged
from tb_contention.model.contention import Evidence
from tb_contention.model.dataset import MARK
from tb_contention.model.dataset import Outcome as Ended
from tb_contention.model.findings import Severity
from tb_contention.model.fleet import By, Lost
from tb_contention.model.gate import Gate, Gauge, Limits, Outcome, Unit, Verdict
from tb_contention.units import F64, NS_PER_S, DeviceId
from tb_contention.words.numbers import count

_BASELINES = "_baselines"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_CLASSES = tuple(Evidence)
_GRAVE = (Severity.WARNING, Severity.CRITICAL)
#: What a row is, for limits that judge the worst row.
_SESSIONS, _GROUPS = "session", "group"
_NOWHERE = "no row that is selected has what it judges"
_PARTLY = "the memory of a session was not captured, so less may be left"
_NEW, _GONE = "the baseline has no session of it", "no session of it is selected"

#: What a dataset does not hold.
UNANSWERED = (
    "max_latency_slowdown",
    "max_contended",
    "max_step",
    "max_step_of",
    "max_clock_error",
    "devices",
    "sessions",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which rows are judged. since_ns: of groups that began then or later, and of those without a clock. hosts: patterns."""

    since_ns: int | None = None
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What each job lost when it was saved. version: of the tool that measured it."""

    name: str
    version: str
    jobs: dict[str, Lost]


def is_dataset(place: str) -> bool:
    """Return whether a place is a dataset rather than a log directory."""
    with suppress(OSError):
        return Place(place).has(MARK)
    return False


def judge_dataset(place: str, limits: Limits, scope: Scope, *, baseline: str = "") -> Gate:
    """Judge a dataset. Raises LogdirError where it cannot be read, OptionError for limits or a baseline that it lacks."""
    for name in UNANSWERED:
        if getattr(limits, name) not in (None, ()):
            option = name.removesuffix("_of").removesuffix("s").replace("_", "-")
            raise OptionError(
                f"--{option} cannot be judged on a dataset.", slug="bad-option", advice="Check a log directory."
            )
    then = None if not baseline else read_baseline(place, baseline)
    if (limits.max_worse is None) != (then is None):
        raise OptionError("--max-worse and --baseline NAME need each other on a dataset.", slug="bad-option")
    tables = _Tables(Place(place), scope)
    found = [
        *_slowdowns(tables, limits),
        *_losses(tables, limits),
        *(
            _against(tables, limits.max_worse, then, limits)
            if then is not None and limits.max_worse is not None
            else ()
        ),
        *_headroom(tables, limits),
        *_findings(tables, limits),
        *_problems(tables, limits),
    ]
    judged_by = {verdict.gauge for verdict in found if verdict.outcome is not Outcome.NOT_APPLICABLE}
    found += [
        Verdict(gauge=gauge, outcome=Outcome.NOT_KNOWN, why=_NOWHERE)
        for gauge in limits.gauges
        if gauge not in judged_by
    ]
    return Gate(verdicts=tuple(found), unknown_passes=limits.unknown_passes)


class _Tables:
    """The selected rows of a dataset's tables."""

    def __init__(self, place: Place, scope: Scope) -> None:
        self._place, self._scope = place, scope

    def __call__(self, slug: str) -> Any:
        pc = library("pyarrow.compute", "A dataset")
        table, scope = table_of(self._place, slug), self._scope
        if scope.since_ns is not None:
            since = datetime.fromtimestamp(scope.since_ns / NS_PER_S, timezone.utc)
            at = table["recorded_at"]
            if slug == INPUTS.slug:
                at = pc.coalesce(at, table["modified_at"])
            table = table.filter(pc.or_kleene(pc.is_null(at), pc.greater_equal(at, since)))
        if scope.hosts and "host" in table.schema.names:
            kept = [
                name
                for name in pc.unique(table["host"]).to_pylist()
                if any(fnmatchcase((name or "").casefold(), pattern.casefold()) for pattern in scope.hosts)
            ]
            arrow = library("pyarrow", "A dataset")
            table = table.filter(pc.is_in(table["host"], value_set=arrow.array(kept, arrow.string())))
        return table


def _slowdowns(tables: _Tables, limits: Limits) -> Iterator[Verdict]:
    if limits.max_slowdown is None and limits.min_evidence is None:
        return
    rows = on_gpus(tables(SLOWDOWNS.slug))
    rank = _classes(rows["evidence"])
    if limits.max_slowdown is not None:
        figure = np.where(rank == len(_CLASSES), np.nan, _numbers(rows["slowdown"]))
        ends = _numbers(rows["slowdown_low"]), _numbers(rows["slowdown_high"])
        verdict = Verdict(
            gauge=Gauge.MAX_SLOWDOWN, outcome=Outcome.NOT_KNOWN, unit=Unit.RATIO, bound=limits.max_slowdown
        )
        yield from _worst(verdict, rows, "job", _SESSIONS, figure, *ends, rank=rank, confident=limits.confident)
    if limits.min_evidence is not None:
        bound = float(_CLASSES.index(limits.min_evidence) + 1)
        verdict = Verdict(gauge=Gauge.MIN_EVIDENCE, outcome=Outcome.NOT_KNOWN, unit=Unit.CLASS, bound=bound)
        yield from _worst(verdict, rows, "job", _SESSIONS, rank, rank, rank, rank=rank, confident=False)


def _worst(
    verdict: Verdict, rows: Any, name: str, what: str, figure: F64, low: F64, high: F64, *, rank: F64, confident: bool
) -> Iterator[Verdict]:
    """Judge all rows, and yield for each name the verdict on the row that is worst. NaN stands for what is unknown."""
    if not len(rows):
        return
    sign, best = (-1, high) if verdict.gauge.least else (1, low)
    grade = graded(figure, low, high, verdict.bound or 0.0, least=verdict.gauge.least, confident=confident)
    names, code = np.unique(
        np.array([each or "" for each in rows[name].to_pylist()], dtype=object), return_inverse=True
    )
    known = np.where(np.isnan(figure), np.where(np.isnan(best), -np.inf, sign * best), sign * figure)
    order = np.lexsort((-known, -grade, code))
    first = order[np.unique(code[order], return_index=True)[1]]
    total, alike = np.bincount(code), np.bincount(code[grade == grade[first][code]], minlength=len(names))
    for number, at in enumerate(first.tolist()):
        row = rows.slice(at, 1).to_pylist()[0]
        filled = replace(
            verdict,
            subject=str(names[number]) if name == "job" else row["jobs"] or "",
            where=row["gpu"] or "",
            device=DeviceId(row["gpu"]) if row["gpu"] else None,
            figure=_or_none(figure[at]), low=_or_none(low[at]), high=_or_none(high[at]),
            evidence=None if np.isnan(rank[at]) else _CLASSES[round(rank[at]) - 1],
        )  # fmt: skip
        made = judged(filled, confident=confident)
        yield replace(
            made,
            why="; ".join(filter(None, (made.why, _which(made, int(alike[number]), int(total[number]), what, row)))),
        )


def _which(verdict: Verdict, alike: int, total: int, what: str, row: Mapping[str, Any]) -> str:
    """Say which row decided, and for how many the outcome is the same."""
    if total == 1:
        return f"group {row['group']}"
    part = (
        f"{alike:,} of {count(total, what)}, the worst"
        if verdict.outcome is not Outcome.WITHIN
        else f"the worst of {count(total, what)}"
    )
    return f"{part} in group {row['group']}"


def _losses(tables: _Tables, limits: Limits) -> Iterator[Verdict]:
    if limits.max_lost is None:
        return
    for lost in _jobs(tables).values():
        low, high, window = lost.low, lost.high, lost.window
        verdict = Verdict(
            gauge=Gauge.MAX_LOST, outcome=Outcome.NOT_KNOWN, subject=lost.name, unit=Unit.SHARE,
            figure=None if lost.unknown or not window else lost.estimate / window,
            low=low / window if window else None, high=None if high is None or not window else high / window,
            bound=limits.max_lost, why=_of(lost),
        )  # fmt: skip
        yield judged(verdict, confident=limits.confident)


def _jobs(tables: _Tables) -> dict[str, Lost]:
    return {lost.name: lost for lost in lost_by(on_gpus(tables(SLOWDOWNS.slug)), [By.JOB.value])}


def _of(lost: Lost) -> str:
    unknown = f", {lost.unknown:,} of them without an estimate" if lost.unknown else ""
    return f"{count(lost.sessions, _SESSIONS)}{unknown}"


def _against(tables: _Tables, bound: float, then: Baseline, limits: Limits) -> Iterator[Verdict]:
    """Judge by which factor the time of a job has changed; bounds are the ratios of opposite ends."""
    jobs = _jobs(tables)
    other = (
        ""
        if then.version == __version__
        else f"; {then.name} was measured by version {then.version}, this by {__version__}"
    )
    for job in sorted({*jobs, *then.jobs}):
        verdict = Verdict(
            gauge=Gauge.MAX_WORSE, outcome=Outcome.NOT_APPLICABLE, subject=job, unit=Unit.RATIO, bound=1 + bound
        )
        if job not in jobs or job not in then.jobs:
            yield replace(verdict, why=_GONE if job not in jobs else _NEW)
            continue
        new, old = jobs[job], then.jobs[job]
        low, high = (
            _ratio(_factor(new, new.low), _factor(old, old.high)),
            _ratio(_factor(new, new.high), _factor(old, old.low)),
        )
        figure = None if new.unknown or old.unknown else _ratio(_factor(new, new.estimate), _factor(old, old.estimate))
        why = f"{_of(new)}; {then.name}: {_of(old)}{other}"
        yield judged(replace(verdict, figure=figure, low=low, high=high, why=why), confident=limits.confident)


def _factor(lost: Lost, part: int | None) -> float | None:
    """Return by which factor work took longer that lost a part of its time; None where all of it or an unknown part is lost."""
    left = None if part is None else lost.window - part
    return None if left is None or left <= 0 else lost.window / left


def _ratio(new: float | None, old: float | None) -> float | None:
    return None if new is None or old is None else new / old


def _headroom(tables: _Tables, limits: Limits) -> Iterator[Verdict]:
    limit = limits.min_headroom_share if limits.min_headroom_bytes is None else float(limits.min_headroom_bytes)
    if limit is None:
        return
    rows = on_gpus(tables(MEMORY.slug))
    capacity, left = _numbers(rows["memory_capacity_bytes"]), _numbers(rows["headroom_bytes"])
    unit = Unit.SHARE if limits.min_headroom_bytes is None else Unit.BYTES
    if unit is Unit.SHARE:
        left = left / np.where(capacity > 0, capacity, np.nan)
    doubt = in_doubt(rows).to_numpy().astype(bool)
    verdict = Verdict(gauge=Gauge.MIN_HEADROOM, outcome=Outcome.NOT_KNOWN, unit=unit, bound=limit)
    ends = np.where(doubt, np.nan, left), left
    nothing = np.full(len(left), np.nan)
    for found in _worst(verdict, rows, "gpu", _GROUPS, ends[0], *ends, rank=nothing, confident=limits.confident):
        partly = found.figure is None and found.high is not None
        yield replace(found, why=f"{_PARTLY}; {found.why}") if partly else found
    judged_too = set(zip(rows["group"].to_pylist(), rows["gpu"].to_pylist(), strict=True))
    others = on_gpus(tables(GROUPS.slug)).select(["group", "gpu", "place"]).to_pylist()
    missing: dict[str, list[str]] = {}
    for row in others:
        if (row["group"], row["gpu"]) not in judged_too:
            missing.setdefault(row["gpu"] or "", []).append(row["group"])
    for gpu, groups in sorted(missing.items()):
        why = f"no allocation was recorded in {count(len(groups), _GROUPS)}, such as {groups[0]}"
        yield replace(verdict, where=gpu, device=DeviceId(gpu) if gpu else None, why=why)


def _findings(tables: _Tables, limits: Limits) -> Iterator[Verdict]:
    if limits.fail_on is None:
        return
    grave = [Severity.CRITICAL.value] if limits.fail_on is Severity.CRITICAL else [each.value for each in _GRAVE]
    yield from _counted(Gauge.FAIL_ON, tables(FINDINGS.slug), "rule", "severity", grave)


def _problems(tables: _Tables, limits: Limits) -> Iterator[Verdict]:
    if limits.no_problems:
        lost = [each.value for each in Ended if each.is_loss]
        yield from _counted(Gauge.NO_PROBLEMS, tables(INPUTS.slug), "outcome", "outcome", lost, example="file")


def _counted(
    gauge: Gauge, rows: Any, name: str, column: str, words: Sequence[str], *, example: str = "group"
) -> Iterator[Verdict]:
    """Count the rows with one of some words, by name; none at all is within the limit. example: the column that shows where."""
    pc, arrow = library("pyarrow.compute", "A dataset"), library("pyarrow", "A dataset")
    found = rows.filter(pc.is_in(rows[column], value_set=arrow.array(words, arrow.string())))
    counts = (
        found.group_by([name])
        .aggregate([("group", "count"), ("group", "count_distinct"), (example, "min")])
        .sort_by(name)
    )
    verdict = Verdict(gauge=gauge, outcome=Outcome.NOT_KNOWN, bound=0.0)
    for row in counts.to_pylist():
        where = f"in {count(row['group_count_distinct'], _GROUPS)}, such as {row[f'{example}_min']}"
        filled = replace(
            exactly(verdict, float(row["group_count"])), subject=row[name] or "", why=where, kinds=(row[name] or "",)
        )
        yield judged(filled, confident=False)
    if not len(found):
        yield judged(exactly(verdict, 0.0), confident=False)


def _numbers(column: Any) -> F64:
    """Return a column as floats, NaN where it has no value."""
    return np.asarray(column.cast(library("pyarrow", "A dataset").float64()).to_numpy(), dtype=np.float64)


def _classes(column: Any) -> F64:
    """Return evidence classes as numbers from 1, NaN where there is none."""
    pc, arrow = library("pyarrow.compute", "A dataset"), library("pyarrow", "A dataset")
    found = pc.index_in(column, value_set=arrow.array([each.value for each in _CLASSES], arrow.string()))
    return _numbers(found) + 1


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def save_baseline(place: str, name: str, scope: Scope, *, force: bool) -> None:
    """Keep what the jobs of the selected rows lost, under a name. Raises OptionError for a bad name, OutputError where it exists."""
    where, tables = Place(place), _Tables(Place(place), scope)
    path = _path(name, "--save-baseline")
    if not force and path in where.files(_BASELINES):
        raise OutputError(f"The baseline {name} exists.", slug="output-exists", advice="Use --force to replace it.")
    text = {
        "tb_contention": __version__, "dataset": DATASET_VERSION, "since_ns": scope.since_ns, "hosts": list(scope.hosts),
        "jobs": [asdict(lost) for _, lost in sorted(_jobs(tables).items())],
    }  # fmt: skip
    try:
        where.write(path, (json.dumps(text, indent=1) + "\n").encode("utf-8"))
    except OSError as error:
        raise OutputError(
            f"Cannot write to {place}: {error.strerror or error}.", slug="output-not-writable", file=place
        ) from None


def read_baseline(place: str, name: str) -> Baseline:
    """Read a named baseline. Raises OptionError where there is none of that name, LogdirError where it cannot be read."""
    path = _path(name, "--baseline")
    try:
        found = json.loads(Place(place).read(path))
        jobs = [Lost(**each) for each in found["jobs"]]
        return Baseline(name=name, version=str(found["tb_contention"]), jobs={lost.name: lost for lost in jobs})
    except FileNotFoundError:
        there = [each.rpartition("/")[2].removesuffix(".json") for each in Place(place).files(_BASELINES)]
        raise OptionError(
            f"--baseline: {place} has no baseline {name!r}.",
            slug="bad-option",
            advice=f"Name one of: {', '.join(there)}." if there else "Save one with --save-baseline NAME.",
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LogdirError(f"{place}: {path} cannot be read ({error}).", slug="logdir-unreadable", file=place) from None


def _path(name: str, option: str) -> str:
    if not _NAME.fullmatch(name):
        raise OptionError(
            f"{option}: {name[:64]!r} is no name of a baseline.",
            slug="bad-option",
            advice="Use letters, digits, '.', '_' and '-'.",
        )
    return f"{_BASELINES}/{name}.json"
