"""What-if questions of the tab -> predictions, each worked out once, beside the requests that ask for it."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotInTimeError

from tb_contention.memory.within import processes_of
from tb_contention.model.prediction import Prediction, Schedule
from tb_contention.model.report import DeviceReport
from tb_contention.plugin.requests import FAR, Query, RequestError
from tb_contention.units import SessionId
from tb_contention.whatif import Question

#: Seconds that a request waits; one that is not done by then goes on, and the panel asks again.
WAIT = 2.0
#: Predictions that are remembered: sliders come back to where they were.
_REMEMBERED = 64
#: What the tab may ask for. The recorded schedule is in the report.
SCHEDULES = tuple(s for s in Schedule if s is not Schedule.AS_RECORDED)
#: Schedules about one session, and those of them that need a value: its bounds.
_OF_ONE = (Schedule.SHIFTED, Schedule.SM_CAP, Schedule.MOVED)
_VALUES = {Schedule.SHIFTED: (-FAR, FAR), Schedule.SM_CAP: (1, 100)}

Key = tuple[str, str, Question]


class Predicting:
    """Predictions that are under way or done. All methods may be called from any thread."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="tb_contention-whatif")
        self._lock = threading.Lock()
        self._futures: OrderedDict[Key, Future[Prediction]] = OrderedDict()

    def ask(self, key: Key, work: Callable[[], Prediction]) -> Prediction | None:
        """Return a prediction, None while it is not done. A question that nobody began to answer gives way to a newer one."""
        with self._lock:
            future = self._futures.pop(key, None)
            if future is None or future.cancelled():
                for other in self._futures.values():
                    other.cancel()
                future = self._pool.submit(work)
            self._futures[key] = future
            while len(self._futures) > _REMEMBERED:
                self._futures.popitem(last=False)
        try:
            return future.result(WAIT)
        except (NotInTimeError, CancelledError):
            return None


def question_of(query: Query, device: DeviceReport) -> Question:
    """Read the schedule to predict; refuse what the device does not have."""
    if device.group.device.device.is_host or len(device.cost.workloads) < 2:
        raise RequestError(
            404, "nothing-to-predict", "Predictions need a GPU that several captured sessions used at the same time."
        )
    try:
        schedule = Schedule(query.text("schedule"))
    except ValueError:
        schedule = Schedule.AS_RECORDED
    if schedule not in SCHEDULES:
        raise RequestError(
            400, "bad-parameter", f"The parameter schedule must be one of {', '.join(s.value for s in SCHEDULES)}."
        )
    session = _session(query, device) if schedule in _OF_ONE else None
    value = query.number("value", *_VALUES[schedule]) if schedule in _VALUES else None
    limits = _limits(query, device) if schedule is Schedule.MEMORY_LIMITS else ()
    return Question(schedule=schedule, session=session, value=value, limits=limits)


def _session(query: Query, device: DeviceReport) -> SessionId:
    name = query.text("session")
    found = next((s for s in device.sessions if s == name), None)
    if found is None:
        raise RequestError(404, "unknown-session", "No session with this id ran on this device.")
    return found


def _limits(query: Query, device: DeviceReport) -> tuple[tuple[SessionId, int], ...]:
    """Read a limit for each process with an allocator, in their order; one that is left empty stays as recorded."""
    memory = device.memory
    holders = processes_of(memory) if memory is not None else ()
    limits = query.caps("limits") if "limits" in query.values else ()
    if limits and len(limits) != len(holders):
        raise RequestError(
            400, "bad-parameter", f"The parameter limits must have {len(holders)} entries, one per process."
        )
    return tuple((s, limit) for s, limit in zip(holders, limits, strict=False) if limit is not None)
