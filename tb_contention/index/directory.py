"""The index of one log directory: what is new is skimmed, the rest is known; results of analyses are noted with it."""

import os
import zlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from tb_contention.align import AlignOptions
from tb_contention.index.grouping import Group
from tb_contention.index.rows import Row, from_plain, to_plain
from tb_contention.index.shapes import checked
from tb_contention.index.snapshot import Snapshot
from tb_contention.index.store import Store
from tb_contention.model.capture import CaptureFile, Discovery
from tb_contention.model.faults import Faults
from tb_contention.model.listing import KnownAnswer
from tb_contention.model.manifest import ManifestSession
from tb_contention.recorders.common.places import split_places

#: Files whose rows are noted at once, so that a listing that is interrupted goes on from there.
_BATCH = 200
#: Manifests of an object store that are read before anything else there.
_MANIFESTS = 256
#: Bytes from which on a file is worth a thread.
_LARGE = 1 << 21
#: Problems that can end although size and time of the file stay: they are not noted on disk.
PASSING = frozenset(
    {"unreadable-file", "file-vanished", "still-growing", "not-a-file", "internal-error", "riegeli-unsupported"}
)
#: What identifies the content of a file and of its manifest: sizes, dates, inodes and times of change.
_Key = tuple[int, ...]

Progress = Callable[[str, "float | None"], None]


@dataclass(slots=True)
class Index:
    """The rows of one log directory, in memory and on disk. store: None keeps nothing on disk.

    Of an object store nothing is kept on disk: not every one states when a file or a manifest has changed.
    """

    store: Store | None
    _rows: dict[str, tuple[_Key, Row]] = field(default_factory=dict)
    _noted: dict[str, Any] | None = None
    _answers: dict[str, KnownAnswer] = field(default_factory=dict)
    _stated: dict[CaptureFile, ManifestSession | None] = field(default_factory=dict)

    @classmethod
    def of(cls, logdir: str, spec: str, cache: Path | None) -> "Index":
        """Open the index of a log directory, in a directory of caches."""
        place = ",".join(map(_absolute, split_places(logdir)))
        return cls(None if cache is None else Store(cache / "index", f"{place}\0{spec}"))

    def look(
        self,
        discovery: Discovery,
        options: AlignOptions | None = None,
        *,
        read: Callable[[CaptureFile], bool] | None = None,
        most: int | None = None,
        progress: Progress | None = None,
    ) -> Snapshot:
        """Return what the directory holds; skim what is new or has changed where `read` allows it, by default all local files.

        most: skim no more files than that, the latest first; the others are known by their names until the next look.
        """
        read = read or is_local
        rows: dict[CaptureFile, Row] = {}
        missing = []
        for file in discovery.files:
            row = self._known(file)
            if row is not None:
                rows[file] = row
            elif read(file):
                missing.append(file)
        if most is not None and len(missing) > most:
            missing = sorted(missing, key=lambda file: -file.mtime_ns)[:most]
        rows.update(self._skim(missing, Faults(logdir=discovery.logdir), progress))
        self._noted = {}
        self._forget(discovery.files)
        ordered = {file: rows[file] for file in discovery.files if file in rows}
        return Snapshot(
            discovery=discovery,
            rows=ordered,
            options=options or AlignOptions(),
            answers=dict(self._answers),
            stated=self._manifests([file for file in discovery.files if file not in rows]),
        )

    def _manifests(self, pending: list[CaptureFile]) -> dict[CaptureFile, ManifestSession]:
        """Read the manifests of the latest files of an object store, which are small; the files themselves are not read."""
        wanted = sorted((f for f in pending if f.manifest is not None and not is_local(f)), key=lambda f: -f.mtime_ns)
        wanted = wanted[:_MANIFESTS]
        missing = [file for file in wanted if file not in self._stated]
        if missing:
            from tb_contention.recorders.manifest.reader import read_manifest

            with ThreadPoolExecutor(16, thread_name_prefix="tb_contention-manifest") as pool:
                for file, (sessions, _) in zip(
                    missing, pool.map(lambda f: read_manifest(f, [f]), missing), strict=True
                ):
                    self._stated[file] = sessions[0]
        self._stated = {file: self._stated[file] for file in wanted}
        return {file: stated for file, stated in self._stated.items() if stated is not None}

    def note(self, group: Group, answer: KnownAnswer) -> None:
        """Keep what an analysis of a group found, as long as its files stay as they are."""
        if self._answers.get(group.revision) != answer:
            self._answers[group.revision] = answer
            if self.store is not None and all(is_local(member.file) for member in group.members):
                self.store.append({f"answer:{group.revision}": asdict(answer)})

    def answer(self, revision: str) -> KnownAnswer | None:
        """Return what the last analysis of a group of that content found."""
        return self._answers.get(revision)

    def _known(self, file: CaptureFile) -> Row | None:
        """Return the row of a file that has not changed."""
        path, key = _path(file), _key(file)
        held = self._rows.get(path)
        if held is not None:
            return _of_file(held[1], file) if held[0] == key else None
        noted = self._read().get(path)
        if noted is None:
            return None
        try:
            if tuple(noted["key"]) != key:
                return None
            row = from_plain(noted, file)
        except (ValueError, KeyError, TypeError, IndexError, AttributeError):
            return None
        self._rows[path] = key, row
        return row

    def _read(self) -> Mapping[str, Any]:
        if self._noted is None:
            self._noted = self.store.read() if self.store is not None else {}
            for key, value in self._noted.items():
                answer = _answer(value) if key.startswith("answer:") else None
                if answer is not None:
                    self._answers.setdefault(key.removeprefix("answer:"), answer)
        return self._noted

    def _skim(
        self, missing: list[CaptureFile], faults: Faults, progress: Progress | None
    ) -> Iterator[tuple[CaptureFile, Row]]:
        """Skim files; one that cannot be read becomes a row of problems."""
        batch: dict[str, Any] = {}
        for done, (file, row) in enumerate(_skimmed(missing, faults), 1):
            path, key = _path(file), _key(file)
            self._rows[path] = key, row
            if is_local(file) and not any(problem.slug in PASSING for problem in row.problems):
                batch[path] = {"key": key, **to_plain(row)}
            if len(batch) >= _BATCH or done == len(missing):
                if self.store is not None:
                    self.store.append(batch)
                batch = {}
            if progress is not None:
                progress(f"Looked through {done} of {len(missing)} files", done / len(missing))
            yield file, row

    def _forget(self, files: tuple[CaptureFile, ...]) -> None:
        """Drop the rows of files that are gone."""
        there = set(map(_path, files))
        for path in [path for path in self._rows if path not in there]:
            del self._rows[path]


