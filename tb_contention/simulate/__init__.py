"""A device model with known answers: workloads, sharing modes, scenarios with their truth, and files as a profiler writes them.

What comes from here is simulated, and its files say so: the host is `simulated-host`, the device `Simulated GPU 80 GB`.
"""

from tb_contention.simulate.directory import write_directory
from tb_contention.simulate.hard import HARD_KINDS, hard_scenario, write_hard
from tb_contention.simulate.large import write_large
from tb_contention.simulate.large_memory import write_large_memory
from tb_contention.simulate.memory_scenarios import Damage, MemoryScenario, write_memory
from tb_contention.simulate.named import NAMES
from tb_contention.simulate.pressure import changed_kernels, growing_pool
from tb_contention.simulate.random_memory import random_memory
from tb_contention.simulate.random_scenarios import RANDOM_MODES, random_scenario
from tb_contention.simulate.reference import REFERENCE
from tb_contention.simulate.scenarios import SCENARIOS, Scenario
from tb_contention.simulate.write import play, write_scenario

__all__ = [
    "HARD_KINDS",
    "NAMES",
    "RANDOM_MODES",
    "REFERENCE",
    "SCENARIOS",
    "Damage",
    "MemoryScenario",
    "Scenario",
    "changed_kernels",
    "growing_pool",
    "hard_scenario",
    "play",
    "random_memory",
    "random_scenario",
    "write_directory",
    "write_hard",
    "write_large",
    "write_large_memory",
    "write_memory",
    "write_scenario",
]
