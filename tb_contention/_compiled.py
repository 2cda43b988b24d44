"""The one way in which this project compiles functions: explicit signatures, cached on disk, without the interpreter's lock."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any, TypeVar

import numba
from numba.core import config, options

from tb_contention._user_cache import make, user_cache_directory

F = TypeVar("F", bound=Callable[..., Any])
#: Options of functions that borrow arrays from their caller. Counting references at each call costs ten times the call itself. The option
#: is internal to numba; without it the functions give the same results, slowly.
LENT = {"_nrt": False} if hasattr(options.DefaultOptions, "_nrt") else {}
#: The folder of machine code in the user's caches.
_FOLDER = "compiled"
_choosing = RLock()


def compiled(signature: Any, **options: Any) -> Callable[[F], F]:
    """Compile a function for one signature when its module is imported.

    The machine code is cached in the user's cache directory, or where NUMBA_CACHE_DIR says. Where that cannot be written, numba caches
    beside the module; where neither can be, the function is compiled anew in each process.
    """

    def decorate(function: F) -> F:
        with _in_user_cache():
            try:
                made: F = numba.njit(signature, cache=True, nogil=True, **options)(function)
            except RuntimeError as refusal:
                if "cannot cache" not in str(refusal):
                    raise
                made = numba.njit(signature, nogil=True, **options)(function)
        return made

    return decorate


@contextmanager
def _in_user_cache() -> Iterator[None]:
    """Let numba cache in the user's directory; by itself it writes into the package, whose folders an uninstallation then leaves behind.

    The setting belongs to all users of numba in the process, so it holds for the length of one decoration, which fixes the place.
    """
    with _choosing:
        before, place = config.CACHE_DIR, _place()
        if before or not place:
            yield
            return
        config.CACHE_DIR = place
        try:
            yield
        finally:
            config.CACHE_DIR = before


def _place() -> str:
    """Return the user's folder of machine code, "" where it must not be used: machine code of another user would be run."""
    try:
        above = user_cache_directory()
        is_ours = make(above) and make(above / _FOLDER)
    except (OSError, RuntimeError):
        return ""
    return str(above / _FOLDER) if is_ours else ""
