"""The profilers of the frameworks that are imported already; none is imported here."""

import importlib
import inspect
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: As profilers count: events of operations and steps, no calls of Python functions.
_HOST_LEVEL, _PYTHON_LEVEL, _DEVICE_LEVEL = 2, 0, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiler:
    """The profiler of one framework; both functions raise what the framework raises."""

    framework: str
    start: Callable[[Path], None]
    stop: Callable[[], None]


def profilers() -> tuple[Profiler, ...]:
    """Return those of the frameworks in use, the likelier one first; a process can use one at a time.

    A program that has put JAX to work records with JAX, whatever else it imports: JAX programs read their input with TensorFlow. Beside
    TensorFlow a JAX that is merely imported does not count; Keras imports every framework that it finds.
    """
    tensorflow = Profiler(framework="TensorFlow", start=_start_tensorflow, stop=_stop_tensorflow)
    jax = Profiler(framework="JAX", start=_start_jax, stop=_stop_jax)
    has_tensorflow, has_jax = is_imported("tensorflow", "profiler"), is_imported("jax", "jit")
    found = [jax] if has_jax and (is_jax_at_work() or not has_tensorflow) else []
    return tuple([*found, tensorflow] if has_tensorflow else found)


def is_running_already(error: Exception) -> bool:
    """Tell whether a profiler did not start because one records in this process already."""
    return type(error).__name__ == "AlreadyExistsError" or "already been started" in str(error)


def is_imported(name: str, attribute: str) -> bool:
    """Tell whether a framework is imported to its end: one is in the list of modules from the beginning of its import."""
    module = sys.modules.get(name)
    is_half_way = getattr(getattr(module, "__spec__", None), "_initializing", False)
    return getattr(module, attribute, None) is not None and not is_half_way


def is_jax_at_work() -> bool:
    """Tell whether JAX has opened its devices; before that, starting its profiler would open them, and settle its settings."""
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
