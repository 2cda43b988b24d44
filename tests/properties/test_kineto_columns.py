"""What the scanner of Kineto files reads is what a general JSON parser reads, on every recording; times as exact as a float is."""

import gzip
import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from kineto import enlarged, unpacked
from kineto_parsers import GROUPS, PARSERS, Columns, differences

DATA = Path(__file__).parents[1] / "data" / "kineto"


def both(text: bytes) -> tuple[Columns, Columns]:
    return PARSERS["here"](text), PARSERS["json"](text)


@pytest.mark.parametrize("path", sorted(DATA.rglob("*.pt.trace.json*")), ids=lambda path: path.parent.name)
def test_committed_recordings_give_the_same_columns(path: Path) -> None:
    ours, general = both(unpacked(path))
    assert len(ours) > 100
    assert differences(ours, general) == []


def test_real_traces_of_gpus_give_the_same_columns(real_traces: Path) -> None:
    files = sorted((real_traces / "kineto").glob("*.gz"))
    assert len(files) >= 8
    for path in files:
        ours, general = both(unpacked(path))
        assert len(ours.arguments[0]) > 10, path.name
        assert differences(ours, general) == [], path.name


def test_a_difference_in_any_column_is_found(real_traces: Path) -> None:
    text = gzip.decompress((real_traces / "kineto" / "h100_bert.pt.trace.json.gz").read_bytes())
    document = json.loads(text)
    ours = PARSERS["here"](text)
    for field, value in (("name", "other"), ("ts", 1.5), ("pid", 77), ("args", {}), ("cat", "gpu_memset")):
        events = [dict(event) for event in document["traceEvents"]]
        next(event for event in events if event.get("cat") == "kernel")[field] = value
        changed = json.dumps({**document, "traceEvents": events}).encode()
        assert differences(ours, PARSERS["json"](changed)), field
    assert [len(found) > 0 for found in ours.arguments] == [True] * len(GROUPS)


def test_repeated_events_are_read_as_often(real_traces: Path) -> None:
    text = gzip.decompress((real_traces / "kineto" / "mi250_rocm.pt.trace.json.gz").read_bytes())
    ours, general = both(enlarged(text, 4 * len(text)))
    assert len(ours) >= 3 * len(PARSERS["here"](text))
    assert differences(ours, general) == []
