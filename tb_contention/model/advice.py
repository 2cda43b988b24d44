"""What to do first on a device: actions with what each brings in all, ranked for all sessions and for each of them."""

from dataclasses import dataclass, replace
from typing import Annotated

from tb_contention.model.prediction import Bounds
from tb_contention.units import SessionId
from tb_contention.wire import Choice, Wire


class Standing(Choice):
    """What can be recommended."""

    ACT = "act", "an action is recommended"
    FINE = "fine", "nothing is to be done"
    RECORD = "record", "no action can be recommended before something else is recorded"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionChange:
    """How much longer or shorter one session's recorded work would take."""

    session: Annotated[SessionId, Wire("id of the session")]
    change: Annotated[Bounds, Wire("relative change of the time that its work takes; −0.3 is 30 % less")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing to do, what it brings in all, how sure that is, the exact setting, and how to verify it.

    The changes are relative, with what the recording leaves open as their range; none where nothing was predicted.
    """

    kind: Annotated[str, Wire("the predicted schedule, or the rule of the finding, that it comes from")]
    title: Annotated[str, Wire("what to do")]
    setting: Annotated[str, Wire("the exact setting or command")]
    brings: Annotated[str, Wire("what it brings in all, in sentences")]
    sure: Annotated[str, Wire("how sure that is")]
    verify: Annotated[str, Wire("how to verify it")]
    certain: Annotated[bool, Wire("true: its whole range is a gain in all")] = False
    total: Annotated[
        Bounds | None, Wire("relative change of the sum of all sessions' times; null where it is not predicted")
    ] = None
    done: Annotated[
        Bounds | None,
        Wire("relative change of the time until all recorded work is done; null where it is not predicted"),
    ] = None
    changes: Annotated[
        tuple[SessionChange, ...], Wire("what each session would see; empty where nothing is predicted")
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """The answer to what to do first, for all sessions or for one that matters most."""

    session: Annotated[
        SessionId | None, Wire("id of the session that matters most; null: the total over sessions counts")
    ]
    standing: Annotated[Standing, Wire("what can be recommended")]
    headline: Annotated[str, Wire("what to do first, in one line")]
    why: Annotated[str, Wire("why, in sentences")]
    command: Annotated[str, Wire('what to record, as a command; "" where nothing is to be recorded')] = ""
    actions: Annotated[tuple[int, ...], Wire("places in `actions` of what helps, the best first")] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What to do about a device: the actions, and in which order for whom."""

    actions: Annotated[tuple[Action, ...], Wire("everything that could be done, in no order")]
    recommendation: Annotated[Recommendation, Wire("what to do first")]
    for_each: Annotated[
        tuple[Recommendation, ...], Wire("what to do first if one session matters most; empty for a session alone")
    ] = ()

    def preferring(self, session: SessionId) -> "Advice":
        """Return the advice for the user to whom a session matters most; unchanged where the session is not of this device."""
        found = next((each for each in self.for_each if each.session == session), None)
        return self if found is None else replace(self, recommendation=found)

    @property
    def ranked(self) -> tuple[Action, ...]:
        """Return the actions that help, the best first."""
        return tuple(self.actions[place] for place in self.recommendation.actions)
