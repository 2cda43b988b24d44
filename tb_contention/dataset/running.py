"""The whole run: find captures, divide them into groups, do what the dataset lacks, remove what is outdated, and count.

places ──look──> Snapshot ──plan──> units ──┬─ in the dataset already
                                            └─ pool | Dask ──> parts ──> `_run.json`
"""

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import islice

from tb_contention._version import __version__
from tb_contention.cache import TraceCache
from tb_contention.dataset.jobs import labels_of, pattern_of
from tb_contention.dataset.library import library
from tb_contention.dataset.on_dask import run_on_dask
from tb_contention.dataset.place import REPORTS, Place, report_name, whole
from tb_contention.dataset.pool import Bounds, cores, run_here
from tb_contention.dataset.schema import DATASET_VERSION, LAST, TABLES, read_columns
from tb_contention.dataset.tasks import NO_DATE, Settings, Task, Unit, input_name, owners, plan, task_of
from tb_contention.dataset.work import Done, write_outcome
from tb_contention.errors import OptionError, OutputError
from tb_contention.index import Selection, Snapshot, matching
from tb_contention.index.selection import latest
from tb_contention.looking import Options, Progress, look, silent
from tb_contention.model.capture import CaptureFile
from tb_contention.model.dataset import Outcome, RunCounts, why_lost
from tb_contention.model.names import SEPARATOR, clean
from tb_contention.units import Bytes
from tb_contention.words.numbers import count, duration

