"""Log directory -> the profiler files in it, found by name and place. Only folders are opened, and files named *.sqlite and *.json[.gz].

<logdir>[/<run>]/plugins/profile/<directory>/<host>.xplane.pb, and anywhere below <logdir> the files of other recorders.
"""

import os
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from tb_contention.errors import LogdirError
from tb_contention.model.capture import CaptureFile, Container, Discovery
from tb_contention.model.dataset import MARK
from tb_contention.model.findings import Origin, Problem, Severity
from tb_contention.recorders.common.advice import GRANT_LISTING, REMOVE
from tb_contention.recorders.common.links import Links
from tb_contention.recorders.common.naming import (
    ANYWHERE,
    MANIFEST_NAME,
    best_of_hosts,
    container_of,
    export_seconds,
    is_open,
    plain_name,
    printable,
)
from tb_contention.recorders.common.places import places_of
from tb_contention.recorders.kineto.recognise import ENDINGS, why_not
from tb_contention.recorders.nsight.export import REPORTS, export_command, exporter
from tb_contention.recorders.nsight.place import report_file

#: How the path of a folder with session directories ends.
_PROFILE = f"{os.sep}plugins{os.sep}profile"
#: JSON files of one folder that are opened to see whether they are traces.
_MOST_LOOKED_AT = 2000
_MISPLACED = (Container.XPLANE, Container.RIEGELI)
#: How the names of a dataset's own folders begin.
_OF_DATASET = ("table=", "_reports", "_baselines", "_unfinished")
#: Datasets that are listed.
_MOST_DATASETS = 50


@dataclass(slots=True)
class _Found:
    """What was found so far. exports: by folder that was listed, the times of export that names in it state."""

    files: list[CaptureFile] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    seen_instead: list[str] = field(default_factory=list)
    datasets: list[str] = field(default_factory=list)
    identities: set[tuple[int, int]] = field(default_factory=set)
    folders: int = 0
    exports: dict[str, tuple[int, ...]] = field(default_factory=dict)
    on_first: Callable[[], None] | None = None

    def add(self, files: Iterable[CaptureFile]) -> None:
        """Take files, and tell that there are any."""
        self.files += files
        if self.files:
            self._tell()

    def add_datasets(self, places: Iterable[str]) -> None:
        """Take datasets, which there is something to show of."""
        self.datasets += places
        if self.datasets:
            self._tell()

    def _tell(self) -> None:
        if self.on_first is not None:
            tell, self.on_first = self.on_first, None
            tell()


def discover(logdir: str, *, spec: str = "", steps: str = "", on_first: Callable[[], None] | None = None) -> Discovery:
    """List the profiler files below a folder, below several (separated by commas), or below the folders of TensorBoard's `--logdir_spec`.

    Also accept a folder inside the layout (a session's directory, `plugins/profile`) or a single file. Follow symbolic links, those that
    lead out as long as they lead to captures; detect loops and duplicates by device and inode. on_first: called once, when the first file
    or dataset is found. steps: what the user calls a step, a regular expression. Raise LogdirError if a place does not exist or cannot be
    read.
    """
    found = _Found(on_first=on_first)
    for name, place in places_of(logdir, spec):
        if "://" in place:
            from tb_contention.recorders.common.remote import discover_remote

            remote, datasets, folders = discover_remote(place, name)
            found.add(remote)
            found.add_datasets(datasets)
            found.folders += folders
        else:
            _discover_local(Path(place), name, found)
    if steps:
        found.files = [replace(file, steps=steps) for file in found.files]
    files = _with_unique_ids(sorted(found.files, key=lambda f: (f.run, f.host, f.relative, f.path)))
    return Discovery(
        logdir=logdir or spec,
        files=files,
        problems=tuple(found.problems),
        looked_in=found.folders,
        seen_instead=tuple(sorted(found.seen_instead)[:20]),
        datasets=tuple(sorted(set(found.datasets), key=lambda place: (place.count("/"), place))[:_MOST_DATASETS]),
    )


