"""What a rule looks at: the results of one device, with the facts of its sessions, and words for both."""

from collections.abc import Iterable
from dataclasses import dataclass

from tb_contention.diagnose.facts import SessionFacts, facts_of
from tb_contention.model.alignment import AlignedTraces, Identity
from tb_contention.model.attribution import rest_of
from tb_contention.model.contention import Mechanism, SessionLoss, StepTimes
from tb_contention.model.manifest import KernelMode
from tb_contention.model.part_of_gpu import is_apart, parts_of_gpu
from tb_contention.model.prediction import Bounds, Prediction, Schedule
from tb_contention.model.report import DeviceReport
from tb_contention.model.side_by_side import each
from tb_contention.units import SessionId
from tb_contention.words.answers import Answer, Met, answer_of, basis_with_class, judged_by, met_where
from tb_contention.words.mechanism import is_sure
from tb_contention.words.names import Names, group_label, session_labels
from tb_contention.words.numbers import between, listing, share, times
from tb_contention.words.requests import slower


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One device group for the rules. facts: of its sessions, in their order; names: of all sessions of the report."""

    aligned: AlignedTraces
    device: DeviceReport
    facts: tuple[SessionFacts, ...]
    names: Names

    @classmethod
    def of(cls, aligned: AlignedTraces, device: DeviceReport) -> "Scene":
        """Collect the facts of all sessions."""
        facts = each(
            lambda s: facts_of(aligned.session(s), device.group, device.overlap, device.cost), list(device.sessions)
        )
        return cls(aligned=aligned, device=device, facts=tuple(facts), names=Names(session_labels(aligned.sessions)))

    @property
    def is_host(self) -> bool:
        """Return whether the device is a processor, to which no advice for a GPU applies."""
        return self.device.group.device.device.is_host

    @property
    def is_shared_gpu(self) -> bool:
        """Return whether several sessions share a GPU."""
        return not self.is_host and len(self.facts) > 1

    @property
    def processes(self) -> tuple[SessionId, ...]:
        """Return the ids of the processes on the device, in the order of their sessions."""
        sessions = map(self.aligned.session, self.device.sessions)
        return tuple(dict.fromkeys(each.process or each.id for each in sessions))

    @property
    def has_company(self) -> bool:
        """Return whether more than one process is known to have used the device, captured or not."""
        driver = self.device.driver
        return len(self.processes) > 1 or bool(self.device.cost.had) or bool(driver and driver.untraced_peak)

    @property
    def are_ranks(self) -> bool:
        """Return whether processes that are only assumed to share a GPU run collectives: NCCL refuses two ranks on one GPU."""
        ranks = {
            process.process or process.id
            for process in (self.aligned.session(each.session) for each in self.facts if each.collective > 0)
        }
        return self.device.group.device.identity is Identity.ASSUMED and len(ranks) > 1

    def is_rest(self, session: SessionId) -> bool:
        """Return whether a session is only what of a process could not be attributed to any."""
        process = self.aligned.session(session).process
        return process is not None and session == rest_of(process)

    @property
    def window(self) -> int:
        """Return the length of the window, at least 1."""
        return max(1, self.device.overlap.time.window)

    def name(self, session: SessionId) -> str:
        """Return the session's label, the same as in every table."""
        return self.names[session]

    @property
    def where(self) -> str:
        """Return the device's label: 'GPU 0 on host'."""
        return group_label(self.device.group)

    def kernel_mode(self, session: SessionId) -> KernelMode:
        """Return whether a session's tracer let kernels run at once, as its manifest says."""
        manifest = self.aligned.session(session).manifest
        return KernelMode.UNKNOWN if manifest is None else manifest.kernel_mode

    def are_apart(self, one: SessionId, other: SessionId) -> bool:
        """Return whether two sessions run on multiprocessors of their own each, so that neither takes any from the other."""
        return is_apart(parts_of_gpu(self.aligned, self.device.group), one, other)

    def is_apart(self, session: SessionId) -> bool:
        """Return whether a session is in a partition that none of the others is in, and these are in partitions."""
        others = [each for each in self.device.sessions if each != session]
        return bool(others) and all(self.are_apart(session, other) for other in others)

    def fact(self, session: SessionId) -> SessionFacts:
        """Return a session's facts."""
        return next(each for each in self.facts if each.session == session)

    def steps(self, session: SessionId) -> StepTimes | None:
        """Return a session's step periods, None where it has none."""
        return next((each for each in self.device.cost.steps if each.session == session), None)

    def slowed(self, mechanism: Mechanism | None = None) -> list[SessionLoss]:
        """Return the sessions that are measurably slower, worst first; none under another mechanism, on a processor, or of unknown loss.

        A mechanism that is not sure counts as another one: advice rests on it. With a mechanism, only those count that the GPU slows.
        """
        cost = self.device.cost
        if not self.is_shared_gpu or (mechanism is not None and not (cost.mechanism is mechanism and is_sure(cost))):
            return []
        slower = [loss for loss in cost.losses if answer_of(loss.slowdown) is Answer.YES and (loss.lost or 0) > 0]
        if mechanism is not None:
            slower = [loss for loss in slower if met_where(loss) is Met.GPU]
        return sorted(slower, key=lambda loss: -(loss.lost or 0))

    def prediction(self, schedule: Schedule) -> Prediction | None:
        """Return what was predicted for a schedule, None where nothing was."""
        return next((p for p in self.device.predictions if p.schedule is schedule), None)


