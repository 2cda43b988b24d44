"""Traces of several ranks that were merged into one file, told apart by what became of their process ids -> one document each.

Programs that merge traces write `[TP00] 41` or `rank0 41` where a process id was, or move the ids of each rank by a number of its own.
"""

import re
from dataclasses import replace

import numpy as np

from tb_contention.model.names import clean
from tb_contention.recorders.common.array_types import frozen
from tb_contention.recorders.common.interning import intern_places
from tb_contention.recorders.kineto import document as parts
from tb_contention.recorders.kineto import events as column
from tb_contention.recorders.kineto.document import Document
from tb_contention.recorders.kineto.json_text import NONE
from tb_contention.units import I64, Bool

#: Different texts for processes beyond which a file is not that of merged ranks.
_MOST_TEXTS, MOST_RANKS = 4096, 256
_BRACKETS = re.compile(r"[\[(<]([^\])>]{1,80})[\])>]\s*[:-]?\s*(?:(\d{1,10})|.*)", re.DOTALL)
_BEFORE = re.compile(r"(.{0,79}[^\d\s:_-](?:[\s_-]?\d+)?)[\s:_-]+(\d{1,10})", re.DOTALL)
#: `0_41`, and `rank 0` in the place of any process id.
_NUMBERS = re.compile(r"(\d{1,6})[\s:_/-]+(\d{1,10})")
_ALONE = re.compile(r"((?:rank|tp|pp|dp|ep|cp)[ _-]?\d{1,6})()", re.IGNORECASE)
#: Labels of ranks of one job, each of which NCCL wants on a GPU of its own.
_RANK = re.compile(r"(?:(?:rank|tp|pp|dp|ep|cp)[ _-]?\d+[-_/, ]*)+", re.IGNORECASE)
_NO_ID = re.compile(r"[^A-Za-z0-9._-]+")
_WORK = (parts.KERNEL, parts.COPY, parts.MEMSET)
_HOST = (parts.LAUNCH, parts.OP)
#: The process id of a rank whose own was replaced. No program on a GPU has it.
_LOST = 0
#: The part of a rank's work that its own launches explain, at least; a window begins amid launches.
_EXPLAINED = 0.5
_NCCL = np.frombuffer(b"nccl", np.uint8)


def ranks(document: Document) -> tuple[tuple[str, Document], ...]:
    """Return the part of a document that each rank wrote, by a name for it; the whole under "" where nobody merged it.

    Process ids in texts become numbers.
    """
    is_text = column.is_text(document.rows[:, column.PROCESS])
    if not is_text.any():
        return _by_number(document) or (("", document),)
    label, process, names = _labels(document, is_text)
    rows = document.rows.copy()
    rows[is_text, column.PROCESS] = NONE
    whole = replace(document, rows=rows)
    with_work = np.unique(label[np.isin(rows[:, column.CLASS], _WORK)])
    if not 2 <= len(with_work[with_work >= 0]) == len(with_work) <= MOST_RANKS:
        return _by_number(whole) or (("", whole),)
    rows[is_text, column.PROCESS] = process
    called = [names[number] for number in with_work.tolist()]
    beside = [_beside(document, called, rank) for rank in range(len(called))]
    shared = (label < 0) & np.isin(rows[:, column.CLASS], (parts.METADATA, parts.SPAN))
    found = [
        (_id(name), replace(whole, rows=rows[(label == number) | shared], beside=members, complete=document.complete))
        for name, number, members in zip(called, with_work.tolist(), beside, strict=True)
    ]
    return (
        tuple(sorted(found, key=lambda each: each[0]))
        if len({name for name, _ in found}) == len(found)
        else (("", whole),)
    )


def _labels(document: Document, is_text: Bool) -> tuple[I64, I64, list[str]]:
    """Return the label of each event (-1: none), the process ids in texts, and the labels' names."""
    label = np.full(len(document.rows), -1, np.int64)
    ids, texts = intern_places(document.text, column.text_places(document.rows[is_text, column.PROCESS]))
    names: dict[str, int] = {}
    of_text = np.full(len(texts), -1, np.int64)
    process = np.full(len(texts), NONE, np.int64)
    for row in range(len(texts) if len(texts) <= _MOST_TEXTS else 0):
        text = texts[row]
        plain = _NUMBERS.fullmatch(text)
        match = plain or _BRACKETS.fullmatch(text) or _ALONE.fullmatch(text) or _BEFORE.fullmatch(text)
        if match:
            of_text[row] = names.setdefault(f"rank{match[1]}" if plain else match[1].strip(), len(names))
            process[row] = int(match[2]) if match[2] else _LOST
    label[is_text] = of_text[ids]
    return label, process[ids], list(names)


