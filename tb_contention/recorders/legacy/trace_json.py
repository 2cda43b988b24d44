"""`.trace.json.gz` of TensorFlow 2.2 -> Trace."""

import json
import math
import re
from typing import Any

import numpy as np

from tb_contention.errors import TraceFileError
from tb_contention.model.findings import Origin, Problem, Severity
from tb_contention.model.trace import Era, Trace
from tb_contention.recorders.common.advice import COPY_AGAIN
from tb_contention.recorders.common.unpacking import unpack
from tb_contention.recorders.legacy.old_trace import OldEvents, old_trace

#: The writer stops at a million events of a few hundred bytes each.
MAX_TEXT = 400 << 20
_BETWEEN_EVENTS = re.compile(r"\}\s*,\s*\{")


def decode_trace_json(data: bytes, *, file: str) -> Trace:
    """Decode the bytes of a gzip-compressed Chrome trace. Raises TraceFileError when nothing can be read."""
    unpacked, whole = unpack(data, file, MAX_TEXT)
    text = unpacked.decode("utf-8", "replace")
    problems: list[Problem] = []
    document, complete = _parse(text, file)
    if not (whole and complete):
        problems.append(
            Problem(
                file=file, slug="truncated-json", severity=Severity.ERROR, origin=Origin.READING,
                message=f"{file}: the file is truncated; the events before the cut are used.", advice=COPY_AGAIN,
            )
        )  # fmt: skip
    events = document.get("traceEvents") if isinstance(document, dict) else None
    if not isinstance(events, list):
        raise TraceFileError(
            f"{file}: the file is JSON without a traceEvents list, so it is not a Chrome trace.",
            slug="not-a-trace",
            advice=COPY_AGAIN,
        )
    return old_trace(file, Era.TRACE_JSON, _columns(events), problems, complete=whole and complete)


def _parse(text: str, file: str) -> tuple[Any, bool]:
    """Parse the text; close a truncated one after its last complete event."""
    try:
        return json.loads(text), True
    except (ValueError, RecursionError):
        pass
    cut = max((m.start() for m in _BETWEEN_EVENTS.finditer(text)), default=-1)
    try:
        return json.loads(text[: cut + 1] + "]}"), False
    except (ValueError, RecursionError):
        raise TraceFileError(f"{file}: the file is not valid JSON.", slug="bad-json", advice=COPY_AGAIN) from None


def _columns(events: list[Any]) -> OldEvents:
    planes: dict[Any, str] = {}
    threads: dict[tuple[Any, Any], str] = {}
    for event in events:
        if isinstance(event, dict) and event.get("ph") == "M" and isinstance(event.get("args"), dict):
            name = _text(event["args"].get("name", ""))
            if event.get("name") == "process_name":
                planes[_key(event.get("pid"))] = name
            elif event.get("name") == "thread_name":
                threads[_key(event.get("pid")), _key(event.get("tid"))] = name
    lines: dict[tuple[Any, Any], int] = {}
    rows = []
    for event in events:
        if not isinstance(event, dict) or event.get("ph") != "X":
            continue
        start, duration = _picoseconds(event.get("ts")), _picoseconds(event.get("dur", 0))
        place = _key(event.get("pid")), _key(event.get("tid"))
        line = lines.setdefault(place, len(lines))
        args = event.get("args") if isinstance(event.get("args"), dict) else {}
        assert isinstance(args, dict)
        rows.append(
            (
                line,
                start,
                duration,
                _number(args.get("correlation_id")),
                _number(args.get("step_num")),
                _text(event.get("name", "")),
            )
        )
    table = np.array([r[:5] for r in rows], np.int64).reshape(-1, 5)
    described = [
        (planes.get(p, ""), threads.get((p, t), ""), t if isinstance(t, int) and abs(t) < 1 << 62 else 0)
        for p, t in lines
    ]
    return OldEvents(
        lines=described, line=table[:, 0], name=[r[5] for r in rows], start=table[:, 1], duration=table[:, 2],
        correlation=table[:, 3], step=table[:, 4],
    )  # fmt: skip


def _text(value: Any) -> str:
    """Return a name as text; replace lone surrogates, which JSON can spell but no encoder can write."""
    return str(value).encode("utf-8", "replace").decode()


def _key(value: Any) -> Any:
    return value if isinstance(value, int | str) else None


def _picoseconds(value: Any) -> int:
    """Convert microseconds to ps; anything but a number becomes an impossible time, which is skipped later."""
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e12 or not math.isfinite(value):
        return 1 << 62
    return round(value * 1e6)


def _number(value: Any) -> int:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1
