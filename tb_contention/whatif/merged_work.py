"""Merge the workloads of several sessions into one set of columns, in which rows count over all sessions."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numba import types

from tb_contention.model.workload import Workload
from tb_contention.units import F64, I64, U8

F64_1 = types.Array(types.float64, 1, "C")
I64_1 = types.Array(types.int64, 1, "C")
U8_1 = types.Array(types.uint8, 1, "C")


class Kernels(NamedTuple):
    """Columns of kernels as in `Workload`; next: the kernel after it in its stream, -1 = none."""

    duration: F64
    earliest: F64
    extra: F64
    previous: I64
    next: I64
    follows: I64
    behind: F64
    launch: I64
    unit: U8
    spin: U8


class Hosts(NamedTuple):
    """Columns of host instants as in `Workload`; time: as recorded."""

    time: F64
    gap: F64
    waits_for: I64
    lag: F64
    pace: F64
    arrival: F64


class Streams(NamedTuple):
    """Session of each stream, and its first kernel."""

    session: I64
    head: I64


class Sessions(NamedTuple):
    """Per session: where its host instants begin (and their number as last entry), and its gaps behind a kernel and behind a launch."""

    host_begin: I64
    after: F64
    latency: F64


KERNELS = types.NamedTuple((F64_1, F64_1, F64_1, I64_1, I64_1, I64_1, F64_1, I64_1, U8_1, U8_1), Kernels)
HOSTS = types.NamedTuple((F64_1, F64_1, I64_1, F64_1, F64_1, F64_1), Hosts)
STREAMS = types.NamedUniTuple(I64_1, 2, Streams)
SESSIONS = types.NamedTuple((I64_1, F64_1, F64_1), Sessions)


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedWork:
    """The work of several sessions, one session after the other."""

    kernels: Kernels
    hosts: Hosts
    streams: Streams
    sessions: Sessions
    #: Session of each kernel.
    owner: I64
    #: Where each session's kernels begin, and the number of all as last entry.
    kernel_begin: I64

    @property
    def count(self) -> int:
        """Return the number of sessions."""
        return len(self.sessions.after)

    @property
    def host_begin(self) -> I64:
        """Return where each session's host instants begin, and the number of all as last entry."""
        return self.sessions.host_begin


def merge(works: tuple[Workload, ...]) -> MergedWork:
    """Put workloads behind each other."""
    kernel_begin = np.cumsum([0, *(len(w.duration) for w in works)])
    host_begin = np.cumsum([0, *(len(w.host) for w in works)])
    stream, owners = _streams(works)
    previous = _moved([w.previous for w in works], kernel_begin)
    after = np.full(len(previous), -1, np.int64)
    followed = np.flatnonzero(previous >= 0)
    after[previous[followed]] = followed
    head = np.full(len(owners), -1, np.int64)
    first = np.flatnonzero(previous < 0)[::-1]
    head[stream[first]] = first
    return MergedWork(
        kernels=Kernels(
            duration=_joined([w.duration for w in works]),
            earliest=_joined([w.earliest for w in works]),
            extra=_joined([w.extra for w in works]),
            previous=previous,
            next=after,
            follows=_moved([w.follows for w in works], kernel_begin),
            behind=_joined([w.behind for w in works]),
            launch=_moved([w.launch for w in works], host_begin),
            unit=np.concatenate([w.unit for w in works]).astype(np.uint8),
            spin=np.concatenate([w.spin for w in works]).astype(np.uint8),
        ),
        hosts=Hosts(
            time=_joined([w.host for w in works]),
            gap=_joined([w.gap for w in works]),
            waits_for=_moved([w.waits_for for w in works], kernel_begin),
            lag=_joined([w.lag for w in works]),
            pace=_joined([w.pace for w in works]),
            arrival=_joined([w.arrival for w in works]),
        ),
        streams=Streams(session=owners, head=head),
        sessions=Sessions(
            host_begin=host_begin.astype(np.int64),
            after=np.array([w.after for w in works], np.float64),
            latency=np.array([w.latency for w in works], np.float64),
        ),
        owner=np.repeat(np.arange(len(works)), np.diff(kernel_begin)),
        kernel_begin=kernel_begin.astype(np.int64),
    )


def _joined(columns: list[F64]) -> F64:
    return np.ascontiguousarray(np.concatenate(columns), np.float64)


def _moved(columns: list[I64], begin: I64) -> I64:
    """Count rows over all sessions; -1 stays."""
    moved = [np.where(c >= 0, c + b, -1) for c, b in zip(columns, begin[:-1], strict=True)]
    return np.ascontiguousarray(np.concatenate(moved), np.int64)


def _streams(works: tuple[Workload, ...]) -> tuple[I64, I64]:
    """Number the streams over all sessions; return the stream of each kernel, and the session of each stream."""
    numbers: list[I64] = []
    owners: list[int] = []
    for k, work in enumerate(works):
        found, dense = np.unique(work.stream, return_inverse=True)
        numbers.append(dense.astype(np.int64) + len(owners))
        owners += [k] * len(found)
    return np.ascontiguousarray(np.concatenate(numbers), np.int64), np.array(owners, np.int64)
