"""The bytes of a file -> its events as columns, and the members beside the list of events."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from tb_contention.errors import TraceFileError
from tb_contention.recorders.common.advice import COPY_AGAIN
from tb_contention.recorders.common.unpacking import unpack
from tb_contention.recorders.kineto import events as scanning
from tb_contention.recorders.kineto.json_text import OPEN, OPEN_LIST, member, skip_blank
from tb_contention.units import I64, U8

#: Traces of a single training step can reach 1 GB.
MAX_TEXT = (1 << 32) - 1
#: Bounds on the members beside the events, for hostile files; honest ones are few and small.
_MOST_MEMBER, _MOST_MEMBERS = 1 << 20, 200
_CHUNK = 1 << 18

#: What an event is, by its category: names of several releases, PyTorch 1.8 to 2.x.
KERNEL, COPY, MEMSET, LAUNCH, OP, MARK, SPAN, METADATA, MEMORY, MTIA, HPU = range(11)
CATEGORIES = {
    "kernel": KERNEL, "Kernel": KERNEL, "gpu_memcpy": COPY, "Memcpy": COPY, "gpu_memset": MEMSET, "Memset": MEMSET,
    "cuda_runtime": LAUNCH, "cuda_driver": LAUNCH, "Runtime": LAUNCH, "hip_runtime": LAUNCH, "xpu_runtime": LAUNCH,
    "privateuse1_runtime": LAUNCH, "cpu_op": OP, "Operator": OP, "user_annotation": MARK, "Trace": SPAN, "cpu_instant_event": MEMORY,
    "xpu_driver": LAUNCH, "privateuse1_driver": LAUNCH, "mtia_runtime": MTIA, "mtia_ccp_events": MTIA, "mtia_insight": MTIA,
    "mtia_workloadd": MTIA, "hpu_op": HPU,
}  # fmt: skip
_KEYS = ("ph", "cat", "name", "pid", "tid", "ts", "dur", "args")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A scanned file. beside: the members beside the list of events, as JSON values; rows: one per event, columns as in `events`;
    end: the position behind the document, blanks included. unplaced: of several processes in the file, and nothing says which GPU each had.
    """

    text: U8
    beside: dict[str, Any]
    rows: I64
    complete: bool
    end: int
    unplaced: bool = False


def words(texts: tuple[str, ...]) -> tuple[U8, I64]:
    """Join words into one array with offsets, as compiled functions take them."""
    encoded = [text.encode() for text in texts]
    offsets = np.cumsum([0, *map(len, encoded)]).astype(np.int64)
    offsets.flags.writeable = False
    return np.frombuffer(b"".join(encoded), np.uint8), offsets


def read_document(data: bytes | U8, file: str) -> Document:
    """Unpack and scan a file. Raises TraceFileError if it is neither a list of events nor a JSON object with `traceEvents`."""
    text, whole = _text(data, file)
    at = skip_blank(text, 0, len(text))
    if at < len(text) and text[at] == OPEN_LIST:
        rows, at = _scan(text, at + 1)
        if not len(rows):
            raise TraceFileError(
                f"{file}: the file is a JSON list without events, so it is not a Chrome trace.",
                slug="not-a-trace",
                advice=COPY_AGAIN,
            )
        end = int(skip_blank(text, at, len(text))) if at >= 0 else len(text)
        return Document(text=text, beside={}, rows=rows, complete=whole and at >= 0, end=end)
    if at >= len(text) or text[at] != OPEN:
        raise TraceFileError(f"{file}: the file is not a JSON object.", slug="bad-json", advice=COPY_AGAIN, offset=0)
    beside: dict[str, Any] = {}
    rows, found, ended = np.empty((0, scanning.WIDTH), np.int64), False, False
    at += 1
    for _ in range(_MOST_MEMBERS):
        begin = _list_of_events(text, at) if not found else -1
        if begin >= 0:
            rows, at = _scan(text, begin)
            found = True
            if at < 0:
                break
            continue
        key, key_end, value, value_end = member(text, at, len(text))
        if key < 0:
            ended = key_end >= 0
            at = int(key_end)
            break
        at = value_end
        _keep(beside, text, (key, key_end), (value, value_end))
    if not found:
        raise TraceFileError(
            f"{file}: the file is JSON without a traceEvents list, so it is not a Chrome trace.",
            slug="not-a-trace",
            advice=COPY_AGAIN,
        )
    end = int(skip_blank(text, at, len(text))) if ended else len(text)
    return Document(text=text, beside=beside, rows=rows, complete=whole and ended, end=end)


def _text(data: bytes | U8, file: str) -> tuple[U8, bool]:
    """Return the text and whether it is complete; recognise gzip by its first bytes, not by the file's name."""
    raw = np.frombuffer(data, np.uint8)
    if not len(raw):
        raise TraceFileError(f"{file}: the file is empty.", slug="empty-file", advice=COPY_AGAIN, offset=0)
    if bytes(raw[:2]) != b"\x1f\x8b":
        raw.flags.writeable = False
        return raw, True
    text, whole = unpack(raw.data, file, MAX_TEXT)
    return np.frombuffer(text, np.uint8), whole


_EVENTS = b'"traceEvents"'


def _list_of_events(text: U8, at: int) -> int:
    """Return where the events begin if the next member is the list of events, else -1."""
    at = skip_blank(text, at, len(text))
    if text[at : at + len(_EVENTS)].tobytes() != _EVENTS:
        return -1
    at = skip_blank(text, at + len(_EVENTS), len(text))
    if at >= len(text) or text[at] != ord(":"):
        return -1
    at = skip_blank(text, at + 1, len(text))
    return at + 1 if at < len(text) and text[at] == OPEN_LIST else -1


def _scan(text: U8, at: int) -> tuple[I64, int]:
    """Read the list of events; return the rows and the position after the list, -1 if the text ends first."""
    keys, key_offsets = words(_KEYS)
    names, name_offsets = words(tuple(CATEGORIES))
    classes = np.array([*CATEGORIES.values(), METADATA, MEMORY], np.int64)
    classes.flags.writeable = False
    parts: list[I64] = []
    state = scanning.MORE
    while state == scanning.MORE:
        part = np.empty((_CHUNK, scanning.WIDTH), np.int64)
        made, at, state = scanning.scan(text, at, len(text), keys, key_offsets, classes, names, name_offsets, part)
        parts.append(part[:made].copy() if made < _CHUNK else part)
    return np.concatenate(parts), (-1 if state == scanning.CUT else int(at))


def _keep(beside: dict[str, Any], text: U8, key: tuple[int, int], value: tuple[int, int]) -> None:
    """Keep a small member; skip invalid JSON."""
    if value[1] - value[0] > _MOST_MEMBER or key[1] - key[0] > 100:
        return
    try:
        beside[text[key[0] : key[1]].tobytes().decode("utf-8", "replace")] = json.loads(
            text[value[0] : value[1]].tobytes()
        )
    except (ValueError, RecursionError):
        return