def _skimmed(files: list[CaptureFile], faults: Faults) -> Iterator[tuple[CaptureFile, Row]]:
    """Skim small files one after the other, for which threads would only take turns, and large ones side by side."""
    if not files:
        return
    from tb_contention.recorders.captures import sketch_captures

    small = [file for file in files if file.size < _LARGE and is_local(file)]
    large = [file for file in files if file.size >= _LARGE or not is_local(file)]
    for file in small:
        captures, problems = sketch_captures(file, faults)
        yield file, Row(captures=captures, problems=problems)
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1), thread_name_prefix="tb_contention-skim") as pool:
        for file, (captures, problems) in zip(
            large, pool.map(lambda file: sketch_captures(file, faults), large), strict=True
        ):
            yield file, Row(captures=captures, problems=problems)


def _answer(plain: Any) -> KnownAnswer | None:
    """Rebuild an answer; None for what is not of its shape."""
    try:
        return checked(KnownAnswer(**{**plain, "problems": tuple(plain["problems"])}))
    except (TypeError, ValueError, KeyError):
        return None


def _of_file(row: Row, file: CaptureFile) -> Row:
    """Return the row with the file as it was found this time: its run may have another name."""
    if all(capture.file.whole == file for capture in row.captures):
        return row
    return replace(row, captures=tuple(replace(c, file=replace(file, part=c.file.part)) for c in row.captures))


def is_local(file: CaptureFile) -> bool:
    """Return whether reading a file costs no request to an object store."""
    return "://" not in file.path


def content_of(file: CaptureFile) -> tuple[str, tuple[int, ...]]:
    """Return the whole path of a file, and what changes with its content or its manifest's, on whatever machine: sizes and dates."""
    return _path(file), (file.size, file.mtime_ns, *_changed(file.manifest)[:2], *_called(file))


def _path(file: CaptureFile) -> str:
    return file.path if "://" in file.path else os.path.abspath(file.path)  # noqa: PTH100 - ten thousand times


def _key(file: CaptureFile) -> _Key:
    return (file.size, file.mtime_ns, *file.identity, *_changed(file.manifest), *_called(file))


def _called(file: CaptureFile) -> tuple[int, ...]:
    """Return a number for what the user calls a step."""
    return (zlib.crc32(file.steps.encode("utf-8", "surrogateescape")),) if file.steps else ()


def _changed(manifest: str | None) -> tuple[int, ...]:
    """Return size, date, inode and time of change of a local manifest."""
    if manifest is None or "://" in manifest:
        return (0, int(manifest is not None))
    try:
        info = os.stat(manifest)  # noqa: PTH116 - ten thousand times
    except OSError:
        return (0, 0)
    return (info.st_size, info.st_mtime_ns, info.st_ino, info.st_ctime_ns)


def _absolute(place: str) -> str:
    return place if "://" in place or not place else os.path.realpath(Path(place).expanduser())
