"""A report -> the rows of a dataset's tables, with the jobs that its sessions belong to and how each input ended."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from tb_contention.dataset.jobs import Whose, job_of, labels_of
from tb_contention.dataset.schema import BLAME, CHANGES, FINDINGS, GROUPS, MEMORY, SESSIONS, SLOWDOWNS, Table
from tb_contention.model.capture import CaptureFile
from tb_contention.model.dataset import Outcome
from tb_contention.tables.programs import program_columns
from tb_contention.tables.rows import Row, Wire
from tb_contention.tables.rows import rows as rows_of
from tb_contention.tables.spec import Kind

Rows = dict[str, list[dict[str, Any]]]
#: Schedules in which sessions wait for each other, or which change nothing: what steps gain there is no time saved.
_NO_SAVING = ("as_recorded", "one_after_another")
_SEVERITIES = ("info", "warning", "error", "critical")
#: What an input's own word of a failure is, however grave it is rated.
_INTERNAL = "internal-error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What is the same in all rows of a group. at_ns: Unix ns of its first capture."""

    place: str
    group: str
    at_ns: int | None

    @property
    def columns(self) -> dict[str, Any]:
        """Return the columns that every row begins with."""
        return {"place": self.place, "group": self.group, "recorded_at": moment(self.at_ns)}


def moment(unix_ns: int | None) -> datetime | None:
    """Return an instant, None for one that no calendar has."""
    if unix_ns is None:
        return None
    try:
        return datetime.fromtimestamp(unix_ns / 1e9, timezone.utc)
    except (OverflowError, OSError, ValueError):
        return None


def rows_of_report(
    report: Wire, stated: Stated, owners: Mapping[str, Whose], labels: Sequence[tuple[str, str]]
) -> Rows:
    """Return the rows of all tables but that of the inputs.

    owners: whose the sessions of the group are; what else is in the report belongs to other groups. labels: names with the patterns that
    find them.
    """
    sessions = [session for session in report["sessions"] if session["id"] in owners]
    marks = {session: labels_of(whose, labels) for session, whose in owners.items()}
    jobs = {session: job_of(whose, marks[session]) for session, whose in owners.items()}
    origin = report["origin_ns"]
    shared = [device for device in report["devices"] if len(device["sessions"]) > 1]
    listed = shared or report["devices"]
    ours = {**report, "sessions": sessions, "devices": listed}
    base = stated.columns

    manifests = {session: whose.manifest for session, whose in owners.items()}

    def on_device(device: Wire) -> dict[str, Any]:
        node = {getattr(manifests[s], "node", None) for s in device["sessions"] if s in manifests}
        return {
            **base, "host": (node.pop() if len(node) == 1 else None) or device["host"],
            "gpu": device["id"].partition("#")[0], "gpu_model": device["model"],
            "is_host": device["is_host"],
            "mechanism": device["mechanism"], "jobs": _together(jobs[s] for s in device["sessions"] if s in jobs),
        }  # fmt: skip

    return {
        GROUPS.slug: [{**on_device(row.own), **_values(GROUPS, row, origin)} for row in _rows(GROUPS, ours)],
        SESSIONS.slug: [
            {
                **base,
                "job": jobs[row.own["id"]],
                **{
                    key: getattr(manifests[row.own["id"]], key, None)
                    for key in ("namespace", "pod", "container", "node")
                },
                "labels": json.dumps(marks[row.own["id"]], sort_keys=True),
                **_values(SESSIONS, row, origin),
            }
            for row in _rows(SESSIONS, ours)
        ],
        SLOWDOWNS.slug: [
            {**on_device(row.device), **_values(SLOWDOWNS, row, origin), **_of_session(row, jobs)}
            for row in _rows(SLOWDOWNS, ours)
        ],
        BLAME.slug: [
            {
                **on_device(row.device),
                **_values(BLAME, row, origin),
                "victim_job": jobs.get(row.own["victim"], ""),
                "culprit_job": jobs.get(row.own["culprit"], ""),
            }
            for row in _rows(BLAME, ours)
        ],
        MEMORY.slug: [
            {**on_device(row.own), **_values(MEMORY, row, origin)}
            for row in _rows(MEMORY, ours)
            if row.own["memory"] is not None
        ],
        CHANGES.slug: [{**on_device(device), **change} for device in shared for change in _changes(device)],
        FINDINGS.slug: [{**base, **_values(FINDINGS, row, origin)} for row in _rows(FINDINGS, ours)],
    }


def _rows(table: Table, report: Wire) -> Iterator[Row]:
    return rows_of(table.spec, report) if table.spec is not None else iter(())


def _values(table: Table, row: Row, origin: int | None) -> dict[str, Any]:
    """Return the values of the report's columns; an instant needs the report's origin."""
    assert table.spec is not None
    made = {}
    for column in program_columns(table.spec, {}, [row]):
        value = column.values[0]
        if column.kind is Kind.INSTANT and value is not None:
            value = None if origin is None else origin + value
        made[column.name] = value
    return made


