"""Long lines are read in pieces, by several threads: the columns are those of the uncut line, whatever the bytes."""

import random
from dataclasses import replace

import numpy as np
import pytest

from tb_contention.recorders.xspace.decoding import skeleton
from tb_contention.recorders.xspace.decoding.host_events import MEMORY_SLOTS
from tb_contention.recorders.xspace.decoding.lines import RawEvents, read_lines
from tb_contention.recorders.xspace.decoding.shares import shares
from tb_contention.recorders.xspace.decoding.structure import Structure, find_structure
from tb_contention.recorders.xspace.writer import (
    Line,
    Names,
    Plane,
    StatColumn,
    encode_kernel_columns,
    encode_line,
    encode_plane,
    put_bytes,
)
from tb_contention.units import U8

SIZES = (2 * skeleton.MARK_EVERY + 30_000, 10, skeleton.MARK_EVERY)


def file() -> bytearray:
    names = Names()
    kept, left = names.event("MemoryAllocation"), names.event("other")
    stats = [names.stat(slot.name) for slot in MEMORY_SLOTS]
    lines = []
    for thread, size in enumerate(SIZES):
        rows = np.arange(size)
        columns = [
            StatColumn(stat=stats[0], field=7, values=np.full(size, stats[1])),
            StatColumn(stat=stats[1], field=3, values=rows * 977),
            StatColumn(stat=stats[7], field=4, values=rows % 300),
        ]
        events = encode_kernel_columns(np.where(rows % 7, kept, left), rows * 1000, rows % 200, columns)
        lines.append(encode_line(Line(id=thread, name=f"thread {thread}"), names, events))
    out = bytearray()
    put_bytes(out, 1, encode_plane(Plane(id=1, name="/host:CPU"), names, tuple(lines)))
    return out


FILE = file()


def read(data: U8, structure: Structure, workers: int) -> RawEvents:
    classes = np.full(len(structure.events.keys), 2, np.uint8)
    classes[1:2] = 0
    lines = list(range(len(structure.lines)))
    return read_lines(data, structure, lines, MEMORY_SLOTS, classes, default=2, origin_ns=0, workers=workers)


def check(changed: bytearray) -> RawEvents:
    data = np.frombuffer(bytes(changed), np.uint8)
    structure = find_structure(data)
    uncut = read(data, replace(structure, marks=structure.marks[:0]), 1)
    for workers in (1, 2, 3, 8):
        found = read(data, structure, workers)
        assert np.array_equal(found.values, uncut.values)
        assert np.array_equal(found.line, uncut.line)
        assert (found.aggregated, found.broken, found.broken_at, found.bad_times) == (
            uncut.aggregated, uncut.broken, uncut.broken_at, uncut.bad_times,
        )  # fmt: skip
    return uncut


def borders(data: bytearray) -> list[int]:
    at: list[int] = find_structure(np.frombuffer(bytes(data), np.uint8)).marks[:, skeleton.MARK_AT].tolist()
    return at


def test_a_whole_file_reads_the_same_in_pieces() -> None:
    assert len(borders(FILE)) == 3  # one of them behind the last event of its line
    assert len(check(FILE).line) == sum(size - -(-size // 7) for size in SIZES)


@pytest.mark.parametrize("seed", range(12))
def test_damage_across_a_cut_reads_the_same_in_pieces(seed: int) -> None:
    rng = random.Random(seed)
    changed = bytearray(FILE)
    for at in borders(FILE):
        for _ in range(rng.choice((1, 2, 40))):
            changed[at + rng.randrange(-40, 40)] = rng.randrange(256)
    check(changed)


@pytest.mark.parametrize("seed", range(4))
def test_damage_anywhere_reads_the_same_in_pieces(seed: int) -> None:
    rng = random.Random(seed)
    changed = bytearray(FILE)
    for _ in range(2000):
        # Inside of events: a damaged length of an event would end the line there.
        changed[rng.randrange(len(changed) // 32) * 32 + 8] = rng.randrange(256)
    check(changed)


def test_a_file_cut_beside_a_border_reads_the_same_in_pieces() -> None:
    for border in borders(FILE):
        for beside in (-1, 0, 1, 20):
            check(FILE[: border + beside])


def test_shares_hold_all_pieces_in_order_and_of_about_one_size() -> None:
    structure = find_structure(np.frombuffer(bytes(FILE), np.uint8))
    dealt = shares(structure, [0, 1, 2], 2)
    pieces = [piece for share in dealt for piece in share]
    assert [piece.number for piece in pieces] == [0, 0, 0, 1, 2, 2]
    assert [piece.events for piece in pieces] == [skeleton.MARK_EVERY] * 2 + [30_000, 10, SIZES[2], 0]
    assert pieces[0].end == pieces[1].begin
    assert all(sum(piece.events for piece in share) > sum(SIZES) // 3 for share in dealt)
