"""What all predictions of a device start from: its work ready to be played, the control, and what stands in the way."""

from dataclasses import dataclass, replace

import numpy as np

from tb_contention.model.alignment import AlignedTraces
from tb_contention.model.contention import Evidence, SessionLoss
from tb_contention.model.part_of_gpu import PartOfGpu, parts_of_gpu
from tb_contention.model.prediction import Bounds, Prediction, SessionPrediction
from tb_contention.model.report import DeviceReport
from tb_contention.model.workload import Workload
from tb_contention.units import F64, DeviceId, SessionId
from tb_contention.whatif.control import Control, control
from tb_contention.whatif.outcome import Outcome, Stage, recorded, run_all
from tb_contention.whatif.policy import Policy
from tb_contention.whatif.question import Question
from tb_contention.whatif.sm_demand import SmDemand, sm_demand_of
from tb_contention.words.mechanism import is_sure
from tb_contention.words.names import device_label, session_labels
from tb_contention.words.numbers import share

#: Kernels of all sessions that a play of a search goes through at most.
_SEARCHED = 10_000
#: Phases that are tried where how the sessions will meet is not known; they reach over so many steps, or that part of what is played.
_PHASES, _STEPS, _REACH = 6, 5.0, 1 / 6
_GOLDEN = 0.6180339887
#: A device that falls behind its host by a larger part of the time will make it wait sooner or later.
_AHEAD = 0.10
#: Share of all device time below which a session hardly does anything; among very many, this part of a fair share.
_HARDLY, _FAIR = 0.02, 0.5
#: A slowdown that is one, and by how much its loss is scaled at most.
_A_LOSS, _MOST_SCALED = 1.03, 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A device's work. trouble: why nothing can be played, "" where it can. stop: how far a play of a search goes, ns.

    elsewhere: the other GPUs, to which sessions may move.
    """

    device: DeviceReport
    aligned: AlignedTraces
    stage: Stage | None
    control: Control | None
    stop: float
    trouble: str
    elsewhere: tuple[DeviceReport, ...] = ()

    @classmethod
    def of(cls, device: DeviceReport, aligned: AlignedTraces) -> "Scene":
        """Prepare a device's sessions; the control is played."""
        works = device.cost.workloads
        trouble = trouble_of(device)
        stage = Stage.of(works) if works and all(len(w.duration) for w in works) else None
        if stage is None or stage.stuck:
            stage, trouble = None, trouble or "The sessions did too little work in the window to be simulated."
        if stage is None or trouble:
            return cls(device=device, aligned=aligned, stage=stage, control=None, stop=0.0, trouble=trouble)
        stop = _stop(stage)
        found = control(stage, device.cost, stop)
        if found is None or found.hopeless:
            error = "" if found is None else f"; its error is {share(found.error)}"
            trouble = f"The model of how the sessions share does not reproduce the measured slowdowns{error}."
        return cls(device=device, aligned=aligned, stage=stage, control=found, stop=stop, trouble=trouble)

    @property
    def window(self) -> int:
        """Return the length of the window, ns."""
        return self.device.group.end - self.device.group.start

    @property
    def part(self) -> int:
        """Return the length of what is played, ns."""
        works = self.device.cost.workloads
        return works[0].end - works[0].start if works else 0

    @property
    def played(self) -> float | None:
        """Return which share of the window is played."""
        return None if self.stage is None else self.part / max(1, self.window)

    def name(self, session: SessionId) -> str:
        """Return the session's label, the same as in every table."""
        return session_labels(self.aligned.sessions)[session]

    def gpu(self, gpu: DeviceId) -> DeviceReport:
        """Return another GPU by its id."""
        return next(device for device in self.elsewhere if device.id == gpu)

    def gpu_name(self, gpu: DeviceId) -> str:
        """Return the label of another GPU, the same as in every table."""
        return device_label(self.gpu(gpu))

    @property
    def one_process(self) -> bool:
        """Return whether all sessions are in one process: then other ways to share need a process for each."""
        sessions = [self.aligned.session(work.session) for work in self.device.cost.workloads]
        return len({s.process or s.id for s in sessions}) == 1

    def number(self, session: SessionId) -> int:
        """Return the place of a session among the workloads."""
        return [w.session for w in self.device.cost.workloads].index(session)

    def sm_demand(self, works: tuple[Workload, ...]) -> tuple[SmDemand, ...]:
        """Find which part of the multiprocessors the kernels take."""
        device, parts = self.device.group.device.device, self.parts
        most = [parts[w.session].share if w.session in parts else None for w in works]
        return tuple(
            sm_demand_of(work, self.aligned.session(work.session).trace, device, 1.0 if part is None else part)
            for work, part in zip(works, most, strict=True)
        )

    @property
    def parts(self) -> dict[SessionId, PartOfGpu]:
        """Return what sessions may use of the multiprocessors, as recorded; those that may use all are left out."""
        return parts_of_gpu(self.aligned, self.device.group)

    def corrected(self, outcome: Outcome) -> Outcome:
        """Scale losses under the recorded way of sharing as those of the control must be scaled to be the measured ones."""
        assert self.stage is not None
        assert self.control is not None
        measured = recorded(self.stage).slowdown
        rows = zip(outcome.slowdown, measured, self.control.outcome.slowdown, strict=True)
        return replace(outcome, slowdown=tuple(_corrected(then, real, model) for then, real, model in rows))

    def ahead(self) -> tuple[str, ...]:
        """Name sessions whose hosts run ahead of the device, as recorded."""
        if self.control is None:
            return ()
        works = self.device.cost.workloads
        return tuple(
            self.name(w.session) for w, b in zip(works, self.control.outcome.behind, strict=True) if b > _AHEAD
        )

    def phases(self) -> list[F64]:
        """Return ways in which the sessions may meet: by how much later each begins, ns; the recorded one first."""
        assert self.stage is not None
        reach = np.array([min(_STEPS * step, _REACH * self.part) for step in _step_lengths(self.stage)])
        order = np.arange(1, len(reach) + 1)
        return [((j * _GOLDEN * order) % 1.0 if j else np.zeros(len(reach))) * reach for j in range(_PHASES)]


