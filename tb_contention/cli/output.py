"""Write results to stdout, or to files that appear whole or not at all."""

import contextlib
import errno
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from tb_contention.errors import OutputError


@contextlib.contextmanager
def _stdout() -> Iterator[TextIO]:
    """Yield stdout, and flush it; a closed pipe raises BrokenPipeError, any other fault of it OutputError."""
    try:
        stream: TextIO | None = sys.stdout
        if stream is None:
            raise OSError(errno.EBADF, "it is closed")  # noqa: TRY301
        yield stream
        stream.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        forget_stdout()
        raise OutputError(
            f"Cannot write to stdout: {error.strerror or error}.",
            slug="output-not-writable",
            advice="Name a file with -o, or send the output to where there is room.",
        ) from None


def write_stdout(text: str) -> None:
    """Print a result."""
    with _stdout() as stream:
        stream.write(text)


def write_stdout_bytes(chunks: Iterable[bytes]) -> None:
    """Print a binary result. The chunks are made before stdout may fail, so that only its own faults are told as such."""
    for chunk in chunks:
        with _stdout() as stream:
            stream.buffer.write(chunk)


def forget_stdout() -> None:
    """Point stdout at the null device, so that the interpreter's last flush does not fail on a closed pipe."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def write_verdict(text: str) -> None:
    """Print a result whose exit code matters more than its text: a closed pipe must not turn a failure into success."""
    try:
        write_stdout(text)
    except BrokenPipeError:
        forget_stdout()


def write_result(output: str, text: str, *, force: bool) -> None:
    """Print a text if the output is -, else write it to that file and report so."""
    if output == "-":
        write_stdout(text)
        return
    write_file(Path(output), text, force=force)
    say_written(Path(output))


def say_written(path: Path) -> None:
    """Report the written path on stderr."""
    from tb_contention.cli.terminal import printable

    print(f"Wrote {printable(str(path))}", file=sys.stderr)


def write_file(path: Path, text: str, *, force: bool) -> None:
    """Write a text as `write_file_bytes` does; characters that UTF-8 cannot encode become escapes."""
    write_file_bytes(path, (text.encode("utf-8", "backslashreplace"),), force=force)


def write_file_bytes(path: Path, chunks: Iterable[bytes], *, force: bool) -> None:
    """Write a file through a temporary one beside it; refuse anything but a plain file, and to overwrite without `force`."""
    refuse_unfit(path, force=force)
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name[:40]}.", suffix=".part", dir=path.parent)
        with os.fdopen(handle, "wb") as stream:
            stream.writelines(chunks)
        Path(temporary).chmod(0o666 & ~_umask())
        _move(Path(temporary), path, force=force)
    except FileExistsError:
        raise _exists(path) from None
    except (OSError, ValueError) as error:
        raise OutputError(
            f"Cannot write {path}: {getattr(error, 'strerror', None) or error}.",
            slug="output-not-writable",
            advice="Name a file in an existing directory that you may write to.",
            file=str(path),
        ) from error
    finally:
        if temporary:
            Path(temporary).unlink(missing_ok=True)


def write_folder(folder: Path, files: dict[str, str], *, force: bool) -> None:
    """Write several files into a directory; create it if missing."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise OutputError(
            f"Cannot write to {folder}: it is not a directory.",
            slug="output-not-a-folder",
            advice="Name a directory with -o.",
            file=str(folder),
        )
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"Cannot create the directory {folder}: {error.strerror or error}.",
            slug="output-not-writable",
            advice="Name a directory inside an existing one that you may write to.",
            file=str(folder),
        ) from error
    for name in files:
        refuse_unfit(folder / name, force=force)
    for name, text in files.items():
        write_file(folder / name, text, force=force)


def refuse_unfit(path: Path, *, force: bool) -> None:
    """Raise OutputError if the path is not a plain file, or exists and `force` is off; commands call it before the work."""
    try:
        if path.is_symlink():
            raise OutputError(
                f"Cannot write {path}: it is a symbolic link.",
                slug="output-is-a-link",
                advice="Name its target, or remove the link.",
                file=str(path),
            )
        if path.is_dir():
            raise OutputError(
                f"Cannot write {path}: it is a directory.",
                slug="output-is-a-folder",
                advice="Name a file with -o.",
                file=str(path),
            )
        if path.exists() and not path.is_file():
            raise OutputError(
                f"Cannot write {path}: it is not a plain file.",
                slug="output-not-a-file",
                advice="Use -o - to write to stdout.",
                file=str(path),
            )
        if path.exists() and not force:
            raise _exists(path)
    except (OSError, ValueError) as error:
        raise OutputError(f"Cannot write {path}: {error}.", slug="output-not-writable", file=str(path)) from error


def _exists(path: Path) -> OutputError:
    advice = "Use --force to overwrite it."
    return OutputError(f"{path} already exists.", slug="output-exists", advice=advice, file=str(path))


def _move(temporary: Path, path: Path, *, force: bool) -> None:
    """Move the finished file into place; without `force` a file that appeared meanwhile stays."""
    if force:
        temporary.replace(path)
        return
    try:
        path.hardlink_to(temporary)
    except OSError as error:
        if error.errno == errno.EEXIST:
            raise
        temporary.replace(path)  # a file system without links


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
