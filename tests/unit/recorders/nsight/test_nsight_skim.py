"""A skim of Nsight Systems' exports is the sketches of what reading them yields, whole or damaged."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tb_contention.errors import TraceFileError
from tb_contention.model.sketch import Sketch, sketch_of
from tb_contention.recorders.nsight.reader import read_report
from tb_contention.recorders.nsight.skim import skim_nsight
from tb_contention.simulate.nsight import write_report


def read(path: Path) -> tuple[tuple[str, Sketch], ...]:
    found = [(part.name, sketch_of(part.trace)) for part in read_report(str(path), "f")]
    return tuple((name, replace(s, clock=replace(s.clock, negative_lag_ps=0))) for name, s in found)


def outcome(path: Path, *, skims: bool) -> tuple[tuple[str, Sketch], ...] | str:
    try:
        return skim_nsight(str(path), "f") if skims else read(path)
    except TraceFileError as error:
        return error.slug


def test_real_reports_are_skimmed_as_they_are_read(real_traces: Path) -> None:
    paths = sorted((real_traces / "nsight").glob("*.sqlite"))

    assert len(paths) >= 2
    for path in paths:
        assert skim_nsight(str(path), "f") == read(path)


@pytest.mark.parametrize("switches", [True, False])
def test_made_reports_are_skimmed_as_they_are_read(tmp_path: Path, switches: bool) -> None:
    path = write_report("time_slicing", tmp_path, switches=switches)

    skimmed = skim_nsight(str(path), "f")

    assert skimmed == read(path)
    assert all(sketch.use and sketch.steps for _, sketch in skimmed)


def test_damaged_reports_are_skimmed_or_refused(tmp_path: Path) -> None:
    whole = write_report("time_slicing", tmp_path).read_bytes()
    path, rng = tmp_path / "damaged.sqlite", np.random.default_rng(1)
    for _ in range(12):
        data = bytearray(whole)
        for at in rng.integers(0, len(data), int(rng.integers(1, 60))).tolist():
            data[at] ^= 1 << int(rng.integers(8))
        path.write_bytes(data)
        expected, skimmed = outcome(path, skims=False), outcome(path, skims=True)
        # A refusal may concern a page that only one of the two looks at.
        assert skimmed == expected or "bad-sqlite" in (skimmed, expected)