def _corrected(then: float | None, real: float | None, model: float | None) -> float | None:
    """Scale a loss, by half as much again at most; one that hardly is one tells no factor."""
    if then is None or real is None or model is None or model < _A_LOSS or real < _A_LOSS:
        return then
    factor = (real - 1) / (model - 1)
    return 1 + (then - 1) * min(max(factor, 1 / _MOST_SCALED), _MOST_SCALED)


def trouble_of(device: DeviceReport) -> str:
    """Say why nothing can be played, "" where it can."""
    cost = device.cost
    unknown = [loss for loss in cost.losses if loss.slowdown.evidence is Evidence.D and matters(device, loss)]
    if unknown:
        return "How long kernels take alone could not be determined. " + " ".join(
            dict.fromkeys(loss.slowdown.settle for loss in unknown if loss.slowdown.settle)
        )
    if not is_sure(cost):
        return "How the sessions share the device could not be determined for sure. " + cost.detail
    return ""


def matters(device: DeviceReport, loss: SessionLoss) -> bool:
    """Return whether a session does more than hardly anything on the device."""
    busy = {share.session: share.busy for share in device.overlap.shares}
    least = min(_HARDLY, _FAIR / max(1, len(busy)))
    return busy.get(loss.session, 0) >= least * sum(busy.values())


def _stop(stage: Stage) -> float:
    """Choose how far a search plays."""
    ends = np.sort(np.concatenate([np.nan_to_num(w.host, posinf=0.0) for w in stage.works]))
    starts = len(stage.merged.kernels.duration)
    if starts <= _SEARCHED or not len(ends):
        return float("inf")
    return float(ends[min(len(ends) - 1, round(len(ends) * _SEARCHED / starts))])


