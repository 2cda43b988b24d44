"""The tables of a dataset: their columns with types, units and meanings, and how rows become a Parquet file.

Most columns are those of the report's tables (`tables/`), under the same names; what is added places a row: the group, the time, the GPU,
the job. Instants are Unix ns.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Any

from tb_contention._version import __version__
from tb_contention.dataset.library import library
from tb_contention.model.dataset import Outcome
from tb_contention.report.contract.columns import help_of
from tb_contention.tables import overview, sharing
from tb_contention.tables.rows import ends
from tb_contention.tables.spec import Column, Kind, TableSpec

#: Changes whenever what a column means changes; each part is then made anew while its inputs are there.
DATASET_VERSION = 2

_TYPES = {
    Kind.FLAG: "bool", Kind.COUNT: "int64", Kind.IDENTIFIER: "int64", Kind.DURATION: "int64", Kind.DURATIONS: "int64",
    Kind.INSTANT: "int64", Kind.BYTES: "int64", Kind.NUMBER: "float64", Kind.SHARE: "float64", Kind.SLOWDOWN: "float64",
    Kind.FACTORS: "float64",
}  # fmt: skip
_UNITS = {
    Kind.DURATION: "ns", Kind.DURATIONS: "ns", Kind.INSTANT: "Unix ns", Kind.BYTES: "bytes", Kind.FACTORS: "ratio",
    Kind.SLOWDOWN: "ratio", Kind.SHARE: "ratio",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One column of the dataset. type: as Arrow calls it. unit: "ns", "Unix ns", "bytes", "ratio" or ""."""

    name: str
    type: str
    unit: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table: what its rows are, the fields that it adds, and the report's table whose columns follow."""

    slug: str
    says: str
    added: tuple[Field, ...]
    spec: TableSpec | None = None

    @property
    def fields(self) -> tuple[Field, ...]:
        """Return all fields; those that are added first."""
        return (*self.added, *(() if self.spec is None else _of_spec(self.spec)))


def _text(name: str, says: str) -> Field:
    return Field(name=name, type="string", unit="", says=says)


def _whole(name: str, says: str, unit: str = "") -> Field:
    return Field(name=name, type="int64", unit=unit, says=says)


def _of_spec(spec: TableSpec) -> tuple[Field, ...]:
    return tuple(
        Field(
            name=name,
            type=_TYPES.get(column.kind, "string"),
            unit=_UNITS.get(column.kind, ""),
            says=help_of(spec, column),
        )
        for column in spec.columns
        for _, name in ends(column)
    )


def _without(spec: TableSpec, *names: str) -> TableSpec:
    return _with(spec, *(c for c in spec.columns if c.program_name not in names))


def _with(spec: TableSpec, *columns: Column) -> TableSpec:
    return TableSpec(
        slug=spec.slug,
        title=spec.title,
        help=spec.help,
        source=spec.source,
        columns=columns,
        together=spec.together,
        columnar=spec.columnar,
    )


_GROUP = (
    _text("place", "the log directory"),
    _text("group", "id of the group of captures that ran together; `tb-contention report PLACE --group ID` reports it"),
    Field(name="recorded_at", type="timestamp", unit="", says="when its first capture began, UTC"),
)
_GPU = (
    _text("host", "the host: the Kubernetes node where manifests state one"),
    _text("gpu", "the physical device; equal names are one device"),
    _text("gpu_model", "name of its model"),
    Field(name="is_host", type="bool", unit="", says="whether it is a processor, not a GPU"),
    _text("mechanism", "how the sessions share the device"),
)
_JOBS = _text("jobs", "names of the jobs on the device, in alphabetical order, with ' + ' between them")
_IN_GROUP = ("device", "host", "model")
#: The columns of a device that are about memory.
_OF_MEMORY = tuple(c for c in overview.DEVICES.columns if c.key.startswith("memory"))
_CAPACITY = next(c for c in overview.DEVICES.columns if c.key == "capacity_bytes")

