"""A dataset -> what its captures say together. Columns are summed by Arrow; only what is shown becomes a value."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from tb_contention.dataset.library import library
from tb_contention.dataset.place import REPORTS, Place, report_name
from tb_contention.dataset.schema import BLAME, CHANGES, INPUTS, MEMORY, SLOWDOWNS, arrow_schema
from tb_contention.errors import LogdirError
from tb_contention.model.dataset import Outcome
from tb_contention.model.fleet import By, Fleet, Lost, NearMiss, Pair, Saving, Slowed, Unanswered, Where
from tb_contention.units import NS_PER_S

#: Rows of each list, and jobs of which the trend is shown.
MOST, MOST_JOBS = 20, 10
#: Between two names: no name holds it.
_BETWEEN = "\x00"
_SUMS = ("window_ns", "lost_ns", "lost_low_ns", "lost_high_ns")


def read_fleet(dataset: str) -> Fleet:
    """Read a dataset and sum it up. Raises LogdirError where there is none, and MissingLibraryError without pyarrow."""
    place = Place(dataset)
    inputs = table_of(place, INPUTS.slug)
    if not len(inputs):
        raise LogdirError(
            f"{dataset} is not a dataset: it has no table {INPUTS.slug}.",
            slug="logdir-no-dataset",
            advice="Write one with tb-contention batch LOGDIR -o DATASET.",
            file=dataset,
        )
    pc = library("pyarrow.compute", "A dataset")
    slowdowns = on_gpus(table_of(place, SLOWDOWNS.slug))
    week = pc.floor_temporal(slowdowns["recorded_at"], unit="week")
    slowdowns = slowdowns.append_column("week", pc.coalesce(pc.strftime(week, format="%Y-%m-%d"), ""))
    whole = lost_by(slowdowns, [])
    lost = {by: _ordered(by, lost_by(slowdowns, [by.value])) for by in By}
    jobs = [each.name for each in lost[By.JOB][:MOST_JOBS]]
    memory = table_of(place, MEMORY.slug)
    worst_by = {by: _worst_by(slowdowns, [by.value]) for by in By}
    pairs, worst, least = _pairs(on_gpus(table_of(place, BLAME.slug))), _worst(slowdowns), _memory(memory)
    named = [where for found in worst_by.values() for where in found.values()]
    named += [*(each.worst for each in pairs), *(each.where for each in worst), *(each.where for each in least)]
    return Fleet(
        dataset=dataset,
        outcomes={
            row["outcome"]: row["outcome_count"]
            for row in inputs.group_by("outcome").aggregate([("outcome", "count")]).sort_by("outcome").to_pylist()
        },
        groups=len(pc.unique(inputs["group"])),
        whole=whole[0] if whole else _nothing(),
        lost=lost,
        worst_by=worst_by,
        reports=_reports(place, inputs),
        inputs=_inputs(inputs, {where.group for where in named}),
        trend={
            job: _ordered(By.WEEK, lost_by(slowdowns.filter(pc.equal(slowdowns["job"], job)), ["week"])) for job in jobs
        },
        pairs=pairs,
        worst=worst,
        memory=least,
        headroom=_headroom(on_gpus(memory)),
        savings=_savings(on_gpus(table_of(place, CHANGES.slug))),
        unanswered=_unanswered(inputs),
    )


def table_of(place: Place, slug: str) -> Any:
    """Read a table of a dataset; one without rows where it has none. Raises LogdirError for what is no dataset."""
    arrow, datasets = library("pyarrow", "A dataset"), library("pyarrow.dataset", "A dataset")
    names, schema = [n for n in place.files(f"table={slug}") if n.endswith(".parquet")], arrow_schema(slug)
    if not names:
        return schema.empty_table()
    try:
        with place.on_disk(names) as paths:
            return datasets.dataset(paths, schema=schema, format="parquet").to_table()
    except (OSError, arrow.ArrowException) as error:
        raise LogdirError(
            f"{place.root}: the table {slug} cannot be read ({error}).", slug="logdir-unreadable", file=place.root
        ) from None


def on_gpus(table: Any) -> Any:
    """Leave out processors, whose time is not a GPU's."""
    return table.filter(library("pyarrow.compute", "A dataset").invert(table["is_host"]))


