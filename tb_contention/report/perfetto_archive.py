"""The aligned sessions of one device and their original files -> an archive that Perfetto loads as one trace.

    contention.pftrace        the aligned sessions, whose clock is the archive's
    <original>.json ...       files that Perfetto reads, unpacked: it takes no offset for what is compressed inside of an archive
    perfetto_manifest.json    which machine each file is, and how far its clock is from that of the aligned sessions

Perfetto documents the manifest as version 1; versions before 58 ignore it and leave each file on its own clock.
"""

import json
import re
import tarfile
from collections.abc import Iterator, Mapping
from tempfile import SpooledTemporaryFile

from tb_contention._version import __version__
from tb_contention.errors import TraceFileError
from tb_contention.model.alignment import AlignedTraces, Session
from tb_contention.model.capture import CaptureFile
from tb_contention.model.report import DeviceReport
from tb_contention.recorders.originals import ChromeJson, chrome_json, is_chrome_json
from tb_contention.report.to_perfetto import clock_shift, to_perfetto

ALIGNED, MANIFEST = "contention.pftrace", "perfetto_manifest.json"
#: The clock of the aligned sessions, which is Unix time where that is known.
_CLOCK = "BOOTTIME"
_BLOCK, _CHUNK, _IN_MEMORY = tarfile.BLOCKSIZE, 1 << 20, 32 << 20
_NO_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_MOST_NAME = 90  # of 99 that every reader of archives takes


class PerfettoArchive:
    """One archive. left_out: a sentence for each original that is not in it; those that cannot be read come while it is written."""

    def __init__(self, aligned: AlignedTraces, device: DeviceReport, files: Mapping[str, CaptureFile]) -> None:
        """files: by their paths below the log directory. Raises KeyError if `aligned` lacks a session of the device."""
        self._aligned, self._device = aligned, device
        self._sessions: dict[str, list[Session]] = {}
        for name in device.sessions:
            session = aligned.session(name)
            self._sessions.setdefault(session.file, []).append(session)
        self.left_out: list[str] = []
        self._originals: list[CaptureFile] = []
        for path in self._sessions:
            file = files.get(path)
            if file is None:
                self.left_out.append(f"{path} is left out, because it is no longer there.")
            elif not is_chrome_json(file):
                self.left_out.append(f"{path} is left out, because Perfetto does not read its format.")
            else:
                self._originals.append(file.whole)

    @property
    def originals(self) -> int:
        """Return how many original files there are that Perfetto reads."""
        return len(self._originals)

    @property
    def size(self) -> int:
        """Return how many bytes these have as they are stored."""
        return sum(file.size for file in self._originals)

    def chunks(self) -> Iterator[bytes]:
        """Write the archive, one original in memory at a time; equal input gives equal bytes."""
        with SpooledTemporaryFile(_IN_MEMORY) as spool:
            for chunk in to_perfetto(self._aligned, self._device):
                spool.write(chunk)
            size = spool.tell()
            yield _header(ALIGNED, size)
            spool.seek(0)
            while chunk := spool.read(_CHUNK):
                yield chunk
            yield _padding(size)
        shift = clock_shift(self._aligned, self._device)
        entries: list[dict[str, object]] = [{"path": ALIGNED}]
        taken, machines = {ALIGNED, MANIFEST}, set[str]()
        for file in self._originals:
            try:
                found = chrome_json(file, self._sessions[file.relative][0].trace.sha256 or "")
            except TraceFileError as error:
                self.left_out.append(f"{file.relative} is left out: {error.message}")
                continue
            name = _unlike(_member(file.relative), taken)
            entries.append(
                {
                    "path": name,
                    "machine": {"name": _unlike(self._machine(file), machines)},
                    "clocks": {
                        "sync_to": {"file": ALIGNED, "clock": _CLOCK},
                        "offset_ns": self._offset(file, found) + shift,
                    },
                }
            )
            yield _header(name, len(found.text))
            for at in range(0, len(found.text), _CHUNK):
                yield found.text[at : at + _CHUNK].tobytes()
            yield _padding(len(found.text))
        text = json.dumps(self._manifest(entries), indent=1).encode()
        yield _header(MANIFEST, len(text)) + text + _padding(len(text)) + bytes(2 * _BLOCK)

    def _machine(self, file: CaptureFile) -> str:
        """Name the machine of a file: files on one machine would share processes, and containers number theirs alike."""
        sessions = self._sessions[file.relative]
        return sessions[0].name if len(sessions) == 1 else file.relative

    def _offset(self, file: CaptureFile, found: ChromeJson) -> int:
        """Return by how much the clock of the report is ahead of the file's; where ranks of one file are apart, it is the first's."""
        offsets = []
        for session in self._sessions[file.relative]:
            part = next((part for part in found.zero if part and f"/{part}" in session.id), next(iter(found.zero)))
            offsets.append(session.offset - found.zero[part])
        if len(set(offsets)) > 1:
            self.left_out.append(
                f"{file.relative} holds ranks that the report places up to {max(offsets) - min(offsets)} ns apart; "
                "the archive places all of them by the first."
            )
        return offsets[0]

    def _manifest(self, entries: list[dict[str, object]]) -> dict[str, object]:
        attributes = {"tb_contention.version": __version__}
        if self.left_out:
            attributes["tb_contention.left_out"] = " ".join(self.left_out)
        return {
            "perfetto_manifest": {
                "version": 1,
                "trace_time": {"clock": _CLOCK, "file": ALIGNED},
                "files": entries,
                "attributes": attributes,
            }
        }


def _member(relative: str) -> str:
    """Name a file in the archive: unpacked, flat, and not hidden, since Perfetto passes over names that begin with a dot."""
    name = _NO_NAME.sub("_", relative.removesuffix(".gz")).lstrip("._-") or "original.json"
    return name[-_MOST_NAME:].lstrip("._-")


def _unlike(name: str, taken: set[str]) -> str:
    """Number a name that is taken, and take it."""
    number, free = 1, name
    while free in taken:
        number += 1
        stem, dot, ending = name.rpartition(".")
        free = f"{stem}_{number}.{ending}" if dot else f"{name} {number}"
    taken.add(free)
    return free


def _header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = size
    return info.tobuf(tarfile.USTAR_FORMAT)


def _padding(size: int) -> bytes:
    return bytes(-size % _BLOCK)
