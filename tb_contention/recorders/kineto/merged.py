"""Traces of several ranks that were merged into one file, told apart by the text before their process ids -> one document each.

Programs that merge traces write `[TP00] 41` or `rank0 41` where a process id was.
"""

import re
from dataclasses import replace

import numpy as np

from tb_contention.model.names import clean
from tb_contention.recorders.common.interning import intern_places
from tb_contention.recorders.kineto import document as parts
from tb_contention.recorders.kineto import events as column
from tb_contention.recorders.kineto.document import Document
from tb_contention.recorders.kineto.json_text import NONE
from tb_contention.units import I64

#: Different texts for processes beyond which a file is not that of merged ranks.
_MOST_TEXTS, MOST_RANKS = 4096, 256
_BRACKETS = re.compile(r"[\[(<]([^\])>]{1,80})[\])>]\s*[:-]?\s*(?:(\d{1,10})|.*)", re.DOTALL)
_BEFORE = re.compile(r"(.{0,79}[^\d\s:_-](?:[\s_-]?\d+)?)[\s:_-]+(\d{1,10})", re.DOTALL)
#: Labels of ranks of one job, each of which NCCL wants on a GPU of its own.
_RANK = re.compile(r"(?:(?:rank|tp|pp|dp|ep|cp)[ _-]?\d+[-_/, ]*)+", re.IGNORECASE)
_NO_ID = re.compile(r"[^A-Za-z0-9._-]+")
_WORK = (parts.KERNEL, parts.COPY, parts.MEMSET)


def ranks(document: Document) -> tuple[tuple[str, Document], ...]:
    """Return the part of a document that each rank wrote, by a name for it; the whole under "" where nobody merged it.

    Process ids in texts become numbers.
    """
    is_text = column.is_text(document.rows[:, column.PROCESS])
    if not is_text.any():
        return (("", document),)
    label, process, names = _labels(document, is_text)
    rows = document.rows.copy()
    rows[is_text, column.PROCESS] = NONE
    whole = replace(document, rows=rows)
    with_work = np.unique(label[np.isin(rows[:, column.CLASS], _WORK)])
    if not 2 <= len(with_work[with_work >= 0]) == len(with_work) <= MOST_RANKS:
        return (("", whole),)
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


def _labels(document: Document, is_text: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> tuple[I64, I64, list[str]]:
    """Return the label of each event (-1: none), the process ids in texts, and the labels' names."""
    label = np.full(len(document.rows), -1, np.int64)
    ids, texts = intern_places(document.text, column.text_places(document.rows[is_text, column.PROCESS]))
    names: dict[str, int] = {}
    of_text = np.full(len(texts), -1, np.int64)
    process = np.full(len(texts), NONE, np.int64)
    for row in range(len(texts) if len(texts) <= _MOST_TEXTS else 0):
        match = _BRACKETS.fullmatch(texts[row]) or _BEFORE.fullmatch(texts[row])
        if match:
            of_text[row] = names.setdefault(match[1].strip(), len(names))
            process[row] = int(match[2]) if match[2] else NONE
    label[is_text] = of_text[ids]
    return label, process[ids], list(names)


def _beside(document: Document, called: list[str], rank: int) -> dict[str, object]:
    """Return the members of one rank: a merged file keeps those of one of them."""
    beside = {key: value for key, value in document.beside.items() if key != "distributedInfo"}
    if all(_RANK.fullmatch(name) for name in called):
        beside["distributedInfo"] = {"backend": "nccl", "rank": rank, "world_size": len(called)}
    return beside


def _id(name: str) -> str:
    """Write a label in characters that a session id allows."""
    return _NO_ID.sub("_", clean(name)).strip("._")[:40] or "rank"
