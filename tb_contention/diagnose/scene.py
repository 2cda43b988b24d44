"""What a rule looks at: the results of one device, with the facts of its sessions, and words for both."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tb_contention.diagnose.facts import SessionFacts, facts_of
from tb_contention.model.alignment import AlignedTraces
from tb_contention.model.contention import Mechanism, SessionLoss, StepTimes
from tb_contention.model.manifest import KernelMode
from tb_contention.model.prediction import Prediction, Schedule
from tb_contention.model.report import DeviceReport
from tb_contention.units import SessionId

#: A slowdown whose interval stays above this is worth a warning; below it pairs of jobs differ from run to run without contention.
NOTEWORTHY = 1.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One device group for the rules. facts: of its sessions, in their order."""

    aligned: AlignedTraces
    device: DeviceReport
    facts: tuple[SessionFacts, ...]

    @classmethod
    def of(cls, aligned: AlignedTraces, device: DeviceReport) -> "Scene":
        """Collect the facts of all sessions."""
        with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
            facts = tuple(pool.map(lambda s: facts_of(aligned.session(s), device.group, device.cost), device.sessions))
        return cls(aligned=aligned, device=device, facts=facts)

    @property
    def is_host(self) -> bool:
        """Tell that the device is a processor, to which no advice for a GPU applies."""
        return self.device.group.device.device.is_host

    @property
    def is_shared_gpu(self) -> bool:
        """Tell that several sessions share a GPU."""
        return not self.is_host and len(self.facts) > 1

    @property
    def window(self) -> int:
        """Return the length of the window, at least 1."""
        return max(1, self.device.overlap.time.window)

    def name(self, session: SessionId) -> str:
        """Return a session's short name."""
        return str(self.aligned.session(session).name)

    def kernel_mode(self, session: SessionId) -> KernelMode:
        """Return whether a session's tracer let kernels run at once, as its manifest says."""
        said = self.aligned.session(session).manifest
        return KernelMode.UNKNOWN if said is None else said.kernel_mode

    def fact(self, session: SessionId) -> SessionFacts:
        """Return a session's facts."""
        return next(each for each in self.facts if each.session == session)

    def steps(self, session: SessionId) -> StepTimes | None:
        """Return a session's step periods, None where it has none."""
        return next((each for each in self.device.cost.steps if each.session == session), None)

    def slowed(self, mechanism: Mechanism | None = None) -> list[SessionLoss]:
        """Return the sessions that are slower for certain, worst first; none where another mechanism is at work, or on a processor."""
        cost = self.device.cost
        if not self.is_shared_gpu or (mechanism is not None and cost.mechanism is not mechanism):
            return []
        sure = [
            loss
            for loss in cost.losses
            if loss.slowdown.estimate is not None and (loss.slowdown.low or 0.0) > NOTEWORTHY and (loss.lost or 0) > 0
        ]
        return sorted(sure, key=lambda loss: -(loss.lost or 0))

    def prediction(self, schedule: Schedule) -> Prediction | None:
        """Return what was predicted for a schedule, None where nothing was."""
        return next((p for p in self.device.predictions if p.schedule is schedule), None)


def times(value: float) -> str:
    """Write a slowdown: 1.42x."""
    return f"{value:.2f}x"


def percent(part: float) -> str:
    """Write a share, 0..1: 12 %."""
    return f"{100 * part:.3g} %"


def length(value: float) -> str:
    """Write a length in ns with a unit that suits it."""
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if abs(value) >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value:.0f} ns"


def slowdowns(scene: Scene, losses: list[SessionLoss]) -> str:
    """Write the slowdowns of sessions, each with its interval and evidence."""
    return ", ".join(
        f"{scene.name(each.session)} {times(each.slowdown.estimate or 0.0)} "
        f"({each.slowdown.low or 0.0:.2f} to {each.slowdown.high or 0.0:.2f}, evidence {each.slowdown.evidence.value})"
        for each in losses
    )


def lost(losses: list[SessionLoss]) -> int:
    """Add up what sessions lost, ns."""
    return sum(int(each.lost or 0) for each in losses)


def expected(scene: Scene, schedule: Schedule) -> str:
    """Write what a schedule is predicted to bring; why not where it is not; "" where nobody tried."""
    found = scene.prediction(schedule)
    if found is None:
        return ""
    known = [p for p in found.sessions if p.slowdown is not None]
    if not known:
        return f"Not predicted: {found.unknown}" if found.unknown else ""
    parts = ", ".join(f"{scene.name(p.session)} {_bounds(p.slowdown)}" for p in known)
    return f"Predicted if you {found.setting}: {parts}." + (f" {found.assumes}" if found.assumes else "")


def _bounds(value: object) -> str:
    estimate, low, high = (getattr(value, name) for name in ("estimate", "low", "high"))
    return (
        f"between {times(low)} and {times(high)}"
        if estimate is None
        else f"{times(estimate)} ({low:.2f} to {high:.2f})"
    )


def gain(scene: Scene, losses: list[SessionLoss], schedule: Schedule | None = None) -> int | None:
    """Return how much of what was lost a schedule is predicted to save, ns; all of it is not promised: None where nothing is predicted."""
    found = scene.prediction(schedule) if schedule is not None else None
    if found is None:
        return None
    saved = 0.0
    for loss in losses:
        now = loss.slowdown.estimate or 1.0
        then = next((p.slowdown for p in found.sessions if p.session == loss.session), None)
        if then is None or then.estimate is None:
            return None
        saved += int(loss.lost or 0) * max(0.0, now - then.estimate) / max(1e-9, now - 1.0)
    return round(saved)
