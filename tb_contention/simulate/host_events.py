"""What the host did for each simulated step, as the events that TensorFlow and JAX write: step, call, run, executor."""

from dataclasses import dataclass

from tb_contention.recorders.xspace.writer import StatValue
from tb_contention.simulate.engine import StepRun
from tb_contention.simulate.workload import Era, SessionSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class HostEvent:
    """An event on the calling thread, or on the executor's; start, end: ns of the simulation."""

    calling: bool
    name: str
    start: int
    end: int
    stats: dict[str, StatValue]


def host_events(spec: SessionSpec, runs: tuple[StepRun, ...], *, in_process: bool, epoch_ns: int) -> list[HostEvent]:
    """List the host's events of all steps; in_process: the session is one of several in its process and says so by its model id."""
    era = spec.recorder.era
    events: list[HostEvent] = []
    for number, run in enumerate(runs):
        if era is Era.JAX:
            events += _jax_step(spec, run, number)
        elif in_process:
            events += _session_step(spec, run, number)
        else:
            events += _function_step(spec, run, number)
        if era in (Era.TF_2_14, Era.TF_2_6) and spec.recorder.dated:
            # A tf.data thread makes the next element; its id is the wall clock just before, which is how such files can be placed.
            at = round(run.begin)
            stats: dict[str, StatValue] = {"element_id": epoch_ns + at - 400 + round(spec.recorder.offset)}
            events.append(HostEvent(calling=False, name="PrefetchProduce", start=at, end=at + 9_000, stats=stats))
    return events


def _function_step(spec: SessionSpec, run: StepRun, number: int) -> list[HostEvent]:
    """Keras' train step: step annotation, eager call, function, executor."""
    begin, end, last = round(run.begin), round(run.end), round(run.launch[-1])
    function = f"__inference_{spec.step_name}_function_{spec.process_id}"
    identity = ((spec.process_id << 20) + number) * 2_654_435_761 % (1 << 62)
    joined = identity ^ 0x5BD1E995
    busy = last + round(spec.launch_cost * 900)
    return [
        _calling(spec.step_name, begin, end, {"step_num": number, "_r": 1}),
        _calling("EagerExecute", begin + 200, end - 300, {"eager_op": function, "is_func": 1}),
        _calling("FunctionRun", begin + 300, end - 400, {"id": identity, "_pt": 2, "_p": joined, "_r": 1}),
        HostEvent(calling=False, name="ExecutorState::Process", start=begin + 400, end=busy,
                  stats={"id": identity, "iter_num": 0, "_ct": 2, "_c": joined}),
    ]  # fmt: skip


def _session_step(spec: SessionSpec, run: StepRun, number: int) -> list[HostEvent]:
    """tf.Session.run of a session with metadata; run ids count over the whole process."""
    begin, end, last = round(run.begin), round(run.end), round(run.launch[-1])
    identity = (number << 8) + spec.stream + len(spec.name)
    joined: dict[str, StatValue] = {"id": identity, "_pt": 2, "_p": identity, "_r": 1, "model_id": f"{spec.name}:1"}
    executor: dict[str, StatValue] = {"id": identity, "iter_num": 0, "_ct": 2, "_c": identity}
    busy = last + round(spec.launch_cost * 900)
    return [
        _calling("SessionRun", begin, end, joined),
        HostEvent(calling=False, name="ExecutorState::Process", start=begin, end=busy, stats=executor),
    ]


def _jax_step(spec: SessionSpec, run: StepRun, number: int) -> list[HostEvent]:
    """A StepTraceAnnotation around one compiled module."""
    begin, end, last = round(run.begin), round(run.end), round(run.launch[-1])
    module = f"jit_{spec.step_name}:XLA GPU module"
    busy = last + round(spec.launch_cost * 900)
    return [
        _calling(spec.step_name, begin, end, {"step_num": number, "_r": 1}),
        _calling(module, begin + 100, min(busy, end - 100), {}),
    ]


def _calling(name: str, start: int, end: int, stats: dict[str, StatValue]) -> HostEvent:
    return HostEvent(calling=True, name=name, start=start, end=max(end, start + 1), stats=stats)