def _with_unique_ids(files: list[CaptureFile]) -> tuple[CaptureFile, ...]:
    """Number runs that share a name: unnamed folders of a spec, or names that differ only in bytes that are not UTF-8."""
    taken: set[str] = set()
    unique = []
    for file in files:
        free, number = file, 1
        while free.id in taken:
            number += 1
            free = replace(file, run=f"{file.run}~{number}")
        taken.add(free.id)
        unique.append(free)
    return tuple(sorted(unique, key=lambda f: (f.run, f.host, f.relative, f.path)))


def check_places(logdir: str) -> None:
    """Raise LogdirError, as `discover` does, if a local place does not exist or cannot be read; nothing below it is looked at."""
    for _, place in places_of(logdir, ""):
        if "://" not in place:
            _opened(Path(place))


def _opened(root: Path) -> tuple[Path, bool]:
    """Return a place's absolute path and whether it is a folder, which may then be listed."""
    try:
        root = Path(os.path.abspath(root.expanduser()))  # of one name, it would have no folder above it
        info = root.stat()
    except (OSError, ValueError, RuntimeError) as error:  # a NUL in the path, a user without a home
        reason = error.strerror if isinstance(error, OSError) else str(error).rstrip(".")
        raise LogdirError(
            f"{printable(str(root))}: the log directory cannot be opened ({reason or 'unknown error'}).",
            slug="logdir-missing",
            advice="Name the directory that TensorBoard gets as --logdir.",
            file=str(root),
        ) from None
    if not stat.S_ISDIR(info.st_mode):
        return root, False
    if not os.access(root, os.R_OK | os.X_OK):
        raise LogdirError(
            f"{printable(str(root))}: the log directory cannot be read (permission denied).",
            slug="logdir-unreadable",
            advice=GRANT_LISTING,
            file=str(root),
        )
    return root, True


def _discover_local(place: Path, name: str, found: _Found) -> None:
    root, is_folder = _opened(place)
    if not is_folder:
        folder = root.parent
        top = folder.parent.parent.parent if folder.parent.name == "profile" else folder
        _read_session(str(folder), top, name, found, only=root.name)
        return
    _walk(root, name, found)


def _walk(root: Path, name: str, found: _Found) -> None:
    """Walk the folders without recursion; below plugins/profile each folder is a session's directory and is not entered."""
    top = root
    if root.name == "profile" and root.parent.name == "plugins":
        top = root.parent.parent
    elif root.parent.name == "profile" and root.parent.parent.name == "plugins":
        _read_session(str(root), root.parent.parent.parent, name, found)
        return
    visited: set[tuple[int, int]] = set()
    links = Links(os.path.realpath(root), root.stat().st_dev)
    stack = [(str(root), "")]
    while stack:
        folder, via = stack.pop()
        if not links.goes_on(via, folder):
            continue
        before = len(found.files)
        entries = _entries(folder, top, visited, found)
        found.exports[folder] = export_seconds(entry.name for entry in entries)
        in_profile = _holds_sessions(folder)
        if any(entry.name == MARK and _is_folder(entry) for entry in entries):
            found.add_datasets((folder,))
            entries = [e for e in entries if not (e.name.startswith(_OF_DATASET) and _is_folder(e))]
        _read_loose(folder, entries, top, name, found)
        for entry in sorted(entries, key=lambda e: e.name, reverse=True):
            if _is_folder(entry):
                if in_profile:
                    _read_session(entry.path, top, name, found)
                else:
                    stack.append((entry.path, links.behind(entry, via)))
            elif entry.name.endswith(Container.NSIGHT.value):
                _add_report(entry, entries, top, name, found)
            elif entry.name.endswith(REPORTS):
                _add_unexported(entry, entries, top, name, found)
            elif not in_profile and container_of(entry.name) in _MISPLACED:
                found.seen_instead.append(printable(os.path.relpath(entry.path, top)))
        links.count(via, len(found.files) - before)
    found.problems += links.problems()


