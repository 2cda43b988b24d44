"""The one way in which this project compiles functions: for one signature, at the first call, cached on disk, without the GIL.

import    functions are declared, which costs nothing
call      machine code is loaded from the user's cache, or compiled and cached
inner     functions that only compiled ones call become part of their callers' machine code; from the cache nothing of theirs is loaded
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any, NamedTuple, TypeVar

import numba
from numba.core import config, options
from numba.core.compiler_lock import global_compiler_lock

from tb_contention._user_cache import make, user_cache_directory

F = TypeVar("F", bound=Callable[..., Any])
#: Options of functions that borrow arrays from their caller. Counting references at each call costs ten times the call itself. The option
#: is internal to numba; without it the functions give the same results, slowly.
_LENT = {"_nrt": False} if hasattr(options.DefaultOptions, "_nrt") else {}
#: The folder of machine code in the user's caches.
_FOLDER = "compiled"
_choosing = RLock()


class Declared(NamedTuple):
    """A function: numba's dispatcher, and the signature it is compiled for."""

    function: Any
    signature: Any

    def make(self) -> None:
        """Load its machine code from the cache, or compile and cache it."""
        with global_compiler_lock:
            if not self.function.signatures:
                self.function.compile(self.signature)
                self.function.disable_compile()

    def is_cached(self) -> bool:
        """Tell whether its machine code is in the cache, for this processor and these versions of the code, numba and Python."""
        cache, codegen = self.function._cache, self.function.targetctx.codegen()  # noqa: SLF001
        try:  # numba itself offers only to load it, which takes thirty times as long
            return cache._index_key(self.signature, codegen) in cache._cache_file._load_index()  # noqa: SLF001
        except (AttributeError, OSError):
            return False


#: By module and name, the functions of imported modules that Python calls.
declared: dict[str, Declared] = {}


def compiled(signature: Any, *, allocates: bool = False, **options: Any) -> Callable[[F], F]:
    """Compile a function for one signature when it is called first, by Python or by a compiled function.

    allocates: it makes arrays of its own, which takes longest to compile; a caller that can make them should.
    The machine code is cached in the user's cache directory, or where NUMBA_CACHE_DIR says. Where that cannot be written, numba caches
    beside the module; where neither can be, the function is compiled anew in each process.
    """
    return _declaring(signature, {**({} if allocates else _LENT), **options}, from_python=True)


def inner(signature: Any, *, allocates: bool = False, **options: Any) -> Callable[[F], F]:
    """Compile a function that only compiled functions call, without what Python would need to call it; from Python it raises TypeError."""
    return _declaring(signature, {**({} if allocates else _LENT), **options}, from_python=False)


def _declaring(signature: Any, options: dict[str, Any], *, from_python: bool) -> Callable[[F], F]:
    options = {"nogil": True, "no_cfunc_wrapper": True, "no_cpython_wrapper": not from_python, **options}

    def decorate(function: F) -> F:
        with _in_user_cache():
            try:
                made = numba.njit(cache=True, **options)(function)
            except RuntimeError as refusal:
                if "cannot cache" not in str(refusal):
                    raise
                made = numba.njit(**options)(function)
        found = Declared(made, signature)
        _postpone(found, from_python=from_python)
        if from_python:
            declared[f"{function.__module__}.{function.__name__}"] = found
        result: F = made
        return result

    return decorate


def _postpone(found: Declared, *, from_python: bool) -> None:
    """Compile for the declared signature once code for any arguments is asked for; numba by itself compiles for those that come."""
    made = found.function
    for_caller = made.get_call_template

    def called(*_arguments: Any, **_named: Any) -> Any:
        if not from_python:
            raise TypeError(f"{made.__name__} can be called by compiled functions only")
        found.make()
        return made  # which chooses the code for the arguments, now that there is some

    def asked(arguments: Any, named: Any) -> Any:
        found.make()
        return for_caller(arguments, named)

    if not from_python:
        made._insert = lambda *_code: None  # noqa: SLF001  what Python would call does not exist
    made._compile_for_args, made.get_call_template = called, asked  # noqa: SLF001


def table_size(count: int) -> int:
    """Return how long a table with open addressing is that so many different values leave at least half empty, a power of two."""
    return 1 << max(4, (2 * count - 1).bit_length())


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
