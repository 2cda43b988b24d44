"""The scales that drawings of a device share: on each of them the report and the tab draw alike."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from tb_contention.model.report import DeviceReport
from tb_contention.units import Bytes
from tb_contention.wire import Wire
from tb_contention.words.answers import Answer, answer_on, estimate_of, judged_by

#: The axis of memory reaches so far beyond the capacity at most; limits can be set to anything.
_BEYOND = 1.25
#: A scale of slowdowns is at least so long, so that equal ones do not fill it.
_LEAST = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowdownScale:
    """The scale on which all slowdowns of a device are drawn."""

    low: Annotated[float, Wire("its lower end, 1 or less")]
    high: Annotated[float, Wire("its upper end")]


def slowdown_scale(device: DeviceReport) -> SlowdownScale:
    """Span all slowdowns of a device that mean something, and 1."""
    known = [judged_by(loss) for loss in device.cost.losses if answer_on(device, loss) is not Answer.UNKNOWN]
    values = [v for s in known for v in (s.low, s.high, estimate_of(s)) if v is not None]
    low = min([1.0, *values])
    return SlowdownScale(low=low, high=max([low + _LEAST, *values]))


def memory_axis(capacity: int | None, peak: int, limits: Iterable[int | None] = ()) -> Bytes:
    """Return the top of the axis of memory: room for the capacity, the peak, and limits as far as they are near."""
    whole = peak if capacity is None else max(capacity, peak)
    reach = round(_BEYOND * (peak if capacity is None else capacity))
    return Bytes(max(whole, min(sum(limit or 0 for limit in limits), reach), 1))
