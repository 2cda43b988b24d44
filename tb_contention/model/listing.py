"""What a log directory holds, as its index knows it: captures, and the groups of captures that ran together."""

from dataclasses import dataclass
from typing import Annotated

from tb_contention.model.alignment import ClockSource, Identity
from tb_contention.model.findings import Finding, Problem
from tb_contention.units import Bytes, Nanoseconds, SessionId
from tb_contention.wire import Choice, Wire


class Depth(Choice):
    """How well the index knows a capture."""

    NAMED = "named", "by its name and manifest only"
    SKIMMED = "skimmed", "its devices, window and counts were read"
    UNREADABLE = "unreadable", "it cannot be read"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDevice:
    """One device of a capture."""

    name: Annotated[str, Wire("the physical device as far as it is known: equal names are one device")]
    ordinal: Annotated[int, Wire("its number in the process; -1 for the processor", signed=True)]
    model: Annotated[str | None, Wire("name of the GPU's model; null where the capture does not state it")]
    uuid: Annotated[str | None, Wire("UUID of the GPU; null where nothing states it")]
    identity: Annotated[Identity, Wire("how it is known which GPU it is")]
    kernels: Annotated[int, Wire("number of kernels, or of operations on a processor")]
    copies: Annotated[int, Wire("number of copies and memsets")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedCapture:
    """One recorded process, or a file of which only the name is known.

    Numbers are None as long as the capture was not skimmed.
    """

    id: Annotated[str, Wire("stable short id, made of the session's id")]
    session: Annotated[SessionId, Wire("id of the session in reports")]
    run: Annotated[str, Wire("the run directory")]
    file: Annotated[str, Wire("the file, relative to the log directory")]
    host: Annotated[str, Wire("host of the process")]
    process_id: Annotated[int | None, Wire("id of the process; null when it is not known")]
    depth: Annotated[Depth, Wire("how well the capture is known")]
    start_ns: Annotated[int | None, Wire("Unix ns of its start; null when there is no clock", signed=True)]
    end_ns: Annotated[int | None, Wire("Unix ns of its end; null when there is no clock", signed=True)]
    clock: Annotated[ClockSource, Wire("where its wall clock comes from", key="clock_source")]
    error: Annotated[
        Nanoseconds | None, Wire("bound on the error of its wall clock; null = unknown", key="clock_error_ns")
    ]
    devices: Annotated[tuple[ListedDevice, ...], Wire("devices on which anything ran")]
    kernels: Annotated[int | None, Wire("number of kernels on all devices; null until it was skimmed")]
    steps: Annotated[int | None, Wire("number of steps; null until it was skimmed")]
    memory_events: Annotated[int | None, Wire("number of allocator events; null until it was skimmed")]
    simulated: Annotated[bool, Wire("the manifest beside it states that a simulator made it")]
    size: Annotated[Bytes, Wire("size of the file")]
    modified_ns: Annotated[int, Wire("Unix ns of the file's last change", signed=True)]
    problems: Annotated[tuple[str, ...], Wire("slugs of its first problems")]
    copies: Annotated[
        tuple[str, ...], Wire("files that are copies of this recording, relative to the log directory")
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAnswer:
    """What the last analysis of a group found, in the words of the report."""

    answer: Annotated[str, Wire("whether a session is slower: `yes`, `no`, `undecided` or `unknown`")]
    label: Annotated[
        str,
        Wire("the session that is slowed most, or the requests to it, by its short name; empty where none is known"),
    ]
    figure: Annotated[str, Wire("its slowdown as a card shows it; empty where nothing is known")]
    interval: Annotated[str, Wire("the interval of that slowdown")]
    estimate: Annotated[float | None, Wire("the slowdown as a number, or the lower bound; null where it is unknown")]
    problems: Annotated[
        tuple[str, ...], Wire("what was lost from its captures or could not be used, a sentence each")
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedGroup:
    """Captures that ran together on at least one device, or one that ran alone."""

    id: Annotated[str, Wire("stable id, made of its captures' ids")]
    title: Annotated[str, Wire("its runs and its time, for people")]
    captures: Annotated[tuple[str, ...], Wire("ids of its captures")]
    names: Annotated[tuple[str, ...], Wire("short names of its captures, in that order")]
    host: Annotated[str, Wire("host; several are separated by commas")]
    devices: Annotated[tuple[str, ...], Wire("names of the devices that the captures share, or of those of the one")]
    models: Annotated[tuple[str, ...], Wire("models of these devices")]
    start_ns: Annotated[int | None, Wire("Unix ns of the first start; null when there is no clock", signed=True)]
    end_ns: Annotated[int | None, Wire("Unix ns of the last end; null when there is no clock", signed=True)]
    shared: Annotated[bool, Wire("whether two or more captures ran together")]
    repeated: Annotated[bool, Wire("whether they are recordings of one process that hold the same work")]
    on_host: Annotated[bool, Wire("whether the captures have no GPU work, but operations on a processor")]
    overlap: Annotated[Nanoseconds, Wire("time in which all of its captures were recorded")]
    overlap_share: Annotated[float, Wire("share, 0 to 1, of its shortest window in which surely all were recorded")]
    error: Annotated[
        Nanoseconds | None,
        Wire("largest error of the clocks between its captures; null = unknown", key="clock_error_ns"),
    ]
    kernels: Annotated[int, Wire("number of kernels of its captures")]
    simulated: Annotated[int, Wire("how many of its captures a simulator made")]
    by_name: Annotated[
        bool, Wire("whether its captures were not read yet, and are only named at about the same time on one host")
    ]
    left_out: Annotated[int, Wire("captures that ran together with these, but are beyond the bound of a group")]
    found: Annotated[KnownAnswer | None, Wire("what the last analysis found; null when it was not analysed")] = None
    problems: Annotated[
        tuple[str, ...],
        Wire("what was lost from its captures or could not be used, a sentence each, as far as they were read"),
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The captures and groups of a log directory, groups in the order in which they deserve a look.

    pending: captures of which only the name is known yet.
    """

    logdir: Annotated[str, Wire("the log directory as given")]
    captures: Annotated[tuple[ListedCapture, ...], Wire("captures, by run, host and file")]
    groups: Annotated[tuple[ListedGroup, ...], Wire("groups of two or more first, the worst known slowdown first")]
    apart: Annotated[str, Wire("why nothing ran together; empty where something did")]
    pending: Annotated[int, Wire("captures of which only the name is known yet")]
    findings: Annotated[tuple[Finding, ...], Wire("what cannot be decided between captures")]
    problems: Annotated[tuple[Problem, ...], Wire("what is wrong with the directory, and copies that are left out")]
