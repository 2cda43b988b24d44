"""Start and stop the profilers of frameworks that are imported already; import none here."""

import importlib
import inspect
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: The profilers' levels: record operations and steps, but no calls of Python functions.
_HOST_LEVEL, _PYTHON_LEVEL, _DEVICE_LEVEL = 2, 0, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiler:
    """The profiler of one framework; both functions let the framework's exceptions through."""

    framework: str
    start: Callable[[Path], None]
    stop: Callable[[], None]


def profilers() -> tuple[Profiler, ...]:
    """Return the profilers of the frameworks in use, the likelier first; a process can run only one at a time.

    A program that has opened JAX's devices records with JAX, since JAX programs may read their input with TensorFlow. A JAX that is only
    imported beside TensorFlow does not count, since Keras imports every framework it finds.
    """
    tensorflow = Profiler(framework="TensorFlow", start=_start_tensorflow, stop=_stop_tensorflow)
    jax = Profiler(framework="JAX", start=_start_jax, stop=_stop_jax)
    has_tensorflow, has_jax = is_imported("tensorflow", "profiler"), is_imported("jax", "jit")
    found = [jax] if has_jax and (is_jax_at_work() or not has_tensorflow) else []
    return tuple([*found, tensorflow] if has_tensorflow else found)


def is_running_already(error: Exception) -> bool:
    """Return whether a profiler failed to start because another one runs in this process."""
    return type(error).__name__ == "AlreadyExistsError" or "already been started" in str(error)


def is_imported(name: str, attribute: str) -> bool:
    """Return whether a framework is fully imported; a module is in sys.modules from the start of its import."""
    module = sys.modules.get(name)
    is_half_way = getattr(getattr(module, "__spec__", None), "_initializing", False)
    return getattr(module, attribute, None) is not None and not is_half_way


def is_jax_at_work() -> bool:
    """Return whether JAX has opened its devices; starting its profiler earlier would open them and fix their settings."""
    bridge = sys.modules.get("jax._src.xla_bridge")
    tell = getattr(bridge, "backends_are_initialized", None)
    try:
        return bool(tell()) if tell is not None else bool(getattr(bridge, "_backends", None))
    except Exception:
        return False


def _experimental() -> Any:
    return sys.modules["tensorflow"].profiler.experimental


def _start_tensorflow(logdir: Path) -> None:
    options = _experimental().ProfilerOptions(
        host_tracer_level=_HOST_LEVEL, python_tracer_level=_PYTHON_LEVEL, device_tracer_level=_DEVICE_LEVEL
    )
    _experimental().start(os.fspath(logdir), options=options)


def _stop_tensorflow() -> None:
    _experimental().stop()


def _start_jax(logdir: Path) -> None:
    profiler = importlib.import_module("jax.profiler")
    if "profiler_options" not in inspect.signature(profiler.start_trace).parameters:
        profiler.start_trace(os.fspath(logdir))  # an old JAX: its own settings
        return
    options = profiler.ProfileOptions()
    options.host_tracer_level = _HOST_LEVEL
    options.python_tracer_level = _PYTHON_LEVEL
    profiler.start_trace(os.fspath(logdir), profiler_options=options)


def _stop_jax() -> None:
    importlib.import_module("jax.profiler").stop_trace()
