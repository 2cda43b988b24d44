"""One session that always computes beside one that computes for 200 ms and rests for 200 ms: the plain cases of every sharing mode.

Kernels of one length, 3 % noise, time slices of 2 ms with 0.1 ms to change turns. What they show: under time slicing the median kernel is
not longer than alone (short kernels) or twice as long (long ones), while the step is 1.4 times as long in all of them.
"""

from collections.abc import Callable
from dataclasses import replace

from tb_contention.simulate.scenarios import Scenario
from tb_contention.simulate.sharing import Policy, Queue, Rates, TimeSlices
from tb_contention.simulate.workload import SessionSpec, plain_step

_MS = 1e6
_WINDOW = (30.0, 1230.0)


def _pair(kernel: float) -> tuple[SessionSpec, SessionSpec]:
    """Make the pair; kernel: us. Steps take up to 20 ms, or a single kernel."""
    count = max(1, min(200, round(20_000 / kernel)))
    step = count * kernel / 1000
    always = SessionSpec(
        name="always", items=plain_step(count, kernel), steps=round(1300 / step), pause=0.01, noise=0.03, window=_WINDOW,
        launch_cost=2.0, queue_depth=1024, process_id=2001,
    )  # fmt: skip
    # Half of its 200 ms goes to the other session.
    on_off = SessionSpec(
        name="on_off", items=plain_step(count, kernel), steps=round(700 / step), start=7.0, pause=0.01, burst=max(1, round(100 / step)),
        long_pause=200.0, noise=0.03, window=_WINDOW, launch_cost=2.0, queue_depth=1024, process_id=2002,
    )  # fmt: skip
    return always, on_off


def _reference(name: str, summary: str, kernel: float, policy: Callable[[], Policy], mechanism: str) -> Scenario:
    in_one = mechanism == "single_stream"
    slices = 2 * _MS if mechanism == "time_slicing" else None
    return Scenario(
        name=f"reference_{name}",
        summary=summary,
        sessions=tuple(replace(spec, process="program" if in_one else "") for spec in _pair(kernel)),
        policy=policy,
        mechanism=mechanism,
        slice_ns=slices,
    )


def _slices(kernel: float, length: str) -> Scenario:
    return _reference(
        f"time_slicing_{length}",
        f"time slices of 2 ms, kernels of {length}",
        kernel,
        lambda: TimeSlices(2 * _MS, 0.1 * _MS),
        "time_slicing",
    )


REFERENCE: tuple[Scenario, ...] = (
    _slices(20.0, "20us"),
    _slices(200.0, "200us"),
    _slices(2_000.0, "2ms"),
    _slices(20_000.0, "20ms"),
    _reference("processor_sharing", "half of the device each", 200.0, lambda: Rates((0.5, 0.5)), "concurrent"),
    _reference("mps", "at once, at 0.8 and 0.7 of the speed alone", 200.0, lambda: Rates((0.8, 0.7)), "concurrent"),
    _reference("single_stream", "one queue, first launched first served", 200.0, Queue, "single_stream"),
)
