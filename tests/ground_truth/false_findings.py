"""Which findings would be false, by what is true of a hard scenario: rule -> condition."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Scene:
    """truth: of the scenario; sessions: those that a finding is about, all where it names none."""

    truth: dict[str, Any]
    sessions: tuple[str, ...]

    def slowest(self, *, on_gpu: bool = False) -> float:
        """Return the largest true slowdown of the sessions, also of requests; on_gpu: without what was lost elsewhere."""
        return max((_slowdown(self.truth["sessions"][name], on_gpu=on_gpu) for name in self.sessions), default=1.0)

    def has(self, *facts: str) -> bool:
        return any(self.truth.get(fact) for fact in facts)

    def is_single(self) -> bool:
        """Return whether one process alone was captured."""
        return len(self.truth["sessions"]) == 1

    def is_shared_by(self, mechanism: str) -> bool:
        return bool(self.truth["mechanism"] == mechanism) and self.slowest(on_gpu=True) > 1.03


def _slowdown(facts: dict[str, Any], *, on_gpu: bool) -> float:
    if on_gpu and facts["gpu_only"]:
        return float(facts["gpu_only"])
    latency = facts["latency"]["mean"]["ratio"] if facts["latency"] else 1.0
    return max(facts["slowdown"] or 1.0, latency)


def _fairly_shared(scene: Scene) -> bool:
    slowdowns = [s["slowdown"] for s in scene.truth["sessions"].values() if s["slowdown"]]
    return len(slowdowns) > 1 and max(slowdowns) / min(slowdowns) < 1.2


FALSE_WHERE: dict[str, Callable[[Scene], bool]] = {
    "sharing-is-fine": lambda s: s.slowest() > 1.06,
    "time-slice-waiting": lambda s: not s.is_shared_by("time_slicing"),
    "one-stream": lambda s: not s.is_shared_by("single_stream"),
    "slowed-side-by-side": lambda s: not s.is_shared_by("concurrent"),
    "head-of-line": lambda s: not s.is_shared_by("concurrent"),
    "clocks-fall": lambda s: not s.has("clockfall"),
    # A capture without company says nothing of others, so an untraced process does not make it false.
    "host-bound": lambda s: s.slowest() > 1.06 and not s.has("host", "input") and not s.is_single(),
    "host-contention": lambda s: not s.has("host", "input"),
    "input-starved": lambda s: not s.has("input"),
    "untraced-corunner": lambda s: not s.has("untraced"),
    "unfair-sharing": _fairly_shared,
    "short-steps-beside-long": lambda s: s.slowest() < 1.15,
    "kernels-changed": lambda s: True,
    "maybe-different-gpus": lambda s: True,
}


def false_ones(truth: dict[str, Any], findings: Iterable[tuple[str, tuple[str, ...]]]) -> list[str]:
    """Name the rules that say what is not so. findings: rule, and the sessions that it is about."""
    everybody = tuple(truth["sessions"])
    wrong = []
    for rule, about in findings:
        scene = Scene(truth, tuple(name for name in about if name in truth["sessions"]) or everybody)
        if rule in FALSE_WHERE and FALSE_WHERE[rule](scene):
            wrong.append(rule)
    return sorted(set(wrong))
