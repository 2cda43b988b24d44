"""What a rule is: one value with its slug, the place of its evidence, when it speaks, and the function that looks."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from typing import Any

from tb_contention.diagnose.scene import Scene
from tb_contention.model.findings import Finding, Severity
from tb_contention.model.places import Place
from tb_contention.model.report import DeviceReport
from tb_contention.units import SessionId


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What a rule states of a device: a finding without its rule, place and device, which `Rule.run` adds."""

    severity: Severity = Severity.WARNING
    title: str
    detail: str
    cause: str = ""
    advice: str = ""
    effect: str = ""
    verify: str = ""
    gain_ns: int | None = None
    gain_bytes: int | None = None
    evidence: dict[str, Any] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    sessions: tuple[SessionId, ...]


Look = Callable[[Scene], Iterable[Remark]]
PlaceOf = Callable[[DeviceReport, Remark], Place | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule. speaks: when it does, and what it advises, for RULES.md; place: where the panel shows its evidence, None where nowhere."""

    slug: str
    speaks: str
    place: Place | PlaceOf | None
    look: Look

    def run(self, scene: Scene) -> list[Finding]:
        """Look at a scene and return what there is to say."""
        return [
            Finding(
                rule=self.slug,
                place=self._place(scene.device, remark),
                device=scene.device.group.id,
                **{each.name: getattr(remark, each.name) for each in fields(remark)},
            )
            for remark in self.look(scene)
        ]

    def _place(self, device: DeviceReport, remark: Remark) -> Place | None:
        if self.place is None or isinstance(self.place, Place):
            return self.place
        return self.place(device, remark)


def rule(slug: str, *, speaks: str, place: Place | PlaceOf | None = None) -> Callable[[Look], Rule]:
    """Make a function that looks at a scene the rule of this slug."""
    return lambda look: Rule(slug=slug, speaks=speaks, place=place, look=look)