INPUTS = Table(
    slug="inputs",
    says="One row per input file, whatever became of it.",
    added=(
        *_GROUP,
        _text("file", "the file, below the log directory"),
        _text("run", "its run directory"),
        _text("host", "the host"),
        _text("outcome", "; ".join(f"`{each.value}`: {each.says}" for each in Outcome)),
        _text("slug", "the gravest problem of the input; empty for none"),
        _text("message", "that problem in words"),
        _whole("sessions", "sessions that its file holds"),
        _whole("size_bytes", "size of the file", "bytes"),
        Field(name="modified_at", type="timestamp", unit="", says="when the file was last changed, UTC"),
        _text("input", "names the file by its whole path, as a digest"),
        _text("key", "names the content of the group, the version of the tool and its settings, as a digest"),
    ),
)
SESSIONS = Table(
    slug="sessions",
    says="One row per session of a group, with the job that it belongs to.",
    added=(
        *_GROUP,
        _text(
            "job",
            "name of the job: the label `job`, else namespace and pod without what Kubernetes generates, else the run without the "
            "directory that is named by its time, and the name in it that the manifest states; never a process id",
        ),
        _text("namespace", "Kubernetes namespace, as the manifest states it"),
        _text("pod", "Kubernetes pod, as the manifest states it"),
        _text("container", "id of the container, as the manifest states it"),
        _text("node", "Kubernetes node, as the manifest states it"),
        _text("labels", "labels of --label as a JSON object"),
    ),
    spec=_without(overview.SESSIONS, "label"),
)
GROUPS = Table(
    slug="groups",
    says="One row per group and device that its captures were on.",
    added=(*_GROUP, *_GPU, _JOBS),
    spec=_without(
        _with(overview.DEVICES, *(c for c in overview.DEVICES.columns if c not in _OF_MEMORY)),
        *_IN_GROUP,
        "is_host",
        "mechanism",
    ),
)
SLOWDOWNS = Table(
    slug="slowdowns",
    says="One row per session that shared a device: how much longer it took, and what it lost.",
    added=(
        *_GROUP,
        *_GPU,
        _text("job", "name of the job"),
        _text("with_jobs", "names of the other jobs on the device, in alphabetical order, with ' + ' between them"),
        _whole("window_ns", "the time that was analysed", "ns"),
        _whole("lost_low_ns", "time lost to other sessions, at the low end of the slowdown's 90 % interval", "ns"),
        _whole("lost_high_ns", "the same at the high end; null where that is unknown", "ns"),
    ),
    spec=_without(sharing.SLOWDOWNS, "device"),
)
BLAME = Table(
    slug="blame",
    says="One row per pair of sessions: how much of the loss of the one the other explains.",
    added=(
        *_GROUP,
        *_GPU,
        _text("victim_job", "name of the job that lost"),
        _text("culprit_job", "name of the other job; empty for work without a capture"),
    ),
    spec=_without(sharing.BLAME, "device"),
)
MEMORY = Table(
    slug="memory",
    says="One row per device on which allocations were recorded: the memory of all sessions together.",
    added=(*_GROUP, *_GPU, _JOBS),
    spec=_with(overview.DEVICES, _CAPACITY, *_OF_MEMORY),
)
CHANGES = Table(
    slug="changes",
    says="One row per device and kind of change: what the best setting would have saved in the time that was analysed.",
    added=(
        *_GROUP,
        *_GPU,
        _JOBS,
        _text(
            "change",
            "kind of change: `moved`, `mps`, `sm_cap`, `shifted` or another schedule of the report; none in which jobs wait for each other",
        ),
        _text("setting", "the setting with the largest sum over all sessions"),
        _whole("known", "sessions of which the saving is predicted"),
        _whole("unknown", "sessions of which it is not"),
        _whole(
            "saved_ns",
            "time saved, the sum over the sessions; below 0 for time lost; null where none is predicted",
            "ns",
        ),
        _whole("saved_low_ns", "sum of the low ends", "ns"),
        _whole("saved_high_ns", "sum of the high ends", "ns"),
        Field(
            name="fits", type="bool", unit="", says="whether the memory fits then; null where that cannot be predicted"
        ),
    ),
)
FINDINGS = Table(
    slug="findings",
    says="One row per finding of a group.",
    added=_GROUP,
    spec=_without(overview.FINDINGS),
)

TABLES = (GROUPS, SESSIONS, SLOWDOWNS, BLAME, MEMORY, CHANGES, FINDINGS, INPUTS)
#: Its part is written last: a group is done where this table has it.
LAST = INPUTS.slug


@cache
def arrow_schema(slug: str) -> Any:
    """Return the Arrow schema of a table. Needs pyarrow."""
    arrow = library("pyarrow", "A dataset")
    types = {
        "string": arrow.string(), "int64": arrow.int64(), "float64": arrow.float64(), "bool": arrow.bool_(),
        "timestamp": arrow.timestamp("us", tz="UTC"),
    }  # fmt: skip
    table = next(table for table in TABLES if table.slug == slug)
    fields = [
        arrow.field(f.name, types[f.type], metadata={"unit": f.unit, "description": f.says}) for f in table.fields
    ]
    about = {"description": table.says, "tb_contention": __version__, "dataset": str(DATASET_VERSION)}
    return arrow.schema(fields, metadata=about)


def parquet(slug: str, rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Return rows as a Parquet file; equal rows give equal bytes."""
    arrow, write = library("pyarrow", "A dataset"), library("pyarrow.parquet", "A dataset")
    schema = arrow_schema(slug)
    arrays = [arrow.array([_fit(row.get(f.name), f.type) for row in rows], type=f.type) for f in schema]
    sink = BytesIO()
    write.write_table(arrow.Table.from_arrays(arrays, schema=schema), sink, compression="none", use_dictionary=False)
    return sink.getvalue()


def read_columns(data: bytes, columns: Sequence[str]) -> Any:
    """Return columns of a Parquet file as an Arrow table. Raises OSError, ValueError and KeyError for what is none.

    On this thread alone: Arrow's own threads let go of a Python object after the answer is there, and where the interpreter has begun to
    end by then, the process aborts (https://github.com/apache/arrow/issues/34314).
    """
    arrow, parquets = library("pyarrow", "A dataset"), library("pyarrow.parquet", "A dataset")
    with parquets.ParquetFile(arrow.BufferReader(data), pre_buffer=False) as file:
        if missing := set(columns) - set(file.schema_arrow.names):
            raise KeyError(*sorted(missing))
        return file.read(columns=list(columns), use_threads=False)


def _fit(value: Any, type_: Any) -> Any:
    """Keep a value as its column takes it: whole numbers whole, and no halves of characters."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    return round(value) if isinstance(value, float) and type_ == "int64" else value
