"""What is declared on a value goes over the wire, under its key and in its unit."""

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import pytest

from tb_contention.units import I64, Bytes, Nanoseconds, SessionId
from tb_contention.wire import Choice, Wire, adds, encode, keys, whole, wired


class Way(Choice):
    TURNS = "turns", "one after the other"
    BESIDE = "beside", "at the same time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    missing: Annotated[int, Wire("changes that no event explains", key="missing_events")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    session: Annotated[SessionId, Wire("who holds it")]
    bytes: Annotated[Bytes, Wire("as the allocator rounds them")]
    age: Annotated[Nanoseconds | None, Wire("since it was allocated")]
    way: Annotated[Way, Wire("how they share")] = Way.TURNS
    share: Annotated[float | None, Wire("of the whole")] = None
    rate: Annotated[float | None, Wire("per step", key="rate_ns", via=whole)] = None
    gaps: Annotated[Gaps | None, Wire(flat=True)] = None
    rows: Annotated[tuple[Gaps, ...], Wire("by allocator")] = ()
    named: Annotated[dict[Way, int], Wire("by way")] = None  # type: ignore[assignment]
    time: Annotated[I64, Wire("when", key="time_ns")] = None  # type: ignore[assignment]
    evidence: Annotated[dict[str, Any], Wire("numbers")] = None  # type: ignore[assignment]
    at_home: int = 3

    @property
    @wired("twice the bytes")
    def double(self) -> Bytes:
        return Bytes(self.bytes * 2)


@adds(Held, "asked_by", "who asks")
def asked_by(held: Held, context: str) -> str:
    return f"{context} about {held.session}"


def held(**more: Any) -> Held:
    columns = {
        "named": {Way.TURNS: 2, Way.BESIDE: 1},
        "time": np.array([1, 2]),
        "evidence": {"b": np.float64("nan"), "a": (1, 0.5)},
    }
    return Held(session=SessionId("a"), bytes=Bytes(np.int64(8)), age=Nanoseconds(5), **{**columns, **more})


def test_a_value_is_written_under_its_declared_keys_in_json_values() -> None:
    found = encode(held(share=1 / 3, rate=2.6, gaps=Gaps(missing=4), rows=(Gaps(missing=1),)), "b")
    assert found == {
        "session": "a",
        "bytes": 8,
        "age_ns": 5,
        "way": "turns",
        "share": 0.333333,
        "rate_ns": 3,
        "missing_events": 4,
        "rows": [{"missing_events": 1}],
        "named": {"beside": 1, "turns": 2},
        "time_ns": [1, 2],
        "evidence": {"a": [1, 0.5], "b": None},
        "double_bytes": 16,
        "asked_by": "b about a",
    }
    assert type(found["bytes"]) is int
    assert type(found["way"]) is str


def test_what_is_unknown_is_null() -> None:
    found = encode(held(share=float("inf")), "b")
    assert (found["share"], found["rate_ns"], found["missing_events"]) == (None, None, None)


def test_a_key_has_the_type_that_is_written() -> None:
    kinds = {key.name: key.type for key in keys(Held)}
    assert kinds["rate_ns"] == (int | None)
    assert kinds["missing_events"] == (int | None)
    assert kinds["double_bytes"] is Bytes


def test_one_key_cannot_stand_twice() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Twice:
        a: Annotated[int, Wire("one")]
        b: Annotated[int, Wire("other", key="a")]

    with pytest.raises(TypeError, match=r"\['a'\]"):
        keys(Twice)
