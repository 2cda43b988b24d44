"""Where this user's caches are, and whether a directory may be used for one."""

import os
import stat
import sys
import tempfile
from contextlib import suppress
from pathlib import Path


def user_cache_directory() -> Path:
    """Return the directory of this program in the user's caches; it may not exist yet. Raises RuntimeError for a user without a home."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home())
    elif sys.platform == "darwin":
        base = str(Path("~/Library/Caches").expanduser())
    else:
        base = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    return Path(base) / "tb_contention"


def default_cache_directory() -> Path:
    """Return the directory of decoded traces, exports and indexes; TB_CONTENTION_CACHE_DIR overrides it. Raises RuntimeError."""
    chosen = os.environ.get("TB_CONTENTION_CACHE_DIR")
    return Path(chosen) if chosen else user_cache_directory()


def unusable(directory: Path) -> str:
    """Say why a directory must not be used; "" where it may be. Another user's could hold what he likes."""
    try:
        info = directory.lstat()
    except FileNotFoundError:
        return "it does not exist"
    except OSError as error:
        return f"it cannot be accessed ({error.strerror})"
    if stat.S_ISLNK(info.st_mode):
        return "it is a symbolic link"
    if not stat.S_ISDIR(info.st_mode):
        return "it is not a directory"
    if hasattr(os, "getuid") and info.st_uid != os.getuid():
        return "it belongs to another user"
    return ""


def contents(path: Path) -> bytes:
    """Read a plain file of a cache. Raises OSError for anything else in its place: a pipe would never end."""
    flags = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, os.O_RDONLY | flags), "rb") as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise OSError
        return stream.read()


def make(directory: Path) -> bool:
    """Create a directory that only this user may enter, if it does not exist; return whether it may be used. Raises OSError."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return not unusable(directory)


def machine_code() -> str:
    """Return the user's folder of machine code, or, where there is no writable home, one of his among the temporary files.

    "" where neither may be used: machine code of another user would be run.
    """
    with suppress(RuntimeError):
        place = _writable(user_cache_directory())
        if place:
            return place
    return _writable(Path(tempfile.gettempdir()) / f"tb_contention-{os.getuid()}") if hasattr(os, "getuid") else ""


def _writable(above: Path) -> str:
    folder = above / "compiled"
    try:
        is_ours = make(above) and make(folder) and os.access(folder, os.W_OK | os.X_OK)
    except OSError:
        return ""
    return str(folder) if is_ours else ""
