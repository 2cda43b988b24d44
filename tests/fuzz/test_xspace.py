"""Damaged files: whatever the bytes, a trace or a TraceFileError; and what a cut file yields is part of what the whole one yields."""

import random
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

import tb_contention
from tb_contention.errors import TraceFileError
from tb_contention.model.trace import Trace
from tb_contention.recorders.xspace.decoding.reader import decode_xspace
from tb_contention.recorders.xspace.decoding.skim import skim_xspace


def works(trace: Trace) -> Counter[tuple[int, int, str, int]]:
    k = trace.kernels
    names = [trace.streams[s].name for s in k.stream.tolist()]
    kinds = [trace.devices[trace.streams[s].device].ordinal for s in k.stream.tolist()]
    return Counter(zip(k.start.tolist(), k.duration.tolist(), names, kinds, strict=True))


def read(data: bytes) -> Trace | None:
    """Decode and skim."""
    with suppress(TraceFileError):
        skim_xspace(data, file="f")
    try:
        return decode_xspace(data, file="f")
    except TraceFileError:
        return None


@pytest.mark.parametrize("era", ["tf-2.4.0", "tf-2.10.0", "tf-2.17.0"])
def test_a_file_cut_anywhere_yields_part_of_the_whole(real_traces: Path, era: str, full: bool) -> None:
    path = min((real_traces / "eras" / era).rglob("*.xplane.pb"), key=lambda p: p.stat().st_size)
    data = path.read_bytes()
    whole = works(decode_xspace(data, file="f"))
    # A step that shares no factor with the sizes of fields, so that all kinds of places are cut.
    for cut in range(0, len(data), 7 if full else 37):
        trace = read(data[:cut])
        assert trace is None or works(trace) <= whole


def test_a_cut_gpu_file_yields_part_of_the_whole(real_traces: Path) -> None:
    (path,) = (real_traces / "gpu_multi_worker").rglob("*.xplane.pb")
    data = path.read_bytes()
    whole = works(decode_xspace(data, file="f"))
    random.seed(1)
    for _ in range(60):
        trace = read(data[: random.randrange(len(data))])
        assert trace is None or works(trace) <= whole


def test_changed_bytes_never_escape_as_another_error(real_traces: Path, full: bool) -> None:
    data = min((real_traces / "eras").rglob("*.xplane.pb"), key=lambda p: p.stat().st_size).read_bytes()
    random.seed(2)
    for _ in range(1500 if full else 300):
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


def _varint(value: int) -> bytes:
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


LINE = _field(3, b"\x08\x01" + _field(4, b"\x08\x01\x10\x05\x18\x05"))
BOMBS = {
    "a million empty planes": b"\x0a\x00" * 10**6,
    "as many GPUs as fit": b"".join(_field(1, _field(2, b"/device:GPU:%d" % i) + LINE) for i in range(20_000)),
    "one plane in many pieces": _field(1, _field(2, b"/device:GPU:0") + LINE) * 20_000,
    "as many threads as fit": _field(
        1, _field(2, b"/host:CPU") + LINE * 20_000 + _field(4, b"\x08\x01" + _field(2, _field(2, b"a:B")))
    ),
    "a name of 50 MB": _field(
        1, _field(2, b"/device:GPU:0") + LINE + _field(4, b"\x08\x01" + _field(2, _field(2, b"x" * 50_000_000)))
    ),
    "a length of 2**63": b"\x0a" + _varint(2**63 - 1) + b"abc",
    "a length of 2**64": b"\x0a" + _varint(2**64 - 1) + b"abc",
    "groups within groups": _field(1, _field(2, b"/host:CPU") + b"\x7b" * 10**6),
    "a varint that does not end": b"\x0a" + b"\xff" * 11,
}


@pytest.mark.parametrize("bomb", sorted(BOMBS))
def test_bombs_end_in_a_report_or_a_refusal(bomb: str, tmp_path: Path) -> None:
    place = tmp_path / "plugins" / "profile" / "s" / "h.xplane.pb"
    place.parent.mkdir(parents=True)
    place.write_bytes(BOMBS[bomb])

    report = tb_contention.analyse(tmp_path, cache_dir=None)

    assert len(report.devices) <= 256
    assert all(len(k.name) < 100_000 for d in report.devices for k in d.overlap.kernels)
    # Only the long name is a whole capture; the others do not pass without a word.
    assert bool(report.problems) == (bomb != "a name of 50 MB")
