"""Machine code made before it is needed. numba compiles one function at a time in a process, so a first report has processes beside it:

    report       decoding ──> attribution ──> overlap ──> memory ──> cost ──> what-if     compiles what it comes to, loads what is cached
    beside it                                               <── cost <── what-if          compiles from the end, and caches
    tab          decoding ──> attribution ──> overlap ──> memory ──> timeline ──> cost ──> what-if
    beside it    decoding (events), <── overlap <── memory <── timeline, <── cost <── what-if

No function is compiled by two: who comes to one that is being compiled waits (`_claims.py`), and processes beside take another.
"""

import importlib
import os
from collections.abc import Iterable

from tb_contention import _beside
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
_SKIMMING = "tb_contention.recorders.xspace.decoding.skimming"
_EVENTS = "tb_contention.recorders.xspace.decoding.events"
_WALK = "tb_contention.attribution.walk"
#: From the end. Last what is often not needed: files are decoded where they cannot be skimmed yet, and not all have nested host events.
_LEAST = (_WALK, _SKIMMING)
_BACKWARDS = tuple(module for module in reversed(SEEN) if module not in _LEAST)
_MEASURING = tuple(reversed(MEASURED))
#: What processes make, in order. The tab has them from the start, before its own process comes to events, which take longest.
_WANTED = {
    # Not to skim: a report decodes what it is of, so that this would only be made after its end.
    "report": (*_MEASURING, *_BACKWARDS, _WALK),
    "tab": (_EVENTS, *TIMELINE, *_BACKWARDS, *_MEASURING, *_LEAST),
    "all": (*_MEASURING, *reversed(LATER), *_BACKWARDS, *_LEAST),
}


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
    if not _beside.is_settled():
        last = functions(MEASURED[-1:])
        _beside.help_once(where, is_lacking=bool(place_of(last)) and missing_of(last) > 0)


def measuring_compiles() -> bool:
    """Tell whether measuring the cost of sharing waits for machine code."""
    return not all(made.is_ready() for made in functions(MEASURED).values())


def make_timeline() -> None:
    """Load or compile what shows a timeline, before something else is compiled that its requests would wait for."""
    for made in functions(TIMELINE).values():
        made.make()


def warm() -> int:
    """Compile and cache what is not cached, on all processors; return how many functions that was."""
    missing = missing_of(functions())
    if missing:
        running = _beside.start("all")
        _compile(FIRST + LATER)
        for process in running:
            process.wait()
        _compile(FIRST + LATER)  # what a process left undone
    return missing


def missing_of(found: dict[str, Declared]) -> int:
    """Return how many functions are not cached."""
    return sum(not made.is_cached() for made in found.values())


def place_of(found: dict[str, Declared]) -> str:
    """Return the folder that holds the machine code of functions, "" where it is not cached."""
    paths = {made.function.stats.cache_path for made in found.values()} - {None}
    return os.path.commonpath(paths) if paths else ""


def _compile(modules: Iterable[str], *, backwards: bool = False) -> None:
    """Compile what is not cached and no other process is compiling."""
    for module in modules:
        found = [*functions([module]).values()]
        for made in reversed(found) if backwards else found:
            if not made.is_cached():
                made.make(patience=0)


def main(what: str, number: str, count: str) -> None:
    """Compile as process `number` of `count`; each begins at another place, and goes on with what others have not done."""
    wanted = _WANTED[what]
    begin = len(wanted) * int(number) // int(count)
    _compile(wanted[begin:] + wanted[:begin], backwards=True)