def slowdowns(scene: Scene, losses: Iterable[SessionLoss]) -> str:
    """Write the slowdowns of sessions, each with its interval and what it rests on; the latter once where it is the same for all."""
    known = [(slower(scene.name(each.session), each), basis_with_class(judged_by(each))) for each in losses]
    if len(known) > 1 and len({basis for _, basis in known}) == 1:
        return f"{listing([words for words, _ in known])}, each {known[0][1]}"
    return "; ".join(f"{words}, {basis}" for words, basis in known)


def as_fast_as_alone(scene: Scene) -> bool:
    """Return whether sharing slows no session noticeably, neither its steps nor its requests."""
    found = [slowdown for each in scene.device.cost.losses for slowdown in (each.slowdown, judged_by(each))]
    return bool(found) and all(answer_of(slowdown) is Answer.NO for slowdown in found)


def shares(scene: Scene, parts: Iterable[tuple[SessionId, float | None]]) -> str:
    """Write a share for each session: 'trainer 12 % and evaluator 9.1 %'."""
    return listing([f"{scene.name(session)} {share(part)}" for session, part in parts])


def lost(losses: Iterable[SessionLoss]) -> int:
    """Add up what sessions lost, ns."""
    return sum(int(each.lost or 0) for each in losses)


def expected(scene: Scene, schedule: Schedule) -> str:
    """Write what a schedule is predicted to bring; why not where it is not; "" where it was not tried."""
    found = scene.prediction(schedule)
    if found is None:
        return ""
    known = [f"{scene.name(p.session)} {_bounds(p.slowdown)}" for p in found.sessions if p.slowdown is not None]
    if not known:
        return f"Not predicted. {found.unknown}" if found.unknown else ""
    return f"Predicted slowdowns if you {found.setting}: {listing(known)}. {found.assumes}".strip()


def _bounds(value: Bounds) -> str:
    if value.estimate is None:
        return f"{times(value.low)} to {times(value.high)}"
    exact = value.low == value.estimate == value.high
    return times(value.estimate) + ("" if exact else f" ({between(value.low, value.high)})")


def gain(scene: Scene, losses: Iterable[SessionLoss], schedule: Schedule) -> int | None:
    """Return how much of what was lost a schedule is predicted to save, ns; None where nothing is predicted."""
    found = scene.prediction(schedule)
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
