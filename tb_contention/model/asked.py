"""What is typed for a schedule of one's own, in the options of `whatif`, in the tab's address and in its route: one way to read it.

shift:trainer=12ms;cap:evaluator=30     changes, of which each is the word of an option behind the option's name
"""

import re
from dataclasses import dataclass
from enum import Enum
from urllib.parse import unquote

from tb_contention.model.sizes import bytes_in, nanoseconds_in

#: Changes that one schedule may have; no number in them is larger.
MOST_CHANGES, _MOST = 64, 1 << 62


class Kind(str, Enum):
    """What a change is about; also the name of its option."""

    SHIFT = "shift"
    POLICY = "policy"
    CAP = "cap"
    PARTITION = "partition"
    PRIORITY = "priority"
    MOVE = "move"
    MEMORY_LIMIT = "memory-limit"


POLICIES = ("mps", "time-slicing", "one-after-another")
_OF_PERCENT = (Kind.CAP, Kind.PARTITION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change as typed. who: the word for a session, "" for a policy; what: ns, percent, bytes, a policy, or the word for a GPU."""

    kind: Kind
    who: str = ""
    what: int | str = ""


def parse_change(kind: Kind, word: str) -> Change:
    """Read the word of an option; raise ValueError with a sentence for one that is malformed."""
    if kind is Kind.POLICY:
        if word not in POLICIES:
            raise ValueError(f"{word[:64]!r} is no way of sharing; choose one of {', '.join(POLICIES)}")
        return Change(kind=kind, what=word)
    if kind is Kind.PRIORITY:
        return Change(kind=kind, who=word)
    who, equals, what = word.rpartition("=")
    if kind is Kind.MOVE:
        return Change(kind=kind, who=who, what=what) if equals else Change(kind=kind, who=word)
    if kind is Kind.SHIFT:
        if not equals or not who:
            raise ValueError(f"{word!r} is not SESSION=DURATION; write it like train/host=12ms")
        return Change(kind=kind, who=who, what=nanoseconds_in(what))
    found = _percent(what) if kind in _OF_PERCENT else _size(what)
    if not equals or not who or found is None:
        form = "PERCENT from 1 to 100; write it like train=40"
        raise ValueError(
            f"{word!r} is not SESSION={form if kind in _OF_PERCENT else 'SIZE; write it like train=12GiB or train=500MB'}"
        )
    return Change(kind=kind, who=who, what=found)


def parse_changes(text: str) -> tuple[Change, ...]:
    """Read changes that are separated by semicolons; names are percent-encoded where they have one. Raise ValueError as `parse_change`."""
    parts = [part.strip() for part in text.split(";") if part.strip()]
    if len(parts) > MOST_CHANGES:
        raise ValueError(f"A schedule may have {MOST_CHANGES} changes.")
    return tuple(_parse(part) for part in parts)


def _parse(part: str) -> Change:
    name, _, word = part.partition(":")
    kinds = {kind.value: kind for kind in Kind}
    if name not in kinds:
        raise ValueError(f"{name[:64]!r} is no change of a schedule; choose one of {', '.join(kinds)}")
    return parse_change(kinds[name], unquote(word))


def _percent(word: str) -> int | None:
    digits = re.fullmatch(r"([0-9]{1,3})\s*%?", word.strip())
    return int(digits[1]) if digits and 1 <= int(digits[1]) <= 100 else None


def _size(word: str) -> int | None:
    """Read a size as bytes; a number alone is GiB."""
    word = word.strip()
    size = bytes_in(f"{word}GiB" if word[-1:].isdigit() else word)
    return size if size is not None and 0 < size <= _MOST else None
