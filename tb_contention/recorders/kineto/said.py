"""What libkineto itself says of a recording in the members INFO, WARNING and ERROR -> messages and problems."""

import re
from typing import Any

from tb_contention.model.findings import Problem
from tb_contention.model.names import clean, shorten
from tb_contention.recorders.common.advice import SHORTER_WINDOW
from tb_contention.recorders.common.messages import lost_events, worded

_ADVICE = f"{SHORTER_WINDOW} Let warmup steps precede it (torch.profiler.schedule)."
#: How many lines of a member are looked at, and how many messages are kept.
_MOST_LINES, _MOST_MESSAGES = 10_000, 20
#: `INFO:2024-05-22 17:15:23 2910249:2910249 CuptiActivityProfiler.cpp:333] text` -> text.
_HEAD = re.compile(r"^(?:INFO|WARNING|ERROR)\s*:.{0,200}?\]\s*")
#: The counts that libkineto prints when it ends a recording, and what each means. Blocklisted calls are left out on purpose.
_COUNTS = (
    ("Out-of-range", "outside of the recorded window are left out", False),
    ("Invalid ext correlations", "have no operation, because their correlation is invalid", False),
    ("CPU GPU out-of-order", "would begin before their launch and are left out", True),
    ("Unexpected CUDA events", "were unexpected and are left out", True),
)
_STOPPED = re.compile(r"CUPTI stopped early\?\s*=\s*([1-9]\d*)")


def said(beside: dict[str, Any], file: str) -> tuple[tuple[str, ...], tuple[Problem, ...]]:
    """Return the warnings and errors as written, and problems of what was lost, with counts; `file` names it in messages."""
    lines = {key: _lines(beside.get(key)) for key in ("INFO", "WARNING", "ERROR")}
    told = [*lines["ERROR"], *lines["WARNING"]]
    messages = tuple(dict.fromkeys(told))[:_MOST_MESSAGES]
    return messages, (*_counted([*lines["INFO"], *told], file), *worded(messages, lines["ERROR"], file, _ADVICE))


def _lines(member: Any) -> list[str]:
    if not isinstance(member, list):
        return []
    texts = (text for text in member[:_MOST_LINES] if isinstance(text, str) and text)
    return [shorten(clean(" ".join(_HEAD.sub("", text[:1000]).split())), 300) for text in texts]


def _counted(lines: list[str], file: str) -> list[Problem]:
    """Add up the counts of what was left out."""
    found = []
    for name, meaning, affects in _COUNTS:
        numbers = (re.search(rf"{re.escape(name)}\s*=\s*(\d{{1,15}})", line) for line in lines)
        number = sum(int(match[1]) for match in numbers if match)
        if number:
            are = "event" if number == 1 else "events"
            found.append(lost_events(file, f"{number:,} {are} {meaning} ({name})", number, _ADVICE, affects=affects))
    if any(_STOPPED.search(line) for line in lines):
        found.append(lost_events(file, "CUPTI stopped early, so later work is missing", 1, _ADVICE))
    return found
