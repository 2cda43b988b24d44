"""Workloads of several sessions -> one set of columns in which rows count over all of them."""

from dataclasses import dataclass

import numpy as np

from tb_contention.model.workload import Workload
from tb_contention.units import F64, I64, U8


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """Columns as in `Workload`, sessions one after the other. session: of each kernel; next: the kernel after it in its stream, -1.

    streams: session of each stream; head: its first kernel. kernel_begin, host_begin: where each session's rows begin, and the number
    of all as last entry. after, latency: per session. claim: part of the multiprocessors that each kernel takes, 0..1.
    """

    session: I64
    stream: I64
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
    host: F64
    gap: F64
    waits_for: I64
    lag: F64
    pace: F64
    streams: I64
    head: I64
    kernel_begin: I64
    host_begin: I64
    after: F64
    latency: F64


def pack(works: tuple[Workload, ...]) -> Packed:
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
    return Packed(
        session=np.repeat(np.arange(len(works)), np.diff(kernel_begin)),
        stream=stream,
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
        host=_joined([w.host for w in works]),
        gap=_joined([w.gap for w in works]),
        waits_for=_moved([w.waits_for for w in works], kernel_begin),
        lag=_joined([w.lag for w in works]),
        pace=_joined([w.pace for w in works]),
        streams=owners,
        head=head,
        kernel_begin=kernel_begin.astype(np.int64),
        host_begin=host_begin.astype(np.int64),
        after=np.array([w.after for w in works], np.float64),
        latency=np.array([w.latency for w in works], np.float64),
    )


def _joined(columns: list[F64]) -> F64:
    return np.ascontiguousarray(np.concatenate(columns), np.float64)


def _moved(columns: list[I64], begin: I64) -> I64:
    """Count rows over all sessions; -1 stays."""
    moved = [np.where(c >= 0, c + b, -1) for c, b in zip(columns, begin[:-1], strict=True)]
    return np.ascontiguousarray(np.concatenate(moved), np.int64)


def _streams(works: tuple[Workload, ...]) -> tuple[I64, I64]:
    """Number the chains of kernels over all sessions: a stream of which an earlier part is missing begins anew."""
    numbers: list[I64] = []
    owners: list[int] = []
    for k, work in enumerate(works):
        found, dense = np.unique(work.stream, return_inverse=True)
        numbers.append(dense.astype(np.int64) + len(owners))
        owners += [k] * len(found)
    return np.ascontiguousarray(np.concatenate(numbers), np.int64), np.array(owners, np.int64)
