"""Damaged traces of PyTorch: a trace or a TraceFileError, whatever the bytes; and a cut file yields part of what the whole one yields."""

import gzip
import json
import random
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from tb_contention.errors import TraceFileError
from tb_contention.model.trace import Trace
from tb_contention.recorders.kineto.reader import decode_kineto
from tb_contention.recorders.kineto.skim import skim_kineto

DATA = Path(__file__).resolve().parents[1] / "data" / "kineto"


def read(data: bytes) -> Trace | None:
    """Decode and skim."""
    with suppress(TraceFileError):
        skim_kineto(data, file="f")
    try:
        return decode_kineto(data, file="f")
    except TraceFileError:
        return None


def text() -> bytes:
    """A real trace, with work on a GPU added that was never recorded."""
    (path,) = (DATA / "first").glob("*.gz")
    document = json.loads(gzip.decompress(path.read_bytes()))
    start = document["traceEvents"][0]["ts"]
    arguments = {"device": 0, "stream": 7, "correlation": 1, "grid": [1, 2, 3], "block": [32, 1, 1]}
    document["traceEvents"] += [
        {
            "ph": "X",
            "cat": "kernel",
            "name": f"k{n}\\u00e9",
            "pid": 0,
            "tid": 7,
            "ts": start + n,
            "dur": 0.5,
            "args": arguments,
        }
        for n in range(200)
    ]
    return json.dumps(document, indent=1).encode()


def works(trace: Trace) -> Counter[tuple[str, int]]:
    k = trace.kernels
    return Counter((trace.strings[n], d) for n, d in zip(k.name.tolist(), k.duration.tolist(), strict=True))


def test_a_file_cut_anywhere_yields_part_of_the_whole() -> None:
    data = text()
    whole = works(decode_kineto(data, file="f"))
    random.seed(1)
    found = 0
    for cut in [*range(2000), *(random.randrange(len(data)) for _ in range(300))]:
        trace = read(data[:cut])
        assert trace is None or works(trace) <= whole
        found += trace is not None and len(trace.kernels) > 0
    assert found > 20


def test_changed_bytes_never_escape_as_another_error() -> None:
    data = text()
    random.seed(2)
    for _ in range(400):
        mutant = bytearray(data)
        for _ in range(random.choice((1, 3, 200, len(data) // 50))):
            mutant[random.randrange(len(mutant))] = (
                random.choice(b'"\\{}[],:0-e.') if random.random() < 0.5 else random.randrange(256)
            )
        read(bytes(mutant))


def test_changed_bytes_of_a_compressed_file_never_escape_as_another_error() -> None:
    (path,) = (DATA / "first").glob("*.gz")
    data = path.read_bytes()
    random.seed(3)
    for _ in range(300):
        mutant = bytearray(data)
        for _ in range(random.choice((1, 3))):
            mutant[random.randrange(len(mutant))] = random.randrange(256)
        read(bytes(mutant[: random.choice((len(mutant), random.randrange(len(mutant))))]))


@pytest.mark.parametrize(
    "value",
    [
        "1e400",
        "-9223372036854775808",
        "9223372036854775807",
        "1" * 400,
        '"NaN"',
        "[1]",
        "{}",
        "-",
        "1e-40",
        "0x10",
        "1.7e15",
        "-0.0000001",
    ],
)
@pytest.mark.parametrize(
    "key", ["ts", "dur", "pid", "tid", "device", "stream", "correlation", "External id", "bytes", "grid", "Addr"]
)
def test_any_value_in_any_place_is_read_or_left_out(key: str, value: str) -> None:
    kernel = (
        f'{{"ph":"X","cat":"kernel","name":"a","pid":0,"tid":7,"ts":5,"dur":2,"args":{{"device":0,"{key}":{value}}}}}'
    )
    other = f'{{"ph":"X","cat":"cpu_op","name":"b","pid":9,"tid":9,"ts":6,"dur":1,"{key}":{value}}}'
    arguments = f'{{"Device Type":1,"Device Id":0,"{key}":{value},"Bytes":5,"Total Allocated":5}}'
    memory = f'{{"ph":"i","cat":"cpu_instant_event","name":"[memory]","pid":9,"tid":9,"ts":6,"args":{arguments}}}'
    trace = read(f'{{"baseTimeNanoseconds":0,"traceEvents":[{kernel},{other},{memory}]}}'.encode())
    assert trace is not None
    assert trace.events_in_file == 3
    assert set(trace.kernels.duration.tolist()) <= {2_000_000, 1_000_000}
