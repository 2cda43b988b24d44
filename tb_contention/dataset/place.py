"""Where a dataset lies: a local directory or an fsspec URL. Files appear whole or not at all.

A local file is written beside the dataset's own files, in `_unfinished/`, and moved into place; an object store puts whole objects by
itself. Equal names have equal content, so that it does not matter who writes last.
"""

import os
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tb_contention.dataset.library import library
from tb_contention.errors import LogdirError, OutputError
from tb_contention.model.names import SEPARATOR
from tb_contention.recorders.common.places import local_place

_UNFINISHED = "_unfinished"
#: Where reports of groups lie.
REPORTS = "_reports"
#: Seconds after which an unfinished file belongs to no program any more.
_STALE_S = 3600


def report_name(key: str) -> str:
    """Name the report of a group by its key."""
    return f"{REPORTS}/{key}.html"


def whole(place: str) -> str:
    """Return places as absolute paths, so that a row leads back from wherever it is read."""
    parts = map(local_place, place.split(SEPARATOR))
    return SEPARATOR.join(p if "://" in p else str(Path(p).expanduser().resolve()) for p in parts)


@dataclass(frozen=True, slots=True)
class Place:
    """A dataset's directory. Names of files are relative to it, with '/'."""

    root: str

    def __post_init__(self) -> None:
        """Take `file:///PATH` as the path."""
        object.__setattr__(self, "root", local_place(self.root))

    @property
    def is_local(self) -> bool:
        """Return whether it is a directory of this machine, or one mounted here."""
        return "://" not in self.root

    def make(self) -> None:
        """Create the directory. Raises OutputError."""
        if not self.is_local:
            return
        try:
            Path(self.root).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"Cannot create {self.root}: {error.strerror or error}.",
                slug="output-not-writable",
                advice="Name a directory that you may write to with -o.",
                file=str(self.root),
            ) from error

    def is_there(self) -> bool:
        """Return whether anything is there."""
        if self.is_local:
            return Path(self.root).exists() and any(Path(self.root).iterdir())
        filesystem, root = self._remote()
        return bool(filesystem.exists(root) and filesystem.find(root, maxdepth=2))

    def has(self, directory: str) -> bool:
        """Return whether a directory is there."""
        if self.is_local:
            return (Path(self.root) / directory).is_dir()
        filesystem, root = self._remote()
        return bool(filesystem.isdir(f"{root}/{directory}"))

    def files(self, below: str) -> list[str]:
        """List the files below a directory of the dataset, in order; none where it does not exist."""
        if self.is_local:
            top, found = Path(self.root) / below, []
            for folder, _, names in os.walk(top):
                inside = Path(folder).relative_to(self.root).as_posix()
                found += [f"{inside}/{name}" for name in names]
            return sorted(found)
        filesystem, root = self._remote()
        filesystem.invalidate_cache()
        length = len(root) + 1
        return sorted(path[length:] for path in filesystem.find(f"{root}/{below}"))

    def read(self, name: str) -> bytes:
        """Read a file. Raises OSError."""
        if self.is_local:
            return (Path(self.root) / name).read_bytes()
        filesystem, root = self._remote()
        return bytes(filesystem.cat_file(f"{root}/{name}"))

    @contextmanager
    def on_disk(self, names: Sequence[str]) -> Iterator[list[str]]:
        """Yield paths of files on a disk of this machine; those behind a URL are fetched, together where it can. Raises OSError.

        Arrow's threads must hold no file system of Python's: see `schema.read_columns`.
        """
        if self.is_local:
            yield [str(Path(self.root) / name) for name in names]
            return
        filesystem, root = self._remote()
        with tempfile.TemporaryDirectory(prefix="tb_contention-") as folder:
            paths = [str(Path(folder) / f"{i}.parquet") for i in range(len(names))]
            with _as_os_error():
                filesystem.get([f"{root}/{name}" for name in names], paths)
            yield paths

    def write(self, name: str, data: bytes) -> None:
        """Write a file whole. Raises OSError."""
        if not self.is_local:
            filesystem, root = self._remote()
            with _as_os_error():
                try:
                    filesystem.pipe_file(f"{root}/{name}", data)
                except FileNotFoundError:  # not an object store, but a file system with directories
                    filesystem.makedirs(f"{root}/{name}".rpartition("/")[0], exist_ok=True)
                    filesystem.pipe_file(f"{root}/{name}", data)
            return
        path, unfinished = Path(self.root) / name, Path(self.root) / _UNFINISHED
        try:
            _write(path, unfinished, data)
        except FileNotFoundError:  # another run removed a directory that was empty
            _write(path, unfinished, data)

    def remove(self, names: Iterable[str]) -> None:
        """Remove files; those that are gone already are no matter."""
        for name in names:
            with suppress(FileNotFoundError):
                if self.is_local:
                    (Path(self.root) / name).unlink()
                else:
                    filesystem, root = self._remote()
                    filesystem.rm_file(f"{root}/{name}")

    def tidy(self) -> None:
        """Remove unfinished files that no program writes any more, and directories that became empty."""
        if not self.is_local:
            return
        unfinished, now = Path(self.root) / _UNFINISHED, time.time()
        with suppress(OSError):
            for path in unfinished.iterdir():
                with suppress(OSError):
                    if now - path.stat().st_mtime > _STALE_S:
                        path.unlink()
            unfinished.rmdir()
        for folder in Path(self.root).glob("table=*/date=*"):
            with suppress(OSError):
                folder.rmdir()

    def _remote(self) -> tuple[Any, str]:
        core = library("fsspec.core", "A dataset behind a URL")
        try:
            filesystem, root = core.url_to_fs(self.root)
        except Exception as error:  # each protocol has its own
            raise LogdirError(
                f"{self.root}: the URL cannot be opened ({error}).",
                slug="logdir-missing",
                advice="Check the URL, and that the package for its protocol is installed (gcsfs for gs://, s3fs for s3://).",
                file=self.root,
            ) from None
        return filesystem, str(root).rstrip("/")


@contextmanager
def _as_os_error() -> Iterator[None]:
    """Turn what a protocol raises into what a disk would raise."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:  # each protocol has its own
        raise OSError(str(error) or type(error).__name__) from error


def _write(path: Path, unfinished: Path, data: bytes) -> None:
    for folder in (path.parent, unfinished):
        folder.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=unfinished)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
