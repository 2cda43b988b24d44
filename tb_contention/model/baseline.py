"""Captures of the same work alone: which ones were found for a session, and what became of them."""

from dataclasses import dataclass
from typing import Annotated

from tb_contention.units import SessionId
from tb_contention.wire import Choice, Wire


class Found(Choice):
    """How a capture was found to show the work of a session alone."""

    USER = "user", "the user names it"
    MANIFEST = "manifest", "its manifest states that it recorded the same command alone"
    KERNELS = "kernels", "it runs the same kernels, as often per step"


class Use(Choice):
    """What a capture alone is used for."""

    USED = "used", "the slowdown is measured against it"
    OFFERED = "offered", "it may be a baseline, but is used only if the user names it"
    REFUSED = "refused", "it is no baseline"


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineCapture:
    """A capture that may show the work of a session alone."""

    session: SessionId
    baseline: Annotated[SessionId, Wire("id of the session in the capture alone", key="session")]
    label: Annotated[str, Wire("what people call it")]
    found: Annotated[Found, Wire("how it was found")]
    use: Annotated[Use, Wire("whether it is used")]
    reason: Annotated[str, Wire("why it is not used, in words; empty where it is used")] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineChoice:
    """A capture of the log directory that a session could be measured against, by what is known before it is decoded."""

    baseline: Annotated[SessionId, Wire("id of the capture", key="session")]
    label: Annotated[str, Wire("what people call it")]
    found: Annotated[
        Found | None, Wire("what suggests that it shows the same work alone, `manifest` or `kernels`; null for nothing")
    ]
    fits: Annotated[bool, Wire("whether it may serve: nothing that is known before it is decoded speaks against it")]
    why: Annotated[str, Wire("why it may serve, or why not; a clause")]


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineChoices:
    """The captures that a session could be measured against, the best first."""

    choices: Annotated[tuple[BaselineChoice, ...], Wire("the captures")]
    left_out: Annotated[int, Wire("how many more the log directory holds")]