def _of_session(row: Row, jobs: Mapping[str, str]) -> dict[str, Any]:
    """Return whose the loss is, beside whom, and its range."""
    own, device = row.own, row.device
    window, slowdown = device["time"]["window_ns"], own["slowdown"]
    others = [jobs[s] for s in device["sessions"] if s != own["session"] and s in jobs]
    low, high = lost_range(own["lost_ns"], window, slowdown["estimate"], slowdown["low"], slowdown["high"])
    return {
        "job": jobs.get(own["session"], ""), "with_jobs": _together(others), "window_ns": window, "lost_low_ns": low,
        "lost_high_ns": high,
    }  # fmt: skip


def lost_range(
    lost: int | None, window: int, estimate: float | None, low: float | None, high: float | None
) -> tuple[int | None, int | None]:
    """Return the time lost at both ends of a slowdown's interval, ns.

    A session with slowdown s loses the share 1 - 1/s of its time. The loss is measured in whole steps, whose share of the window is not
    known where there is no estimate: then it is at most that share of the whole window, and at least none.
    """

    def part(slowdown: float) -> float:
        return 1 - 1 / max(1.0, slowdown)

    if lost is None or estimate is None:
        return 0, None if high is None else round(window * part(high))
    if estimate <= 1:
        return min(0, lost), max(lost, 0 if high is None else round(window * part(high)))
    scale = lost / part(estimate)
    least = lost if low is None else min(lost, round(scale * part(low)))
    return max(0, least) if lost >= 0 else lost, None if high is None else max(lost, round(scale * part(high)))


def _changes(device: Wire) -> Iterator[dict[str, Any]]:
    """Yield, for each kind of change, the setting that would have saved most."""
    steps = {row["session"]: row["step"]["count"] for row in device["per_session"] if row["step"]["count"]}
    best: dict[str, dict[str, Any]] = {}
    for predicted in device["what_if"]:
        kind = predicted["schedule"]
        if kind in _NO_SAVING:
            continue
        made = _saved(predicted, steps, len(device["sessions"]))
        if kind not in best or _worth(made) > _worth(best[kind]):
            best[kind] = made
    yield from best.values()


def _saved(predicted: Wire, steps: Mapping[str, int], sessions: int) -> dict[str, Any]:
    """Sum what the steps of all sessions gain; a sum lacks its estimate where one session has none."""
    gains = [
        (each["gain_ns"], steps[each["session"]])
        for each in predicted["sessions"]
        if each["gain_ns"] is not None and each["session"] in steps
    ]
    gains = [(gain, count) for gain, count in gains if gain["low"] is not None and gain["high"] is not None]

    def total(end: str) -> int | None:
        values = [None if gain[end] is None else gain[end] * count for gain, count in gains]
        return None if not values or None in values else round(sum(v for v in values if v is not None))

    return {
        "change": predicted["schedule"], "setting": predicted["setting"], "known": len(gains),
        "unknown": sessions - len(gains), "saved_ns": total("estimate"), "saved_low_ns": total("low"),
        "saved_high_ns": total("high"), "fits": predicted["fits"],
    }  # fmt: skip


def _worth(change: dict[str, Any]) -> float:
    if change["saved_ns"] is not None:
        return float(change["saved_ns"])
    if change["saved_low_ns"] is None:
        return float("-inf")
    return float(change["saved_low_ns"] + change["saved_high_ns"]) / 2


def _together(jobs: Iterable[str]) -> str:
    return " + ".join(sorted(jobs))


def rows_of_inputs(report: Wire, stated: Stated, inputs: Sequence[CaptureFile], *, alone: bool) -> list[dict[str, Any]]:
    """Return one row for each input of a group. alone: the group is one capture."""
    by_file: dict[str, list[Wire]] = {}
    for session in report["sessions"]:
        by_file.setdefault(session["file"], []).append(session)
    shared = {s for device in report["devices"] if len(device["sessions"]) > 1 for s in device["sessions"]}
    made = []
    for file in inputs:
        sessions = by_file.get(file.relative, [])
        problem = _gravest([p for p in report["problems"] if p["file"] == file.relative])
        outcome = _outcome(sessions, shared, alone=alone)
        made.append(
            row_of_input(
                stated,
                file,
                outcome,
                slug=problem["slug"] if problem else "",
                message=problem["message"] if problem else "",
                sessions=len(sessions),
            )
        )
    return made


def _outcome(sessions: Sequence[Wire], shared: set[str], *, alone: bool) -> Outcome:
    if not sessions:
        return Outcome.UNREADABLE
    if any(session["id"] in shared for session in sessions):
        return Outcome.ANALYSED
    if not alone or all(session["clock"]["source"] == "none" for session in sessions):
        return Outcome.NOT_ALIGNED
    return Outcome.ALONE


def _gravest(problems: Sequence[Wire]) -> Wire | None:
    rank = {word: number for number, word in enumerate(_SEVERITIES)}
    return max(problems, key=lambda p: (p["slug"] == _INTERNAL, rank[p["severity"]]), default=None)


def row_of_input(
    stated: Stated, file: CaptureFile, outcome: Outcome, *, slug: str = "", message: str = "", sessions: int = 0
) -> dict[str, Any]:
    """Return the row of one input."""
    return {
        **stated.columns, "file": file.relative, "run": file.run, "host": file.host, "outcome": outcome.value, "slug": slug,
        "message": message, "sessions": sessions, "size_bytes": file.size, "modified_at": moment(file.mtime_ns),
    }  # fmt: skip
