"""Machine code made before it is needed. numba compiles one function at a time in a process, so a first report has processes beside it:

    report       decoding ──> attribution ──> overlap ──> memory ──> cost ──> what-if     compiles what it comes to, loads what is cached
    beside it                                               <── cost <── what-if          compiles from the end, and caches
    tab          skimming ──> decoding ──> attribution ──> overlap ──> memory ──> timeline ──> cost ──> what-if
    beside it    (the second half), <── overlap <── memory <── timeline, <── cost <── what-if

Where they meet, at most one function is compiled twice.
"""

import importlib
import os
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from threading import Lock

from tb_contention._compiled import Declared, declared

#: Modules with compiled functions that show what was recorded, in the order in which a report comes to them.
SEEN = (
    "tb_contention.recorders.xspace.decoding.skeleton",
    "tb_contention.recorders.xspace.decoding.matching",
    "tb_contention.recorders.xspace.decoding.skimming",
    "tb_contention.recorders.common.interning",
    "tb_contention.recorders.xspace.decoding.events",
    "tb_contention.recorders.xspace.decoding.string_codes",
    "tb_contention.attribution.walk",
    "tb_contention.contention.sweep",
    "tb_contention.model.span_passes",
    "tb_contention.contention.kernel_keys",
    "tb_contention.contention.baseline",
    "tb_contention.memory.walk",
)
#: Those that measure what sharing cost, and predict.
MEASURED = (
    "tb_contention.contention.replay",
    "tb_contention.whatif.play",
)
#: Those that every report calls.
FIRST = SEEN + MEASURED
TIMELINE = ("tb_contention.timeline.fill",)
#: Those of other recorders, of servers, of rare events and of exports.
LATER = (
    *TIMELINE,
    "tb_contention.recorders.xspace.decoding.wire",
    "tb_contention.recorders.xspace.decoding.stats",
    "tb_contention.recorders.kineto.json_text",
    "tb_contention.recorders.kineto.events",
    "tb_contention.contention.requests",
    "tb_contention.memory.instants",
    "tb_contention.report.perfetto_packets",
)
SKIMMING = "tb_contention.recorders.xspace.decoding.skimming"
#: What processes compile, from the end. The tab waits longest for skimming, of which they take the second half.
_WANTED = {
    "report": FIRST,
    "tab": (*MEASURED, *(module for module in SEEN if module != SKIMMING), *TIMELINE, SKIMMING),
    "all": FIRST + LATER,
}
#: Processes beside the first report, at the most.
_MOST = 3
_starting = Lock()
#: None until a first report was looked at.
_beside: list["subprocess.Popen[bytes]"] | None = None


def functions(modules: Iterable[str] = FIRST + LATER) -> dict[str, Declared]:
    """Import modules and return their compiled functions, by module and name."""
    found: dict[str, Declared] = {}
    for module in modules:
        importlib.import_module(module)
        found |= {name: made for name, made in declared.items() if name.rpartition(".")[0] == module}
    return found


def help_first_report(where: str = "report") -> None:
    """Compile in processes beside this one what a first report calls last; nothing where that is cached, or cannot be.

    where: "report", or "tab", which shows a timeline before it measures.
    """
    global _beside
    with _starting:
        if _beside is None:
            last = functions(MEASURED[-1:])
            _beside = _start_beside(where) if place_of(last) and missing_of(last) else []


def measuring_compiles() -> bool:
    """Tell whether measuring the cost of sharing waits for machine code."""
    return any(not made.function.signatures and not made.is_cached() for made in functions(MEASURED).values())


def warm() -> int:
    """Compile and cache what is not cached, on all processors; return how many functions that was."""
    missing = missing_of(functions())
    if missing:
        beside = _start_beside("all")
        _compile(functions())
        for process in beside:
            process.wait()
    return missing


def missing_of(found: dict[str, Declared]) -> int:
    """Return how many functions are not cached."""
    return sum(not made.is_cached() for made in found.values())


def place_of(found: dict[str, Declared]) -> str:
    """Return the folder that holds the machine code of functions, "" where it is not cached."""
    paths = {made.function.stats.cache_path for made in found.values()} - {None}
    return os.path.commonpath(paths) if paths else ""


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _start_beside(what: str) -> list["subprocess.Popen[bytes]"]:
    """Start as many processes as there are processors left; fewer where no more can be started."""
    if not sys.executable or getattr(sys, "frozen", False):  # what runs is another program than Python
        return []
    # With our own search path: by itself, Python would look into the current directory first, which can be anyone's.
    code = f"import sys; sys.path[:] = {sys.path!r}; from {__name__} import main; main(*sys.argv[1:])"
    count = min(_MOST, _processors() - 1)
    started = []
    with suppress(OSError):
        for number in range(count):
            words = [sys.executable, "-c", code, what, str(number), str(count + 1)]
            started.append(
                subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            )
    return started


def _compile(wanted: dict[str, Declared], begin: int = 0) -> None:
    """Compile what is not cached, also by another process meanwhile; the first `begin` come last."""
    in_order = [*wanted.values()]
    for made in in_order[begin:] + in_order[:begin]:
        if not made.is_cached():
            made.make()


def main(what: str, number: str, count: str) -> None:
    """Compile from the end, as process `number` of `count`; each begins at another place, and goes on with what others have not done."""
    wanted = functions(_WANTED[what])
    _compile(dict(reversed(wanted.items())), len(wanted) * int(number) // int(count))
