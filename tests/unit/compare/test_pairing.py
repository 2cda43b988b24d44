from collections.abc import Mapping
from dataclasses import replace

import pytest
from lanes import session_of

from tb_contention.compare.pairing import ALIKE, Paired, likeness, pair_up
from tb_contention.errors import OptionError
from tb_contention.model.alignment import Session
from tb_contention.model.comparison import Match
from tb_contention.model.contention import KernelTotal
from tb_contention.units import Nanoseconds, SessionId

Names = list[tuple[str, str, str]]


def session(name: str, *, run: str = "", host: str = "host0", identity: str = "") -> Session:
    run = run or f"{name}/2026_01_01_00_00_00"
    key = SessionId(identity or f"{run}/{host}")
    return replace(session_of("any", "AB"), id=key, name=name, run=run, host=host)


def kernels(session: Session, **counts: int) -> tuple[KernelTotal, ...]:
    return tuple(
        KernelTotal(session=session.id, name=name, count=count, total=Nanoseconds(count))
        for name, count in counts.items()
    )


def paired(
    before: list[Session],
    after: list[Session],
    wanted: Mapping[str, str] | None = None,
    rows: tuple[tuple[KernelTotal, ...], tuple[KernelTotal, ...]] = ((), ()),
) -> Paired:
    return pair_up(tuple(before), tuple(after), wanted or {}, rows)


def names(found: Paired) -> Names:
    return [(p.before.name, p.after.name, p.match.value) for p in found.pairs]


def test_equal_names_are_pairs_whatever_their_order() -> None:
    before = [session("train"), session("eval")]
    after = [session("eval", run="x/eval/later"), session("train", run="x/train/later")]
    assert names(paired(before, after)) == [("train", "train", "name"), ("eval", "eval", "name")]


def test_one_id_is_one_session() -> None:
    assert names(paired([session("train")], [session("a/train", identity="train/2026_01_01_00_00_00/host0")])) == [
        ("train", "a/train", "same")
    ]


def test_the_last_part_of_a_name_pairs_folders() -> None:
    found = paired([session("alone/train"), session("alone/eval")], [session("together/eval")])
    assert names(found) == [("alone/eval", "together/eval", "last_part")]
    assert [s.name for s in found.gone] == ["alone/train"]
    assert not found.appeared


def test_the_folder_of_a_run_pairs_where_a_manifest_names_differently() -> None:
    before = [session("first name", run="old/train/2026_01_01_00_00_00")]
    after = [session("second name", run="new/train/2026_02_02_00_00_00")]
    assert names(paired(before, after)) == [("first name", "second name", "last_part")]


def test_what_fits_several_sessions_pairs_none() -> None:
    found = paired([session("train")], [session("a/train", host="h1"), session("b/train", host="h2")])
    assert not found.pairs
    assert [s.name for s in found.gone] == ["train"]
    assert [s.name for s in found.appeared] == ["a/train", "b/train"]


def test_the_user_comes_first() -> None:
    before, after = [session("train"), session("eval")], [session("train", run="r/1"), session("eval", run="r/2")]
    found = paired(before, after, {"train": "eval"})
    assert names(found) == [("train", "eval", "user")]
    assert [s.name for s in found.gone] == ["eval"]
    assert [s.name for s in found.appeared] == ["train"]


def test_the_user_may_name_a_session_by_id_name_or_last_part() -> None:
    before, after = [session("a/train")], [session("b/other")]
    for first in ("a/train/2026_01_01_00_00_00/host0", "a/train", "train"):
        assert names(paired(before, after, {first: "other"})) == [("a/train", "b/other", "user")]


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ({"nobody": "train"}, "no session of the device before is called 'nobody'; the nearest are "),
        ({"train": "nobody"}, "no session of the device after is called 'nobody'; the nearest is train"),
        ({"a/x": "train", "b/x": "train"}, "--pair names .* twice"),
        ({"x": "train"}, "'x' names 2 sessions of the device before; write a/x or b/x"),
    ],
)
def test_a_pair_of_what_is_not_there_is_an_error(wanted: dict[str, str], says: str) -> None:
    before = [session("a/x"), session("b/x"), session("train")]
    with pytest.raises(OptionError, match=says):
        paired(before, [session("train")], wanted)


def test_the_only_ones_left_over_on_a_host_are_paired_if_they_run_the_same_kernels() -> None:
    before, after = session("baseline"), session("with_mps")
    same = (kernels(before, A=10, B=20), kernels(after, A=11, B=20))
    assert likeness(before, after, same) > ALIKE
    assert names(paired([before], [after], rows=same)) == [("baseline", "with_mps", "host")]
    other = (kernels(before, A=10, B=20), kernels(after, A=10, C=20))
    assert likeness(before, after, other) == pytest.approx(1 / 3)
    found = paired([before], [after], rows=other)
    assert not found.pairs
    assert [(a.name, b.name) for a, b in found.tempting] == [("baseline", "with_mps")]


def test_sessions_without_kernels_or_on_other_hosts_are_not_taken_for_one() -> None:
    assert not paired([session("a")], [session("b")]).pairs
    before, after = session("a", host="h1"), session("b", host="h2")
    assert not paired([before], [after], rows=(kernels(before, A=1), kernels(after, A=1))).pairs


def test_the_name_of_a_host_is_nobodys_name() -> None:
    before, after = session("host0", run="2026_01_01"), session("host0", run="2026_02_02")
    assert not paired([before], [after], rows=(kernels(before, A=1), kernels(after, B=1))).pairs
    found = paired([before], [after], rows=(kernels(before, A=1), kernels(after, A=1)))
    assert [p.match for p in found.pairs] == [Match.HOST]


def test_swapping_the_sides_swaps_the_pairs() -> None:
    before = [session("alone/train"), session("x"), session("base")]
    after = [session("together/train"), session("x", run="later/x/1"), session("new"), session("newer", host="h")]
    rows = (kernels(before[2], A=3), kernels(after[2], A=4))
    there, back = paired(before, after, rows=rows), paired(after, before, rows=(rows[1], rows[0]))
    assert sorted((a, b, m) for a, b, m in names(there)) == sorted((b, a, m) for a, b, m in names(back))
