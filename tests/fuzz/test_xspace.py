"""Damaged files: whatever the bytes, a trace or a TraceFileError; and what a cut file yields is part of what the whole one yields."""

import random
from collections import Counter
from pathlib import Path

import pytest

from tb_contention.errors import TraceFileError
from tb_contention.model.trace import Trace
from tb_contention.xspace.reader import decode_xspace


def works(trace: Trace) -> "Counter[tuple[int, int, str, int]]":
    k = trace.kernels
    names = [trace.streams[s].name for s in k.stream.tolist()]
    kinds = [trace.devices[trace.streams[s].device].ordinal for s in k.stream.tolist()]
    return Counter(zip(k.start.tolist(), k.duration.tolist(), names, kinds, strict=True))


def read(data: bytes) -> "Trace | None":
    try:
        return decode_xspace(data, file="f")
    except TraceFileError:
        return None


@pytest.mark.parametrize("era", ["tf-2.4.0", "tf-2.10.0", "tf-2.17.0"])
def test_a_file_cut_anywhere_yields_part_of_the_whole(real_traces: Path, era: str) -> None:
    path = min((real_traces / "eras" / era).rglob("*.xplane.pb"), key=lambda p: p.stat().st_size)
    data = path.read_bytes()
    whole = decode_xspace(data, file="f")
    for cut in range(0, len(data), 3):
        trace = read(data[:cut])
        assert trace is None or works(trace) <= works(whole)


def test_a_cut_gpu_file_yields_part_of_the_whole(real_traces: Path) -> None:
    (path,) = (real_traces / "gpu_multi_worker").rglob("*.xplane.pb")
    data = path.read_bytes()
    whole = works(decode_xspace(data, file="f"))
    random.seed(1)
    for _ in range(60):
        trace = read(data[: random.randrange(len(data))])
        assert trace is None or works(trace) <= whole


def test_changed_bytes_never_escape_as_another_error(real_traces: Path) -> None:
    data = min((real_traces / "eras").rglob("*.xplane.pb"), key=lambda p: p.stat().st_size).read_bytes()
    random.seed(2)
    for _ in range(3000):
        mutant = bytearray(data)
        for _ in range(random.choice((1, 3, len(data) // 50))):
            mutant[random.randrange(len(mutant))] = random.randrange(256)
        read(bytes(mutant))


@pytest.mark.parametrize(
    ("data", "slug"),
    [
        (b"", "empty-file"),
        (b"\x1f\x8b\x08", "gzip-file"),
        (b"{}", "json-file"),
        (b"<html>", "html-page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git-lfs-pointer"),
        (b"hello", "not-an-xspace"),
    ],
)
def test_other_files_are_refused_by_name(data: bytes, slug: str) -> None:
    with pytest.raises(TraceFileError) as refusal:
        decode_xspace(data, file="f")
    assert refusal.value.slug == slug
