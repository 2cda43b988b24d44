"""A skim says of a file what decoding it says, without decoding it."""

from dataclasses import replace
from pathlib import Path

import pytest

from tb_contention.errors import TraceFileError
from tb_contention.model.sketch import Sketch, sketch_of
from tb_contention.recorders.xspace.decoding import skim
from tb_contention.recorders.xspace.decoding.reader import decode_xspace
from tb_contention.recorders.xspace.decoding.skim import skim_xspace
from tb_contention.recorders.xspace.decoding.structure import Structure
from tb_contention.simulate import write_scenario
from tb_contention.units import U8


@pytest.fixture(autouse=True)
def _ready(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skim from the first file on, whether or not that is compiled."""
    monkeypatch.setattr(skim, "is_ready", lambda _: True)


def decoded(data: bytes) -> Sketch | str:
    try:
        sketch = sketch_of(decode_xspace(data, file="x"))
    except TraceFileError as error:
        return str(error)
    return replace(sketch, clock=replace(sketch.clock, negative_lag_ps=0))


def skimmed(data: bytes) -> Sketch | str:
    try:
        return skim_xspace(data, file="x")
    except TraceFileError as error:
        return str(error)


def test_every_file_at_hand_is_skimmed_to_the_sketch_of_its_trace(real_traces: Path) -> None:
    files = sorted(real_traces.rglob("*.xplane.pb"))

    assert len(files) > 100
    assert [str(f) for f in files if skimmed(f.read_bytes()) != decoded(f.read_bytes())] == []


@pytest.mark.parametrize("scenario", ["time_slicing", "mps", "single_stream", "unshared"])
def test_simulated_files_are_not_decoded(scenario: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = sorted(write_scenario(scenario, tmp_path).rglob("*.xplane.pb"))
    expected = [decoded(f.read_bytes()) for f in files]
    monkeypatch.delattr(skim, "_decoded")

    assert [skimmed(f.read_bytes()) for f in files] == expected


def test_the_first_files_are_decoded_while_skimming_is_not_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = next(write_scenario("time_slicing", tmp_path).rglob("*.xplane.pb")).read_bytes()
    decoding, decode = list[int](), skim._decoded

    def noted(raw: U8, structure: Structure, file: str, steps: str) -> Sketch:
        decoding.append(len(raw))
        return decode(raw, structure, file, steps)

    monkeypatch.setattr(skim, "is_ready", lambda _: False)
    monkeypatch.setattr(skim, "_decoding", 1)
    monkeypatch.setattr(skim, "_decoded", noted)

    assert skimmed(data) == skimmed(data) == decoded(data)
    assert decoding == [len(data)]  # the second has no room left


def test_a_cut_or_damaged_file_is_skimmed_like_it_is_decoded(tmp_path: Path) -> None:
    data = next(write_scenario("time_slicing", tmp_path).rglob("together/*/plugins/profile/*/*.xplane.pb")).read_bytes()
    cut = [data[: len(data) * k // 13] for k in range(13)]
    hurt = [bytearray(data) for _ in range(40)]
    for number, one in enumerate(hurt):
        at = len(data) * number // len(hurt) + 7
        one[at : at + 3] = b"\xff\x80\x22"

    found = [(skimmed(one), decoded(one)) for one in (*cut, *map(bytes, hurt))]
    # Damage inside a value that a skim does not read shows only in the decoded trace.
    seen = [(a, b) for a, b in found if isinstance(b, str) or "bad-event" not in {p.slug for p in b.problems}]

    assert len(seen) > 20
    assert [a for a, _ in seen] == [b for _, b in seen]
