"""What-if questions of the tab -> predictions, each worked out once, beside the requests that ask for it."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotInTimeError

from tb_contention.errors import OptionError
from tb_contention.model.asked import parse_changes
from tb_contention.model.prediction import Prediction
from tb_contention.model.report import DeviceReport, Report
from tb_contention.plugin.requests import Query, RequestError
from tb_contention.whatif import Question, Scene
from tb_contention.words.typed import plan_of

#: Seconds that a request waits; one that is not done by then goes on, and the panel asks again.
WAIT = 2.0
#: Predictions that are remembered: sliders come back to where they were.
_REMEMBERED = 64

Key = tuple[str, str, Question]


class Predicting:
    """Predictions that are under way or done. All methods may be called from any thread."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="tb_contention-whatif")
        self._lock = threading.Lock()
        self._futures: OrderedDict[Key, Future[Prediction]] = OrderedDict()
        self._scene: tuple[str, Scene] | None = None

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

    def scene(self, key: str, make: Callable[[], Scene]) -> Scene:
        """Return what the predictions of a device start from; that of the last device is remembered. To be called by the work."""
        if self._scene is None or self._scene[0] != key:
            self._scene = (key, make())
        return self._scene[1]


def question_of(query: Query, report: Report, device: DeviceReport) -> Question:
    """Read the schedule to predict; refuse what the device does not have."""
    if device.group.device.device.is_host or len(device.cost.workloads) < 2:
        raise RequestError(
            404, "nothing-to-predict", "Predictions need a GPU that several captured sessions used at the same time."
        )
    try:
        changes = parse_changes(query.text("changes"))
        if not changes:
            raise RequestError(400, "bad-parameter", "The parameter changes has no change.")
        return Question.of(plan_of(changes, report, device))
    except ValueError as error:
        raise RequestError(400, "bad-parameter", f"{error}.") from None
    except OptionError as error:
        raise RequestError(400, "bad-parameter", str(error)) from None