def _add_report(entry: os.DirEntry[str], beside: list[os.DirEntry[str]], top: Path, name: str, found: _Found) -> None:
    """List a report of Nsight Systems."""
    manifest = _manifest(beside)
    relative = (f"{name}/" if name else "") + _below(entry.path, top)
    found.add(report_file(entry, relative, printable(top.absolute().name), manifest, found.identities))


def _add_unexported(
    entry: os.DirEntry[str], beside: list[os.DirEntry[str]], top: Path, name: str, found: _Found
) -> None:
    """List a report of Nsight Systems without its export beside it, if `nsys` is there to export it; else name the command that does."""
    stem = entry.name.rpartition(".")[0]
    if any(other.name in (f"{stem}{Container.NSIGHT.value}", *_better(stem, entry.name)) for other in beside):
        return
    if exporter() is not None:
        _add_report(entry, beside, top, name, found)
        return
    place = _below(entry.path, top)
    found.seen_instead.append(place)
    found.problems.append(
        _problem(
            place,
            "not-exported",
            f"{place}: a report of Nsight Systems is read once it is exported.",
            f"Export it: {export_command(entry.path)}",
            Severity.INFO,
        )
    )


def _better(stem: str, name: str) -> tuple[str, ...]:
    """Return the names of the same report that count before this one."""
    names = tuple(f"{stem}{ending}" for ending in REPORTS)
    return names[: names.index(name)]


def _entries(folder: str, top: Path, visited: set[tuple[int, int]], found: _Found) -> list[os.DirEntry[str]]:
    try:
        info = os.stat(folder)
        if (info.st_dev, info.st_ino) in visited:
            return []
        visited.add((info.st_dev, info.st_ino))
        found.folders += 1
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        place = printable(os.path.relpath(folder, top))
        found.problems.append(
            _problem(
                place,
                "unreadable-folder",
                f"{place}: the folder cannot be read ({error.strerror}).",
                GRANT_LISTING,
            )
        )
        return []


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _problem(file: str, slug: str, message: str, advice: str, severity: Severity = Severity.WARNING) -> Problem:
    return Problem(file=file, slug=slug, severity=severity, origin=Origin.READING, message=message, advice=advice)


def _read_session(folder: str, top: Path, name: str, found: _Found, only: str | None = None) -> None:
    """List the profiler files of one session's directory: the best container of each host."""
    entries = _entries(folder, top, set(), found)
    best = _best(entries, only)
    if only is not None or all(container is not Container.XPLANE for container, _ in best.values()):
        best = _with_traces_by_content(best, [e for e in entries if only in (None, e.name)], top, found)
    manifest = _manifest(entries)
    seconds = _export_seconds(folder, found) if best else ()
    for host, (container, entry) in sorted(best.items()):
        _add_file(folder, top, name, host, container, entry.path, seconds, manifest, found)
    for entry in entries:
        if entry.name.endswith(Container.NSIGHT.value) and only in (None, entry.name):
            _add_report(entry, entries, top, name, found)
        if entry.name.endswith(REPORTS) and only in (None, entry.name):
            _add_unexported(entry, entries, top, name, found)


def _read_loose(folder: str, entries: list[os.DirEntry[str]], top: Path, name: str, found: _Found) -> None:
    """List the files of other recorders in a folder outside of the layout."""
    manifest = _manifest(entries)
    for host, (container, entry) in sorted(_with_traces_by_content(_best(entries), entries, top, found).items()):
        if container in ANYWHERE and not _is_folder(entry):
            _add_file(folder, top, name, host, container, entry.path, (), manifest, found)


def _manifest(entries: list[os.DirEntry[str]]) -> str | None:
    return next((entry.path for entry in entries if entry.name == MANIFEST_NAME), None)


def _best(entries: list[os.DirEntry[str]], only: str | None = None) -> dict[str, tuple[Container, os.DirEntry[str]]]:
    """Choose the best container of each host."""
    by_name = {entry.name: entry for entry in entries if only in (None, entry.name)}
    return {host: (container, by_name[name]) for host, (container, name) in best_of_hosts(by_name).items()}


