"""A scenario -> the report that Nsight Systems would export of it as SQLite: synthetic, made from the documented tables.

One recorder sees all processes at once, so all have one window, and the device's context switches are in it.
"""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from tb_contention.simulate.engine import simulate
from tb_contention.simulate.memory import memory_changes
from tb_contention.simulate.named import named
from tb_contention.simulate.nsight_tables import SCHEMA, Rows
from tb_contention.simulate.recording import Window, spans
from tb_contention.simulate.scenarios import EPOCH_NS, Scenario
from tb_contention.simulate.sharing import Policy
from tb_contention.simulate.truth import Played, truth_of
from tb_contention.simulate.workload import program_of
from tb_contention.simulate.write import play

Stay = tuple[int, float, float]


class Watched:
    """A policy that notes who has the device when."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self.stays: list[list[float]] = []

    def rates(self, time: float, runnable: dict[int, float], items: dict[int, int]) -> tuple[dict[int, float], float]:
        """Ask the policy; a session that has the device keeps it until another one gets it, or it is saved for one."""
        rates, holds = self._policy.rates(time, runnable, items)
        holder = next(iter(rates)) if len(rates) == 1 else -1
        if not self.stays or self.stays[-1][0] != holder:
            if self.stays and self.stays[-1][2] < 0:
                self.stays[-1][2] = time
            self.stays.append([holder, time, -1.0])
        return rates, holds

    def finished(self, session: int) -> None:
        """Pass it on."""
        self._policy.finished(session)

    def of_one(self, last: float) -> list[Stay]:
        """List (session, start, end) of the stays in which one session had the device alone."""
        return [(int(s), a, last if b < 0 else b) for s, a, b in self.stays if s >= 0]


def one_window(scenario: Scenario) -> Scenario:
    """Let all sessions be recorded in the time in which each of them is."""
    windows = [Window.of(spec) for spec in scenario.sessions]
    window = max(w.start for w in windows) / 1e6, min(w.end for w in windows) / 1e6
    return replace(scenario, sessions=tuple(replace(spec, window=window) for spec in scenario.sessions))


def write_report(
    name: str | Scenario,
    out: Path | str,
    *,
    seed: int = 0,
    switches: bool = True,
    untraced: frozenset[str] = frozenset(),
) -> Path:
    """Write `out/report.sqlite` and `out/truth.json`; return the former. Equal arguments give equal bytes.

    Each session has to be a process of its own. switches: record context switches, which show time slices only. untraced: sessions of
    which the recorder sees nothing but those.
    """
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    chosen = one_window(named(name) if isinstance(name, str) else name)
    played = play(chosen, seed)
    rows = Rows()
    for one in played:
        if one.spec.name not in untraced:
            _add_session(rows, one)
    window = Window.of(played[0].spec)
    if switches and chosen.mechanism == "time_slicing":
        for session, start, end in _stays(chosen, seed, window.end):
            rows.stay(played[session].spec.process_id, start, end, window)
    truth = {"scenario": chosen.name, "mechanism": chosen.mechanism, **truth_of(played, EPOCH_NS)}
    (out / "truth.json").write_text(json.dumps(truth, indent=1) + "\n", encoding="utf-8")
    target = out / "report.sqlite"
    target.unlink(missing_ok=True)
    with closing(sqlite3.connect(target)) as connection:
        connection.executescript(SCHEMA)
        rows.write(connection, window)
        connection.commit()
    return target


def _stays(chosen: Scenario, seed: int, last: int) -> list[Stay]:
    """Play the scenario once more and watch who has the device."""
    watched = Watched(chosen.policy())
    simulate(tuple(program_of(spec, seed) for spec in chosen.sessions), watched, chosen.clock)
    return watched.of_one(last)


def _add_session(rows: Rows, played: Played) -> None:
    """Write kernels, copies, launches, steps and driver allocations of one process."""
    spec, window = played.spec, Window.of(played.spec)
    rows.process(spec.process_id, "python3")
    works, call = spans(spec, played.shared), round(spec.launch_cost * 650)
    columns = (works.item, works.correlation, works.launch, works.start, works.end)
    for number, correlation, launch, start, end in zip(*(column.tolist() for column in columns), strict=True):
        item = works.items[number]
        if window.holds(start, end, 0):
            rows.work(spec, item, correlation, start, end)
        if window.holds(launch, launch + call, 0):
            rows.call(spec, item, correlation, launch, call)
    for number, run in enumerate(played.shared):
        if window.holds(round(run.begin), round(run.end), 0):
            rows.step(spec, number, round(run.begin), round(run.end))
        called = round(run.launch[-1] + spec.launch_cost * 1000)
        if spec.sync_every and (number + 1) % spec.sync_every == 0 and window.holds(called, round(run.end), 0):
            rows.wait(spec, called, round(run.end))
    for change in memory_changes(spec, played.shared):
        if window.holds(change.time, change.time, 0):
            rows.allocation(spec, change)