def _step_lengths(stage: Stage) -> list[float]:
    return [float(np.mean(np.diff(a))) if len(a) > 1 else 0.0 for a in stage.alone]


def session_row(
    loss: SessionLoss, slowdown: Bounds | None, end: Bounds | None, latency: Bounds | None = None
) -> SessionPrediction:
    """Put a session's figures together; the step follows from the slowdown."""
    step = gain = None
    alone, now = step_alone(loss), loss.step_shared
    if slowdown is not None and alone is not None:
        step = _step(slowdown, alone)
        if now is not None:
            gain = Bounds(
                estimate=None if step.estimate is None else now - step.estimate,
                low=now - step.high,
                high=now - step.low,
            )
    request = None
    if latency is not None and loss.latency is not None and loss.latency.alone is not None:
        mean = float(loss.latency.alone.mean.estimate)
        request = _step(latency, Bounds(estimate=mean, low=mean, high=mean))
    return SessionPrediction(
        session=loss.session, slowdown=slowdown, step=step, end=end, gain=gain, latency=latency, request=request
    )


def _step(slowdown: Bounds, alone: Bounds) -> Bounds:
    """Multiply; where the step alone is known the slowdown's range holds its error already."""
    if alone.estimate is None:
        return Bounds(estimate=None, low=alone.low * slowdown.low, high=alone.high * slowdown.high)
    estimate = None if slowdown.estimate is None else slowdown.estimate * alone.estimate
    low, high = slowdown.low * alone.estimate, slowdown.high * alone.estimate
    if slowdown.low == slowdown.high:  # it is certain, but the step alone is not
        low, high = min(low, alone.low), max(high, alone.high)
    return Bounds(estimate=estimate, low=low, high=high)


def step_alone(loss: SessionLoss) -> Bounds | None:
    """Return a session's step period alone, with its range, ns."""
    found, shared = loss.slowdown, loss.step_shared
    if shared is None or not found.low or not found.high:
        return None
    estimate = None if loss.step_alone is None else float(loss.step_alone)
    low, high = shared / found.high, shared / max(found.low, 0.5)
    if estimate is not None:
        low, high = min(low, estimate), max(high, estimate)
    return Bounds(estimate=estimate, low=low, high=high)


def played_all(stage: Stage, policies: list[Policy], begins: list[F64]) -> list[Outcome]:
    """Play every policy in every phase; ends are told without the phase."""
    plays: list[tuple[Policy, F64 | None]] = [(policy, begin) for policy in policies for begin in begins]
    phases = [begin - begins[0] for _ in policies for begin in begins]
    return [_without(outcome, phase) for outcome, phase in zip(run_all(stage, plays), phases, strict=True)]


def _without(outcome: Outcome, phase: F64) -> Outcome:
    done = tuple(d - p for d, p in zip(outcome.done, phase.tolist(), strict=True))
    return replace(outcome, done=done)


def culprit(scene: Scene) -> SessionId:
    """Return the session that costs the others most, the busiest where that is not known; not one that hardly does anything."""
    cost: dict[SessionId, float] = {
        loss.session: 0.0 for loss in scene.device.cost.losses if matters(scene.device, loss)
    }
    for row in scene.device.cost.blame:
        if row.culprit in cost:
            cost[row.culprit] += row.lost
    busy = {share.session: share.busy for share in scene.device.overlap.shares}
    return max(cost, key=lambda s: (cost[s], busy.get(s, 0), s))


def unknown(question: Question, setting: str, why: str) -> Prediction:
    """Return a prediction without figures, and why it has none."""
    return Prediction(
        schedule=question.schedule,
        setting=setting,
        unknown=why or "Nothing was recorded that would allow a prediction.",
    )
