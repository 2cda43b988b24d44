"""A device model with known answers: workloads, sharing modes, scenarios with their truth, and files as a profiler writes them.

What comes from here is simulated, and its files say so: the host is `simulated-host`, the device `Simulated GPU 80 GB`.
"""

from tb_contention.simulate.large import write_large
from tb_contention.simulate.named import NAMES
from tb_contention.simulate.random_scenarios import RANDOM_MODES, random_scenario
from tb_contention.simulate.reference import REFERENCE
from tb_contention.simulate.scenarios import SCENARIOS, Scenario
from tb_contention.simulate.write import play, write_scenario

__all__ = [
    "NAMES",
    "RANDOM_MODES",
    "REFERENCE",
    "SCENARIOS",
    "Scenario",
    "play",
    "random_scenario",
    "write_large",
    "write_scenario",
]