def _with_traces_by_content(
    best: dict[str, tuple[Container, os.DirEntry[str]]], entries: list[os.DirEntry[str]], top: Path, found: _Found
) -> dict[str, tuple[Container, os.DirEntry[str]]]:
    """Add the traces of PyTorch that have names of their own; note what looks like a trace and is none."""
    others = [
        e for e in entries if e.name.endswith(ENDINGS) and container_of(e.name) not in ANYWHERE and is_open(e.name)
    ]
    best = dict(best)
    for entry in sorted(others, key=lambda e: e.name)[:_MOST_LOOKED_AT]:
        try:
            info = entry.stat()
            reason = why_not(entry.path, info.st_size, info.st_mtime_ns) if stat.S_ISREG(info.st_mode) else None
        except OSError:
            continue  # a link to nothing, with another program's ending
        if reason:
            found.seen_instead.append(f"{_below(entry.path, top)} ({reason})")
        elif reason == "":
            host = plain_name(entry.name)
            kept = best.get(host)
            free = kept is None or kept[1].name == entry.name
            best[host if free else entry.name] = Container.KINETO, entry
    return best


def _add_file(
    folder: str, top: Path, name: str, host: str, container: Container, path: str, seconds: tuple[int, ...],
    manifest: str | None, found: _Found,
) -> None:  # fmt: skip
    relative = _below(path, top)
    if name:
        relative = f"{name}/{relative}"
    try:
        info = os.stat(path)
    except OSError as error:
        found.problems.append(
            _problem(
                relative,
                "unreadable-file",
                f"{relative}: the file cannot be read ({error.strerror}).",
                "Check that the file exists; if it is a link, check its target.",
                Severity.ERROR,
            )
        )
        return
    if not stat.S_ISREG(info.st_mode):
        found.problems.append(
            _problem(relative, "not-a-file", f"{relative}: not a regular file, so it is skipped.", REMOVE)
        )
        return
    if (info.st_dev, info.st_ino) in found.identities and info.st_nlink == 1:
        return
    found.identities.add((info.st_dev, info.st_ino))
    directory = printable(os.path.basename(folder)) or "root"
    file = CaptureFile(
        path=path, relative=relative, run=_run(folder, top, name, directory), directory=directory, host=printable(host),
        container=container, size=info.st_size, mtime_ns=info.st_mtime_ns, tfevents_seconds=seconds, manifest=manifest,
        identity=(info.st_ino, info.st_ctime_ns),
    )  # fmt: skip
    found.add((file,))


def _run(folder: str, top: Path, name: str, directory: str) -> str:
    """Name the run as xprof does: where `plugins` is, and the session's directory; outside of the layout the folder itself."""
    above = os.path.dirname(folder)
    in_layout = _holds_sessions(above)
    place = os.path.dirname(os.path.dirname(above)) if in_layout else above
    run = "." if place == str(top) else _below(place, top)
    run = directory if run in (".", "") or run.startswith("..") else f"{run}/{directory}"
    return f"{name}/{run}" if name else run


def _export_seconds(folder: str, found: _Found) -> tuple[int, ...]:
    """Return the times of export that stand beside `plugins`, of which `folder` is a session's directory."""
    place = os.path.dirname(os.path.dirname(os.path.dirname(folder)))
    if place not in found.exports:
        try:
            found.exports[place] = export_seconds(os.listdir(place))
        except OSError:
            found.exports[place] = ()
    return found.exports[place]


def _holds_sessions(folder: str) -> bool:
    """Return whether the folders below are sessions' directories."""
    return f"{os.sep}{folder}".endswith(_PROFILE)


def _below(path: str, top: Path) -> str:
    """Return a path relative to the top, with '/'; most paths begin with it as it is written."""
    above = f"{top}{os.sep}"
    below = path[len(above) :] if path.startswith(above) else os.path.relpath(path, top)
    return printable(below).replace(os.sep, "/")
