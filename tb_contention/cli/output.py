"""Text or bytes -> stdout or a file that is there whole or not at all."""

import contextlib
import errno
import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tb_contention.errors import OutputError


def write_stdout(text: str) -> None:
    """Print a result."""
    sys.stdout.write(text)
    sys.stdout.flush()


def write_stdout_bytes(chunks: Iterable[bytes]) -> None:
    """Print a result that is no text."""
    for chunk in chunks:
        sys.stdout.buffer.write(chunk)
    sys.stdout.flush()


def forget_stdout() -> None:
    """Point stdout at nothing, so that the interpreter's last flush does not complain about a reader that went away."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def write_verdict(text: str) -> None:
    """Print a result whose exit code counts more than its text: a reader that goes away does not turn a failure into success."""
    try:
        write_stdout(text)
    except BrokenPipeError:
        forget_stdout()


def say_written(path: Path) -> None:
    """Say on stderr what was written, as the last line."""
    from tb_contention.cli.terminal import printable

    print(f"Wrote {printable(str(path))}", file=sys.stderr)


def write_file(path: Path, text: str, *, force: bool) -> None:
    """Write a text as `write_file_bytes` does; what UTF-8 has no bytes for becomes an escape."""
    write_file_bytes(path, (text.encode("utf-8", "backslashreplace"),), force=force)


def write_file_bytes(path: Path, chunks: Iterable[bytes], *, force: bool) -> None:
    """Write a file by way of a temporary one beside it; refuse what is not a plain file, and to overwrite without `force`."""
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
            advice="Name a file in a folder that exists and that you may write to.",
        ) from error
    finally:
        if temporary:
            Path(temporary).unlink(missing_ok=True)


def write_folder(folder: Path, files: dict[str, str], *, force: bool) -> None:
    """Write several files into a folder, which is made when it is not there."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise OutputError(
            f"Cannot write to {folder}: it is not a folder.",
            slug="output-not-a-folder",
            advice="Name a folder with -o.",
        )
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"Cannot make the folder {folder}: {error.strerror or error}.",
            slug="output-not-writable",
            advice="Name a folder inside one that exists and that you may write to.",
        ) from error
    for name in files:
        refuse_unfit(folder / name, force=force)
    for name, text in files.items():
        write_file(folder / name, text, force=force)


def refuse_unfit(path: Path, *, force: bool) -> None:
    """Refuse to write to what is not a plain file, and to overwrite without `force`; before the work, where a command can."""
    try:
        if path.is_symlink():
            raise OutputError(
                f"{path} is a symbolic link.",
                slug="output-is-a-link",
                advice="Name the file itself, or remove the link.",
            )
        if path.is_dir():
            raise OutputError(f"{path} is a folder.", slug="output-is-a-folder", advice="Name a file with -o.")
        if path.exists() and not path.is_file():
            raise OutputError(
                f"{path} is not a plain file.", slug="output-not-a-file", advice="Use -o - to write to stdout."
            )
        if path.exists() and not force:
            raise _exists(path)
    except (OSError, ValueError) as error:
        raise OutputError(f"Cannot write {path}: {error}.", slug="output-not-writable") from error


def _exists(path: Path) -> OutputError:
    return OutputError(f"{path} is there already.", slug="output-exists", advice="Use --force to overwrite it.")


def _move(temporary: Path, path: Path, *, force: bool) -> None:
    """Put the finished file in its place; without `force` a file that appeared meanwhile stays."""
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