def _nothing() -> Lost:
    return Lost(name="", sessions=0, unknown=0, window=0, estimate=0, low=0, high=0)


def lost_by(slowdowns: Any, keys: Sequence[str]) -> tuple[Lost, ...]:
    """Sum losses by some columns, all of them without any."""
    sums = [(name, "sum") for name in _SUMS] + [("lost_ns", "count"), ("lost_high_ns", "count"), ("window_ns", "count")]
    rows = slowdowns.group_by(list(keys)).aggregate(sums).to_pylist()
    return tuple(
        Lost(
            name=str(row[keys[0]] or "") if keys else "",
            sessions=row["window_ns_count"],
            unknown=row["window_ns_count"] - row["lost_ns_count"],
            window=row["window_ns_sum"] or 0,
            estimate=row["lost_ns_sum"] or 0,
            low=row["lost_low_ns_sum"] or 0,
            high=row["lost_high_ns_sum"] if row["lost_high_ns_count"] == row["window_ns_count"] else None,
        )
        for row in rows
        if row["window_ns_count"]
    )


def _ordered(by: By, lost: Sequence[Lost]) -> tuple[Lost, ...]:
    if by is By.WEEK:
        return tuple(sorted(lost, key=lambda each: each.name))
    return tuple(sorted(lost, key=lambda each: (-each.estimate, -(each.high or 0), each.name)))


def _pairs(blame: Any) -> tuple[Pair, ...]:
    worst = _worst_by(blame, ["victim_job", "culprit_job"])
    rows = blame.group_by(["victim_job", "culprit_job"]).aggregate([("lost_ns", "sum"), ("group", "count_distinct")])
    pairs = [
        Pair(
            victim=row["victim_job"] or "",
            culprit=row["culprit_job"] or "",
            groups=row["group_count_distinct"],
            lost=row["lost_ns_sum"] or 0,
            worst=worst[_BETWEEN.join((row["victim_job"] or "", row["culprit_job"] or ""))],
        )
        for row in rows.to_pylist()
    ]
    return tuple(sorted(pairs, key=lambda pair: (-pair.lost, pair.victim, pair.culprit))[:MOST])


def _worst_by(rows: Any, keys: Sequence[str]) -> dict[str, Where]:
    """Return, by the names in some columns, the group that lost most."""
    pc = library("pyarrow.compute", "A dataset")
    names = pc.binary_join_element_wise(*(pc.coalesce(rows[key], "") for key in keys), _BETWEEN)
    found = rows.append_column("names", names).sort_by([("lost_ns", "descending"), ("group", "ascending")])
    _, first = np.unique(np.array(found["names"].to_pylist(), dtype=object), return_index=True)
    return {row["names"]: _where(row) for row in found.take(first).to_pylist()}


def _reports(place: Place, inputs: Any) -> dict[tuple[str, str], str]:
    """Return which groups have a report in the dataset."""
    there = set(place.files(REPORTS))
    rows = (
        inputs.filter(library("pyarrow.compute", "A dataset").is_valid(inputs["key"])) if there else inputs.slice(0, 0)
    )
    named = zip(rows["place"].to_pylist(), rows["group"].to_pylist(), rows["key"].to_pylist(), strict=True)
    return {(at, group): report_name(key) for at, group, key in named if report_name(key) in there}


def _inputs(inputs: Any, groups: Iterable[str]) -> dict[tuple[str, str], str]:
    """Return the first input of some groups."""
    pc, arrow = library("pyarrow.compute", "A dataset"), library("pyarrow", "A dataset")
    found = inputs.filter(pc.is_in(inputs["group"], value_set=arrow.array(sorted(groups), arrow.string())))
    rows = found.group_by(["place", "group"]).aggregate([("file", "min")]).to_pylist()
    return {(row["place"], row["group"]): row["file_min"] or "" for row in rows}