RUN = "_run.json"
#: How the inputs of each final part ended: names have one content, so that no part need be read twice.
KNOWN = "_known.json"
#: Inputs without an answer that a run names.
MOST_LOST = 10
EXECUTORS = ("local", "dask")
LIMIT_S, RETRIES = 600.0, 1


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the table of inputs by its name."""

    date: str
    unit: str
    key: str
    is_final: bool

    @property
    def names(self) -> tuple[str, ...]:
        """Return the report and the parts of all tables, that of the inputs last."""
        word = "part" if self.is_final else "retry"
        data = [
            f"table={t.slug}/date={self.date}/part-{self.unit}-{self.key}.parquet" for t in TABLES if t.slug != LAST
        ]
        return (report_name(self.key), *data, f"table={LAST}/date={self.date}/{word}-{self.unit}-{self.key}.parquet")


def batch(
    *places: str | os.PathLike[str],
    output: str | os.PathLike[str],
    executor: str = "local",
    scheduler: str = "",
    workers: int | None = None,
    resume: bool = False,
    select: Selection | None = None,
    labels: Mapping[str, str] | None = None,
    where: Mapping[str, str] | None = None,
    find_baselines: bool = True,
    limit_s: float = LIMIT_S,
    retries: int = RETRIES,
    memory: int | None = None,
    reports: bool = False,
    use_index: bool = True,
    progress: Progress | None = None,
) -> RunCounts:
    """Analyse every group of captures below some log directories, and write a dataset of Parquet tables.

    output: a directory or fsspec URL. executor: "local", a pool of `workers` processes, by default one per processor, with one thread
    each where there are as many groups; or "dask", on the `scheduler` with that address, else on as many workers of this machine. resume:
    add to a dataset that exists, and do only what is new. labels: name -> `[FIELD:]REGEX` that finds it in a session's words
    (`jobs.FIELDS`); `job` names the job. where: label -> pattern that it must fit. limit_s: seconds that a group may take. retries: how
    often a group is tried again after its worker died. memory: bytes that a worker may have. reports: write the HTML report of each group
    beside the tables. use_index: know files that have not changed from earlier looks.

    Raises LogdirError for a place that cannot be read, OptionError for options that fit nothing, OutputError for a dataset that exists or
    cannot be written, and MissingLibraryError without pyarrow.
    """
    began = time.perf_counter()
    tell = progress or silent
    library("pyarrow.parquet", "A dataset")
    _refuse(executor, scheduler, labels or {}, where or {})
    logdir, place = SEPARATOR.join(os.fspath(each) for each in places), Place(whole(os.fspath(output)))
    with _writing(place):
        is_there = place.is_there()
    if is_there and not resume:
        raise OutputError(
            f"{place.root} is not empty.",
            slug="output-exists",
            advice="Use --resume to add what is new, or name another directory.",
            file=place.root,
        )
    settings = Settings(
        labels=tuple((labels or {}).items()),
        where=tuple((where or {}).items()),
        find_baselines=find_baselines,
        memory=memory,
        reports=reports,
    )
    _, snapshot = look(logdir, Options(), cache=TraceCache.at() if use_index else None, progress=tell, ahead=False)
    tell("Dividing the captures into groups", None)
    found = snapshot.discovery.problems
    units = _selected(snapshot, select or Selection(), plan(snapshot, whole(logdir), settings))
    if where and snapshot.discovery.files and not units:
        raise OptionError(
            f"--where: no session in {logdir} has labels that fit.",
            slug="bad-option",
            advice="Compare the patterns with what --label finds: the column labels of the table sessions has it.",
        )
    notes = tuple(_idle_labels(snapshot, units, settings))
    place.make()
    with _writing(place):
        before = _parts(place)
        todo = _new(place, units, before, reports=reports)
    groups = {unit.name: unit for unit in todo if unit.outcome is None}
    count_of = min(workers or cores(), max(1, len(groups)))
    settings = replace(settings, threads=(workers or cores()) // count_of if executor == "local" else 1)
    run = _Run(total=len(units), known=len(units) - len(todo), tell=tell)

    def settled() -> RunCounts:
        removed, outcomes, lost = _settled(place, units, before, run)
        counts = RunCounts(
            dataset=place.root, inputs=sum(len(unit.inputs) for unit in units), outcomes=outcomes, groups=len(units),
            done=run.done, known=run.known, left=len(todo) - run.done, removed=removed, workers=count_of if todo else 0,
            work_s=run.seconds, work_cpu_s=run.cpu, wall_s=time.perf_counter() - began, peak=Bytes(run.peak),
            problems=tuple(clean(p.message) for p in found), notes=notes, lost=lost,
        )  # fmt: skip
        _write_run(place, counts, logdir, settings)
        place.tidy()
        return counts

    try:
        with _writing(place):
            for unit in todo:
                if unit.outcome is not None:
                    run.note(unit, write_outcome(unit, place, unit.outcome, unit.slug, unit.message))
            if groups:
                from tb_contention._warming import help_first_report

                help_first_report()
                tasks = (task_of(snapshot, unit) for unit in groups.values())
                bounds = Bounds(limit_s=limit_s, retries=retries)
                for done in _executed(executor, scheduler, tasks, settings, place, count_of, bounds):
                    run.note(groups[done.unit], done)
    except BaseException:
        with suppress(
            OSError
        ):  # also after an interrupt what is done is kept, and counted; why it ended is what matters
            settled()
        raise
    with _writing(place):
        return settled()


@contextmanager
def _writing(place: Place) -> Iterator[None]:
    """Name the dataset where it cannot be reached or written to."""
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"Cannot write to {place.root}: {error.strerror or error}.",
            slug="output-not-writable",
            advice="Check the place, your access rights and its free space; what is done is kept, and --resume does the rest.",
            file=place.root,
        ) from error


def _new(place: Place, units: Sequence[Unit], before: Iterable[Part], *, reports: bool) -> list[Unit]:
    """List what the dataset does not have: units without a final part, and groups without the report that is asked for."""
    known = {part.key for part in before if part.is_final}
    there = set(place.files(REPORTS)) if reports else set()
    return [
        unit
        for unit in units
        if unit.key not in known or (reports and unit.outcome is None and report_name(unit.key) not in there)
    ]


def _refuse(executor: str, scheduler: str, labels: Mapping[str, str], where: Mapping[str, str]) -> None:
    if executor not in EXECUTORS:
        raise OptionError(
            f"There is no executor {executor!r}.", slug="bad-option", advice=f"Use {' or '.join(EXECUTORS)}."
        )
    if scheduler and executor != "dask":
        raise OptionError("--scheduler needs --executor dask.", slug="bad-option", advice="Add it, or leave it out.")
    for pattern in labels.values():
        pattern_of(pattern)
    for key in where:
        if key not in labels:
            raise OptionError(
                f"--where: no --label is called {key!r}.", slug="bad-option", advice=f"Add --label {key}=REGEX."
            )


def _idle_labels(snapshot: Snapshot, units: Iterable[Unit], settings: Settings) -> Iterator[str]:
    """Say which labels no session has; sessions inside processes, whose names follow a '#', show only later."""
    idle = dict(settings.labels)
    for file in (file for unit in units for file in unit.inputs):
        if not idle:
            return
        for whose in owners(snapshot, file):
            for name in labels_of(whose, tuple(idle.items())):
                del idle[name]
    for name, pattern in idle.items():
        if "#" not in pattern:
            yield f"--label {name}: {pattern} fits no session."


def _executed(
    executor: str, scheduler: str, tasks: Iterator[Task], settings: Settings, place: Place, workers: int, bounds: Bounds
) -> Iterator[Done]:
    if place.root.startswith("memory://"):
        raise OptionError(
            f"{place.root} is the memory of one process, which workers do not share.",
            slug="bad-option",
            advice="Name a directory, or the URL of an object store.",
        )
    made = (
        run_on_dask(tasks, settings, place, workers=workers, bounds=bounds, scheduler=scheduler)
        if executor == "dask"
        else run_here(tasks, settings, place, workers=workers, bounds=bounds)
    )
    with closing(made):  # type: ignore[type-var]
        yield from made


class _Run:
    """What is done so far, told as it goes."""

    def __init__(self, *, total: int, known: int, tell: Callable[[str, "float | None"], None]) -> None:
        self.total, self.known, self.tell = total, known, tell
        self.done, self.seconds, self.cpu, self.peak = 0, 0.0, 0.0, 0
        self.ended: dict[str, list[list[str]]] = {}
        self._began = time.perf_counter()

    def note(self, unit: Unit, done: Done) -> None:
        """Count one unit, and say how fast it goes and what is left."""
        if done.is_final:
            names = [input_name(file) for file in unit.inputs]
            self.ended[_stem(unit.name, unit.key)] = [[n, o.value] for n, o in zip(names, done.outcomes, strict=True)]
        self.done += 1
        self.seconds += done.seconds
        self.cpu += done.cpu
        self.peak = max(self.peak, done.peak)
        taken = time.perf_counter() - self._began
        rate, at = self.done / taken if taken > 0 else 0.0, self.known + self.done
        left = duration(round((self.total - at) / rate) * 1_000_000_000) if rate else ""
        self.tell(f"{at:,} of {count(self.total, 'group')}, {rate:.1f} per second, {left} left,", at / self.total)


def _selected(snapshot: Snapshot, select: Selection, units: tuple[Unit, ...]) -> tuple[Unit, ...]:
    """Keep the units that are selected. Raises OptionError when nothing matches."""
    if select.group:
        units = tuple(unit for unit in units if unit.stated.group == select.group)
        if not units:
            raise OptionError(
                f"--group: there is no group {select.group!r}.",
                slug="bad-option",
                advice="tb-contention runs LOGDIR lists the groups with their ids.",
            )
        return units
    if select.filters:
        kept = set(matching(snapshot, select).discovery.files)
        kept |= _unplaced(snapshot, select)
        units = tuple(unit for unit in units if kept.intersection(unit.inputs))
    if select.latest:
        last = latest(snapshot).id
        units = tuple(unit for unit in units if unit.stated.group == last)
    return units


def _unplaced(snapshot: Snapshot, select: Selection) -> set[CaptureFile]:
    """Files that cannot be read are selected by their time alone, unless a host or a run is asked for."""
    if select.runs or select.hosts or select.gpus or select.since_ns is None:
        return set()
    rows = snapshot.rows
    return {f for f in snapshot.discovery.files if f in rows and not rows[f].captures and f.mtime_ns >= select.since_ns}


def _parts(place: Place) -> list[Part]:
    """List the parts of the table of inputs."""
    found = []
    for name in place.files(f"table={LAST}"):
        folder, _, file = name.rpartition("/")
        word, _, rest = file.removesuffix(".parquet").partition("-")
        unit, _, key = rest.partition("-")
        if word in ("part", "retry") and key and file.endswith(".parquet"):
            found.append(Part(folder.rpartition("date=")[2], unit, key, word == "part"))
    return found


def _stem(unit: str, key: str) -> str:
    return f"{unit}-{key}"


class _Rows:
    """How the inputs of parts ended: as noted by earlier runs and this one, else as the part says."""

    def __init__(self, place: Place, ended: Mapping[str, list[list[str]]]) -> None:
        self._place = place
        self._noted = {**_noted(place), **ended}
        self._new = bool(ended)

    def of(self, part: Part) -> list[list[str]]:
        """Return the name and the outcome of each input; nothing where the part is gone or no Parquet file."""
        stem = _stem(part.unit, part.key)
        found = self._noted.get(stem) if part.is_final else None
        if found is None:
            found = _read(self._place, part.names[-1])
            if not part.is_final or not found:
                return found
            self._noted[stem], self._new = found, True
        return found

    def keep(self, parts: Iterable[Part]) -> None:
        """Note what parts say that were read, and those of this run; of parts that are gone nothing is kept."""
        if self._new:
            there = {_stem(part.unit, part.key) for part in parts}
            self._noted = {stem: rows for stem, rows in sorted(self._noted.items()) if stem in there}
            text = {"tb_contention": __version__, "dataset": DATASET_VERSION, "parts": self._noted}
            self._place.write(KNOWN, (json.dumps(text, separators=(",", ":")) + "\n").encode("utf-8"))


def _noted(place: Place) -> dict[str, list[list[str]]]:
    """Return what earlier runs noted; nothing where that is missing or damaged."""
    try:
        found = json.loads(place.read(KNOWN))
        parts = found["parts"] if found["dataset"] == DATASET_VERSION else {}
        return {str(stem): [[str(n), Outcome(o).value] for n, o in rows] for stem, rows in parts.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _read(place: Place, name: str, columns: Sequence[str] = ("input", "outcome")) -> list[list[str]]:
    try:
        table = read_columns(place.read(name), columns)
    except (OSError, ValueError, KeyError):
        return []
    return [[str(value) for value in row] for row in zip(*(table.column(c).to_pylist() for c in columns), strict=True)]


def _removed(place: Place, units: Sequence[Unit], before: Iterable[Part], rows: _Rows) -> int:
    """Remove parts that later ones replace: of the same inputs with other content, settings or companions, and of tries that failed.

    What is gone from the log directory stays in the dataset. Only days of this run and those beside them are looked at.
    """
    now = _parts(place)
    keys, final = {unit.key for unit in units}, {part.key for part in now if part.is_final}
    there = {part.key for part in now}
    done = {part.unit for part in now if part.key in keys}
    days = {day for unit in units for day in _around(unit.date)}
    inputs = {input_name(file) for unit in units if unit.key in there for file in unit.inputs}
    removed = 0
    for part in {*before, *now}:
        if part.key in keys:
            if not part.is_final and part.key in final:
                place.remove(part.names[-1:])
        elif part.unit in done or (part.date in days and not inputs.isdisjoint(name for name, _ in rows.of(part))):
            place.remove(part.names)
            removed += 1
    return removed


def _around(day: str) -> tuple[str, ...]:
    if day == NO_DATE:
        return (day,)
    at = date.fromisoformat(day)
    return (*((at + timedelta(days=k)).isoformat() for k in (-1, 0, 1)), NO_DATE)


def _settled(
    place: Place, units: Sequence[Unit], before: Iterable[Part], run: _Run
) -> tuple[int, dict[str, int], tuple[str, ...]]:
    """Remove what is replaced, and note how the inputs of all parts ended.

    Return how many parts went, the outcomes, and the first inputs without an answer.
    """
    rows = _Rows(place, run.ended)
    removed = _removed(place, units, before, rows)
    after = _parts(place)
    keys = {unit.key for unit in units}
    ours = [part for part in after if part.key in keys]
    found = Counter(outcome for part in ours for _, outcome in rows.of(part))
    rows.keep(after)
    outcomes = {each.value: found[each.value] for each in Outcome if found[each.value]}
    return removed, outcomes, tuple(islice(_lost(place, ours, rows), MOST_LOST))


def _lost(place: Place, parts: Iterable[Part], rows: _Rows) -> Iterator[str]:
    """Say which inputs have no answer, and why; only their parts are read."""
    for part in parts:
        if any(Outcome(outcome).is_loss for _, outcome in rows.of(part)):
            for outcome, file, message in _read(place, part.names[-1], ("outcome", "file", "message")):
                if Outcome(outcome).is_loss:
                    yield clean(why_lost(outcome, file, message))


def _write_run(place: Place, counts: RunCounts, logdir: str, settings: Settings) -> None:
    text = {
        "tb_contention": __version__, "dataset": DATASET_VERSION, "places": whole(logdir).split(SEPARATOR),
        "inputs": counts.inputs, "rows": counts.rows, "outcomes": counts.outcomes, "groups": counts.groups, "done": counts.done,
        "known": counts.known, "left": counts.left, "replaced": counts.removed, "workers": counts.workers,
        "analysis_seconds": round(counts.work_s, 3), "analysis_cpu_seconds": round(counts.work_cpu_s, 3),
        "seconds": round(counts.wall_s, 3), "worker_peak_bytes": int(counts.peak),
        "labels": dict(settings.labels), "where": dict(settings.where), "problems": list(counts.problems),
        "lost": list(counts.lost),
    }  # fmt: skip
    place.write(RUN, (json.dumps(text, indent=1) + "\n").encode("utf-8"))
