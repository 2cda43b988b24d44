"""Files of captures as other programs read them: Chrome's JSON, with where trace time 0 lies on the clock of its events."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tb_contention.errors import TraceFileError
from tb_contention.model.capture import CaptureFile, Container
from tb_contention.recorders.common.unpacking import unpack
from tb_contention.recorders.kineto.document import MAX_TEXT, read_document
from tb_contention.recorders.kineto.merged import ranks
from tb_contention.recorders.kineto.recognise import is_kineto
from tb_contention.recorders.kineto.rows import placed
from tb_contention.recorders.load import read_bytes
from tb_contention.units import U8

_NS_PER_US = 1_000
_CHROME = frozenset((Container.KINETO, Container.KINETO_GZIP, Container.TRACE_JSON))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChromeJson:
    """The text of a file, unpacked. zero: the `ts` of trace time 0, in ns, by part of the file ("" for the whole)."""

    text: U8
    zero: Mapping[str, int]


def is_chrome_json(file: CaptureFile) -> bool:
    """Return whether a file is JSON in Chrome's trace event format."""
    return file.container in _CHROME


def chrome_json(file: CaptureFile, sha256: str = "") -> ChromeJson:
    """Read a file whose `is_chrome_json` holds. sha256: of the file that was decoded, "" where that is unknown.

    Raises TraceFileError if it cannot be read, is another one by now, or is not whole: readers of JSON refuse what this package reads
    from a truncated file.
    """
    data, _, _ = read_bytes(file)
    if sha256 and hashlib.sha256(data.data).hexdigest() != sha256:
        raise TraceFileError(
            f"{file.relative}: the file has changed since it was analysed.",
            slug="still-growing",
            advice="Analyse the log directory again.",
        )
    if file.container is Container.TRACE_JSON and not is_kineto(data):
        text, whole = unpack(data.data, file.relative, MAX_TEXT)
        return _whole(file, ChromeJson(text=np.frombuffer(text, np.uint8), zero={"": 0}), is_whole=whole)
    document = read_document(data, file.relative)
    zero = {name: placed(part).origin_us * _NS_PER_US for name, part in ranks(document)}
    is_whole = document.complete and document.end >= len(document.text)
    return _whole(file, ChromeJson(text=document.text, zero=zero), is_whole=is_whole)


def _whole(file: CaptureFile, found: ChromeJson, *, is_whole: bool) -> ChromeJson:
    if not is_whole:
        raise TraceFileError(
            f"{file.relative}: the file is truncated, or holds text behind its trace.",
            slug="truncated-json",
            advice="Copy the file again.",
        )
    return found