def _unanswered(inputs: Any) -> tuple[Unanswered, ...]:
    """List inputs without an answer, in the order of their outcomes."""
    pc, arrow = library("pyarrow.compute", "A dataset"), library("pyarrow", "A dataset")
    lost = arrow.array([each.value for each in Outcome if each.is_loss], arrow.string())
    found = inputs.filter(pc.is_in(inputs["outcome"], value_set=lost))
    rows = found.sort_by([("outcome", "ascending"), ("file", "ascending")]).slice(0, MOST).to_pylist()
    return tuple(
        Unanswered(file=row["file"] or "", outcome=row["outcome"], message=row["message"] or "") for row in rows
    )


def _worst(slowdowns: Any) -> tuple[Slowed, ...]:
    pc = library("pyarrow.compute", "A dataset")
    known = slowdowns.filter(pc.is_valid(slowdowns["slowdown"]))
    found = known.sort_by([("slowdown", "descending"), ("group", "ascending"), ("session", "ascending")])
    return tuple(
        Slowed(
            where=_where(row),
            job=row["job"] or "",
            beside=row["with_jobs"] or "",
            estimate=row["slowdown"],
            low=row["slowdown_low"],
            high=row["slowdown_high"],
        )
        for row in found.slice(0, MOST).to_pylist()
    )


def _memory(memory: Any) -> tuple[NearMiss, ...]:
    """List the devices with the least memory left."""
    pc = library("pyarrow.compute", "A dataset")
    known = memory.filter(pc.and_(pc.is_valid(memory["headroom_bytes"]), pc.is_valid(memory["memory_capacity_bytes"])))
    share = pc.divide(
        pc.cast(known["headroom_bytes"], "float64"),
        pc.cast(pc.max_element_wise(known["memory_capacity_bytes"], 1), "float64"),
    )
    found = known.append_column("left", share).sort_by([("left", "ascending"), ("group", "ascending")])
    return tuple(
        NearMiss(
            where=_where(row),
            jobs=row["jobs"] or "",
            capacity=row["memory_capacity_bytes"],
            headroom=row["headroom_bytes"],
        )
        for row in found.slice(0, MOST).to_pylist()
    )


def in_doubt(memory: Any) -> Any:
    """Return for each row whether less memory may be left than it says: a session's is unknown."""
    pc = library("pyarrow.compute", "A dataset")
    without, note = (pc.coalesce(memory[name], "") for name in ("sessions_without_data", "memory_note"))
    return pc.or_(pc.not_equal(without, ""), pc.not_equal(note, ""))


def _headroom(memory: Any) -> dict[str, tuple[int, bool]]:
    """Return the least memory left by GPU, and whether one of its rows is in doubt."""
    rows = memory.append_column("doubt", in_doubt(memory)).group_by(["gpu"])
    found = rows.aggregate([("headroom_bytes", "min"), ("doubt", "any")]).sort_by("gpu").to_pylist()
    return {
        row["gpu"] or "": (row["headroom_bytes_min"], row["doubt_any"])
        for row in found
        if row["headroom_bytes_min"] is not None
    }


def _savings(changes: Any) -> tuple[Saving, ...]:
    sums = [(f"saved{end}_ns", "sum") for end in ("", "_low", "_high")]
    sums += [("saved_ns", "count"), ("saved_low_ns", "count"), ("setting", "count")]
    rows = changes.group_by(["change"]).aggregate(sums).to_pylist()
    made = [
        Saving(
            change=row["change"],
            devices=row["saved_low_ns_count"],
            unknown=row["setting_count"] - row["saved_low_ns_count"],
            estimate=row["saved_ns_sum"] if row["saved_ns_count"] == row["saved_low_ns_count"] else None,
            low=row["saved_low_ns_sum"],
            high=row["saved_high_ns_sum"],
        )
        for row in rows
        if row["saved_low_ns_count"]
    ]
    return tuple(sorted(made, key=lambda saving: (-saving.low - saving.high, saving.change)))


def _where(row: dict[str, Any]) -> Where:
    at: datetime | None = row["recorded_at"]
    return Where(
        place=row["place"],
        group=row["group"],
        gpu=row["gpu"],
        at_ns=None if at is None else round(at.timestamp() * NS_PER_S),
    )
