"""Query strings -> typed values; refuse whatever `http_api.md` does not describe, and say why."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, unquote

from tb_contention.analysis import Options
from tb_contention.timeline.tiles import MAX_LEVEL

MAX_QUERY = 32_768
MAX_PARAMETERS = 64
#: Characters of a text to search for.
MAX_SEARCH = 1_000
#: No time or size is larger.
FAR = 1 << 62
#: Ids of captures, and how many there are where a group is named by the first of them.
_GROUP = re.compile(r"[0-9a-f]{10}(-[0-9a-f]{10}){0,2}(-[0-9]{1,9}x[0-9a-f]{8})?")


class RequestError(Exception):
    """A request that is answered with a status and a sentence."""

    def __init__(self, status: int, slug: str, message: str) -> None:
        super().__init__(message)
        self.status, self.slug, self.message = status, slug, message


@dataclass(frozen=True, slots=True)
class View:
    """A group, by default the most interesting one, and the user's hand on it; hashable and sorted, so that equal views are one.

    client: the address that asks, "" for none; views that differ in nothing else are one.
    """

    shifts: tuple[tuple[str, int], ...] = ()
    gpus: tuple[tuple[str, int, str], ...] = ()
    group: str = ""
    #: Session -> the capture to measure it against, both by id; "" for none.
    baselines: tuple[tuple[str, str], ...] = ()
    client: str = field(default="", compare=False)

    def options(self, spec: str) -> Options:
        """Turn into options of the analysis."""
        gpus = {(s, o): n for s, o, n in self.gpus}
        return Options(shifts=dict(self.shifts), gpus=gpus, baselines=dict(self.baselines), spec=spec)

    def of_captures(self, captures: Iterable[str]) -> "View":
        """Leave out the baselines of sessions that are not in some captures: two groups that are compared have one address."""
        places = tuple(captures)
        kept = (b for b in self.baselines if any(b[0] == place or b[0].startswith(f"{place}#") for place in places))
        return replace(self, baselines=tuple(kept))


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query: the view, and the route's own parameters, each given at most once."""

    view: View
    values: Mapping[str, str]

    def text(self, name: str) -> str:
        """Return a parameter that must be there."""
        if name not in self.values:
            raise RequestError(400, "missing-parameter", f"The parameter {name} is missing.")
        return self.values[name]

    def number(self, name: str, low: int, high: int) -> int:
        """Return a whole number within bounds."""
        value = _integer(self.text(name))
        if value is None or not low <= value <= high:
            raise RequestError(
                400, "bad-parameter", f"The parameter {name} must be a whole number from {low} to {high}."
            )
        return value

    def caps(self, name: str) -> tuple[int | None, ...]:
        """Return a list of bytes, separated by commas; an empty entry is None."""
        entries = self.text(name).split(",")
        caps = [_integer(entry) for entry in entries]
        if any(entry and (cap is None or not 0 <= cap < FAR) for entry, cap in zip(entries, caps, strict=True)):
            raise RequestError(
                400,
                "bad-parameter",
                f"The parameter {name} must be BYTES,BYTES,...: whole numbers, or nothing for no cap.",
            )
        return tuple(caps)

    def of_group(self, name: str) -> View:
        """Return the view of another group, whose id a parameter gives, or this view without it."""
        return replace(self.view, group=_group(name, self.values[name])) if name in self.values else self.view

    def flag(self, name: str) -> bool:
        """Return whether a parameter is 1; 0 or not given is no."""
        value = self.values.get(name, "0")
        if value not in ("0", "1"):
            raise RequestError(400, "bad-parameter", f"The parameter {name} must be 0 or 1.")
        return value == "1"

    def level(self) -> int:
        """Return the level of a tile."""
        return self.number("level", 0, MAX_LEVEL)


def parse_query(query: str, allowed: frozenset[str], client: str = "") -> Query:
    """Parse a query string; raise RequestError for what is unknown, repeated, malformed or too long."""
    if len(query) > MAX_QUERY:
        raise RequestError(400, "query-too-long", f"The query has more than {MAX_QUERY} characters.")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=MAX_PARAMETERS)
    except ValueError:
        raise RequestError(
            400, "bad-query", f"The query is malformed or has more than {MAX_PARAMETERS} parameters."
        ) from None
    values: dict[str, str] = {}
    shifts: dict[str, int] = {}
    gpus: dict[tuple[str, int], str] = {}
    baselines: dict[str, str] = {}
    for name, value in pairs:
        if "\0" in value:
            raise RequestError(400, "bad-parameter", "A parameter contains a NUL character.")
        if name == "shift":
            session, shift = _shift(value)
            shifts[session] = shift
        elif name == "gpu":
            session, ordinal, gpu = _gpu(value)
            gpus[session, ordinal] = gpu
        elif name == "baseline":
            session, run = _baseline(value)
            baselines[session] = run
        elif name not in allowed and name != "group":
            raise RequestError(400, "unknown-parameter", f"This route has no parameter {name[:40]!r}.")
        elif name in values:
            raise RequestError(400, "repeated-parameter", f"The parameter {name} is given more than once.")
        else:
            values[name] = value
    group = _group("group", values.pop("group")) if "group" in values else ""
    view = View(
        tuple(sorted(shifts.items())),
        tuple(sorted((s, o, n) for (s, o), n in gpus.items())),
        group,
        tuple(sorted(baselines.items())),
        client,
    )
    return Query(view, values)


def _group(name: str, value: str) -> str:
    if not _GROUP.fullmatch(value):
        raise RequestError(400, "bad-parameter", f"The parameter {name} must be the id of a group in api/groups.")
    return value


def _shift(value: str) -> tuple[str, int]:
    session, equals, amount = value.rpartition("=")
    shift = _integer(amount)
    if not equals or not session or shift is None or abs(shift) >= FAR:
        raise RequestError(400, "bad-parameter", "The parameter shift must be SESSION=NANOSECONDS.")
    return session, shift


def _gpu(value: str) -> tuple[str, int, str]:
    left, equals, name = value.rpartition("=")
    session, colon, ordinal = left.rpartition(":")
    number = _integer(ordinal)
    if (
        not equals
        or not colon
        or not session
        or not 0 < len(name) <= 200
        or number is None
        or not -1 <= number < 1 << 20
    ):
        raise RequestError(400, "bad-parameter", "The parameter gpu must be SESSION:ORDINAL=NAME.")
    return session, number, name


def _baseline(value: str) -> tuple[str, str]:
    """Read two ids, which may hold any character and so are encoded once more."""
    session, equals, run = value.partition("=")
    if not equals or not session or "=" in run:
        raise RequestError(
            400, "bad-parameter", "The parameter baseline must be SESSION=CAPTURE, both percent-encoded, or SESSION=."
        )
    return unquote(session), unquote(run)


def _integer(text: str) -> int | None:
    digits = text[1:] if text.startswith("-") else text
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 19):
        return None
    return int(text)
