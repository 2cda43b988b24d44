"""What allocators did -> the lines of host threads with the events that a profiler makes of it, in the words of each release."""

from tb_contention.recorders.xspace.writer import Event, Line, StatValue, Text
from tb_contention.simulate.heaps import Change
from tb_contention.simulate.recording import HOST_BASE_NS, Window
from tb_contention.simulate.workload import Era, SessionSpec
from tb_contention.units import PS_PER_NS

#: Host threads of a process by their distance from its process id.
EXECUTOR, WORKER, LOADER, EVENT_MANAGER = 37, 51, 52, 60
_THREADS = {
    EXECUTOR: "tf_Compute/{}",
    WORKER: "tf_Compute/{}",
    LOADER: "tf_data_private/{}",
    EVENT_MANAGER: "tf_GPU_Event_Manager/{}",
}


def memory_lines(
    changes: list[Change],
    twice: frozenset[int],
    spec: SessionSpec,
    limits: dict[str, int],
    reserved: dict[str, int],
) -> list[Line]:
    """Write allocator events on the threads that caused them; those of the rows `twice` are there twice. Bytes by allocator."""
    origin, lines = Window.of(spec).start, dict[int, Line]()
    for row, change in enumerate(changes):
        move = change.move
        line = lines.setdefault(move.thread, thread_line(spec, move.thread))
        for _ in range(2 if row in twice else 1):
            stats = _stats(change, spec, limits[change.life.allocator], reserved.get(change.life.allocator, 0))
            name = "MemoryAllocation" if move.gives else "MemoryDeallocation"
            line.events.append(Event(name=name, start=(move.time - origin) * PS_PER_NS, stats=stats))
    return [lines[thread] for thread in sorted(lines)]


def thread_line(spec: SessionSpec, thread: int) -> Line:
    """Make the empty line of a host thread."""
    name = _THREADS[thread - spec.process_id].format(thread)
    return Line(id=thread, name=name, timestamp_ns=HOST_BASE_NS)


def _stats(change: Change, spec: SessionSpec, limit: int, reserved: int) -> dict[str, StatValue]:
    life = change.life
    return {
        "allocator_name": life.allocator,
        "bytes_reserved": reserved,
        "bytes_allocated": change.in_use,
        "bytes_available": limit - reserved - change.in_use,
        "fragmentation": _fragmentation(change.fragmentation),
        "peak_bytes_in_use": change.peak,
        "requested_bytes": life.requested,
        "allocation_bytes": life.size,
        "addr": change.address,
        **_described(change, spec.recorder.era),
    }


def _fragmentation(share: float | None) -> StatValue:
    """Write a share as releases do: whole numbers as integers, what is none as text."""
    if share is None:
        return Text("nan")
    return int(share) if share in (0.0, 1.0) else share


def _described(change: Change, era: Era) -> dict[str, StatValue]:
    """Say what the buffer is; of a release nothing is known. Older releases leave out what newer ones write as (null)."""
    life, known = change.life, change.move.gives
    older = era in (Era.TF_2_6, Era.TF_2_14)
    texts = {"tf_op": life.op, "region_type": life.region, "shape": life.shape if known else ""}
    stats: dict[str, StatValue] = {}
    for name, text in texts.items():
        if known and text:
            stats[name] = text
        elif not older and name != "shape":
            stats[name] = "(null)"
    stats["id"] = life.step if known else 0
    stats["data_type"] = life.data_type if known else 0
    return stats
