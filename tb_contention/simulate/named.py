"""Names -> scenarios: all that can be written by name."""

from tb_contention.simulate.reference import REFERENCE
from tb_contention.simulate.scenarios import SCENARIOS, Scenario

_NAMED = {scenario.name: scenario for scenario in (*SCENARIOS, *REFERENCE)}
NAMES = tuple(_NAMED)


def named(name: str) -> Scenario:
    """Find a scenario; KeyError with all names if there is none."""
    if name not in _NAMED:
        raise KeyError(f"no scenario {name!r}; there are {', '.join(NAMES)}")
    return _NAMED[name]
