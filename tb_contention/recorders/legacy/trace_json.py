"""`.trace.json.gz` of TensorFlow 2.2 -> Trace."""

import json
import math
import re
from typing import Any

from tb_contention.errors import TraceFileError
from tb_contention.model.findings import Origin, Problem, Severity
from tb_contention.model.trace import Era, Trace
from tb_contention.recorders.common.advice import COPY_AGAIN
from tb_contention.recorders.common.plausible import refuse_beyond
from tb_contention.recorders.common.unpacking import unpack
from tb_contention.recorders.legacy.old_trace import EVENTS, Columns, OldEvents, old_trace

#: The writer stops at a million events of a few hundred bytes each.
MAX_TEXT = 400 << 20
#: Bytes that are parsed at once, and that an event may have, so that no event becomes more objects than fit into memory.
_WINDOW, _LONGEST = 1 << 20, 1 << 18
_LIST = re.compile(rb'"traceEvents"\s*:\s*\[')
_BETWEEN = re.compile(r"[\s,]*")
_decode = json.JSONDecoder().raw_decode


def decode_trace_json(data: bytes, *, file: str, steps: str = "") -> Trace:
    """Decode the bytes of a gzip-compressed Chrome trace. Raises TraceFileError when nothing can be read.

    steps: what the user calls a step.
    """
    unpacked, whole = unpack(data, file, MAX_TEXT)
    found = _Columns(file)
    complete = found.read(unpacked, _begin(unpacked, file))
    problems: list[Problem] = []
    if not (whole and complete):
        problems.append(
            Problem(
                file=file, slug="truncated-json", severity=Severity.ERROR, origin=Origin.READING,
                message=f"{file}: the file is truncated; the events before the cut are used.", advice=COPY_AGAIN,
            )
        )  # fmt: skip
    return old_trace(file, Era.TRACE_JSON, found.events(), problems, complete=whole and complete, steps=steps)


def _begin(text: bytes, file: str) -> int:
    """Return where the first event begins. Raises TraceFileError if the text has no list of events near its beginning."""
    match = _LIST.search(text, 0, _WINDOW)
    if match is not None and text.lstrip()[:1] == b"{":
        return match.end()
    try:
        json.loads(text[:_WINDOW])
    except (ValueError, RecursionError):
        raise TraceFileError(f"{file}: the file is not valid JSON.", slug="bad-json", advice=COPY_AGAIN) from None
    raise TraceFileError(
        f"{file}: the file is JSON without a traceEvents list, so it is not a Chrome trace.",
        slug="not-a-trace",
        advice=COPY_AGAIN,
    )


class _Columns(Columns):
    """Columns of start, duration, correlation and step."""

    def __init__(self, file: str) -> None:
        super().__init__(file, 4)
        self.planes: dict[Any, str] = {}

    def read(self, text: bytes, at: int) -> bool:
        """Read the events from a byte on; return whether their list ends."""
        count = 0
        while at < len(text):
            # Decoded in pieces; what a border cuts is decoded again with the next piece.
            window = text[at : at + _WINDOW].decode("utf-8", "surrogateescape")
            last, place = at + _WINDOW >= len(text), 0
            while last or len(window) - place > _LONGEST:
                between = _BETWEEN.match(window, place)
                place = between.end() if between else place
                if place >= len(window):
                    return False
                if window[place] == "]":
                    return True
                try:
                    event, place = _decode(window, place)
                except (ValueError, RecursionError):
                    return False
                count += 1
                refuse_beyond(EVENTS, count, len(text), self.file)
                self._add(event)
            at += len(window[:place].encode("utf-8", "surrogateescape"))
        return False

    def _add(self, event: Any) -> None:
        if not isinstance(event, dict):
            return
        args = event.get("args")
        args = args if isinstance(args, dict) else {}
        phase = event.get("ph")
        if phase == "X":
            place = _key(event.get("pid")), _key(event.get("tid"))
            start, duration = _picoseconds(event.get("ts")), _picoseconds(event.get("dur", 0))
            correlation, step = _number(args.get("correlation_id")), _number(args.get("step_num"))
            self.put(place, _text(event.get("name", "")), start, duration, correlation, step)
        elif phase == "M" and "name" in args:
            name = _text(args["name"])
            if event.get("name") == "process_name":
                self.planes[_key(event.get("pid"))] = name
            elif event.get("name") == "thread_name":
                self.threads[_key(event.get("pid")), _key(event.get("tid"))] = name

    def events(self) -> OldEvents:
        """Return the columns."""
        table = self.table
        described = [
            (self.planes.get(p, ""), self.threads.get((p, t), ""), t if isinstance(t, int) and abs(t) < 1 << 62 else 0)
            for p, t in self.lines
        ]
        return OldEvents(
            lines=described, line=table[:, 0], name=self.names, start=table[:, 1], duration=table[:, 2],
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
