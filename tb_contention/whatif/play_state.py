"""What the device model keeps while it plays: the rules of sharing, how far each stream is, what has work, whose turn it is."""

from typing import NamedTuple

import numpy as np
from numba import types

from tb_contention.model.workload import Unit
from tb_contention.units import F64, I64, U8
from tb_contention.whatif.merged_work import F64_1, I64_1, U8_1, MergedWork
from tb_contention.whatif.policy import Policy


class Rules(NamedTuple):
    """A `Policy` with every figure filled in."""

    way: int
    slice: float
    switch: float
    whole: bool
    rates: F64
    sm_demand: F64
    bandwidth_demand: F64
    caps: F64
    first: F64
    friction: float


class Progress(NamedTuple):
    """How far the streams and the hosts are."""

    #: Per stream: its kernel, -1 = all done; when that is ready, what is left of it (ns), its rate, and whether it has begun.
    kernel: I64
    ready: F64
    left: F64
    rate: F64
    begun: U8
    #: Per session: the host's next instant.
    next: I64


class Load(NamedTuple):
    """What has work at an instant."""

    #: Per session: kernels with work, and which part of the multiprocessors and of the bandwidth they ask for.
    active: I64
    sms: F64
    bandwidth: F64
    #: Sessions per copy engine (by `Unit`), and which.
    engine: I64
    on_engine: U8


class Turn(NamedTuple):
    """The session that has the multiprocessors."""

    #: -1 = no session has had them yet.
    holder: int
    begin: float
    end: float


_F, _I, _B = types.float64, types.int64, types.boolean
RULES = types.NamedTuple((_I, _F, _F, _B, F64_1, F64_1, F64_1, F64_1, F64_1, _F), Rules)
PROGRESS = types.NamedTuple((I64_1, F64_1, F64_1, F64_1, U8_1, I64_1), Progress)
LOAD = types.NamedTuple((I64_1, F64_1, F64_1, I64_1, types.Array(types.uint8, 2, "C")), Load)
TURN = types.NamedTuple((_I, _F, _F), Turn)


def rules_of(policy: Policy, sessions: int, kernels: int) -> Rules:
    """Fill in the figures that a policy leaves open."""
    return Rules(
        way=int(policy.way),
        slice=float(policy.slice),
        switch=float(policy.switch),
        whole=policy.whole,
        rates=filled(policy.rates, 1.0, sessions),
        sm_demand=filled(policy.sm_demand, 1.0, kernels),
        bandwidth_demand=filled(policy.bandwidth_demand, 0.0, kernels),
        caps=filled(policy.caps, 1.0, sessions),
        first=filled(policy.first, 0.0, sessions),
        friction=float(policy.friction),
    )


def no_progress(work: MergedWork) -> Progress:
    """Return the state in which no kernel has begun."""
    streams = len(work.streams.head)
    return Progress(
        kernel=work.streams.head.copy(),
        ready=np.full(streams, np.inf),
        left=np.zeros(streams),
        rate=np.zeros(streams),
        begun=np.zeros(streams, np.uint8),
        next=np.zeros(work.count, np.int64),
    )


def no_load(sessions: int) -> Load:
    """Return the load of an idle device."""
    return Load(
        active=np.zeros(sessions, np.int64),
        sms=np.zeros(sessions),
        bandwidth=np.zeros(sessions),
        engine=np.zeros(len(Unit), np.int64),
        on_engine=np.zeros((len(Unit), sessions), np.uint8),
    )


def filled(values: F64 | None, otherwise: float, count: int) -> F64:
    """Return the values as compiled code takes them; a constant where there are none."""
    return np.full(count, otherwise) if values is None else np.require(values, np.float64, ["C", "W"])
