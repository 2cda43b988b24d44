"""The one way in which this project compiles functions: explicit signatures, cached on disk, without the interpreter's lock."""

from collections.abc import Callable
from typing import Any, TypeVar

import numba
from numba.core import options

F = TypeVar("F", bound=Callable[..., Any])
#: Options of functions that borrow arrays from their caller. Counting references at each call costs ten times the call itself. The option
#: is internal to numba; without it the functions give the same results, slowly.
LENT = {"_nrt": False} if hasattr(options.DefaultOptions, "_nrt") else {}


def compiled(signature: Any, **options: Any) -> Callable[[F], F]:
    """Compile a function for one signature when its module is imported.

    The machine code is cached beside the module, or in the user's cache directory where that is read-only; where neither can be
    written numba refuses to cache, and the function is compiled anew in each process.
    """

    def decorate(function: F) -> F:
        try:
            made: F = numba.njit(signature, cache=True, nogil=True, **options)(function)
        except RuntimeError as refusal:
            if "cannot cache" not in str(refusal):
                raise
            made = numba.njit(signature, nogil=True, **options)(function)
        return made

    return decorate
