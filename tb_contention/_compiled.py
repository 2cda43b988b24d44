"""The one way in which this project compiles functions: for one signature, at the first call, cached on disk, without the GIL.

import    functions are declared, which costs nothing
call      machine code is loaded from the user's cache, or compiled and cached
inner     functions that only compiled ones call become part of their callers' machine code; from the cache nothing of theirs is loaded
change    what is cached counts while all that it was made of is the same, also in the files of other modules
"""

import gc
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from enum import EnumMeta
from hashlib import sha256
from threading import RLock
from types import CodeType, ModuleType
from typing import Any, Literal, NamedTuple, TypeVar

import numba
import numpy as np
from numba.core import config, options, types
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_lock import global_compiler_lock
from numba.core.compiler_machinery import register_pass
from numba.core.targetconfig import ConfigStack
from numba.core.typed_passes import NativeLowering, NopythonRewrites
from numba.core.untyped_passes import InlineClosureLikes

from tb_contention._claims import claimed
from tb_contention._user_cache import machine_code

F = TypeVar("F", bound=Callable[..., Any])
#: Options of functions that borrow arrays from their caller. Counting references at each call costs ten times the call itself. The option
#: is internal to numba; without it the functions give the same results, slowly.
_LENT = {"_nrt": False} if hasattr(options.DefaultOptions, "_nrt") else {}
#: Seconds after which a function that another process is compiling is compiled here too.
_PATIENCE = 20.0
_choosing = RLock()
_LAYOUTS: tuple[Literal["C"], Literal["A"]] = ("C", "A")
#: The types of all arrays that functions are called with, made before there are threads: two threads that make one at the same moment have
#: two that differ for numba, and what was compiled for one is then refused for the other.
ARRAYS = [
    types.Array(of, dimensions, layout, readonly=readonly)
    for of in (types.boolean, types.uint8, types.uint16, types.uint32, types.int32, types.int64, types.float64)
    for dimensions in (1, 2)
    for layout in _LAYOUTS
    for readonly in (False, True)
]


class _Compiler(CompilerBase):
    """numba's compiler without two passes that find nothing here: no function has functions, comprehensions or sums of arrays inside."""

    def define_pipelines(self) -> list[Any]:
        passes = DefaultPassBuilder.define_nopython_pipeline(self.state)
        passes.passes = [step for step in passes.passes if step[0] not in (InlineClosureLikes, NopythonRewrites)]
        return [passes]


class _Part(JITCodeLibrary):
    """Code that only becomes part of other code: it is optimised there, and no machine code is made of it alone."""

    def _optimize_functions(self, module: Any) -> None:
        module.data_layout = self._codegen._data_layout  # noqa: SLF001

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True


@register_pass(mutates_CFG=True, analysis_only=False)
class _LoweringOfPart(NativeLowering):
    """numba's lowering, up to code that others can link."""

    _name = "lowering_of_part"

    def run_pass(self, state: Any) -> bool:
        context = state.targetctx
        state.library = _Part(context.codegen(), state.func_id.func_qualname)
        state.flags.no_compile = True
        super().run_pass(state)
        lowered = state["cr"]
        # What callers find it by; there is nothing that Python could call.
        state["cr"] = lowered._replace(cfunc=lowered.fndesc)
        context.insert_user_function(lowered.fndesc, lowered.fndesc, [state.library])
        return True


class _InnerCompiler(_Compiler):
    """Compiles what only compiled functions call."""

    def define_pipelines(self) -> list[Any]:
        (passes,) = super().define_pipelines()
        passes.passes = [(_LoweringOfPart if step is NativeLowering else step, said) for step, said in passes.passes]
        return [passes]


class Declared(NamedTuple):
    """A function: numba's dispatcher, and the signature it is compiled for."""

    function: Any
    signature: Any

    def make(self, *, patience: float = _PATIENCE) -> None:
        """Load its machine code from the cache, or compile and cache it, which one process does while others wait; without patience,
        leave it to that process.
        """
        with global_compiler_lock:
            if self.function.signatures:
                return
            self._stamp()
            with self._claimed(patience) as ours:
                if ours or patience:
                    with _resolving_once(), _without_collection():
                        self.function.compile(self.signature)
                    self.function.disable_compile()

    def is_ready(self) -> bool:
        """Tell whether calling it compiles nothing."""
        return bool(self.function.signatures) or self.is_cached()

    def is_cached(self) -> bool:
        """Tell whether its machine code is in the cache, for this processor and these versions of the code, numba and Python."""
        self._stamp()
        cache, codegen = self.function._cache, self.function.targetctx.codegen()  # noqa: SLF001
        try:  # numba itself offers only to load it, which takes thirty times as long
            return cache._index_key(self.signature, codegen) in cache._cache_file._load_index()  # noqa: SLF001
        except (AttributeError, OSError):
            return False

    def _claimed(self, patience: float) -> AbstractContextManager[bool]:
        folder = self.function.stats.cache_path
        return claimed(folder, self.function.__qualname__, patience) if folder else nullcontext(True)

    def _stamp(self) -> None:
        """Let the cache hold what was made of the same as now; numba by itself looks at the date of the function's own file."""
        file = getattr(self.function._cache, "_cache_file", None)  # noqa: SLF001
        if file is not None and not isinstance(file._source_stamp, str):  # noqa: SLF001
            file._source_stamp = digest(self.function)  # noqa: SLF001


#: By module and name, the functions of imported modules that Python calls.
declared: dict[str, Declared] = {}


