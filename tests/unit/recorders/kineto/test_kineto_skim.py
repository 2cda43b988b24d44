"""A skim of PyTorch's traces is the sketch of what decoding them yields, whole or damaged."""

import gzip
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tb_contention.errors import TraceFileError
from tb_contention.model.sketch import Sketch, sketch_of
from tb_contention.recorders.kineto.reader import decode_kineto
from tb_contention.recorders.kineto.skim import skim_kineto

DATA = Path(__file__).resolve().parents[3] / "data" / "kineto"


def decoded(data: bytes) -> Sketch:
    sketch = sketch_of(decode_kineto(data, file="f"))
    return replace(sketch, clock=replace(sketch.clock, negative_lag_ps=0))


def outcome(data: bytes, *, skims: bool) -> Sketch | str:
    try:
        return skim_kineto(data, file="f") if skims else decoded(data)
    except TraceFileError as error:
        return error.message


def test_real_files_are_skimmed_as_they_are_decoded(real_traces: Path) -> None:
    paths = sorted((real_traces / "kineto").glob("*.gz"))

    assert len(paths) >= 8
    for path in paths:
        data = path.read_bytes()
        assert skim_kineto(data, file="f") == decoded(data)


def test_captures_without_a_gpu_count_their_outermost_operations() -> None:
    for path in DATA.rglob("*.gz"):
        data = path.read_bytes()
        sketch = skim_kineto(data, file="f")
        assert sketch == decoded(data)
        assert [sketch.devices[use.device].is_host for use in sketch.use] == [True]


def test_more_gpus_than_are_listed_are_left_out() -> None:
    events: list[dict[str, Any]] = [
        {"ph": "X", "cat": "kernel", "name": "k", "pid": n, "tid": 7, "ts": n, "dur": 1, "args": {"device": n}}
        for n in range(300)
    ]
    data = json.dumps({"traceEvents": events}).encode()

    assert skim_kineto(data, file="f") == decoded(data)
    assert len(skim_kineto(data, file="f").use) == 256


@pytest.mark.parametrize("seed", range(4))
def test_damaged_files_are_skimmed_or_refused_as_they_are_decoded(seed: int) -> None:
    (path,) = (DATA / "first").glob("*.gz")
    data = gzip.decompress(path.read_bytes())
    rng = random.Random(seed)
    for _ in range(15):
        mutant = bytearray(data[: rng.choice((len(data), rng.randrange(len(data))))])
        for _ in range(rng.choice((1, 3, 200))):
            mutant[rng.randrange(len(mutant))] = rng.choice(b'"\\{}[],:0-e.')
        assert outcome(bytes(mutant), skims=True) == outcome(bytes(mutant), skims=False)
