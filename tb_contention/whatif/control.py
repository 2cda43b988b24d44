"""Play the sessions as they were recorded: which figures of the way of sharing return what was measured, and how well they do."""

from dataclasses import dataclass, replace

import numpy as np

from tb_contention.model.contention import Cost, Mechanism
from tb_contention.model.workload import Unit
from tb_contention.whatif.outcome import Outcome, Stage, recorded, run, run_all
from tb_contention.whatif.policy import Policy, Way

#: Lengths of turns that are usual, factors on one that the traces show, and costs of a change of turns; ns.
SLICES, FACTORS, SWITCHES = (0.5e6, 1.0e6, 2.3e6, 5.0e6), (0.7, 1.0, 1.4), (30e3, 80e3, 150e3)
#: No turn is shorter, ns.
_LEAST_SLICE = 50e3
#: Share of the device time of copies that lets one see whether they have engines of their own.
_COPIES = 0.05
#: A set of figures that returns the measured slowdowns nearly as well as the best one is as good.
_AS_GOOD = 0.02
#: Error of the control beyond which nothing is predicted from a play; smaller where the sessions are said not to feel each other.
_HOPELESS, _HOPELESS_FREE = 0.30, 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """The recorded way of sharing. others: policies that fit about as well. error: relative, of the worst session's slowdown."""

    policy: Policy
    others: tuple[Policy, ...]
    outcome: Outcome
    error: float

    @property
    def hopeless(self) -> bool:
        """Return whether the model fails to reproduce what was measured."""
        return self.error > (_HOPELESS_FREE if self.policy.way is Way.UNDISTURBED else _HOPELESS)


def control(stage: Stage, cost: Cost, stop: float) -> Control | None:
    """Choose the figures that fit best; None where the mechanism is unknown or no play ends. stop: how far is played, ns."""
    candidates = _candidates(stage, cost)
    if not candidates:
        return None
    measured = recorded(stage, stop)
    played = run_all(stage, [(policy, None) for policy in candidates], stop)
    errors = [_error(outcome, measured, stage) for outcome in played]
    best = int(np.argmin(errors))
    close = [p for p, e in zip(candidates, errors, strict=True) if e <= errors[best] + _AS_GOOD]
    outcome = run(stage, candidates[best])
    if outcome.stuck:
        return None
    return Control(
        policy=candidates[best],
        others=tuple(p for p in close if p is not candidates[best])[:4],
        outcome=outcome,
        error=_error(outcome, recorded(stage), stage),
    )


def _candidates(stage: Stage, cost: Cost) -> list[Policy]:
    """List what may be the recorded way of sharing; where copies take long, with copies that share like kernels too."""
    ways = _ways(stage, cost)
    took = stage.merged.kernels.duration
    if float(took[stage.merged.kernels.unit != Unit.COMPUTE].sum()) < _COPIES * float(took.sum()):
        return ways
    return ways + [replace(way, copies=True) for way in ways if way.way is not Way.UNDISTURBED]


def _ways(stage: Stage, cost: Cost) -> list[Policy]:
    if cost.mechanism is Mechanism.NONE:
        return [Policy(way=Way.UNDISTURBED)]
    if cost.mechanism is Mechanism.SINGLE_STREAM:
        return [Policy(way=Way.QUEUE)]
    if cost.mechanism is Mechanism.CONCURRENT:
        rates = np.array([1.0 if w.rate is None else w.rate for w in stage.works])
        return [Policy(way=Way.MEASURED, rates=rates)]
    if cost.mechanism is not Mechanism.TIME_SLICING:
        return []
    seen = tuple(max(_LEAST_SLICE, cost.slice * factor) for factor in FACTORS) if cost.slice else ()
    # Where a session's host is slow its bursts end with its work, so that what looks like a turn may be shorter than one.
    lengths = (*seen, *(usual for usual in SLICES if not seen or not seen[0] <= usual <= seen[-1]))
    turn = Policy(way=Way.TURNS, whole=cost.whole_turns)
    return [replace(turn, slice=float(length), switch=switch) for length in lengths for switch in SWITCHES]


def _error(outcome: Outcome, measured: Outcome, stage: Stage) -> float:
    """Return how far the worst slowdown is from the measured one; sessions that hardly do anything do not count."""
    if outcome.stuck:
        return np.inf
    busy = np.array([float(w.duration.sum()) for w in stage.works])
    matters = busy >= 0.02 * busy.sum()
    errors = [
        abs(then / now - 1)
        for then, now, counts in zip(outcome.slowdown, measured.slowdown, matters.tolist(), strict=True)
        if counts and then is not None and now is not None
    ]
    return max(errors, default=0.0)