def compiled(signature: Any, *, allocates: bool = False, **options: Any) -> Callable[[F], F]:
    """Compile a function for one signature when it is called first, by Python or by a compiled function.

    allocates: it makes arrays of its own, which takes longest to compile; a caller that can make them should.
    The machine code is cached in the user's cache directory, or where NUMBA_CACHE_DIR says; without a writable home in a folder of his
    among the temporary files. Where none can be written, numba caches beside the module, or compiles anew in each process.
    """
    return _declaring(signature, {**({} if allocates else _LENT), **options}, from_python=True)


def inner(signature: Any, *, allocates: bool = False, **options: Any) -> Callable[[F], F]:
    """Compile a function that only compiled functions call, without what Python would need to call it; from Python it raises TypeError."""
    return _declaring(signature, {**({} if allocates else _LENT), **options}, from_python=False)


def _declaring(signature: Any, options: dict[str, Any], *, from_python: bool) -> Callable[[F], F]:
    without = {"no_cfunc_wrapper": True, "no_cpython_wrapper": not from_python}
    options = {"nogil": True, "pipeline_class": _Compiler if from_python else _InnerCompiler, **without, **options}

    def decorate(function: F) -> F:
        made = _cached(function, options) if from_python else numba.njit(**options)(function)
        made.declared_for = signature
        found = Declared(made, signature)
        _postpone(found, from_python=from_python)
        if from_python:
            declared[f"{function.__module__}.{function.__name__}"] = found
        result: F = made
        return result

    return decorate


def _cached(function: Any, options: dict[str, Any]) -> Any:
    """Return numba's dispatcher of a function, with a cache where there can be one."""
    with _in_user_cache():
        try:
            return numba.njit(cache=True, **options)(function)
        except RuntimeError as refusal:
            if "cannot cache" not in str(refusal):
                raise
            return numba.njit(**options)(function)


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


@contextmanager
def _resolving_once() -> Iterator[None]:
    """Let numba find out once what a builtin function does with arguments of some types, while the caller holds numba's lock.

    By itself, it tries all implementations in turn at every call in the code, at least twice: a third of the time that it takes to compile.
    """
    builtin: Any = types.Function
    if "get_call_type" in vars(builtin):  # within another compilation
        yield
        return
    resolve, known = builtin.get_call_type, {}

    def resolve_once(function: Any, context: Any, arguments: Any, named: Any) -> Any:
        flags = ConfigStack.top_or_none()
        owners = function, context, flags  # kept below, so that nothing else gets their ids
        key = (*map(id, owners), arguments, *named.items())
        if key not in known:
            signature = resolve(function, context, arguments, named)
            known[key] = signature, function.get_impl_key(signature), owners
        signature, implementation, _ = known[key]
        function._impl_keys[signature.args] = implementation  # noqa: SLF001  as numba's own way does
        return signature

    builtin.get_call_type = resolve_once
    try:
        yield
    finally:
        del builtin.get_call_type


@contextmanager
def _without_collection() -> Iterator[None]:
    """Let garbage wait: numba makes millions of objects that stay, and looking through them takes a tenth of the time to compile."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def digest(function: Any) -> str:
    """Return a digest of all that a function's machine code is made of: its code, options and constants, and those of what it calls."""
    return sha256("\n".join(_made_of(function, set())).encode()).hexdigest()


def _made_of(function: Any, seen: set[int]) -> Iterator[str]:
    """List the parts of a compiled function, or of one of numba's intrinsic functions."""
    seen.add(id(function))
    plain = getattr(function, "py_func", None) or function._defn  # noqa: SLF001
    yield f"{getattr(function, 'declared_for', '')} {getattr(function, 'targetoptions', '')} {plain.__defaults__}"
    codes = [plain.__code__]
    for code in codes:
        codes += (constant for constant in code.co_consts if isinstance(constant, CodeType))
        constants = [constant for constant in code.co_consts if not isinstance(constant, CodeType)]
        yield f"{code.co_code.hex()} {code.co_varnames} {code.co_names} {constants}"
        yield from _read(plain.__globals__, code.co_names, seen)


def _read(space: dict[str, Any], names: tuple[str, ...], seen: set[int]) -> Iterator[str]:
    """List what code finds that reads names in a module, and reads those of other modules in it."""
    for name in names:
        if name not in space:
            continue
        value = space[name]
        if isinstance(value, ModuleType):
            yield from _read(vars(value), tuple(other for other in names if other != name), seen)
        elif isinstance(value, np.ndarray):
            yield f"{name} {value.dtype} {value.tobytes().hex()}"
        elif isinstance(value, EnumMeta):
            yield f"{name} {[*value]}"
        elif callable(value):
            yield f"{name} {getattr(value, '__module__', '')} {getattr(value, '__qualname__', getattr(value, '__name__', ''))}"
            if id(value) not in seen and (hasattr(value, "py_func") or hasattr(value, "_defn")):
                yield from _made_of(value, seen)
        else:
            yield f"{name} {value!r}"


def is_ready(function: Callable[..., Any]) -> bool:
    """Tell whether calling a declared function compiles nothing."""
    return declared[f"{function.__module__}.{function.__name__}"].is_ready()


def table_size(count: int) -> int:
    """Return how long a table with open addressing is that so many different values leave at least half empty, a power of two."""
    return 1 << max(4, (2 * count - 1).bit_length())


@contextmanager
def _in_user_cache() -> Iterator[None]:
    """Let numba cache in the user's directory; by itself it writes into the package, whose folders an uninstallation then leaves behind.

    The setting belongs to all users of numba in the process, so it holds for the length of one decoration, which fixes the place.
    """
    with _choosing:
        before, place = config.CACHE_DIR, machine_code()
        if before or not place:
            yield
            return
        config.CACHE_DIR = place
        try:
            yield
        finally:
            config.CACHE_DIR = before