def _by_number(document: Document) -> tuple[tuple[str, Document], ...]:
    """Return the parts of a file whose process ids are numbers that a merging program moved or replaced; () where it is of one process.

    The recorder writes the number of the GPU as the process of work on it. What else is there was put there by whoever merged: how far it
    is from the GPU's number is how far all ids of that rank were moved. Some also state the rank of each event.
    """
    process = document.rows[:, column.PROCESS]
    kinds = document.rows[:, column.CLASS]
    work = np.flatnonzero(np.isin(kinds, _WORK) & (process != NONE))
    if len(np.unique(process[np.isin(kinds, _HOST) & (process != NONE)])) < 2 or not len(work):
        return ()
    said = _arguments(document, work, ("device", "rank", "correlation"))
    found = _stated(document, work, said) or _moved(process, work, said) or _replaced(process, kinds, work)
    if found is None:
        return ()
    label, moved, numbers = found
    if not all(_is_whole(document, label == rank, work, said) for rank in range(len(numbers))):
        return ()
    rows = document.rows.copy()
    ours = (label >= 0) & (process != NONE)
    rows[ours, column.PROCESS] = np.where(moved[label[ours]] < 0, _LOST, process[ours] - moved[label[ours]])
    # Only of ranks of one job is it known that each has a GPU of its own.
    one_job = bool((said[:, 1] != NONE).all()) or _uses_nccl(document, label[work], work)
    ranks = max(len(numbers), numbers[-1] + 1)
    shared = (label < 0) & np.isin(kinds, (parts.METADATA, parts.SPAN))
    beside = {key: value for key, value in document.beside.items() if key != "distributedInfo"}
    made = []
    for rank, number in enumerate(numbers):
        job = {"backend": "nccl", "rank": number, "world_size": ranks}
        own = {**beside, "distributedInfo": job} if one_job else beside
        part = replace(document, rows=rows[(label == rank) | shared], beside=own, unplaced=not one_job)
        made.append((f"rank{number}", part))
    return tuple(made)


#: The number of its rank for each event (-1: of none), how far each rank's process ids were moved (-1: replaced), and the ranks' numbers.
_Found = tuple[I64, I64, list[int]]


def _stated(document: Document, work: I64, said: I64) -> _Found | None:
    """Find the ranks that events state among their arguments."""
    numbers = np.unique(said[:, 1])
    if numbers[0] < 0 or not 2 <= len(numbers) <= MOST_RANKS:
        return None
    stated = _arguments(document, np.arange(len(document.rows)), ("rank",))[:, 0]
    at = np.minimum(np.searchsorted(numbers, stated), len(numbers) - 1)
    label = np.where(numbers[at] == stated, at, -1)
    moved = np.zeros(len(numbers), np.int64)
    away = document.rows[work, column.PROCESS] - said[:, 0]
    for rank in range(len(numbers)):
        own = np.unique(away[label[work] == rank])
        moved[rank] = own[0] if len(own) == 1 and own[0] >= 0 else -1
    return label, moved, numbers.tolist()


def _moved(process: I64, work: I64, said: I64) -> _Found | None:
    """Find ranks by how far the process of work is from the number of its GPU."""
    away = process[work] - said[:, 0]
    moved = np.unique(away)
    if (said[:, 0] == NONE).any() or moved[0] < 0 or not 2 <= len(moved) <= MOST_RANKS:
        return None
    label = np.where(process == NONE, -1, np.searchsorted(moved, process, side="right") - 1)
    label[work] = np.searchsorted(moved, away)
    return label, moved, list(range(len(moved)))


def _replaced(process: I64, kinds: I64, work: I64) -> _Found | None:
    """Find ranks where work and the calls that launch it have one process id, which no recorder writes."""
    numbers = np.unique(process[work])
    hosts = np.unique(process[np.isin(kinds, _HOST) & (process != NONE)])
    if not 2 <= len(numbers) <= MOST_RANKS or not np.array_equal(numbers, hosts) or numbers[0] < 0:
        return None
    at = np.minimum(np.searchsorted(numbers, process), len(numbers) - 1)
    return np.where(numbers[at] == process, at, -1), np.full(len(numbers), -1, np.int64), numbers.tolist()


def _is_whole(document: Document, own: Bool, work: I64, said: I64) -> bool:
    """Return whether a rank has calls on the host, and they explain its work."""
    kinds = document.rows[:, column.CLASS]
    launches = np.flatnonzero(own & (kinds == parts.LAUNCH))
    caused = said[own[work], 2]
    caused = caused[caused > 0]
    if not len(launches) or not len(caused):
        return bool((own & np.isin(kinds, _HOST)).any())
    known = _arguments(document, launches, ("correlation",))[:, 0]
    return float(np.isin(caused, known).mean()) >= _EXPLAINED


def _uses_nccl(document: Document, label: I64, work: I64) -> bool:
    """Return whether the file states a job of NCCL, or each rank has kernels of NCCL."""
    job = document.beside.get("distributedInfo")
    if isinstance(job, dict) and "nccl" in str(job.get("backend")):
        return True
    begin, length = document.rows[work, column.NAME], document.rows[work, column.LENGTH]
    long = np.flatnonzero((begin >= 0) & (length >= len(_NCCL)))
    named = (document.text[begin[long, None] + np.arange(len(_NCCL))] == _NCCL).all(1)
    return len(np.unique(label[long[named]])) == len(np.unique(label))


def _arguments(document: Document, rows: I64, keys: tuple[str, ...]) -> I64:
    """Read whole numbers among the arguments of events; NONE where absent."""
    names, offsets = parts.words(keys)
    numbers = np.empty((len(rows), len(keys)), np.int64)
    begin, end = (frozen(document.rows[rows, which]) for which in (column.FROM, column.TO))
    column.arguments(document.text, begin, end, names, offsets, numbers, np.empty((len(rows), 0), np.int64))
    return numbers


def _beside(document: Document, called: list[str], rank: int) -> dict[str, object]:
    """Return the members of one rank: a merged file keeps those of one of them."""
    beside = {key: value for key, value in document.beside.items() if key != "distributedInfo"}
    if all(_RANK.fullmatch(name) for name in called):
        beside["distributedInfo"] = {"backend": "nccl", "rank": rank, "world_size": len(called)}
    return beside


def _id(name: str) -> str:
    """Write a label in characters that a session id allows."""
    return _NO_ID.sub("_", clean(name)).strip("._")[:40] or "rank"
