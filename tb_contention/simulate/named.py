"""Names -> scenarios: all that can be written by name."""

from tb_contention.simulate.reference import REFERENCE
from tb_contention.simulate.scenarios import SCENARIOS, Scenario

_NAMED = {scenario.name: scenario for scenario in (*SCENARIOS, *REFERENCE)}
NAMES = tuple(_NAMED)


def named(name: str) -> Scenario:
    """Find a scenario; KeyError if there is none."""
    return _NAMED[name]
