"""Captures that may show others alone: what is proposed is the best of all of them, and few of them are looked at."""

import random
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from tb_contention.align.place import Placed, says_alone
from tb_contention.index import Alone, baselines
from tb_contention.index.baselines import _MOST_INSIDE, MOST_EACH
from tb_contention.index.likeness import PART_OF_IT, model_used, on_gpu, rank, time_apart
from tb_contention.model.alignment import ClockOffset, ClockSource
from tb_contention.model.capture import CaptureFile, Container
from tb_contention.model.manifest import ManifestSession, Recorded
from tb_contention.model.sketch import DeviceUse, Sketch
from tb_contention.model.trace import ClockEvidence, Device, Era
from tb_contention.units import Nanoseconds, Picoseconds, SessionId


def placed(
    number: int, *, start: int | None = 0, run: str = "run", leaf: str = "trainer", model: str | None = "H100", steps: int = 10,
    kernels: int = 1000, names: tuple[int, ...] = (), recorded: Recorded | None = None, is_host: bool = False,
) -> Placed:  # fmt: skip
    key = SessionId(f"{run}/{number}/{leaf}")
    file = CaptureFile(
        path="",
        relative=key,
        run=f"{run}/{number}",
        directory="d",
        host=leaf,
        container=Container.XPLANE,
        size=1,
        mtime_ns=1,
    )
    sketch = Sketch(
        era=Era.XSPACE, hostnames=(), process_id=1, clock=ClockEvidence(), span=(Picoseconds(0), Picoseconds(1)),
        devices=(Device(name="d", ordinal=0, model=model, is_host=is_host),), use=(DeviceUse(device=0, kernels=kernels, copies=0),),
        steps=steps, allocations=0, events_in_file=10, complete=True, names=names,
    )  # fmt: skip
    clock = ClockOffset(
        source=ClockSource.MANIFEST, origin_ns=start, error=Nanoseconds(0), absolute_error=Nanoseconds(0)
    )
    return Placed(
        id=key, file=file, host="box", process_id=1, evidence=clock, clock=clock, offset=Nanoseconds(0), start=Nanoseconds(start or 0),
        end=Nanoseconds((start or 0) + 1), sketch=sketch, manifest=None if recorded is None else ManifestSession(recorded=recorded),
    )  # fmt: skip


def alone_of(captures: Sequence[Placed], together: Sequence[Sequence[Placed]]) -> Alone:
    snapshot: Any = SimpleNamespace(
        arranged=SimpleNamespace(placed=tuple(captures)), names={p.id: p.id for p in captures},
        groups=tuple(SimpleNamespace(members=tuple(members)) for members in together),
    )  # fmt: skip
    return Alone(snapshot=snapshot)


def best_of_all(alone: Alone, victim: Placed) -> list[tuple[SessionId, int]]:
    """Compare a capture with each other one, as is written in words in `Alone`."""
    beside, names = alone.beside.get(victim.id, ()), alone.snapshot.names
    found = []
    for one in alone.snapshot.arranged.placed:
        eligible = on_gpu(one) or (one.manifest is not None and one.manifest.recorded is not None)
        quiet = says_alone(one) or (bool(beside) and not alone.beside.get(one.id))
        model, other = model_used(victim), model_used(one)
        if eligible and quiet and one.id not in (victim.id, *beside) and (not model or not other or model == other):
            place = rank(victim, one, names)
            if place is not None:
                found.append((place, time_apart(victim, one), one.id))
    found.sort()
    whole = [each for each in found if each[0] < PART_OF_IT][:MOST_EACH]
    part = [each for each in found if each[0] == PART_OF_IT][:_MOST_INSIDE]
    return [(key, place) for place, _, key in (*whole, *part)]


@pytest.mark.parametrize("seed", range(6))
def test_the_best_of_all_are_proposed(seed: int) -> None:
    draw = random.Random(seed)
    signatures = [(), (1, 2, 3, 4), (1, 2, 3, 5), (7, 8, 9), (1, 2, 3, 4, 7, 8, 9), tuple(range(16))]
    manifests: list[Recorded | None] = [
        Recorded(run=run, command=0, alone=alone) for run in "rs" for alone in (True, False)
    ]
    captures = [
        placed(
            number, start=draw.choice([None, *range(9)]), run=draw.choice(["run", "run", "alone"]), leaf=draw.choice("ab"),
            model=draw.choice(["H100", "H100", "A100", None]), steps=draw.choice([0, 2, 10, 40]), kernels=draw.choice([900, 1000, 4000]),
            names=draw.choice(signatures), is_host=draw.random() < 0.1, recorded=draw.choice([*[None] * 16, *manifests]),
        )
        for number in range(150)
    ]  # fmt: skip
    groups = [captures[at : at + 2] for at in range(0, 60, 2)]
    alone = alone_of(captures, groups)
    compared = 0
    for victim in captures:
        expected = best_of_all(alone, victim)
        if not says_alone(victim) and (on_gpu(victim) or victim.manifest is not None):
            pool = alone._quiet if alone.beside.get(victim.id) else alone._said
            assert [each.id for each in alone._of_one(victim, pool)] == [key for key, _ in expected]
            compared += len(expected)
    assert compared > 300


@pytest.mark.parametrize("names", [(), (1, 2, 3)])
def test_few_captures_are_looked_at_however_many_there_are(
    names: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def looked_at(count: int) -> int:
        # Jobs whose kernels per step differ, so that one in ten captures is like another.
        quiet = [placed(n, start=10 * n, kernels=1000 + 300 * (n % 10), steps=100, names=names) for n in range(count)]
        pair = [placed(count + n, start=5 * count, kernels=1000, steps=100, names=names) for n in range(2)]
        alone, seen = alone_of([*quiet, *pair], [pair]), 0

        def counted(*arguments: Any) -> int | None:
            nonlocal seen
            seen += 1
            return rank(*arguments)

        monkeypatch.setattr(baselines, "rank", counted)
        proposed = alone.propose([pair[0].file])
        assert [len(found) for found in proposed.values()] == [MOST_EACH]
        assert all(one.id.split("/")[1][-1] == "0" for found in proposed.values() for one in found)
        return seen

    assert looked_at(4000) == looked_at(400) <= 2 * MOST_EACH
