"""What really happened in a hard scenario: slowdowns, latencies, what is lost off the GPU, and blame by leaving one out."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tb_contention.model.intervals import at_depth
from tb_contention.simulate.hard.clock import Changes
from tb_contention.simulate.hard.machine import Host, play
from tb_contention.simulate.hard.sessions import HardScenario, HardSession, Script, script_of
from tb_contention.simulate.truth import Periods, Played, busy_of, common_window, periods


@dataclass(frozen=True, slots=True, kw_only=True)
class Hard:
    """A session of a hard scenario after the simulation. fetched: when its host waited for input, ns."""

    session: HardSession
    script: Script
    played: Played
    fetched: tuple[tuple[float, float], ...]
    clock: Changes


def played_of(chosen: HardScenario, seed: int) -> list[Hard]:
    """Play the sessions together and each alone, with the same work."""
    scripts = [script_of(session, seed) for session in chosen.sessions]
    clock: Changes = []
    together = play(scripts, chosen.machine, chosen.length * 1e6, clock)
    return [
        Hard(
            session=session,
            script=script,
            played=_played(session, host, _alone_then(chosen, number, script, host)),
            fetched=tuple(host.fetched),
            clock=clock,
        )
        for number, (session, script, host) in enumerate(zip(chosen.sessions, scripts, together, strict=True))
    ]


def _played(session: HardSession, shared: Host, alone: Host) -> Played:
    return Played(spec=session.spec, shared=tuple(shared.runs), alone=tuple(alone.runs), changes=[])


def _alone_then(chosen: HardScenario, number: int, script: Script, shared: Host) -> Host:
    """Play one script alone; a clock that changes by itself is for each kernel what it was when the kernel ran in company."""
    machine = chosen.machine
    if not machine.sags:
        return alone_of(chosen, number, script)
    when = np.array([0.0, *(time for time, _ in machine.sags)])
    slower = np.array([0.0, *(by for _, by in machine.sags)])
    follows = np.array(script.follows or (1.0,) * len(script.fill))
    work = np.array(script.work)
    ran = [run for run in shared.runs if run.end]
    middle = (np.array([run.start for run in ran]) + np.array([run.finish for run in ran])) / 2
    work[: len(ran)] *= 1 + follows * slower[np.searchsorted(when, middle, "right") - 1]
    steady = replace(chosen, machine=replace(machine, sags=()))
    return alone_of(steady, number, replace(script, work=work.tolist()))


def alone_of(chosen: HardScenario, number: int, script: Script, clock: Changes | None = None) -> Host:
    """Play one script; the others are there without work, so that the policy sees the same numbers. clock: as in `play`."""
    idle = replace(script, work=[], pauses=[], arrivals=None, element=0.0)
    return play(
        [script if k == number else idle for k in range(len(chosen.sessions))],
        chosen.machine,
        chosen.length * 2e6,
        clock,
    )[number]


def truth_of_hard(chosen: HardScenario, hard: list[Hard], epoch_ns: int) -> dict[str, Any]:
    """Put the figures together as JSON values; times ns, as in the truth of plain scenarios."""
    captured = [h.played for h in hard if h.session.captured]
    start, end = common_window(captured)
    busy = [busy_of(p.spec, p.shared).clip(start, end) for p in captured]
    contended, used = at_depth(busy, 2).total, at_depth(busy, 1).total
    found = [periods(h.played, start, end) for h in hard]
    gpu_only = _gpu_only(chosen, hard) if chosen.machine.cpu != 1.0 or chosen.facts.get("pcie") else None
    blame = _left_out(chosen, hard, found) if len(hard) > 2 else None
    rows = {}
    for number, (one, sums) in enumerate(zip(hard, found, strict=True)):
        if one.session.captured:
            rows[one.session.spec.name] = {
                **_session(one, sums),
                "gpu_only": gpu_only[number] if gpu_only else None,
                "blame": blame[number] if blame else None,
            }
    return {
        "simulated": True,
        "window": {"start_unix_ns": epoch_ns + start, "end_unix_ns": epoch_ns + end, "length": end - start},
        "time": {"idle": end - start - used, "exclusive": used - contended, "contended": contended},
        "sessions": rows,
    }


def _session(one: Hard, found: Periods) -> dict[str, Any]:
    shared, alone = one.played.shared, one.played.alone
    count = found.count
    return {
        "process_id": one.session.spec.process_id,
        "periods": count,
        "period_mean_alone": round(found.alone / count) if count else None,
        "period_mean_shared": round(found.shared / count) if count else None,
        "slowdown": round(found.slowdown, 6) if found.slowdown else None,
        "lost": round(found.shared - found.alone),
        "step": _ratios([(shared[n].end - shared[n].begin, alone[n].end - alone[n].begin) for n in found.steps]),
        "latency": _ratios([(shared[n].end - _asked(one, n), alone[n].end - _asked(one, n)) for n in found.steps])
        if one.script.arrivals
        else None,
    }


def _asked(one: Hard, number: int) -> float:
    assert one.script.arrivals
    return one.script.arrivals[number]


def _ratios(pairs: list[tuple[float, float]]) -> dict[str, dict[str, float]] | None:
    """Compare times together and alone: mean and percentiles, ms and ratio."""
    if not pairs:
        return None
    both = np.array(pairs) / 1e6
    rows = {"mean": both.mean(axis=0), **{f"p{p}": np.percentile(both, p, axis=0) for p in (50, 95, 99)}}
    return {
        name: {"together_ms": round(float(a), 4), "alone_ms": round(float(b), 4), "ratio": round(float(a / b), 4)}
        for name, (a, b) in rows.items()
    }


def _gpu_only(chosen: HardScenario, hard: list[Hard]) -> list[float | None]:
    """Return the slowdowns if only the multiprocessors were shared, not the processor and the link."""
    machine = replace(chosen.machine, cpu=1.0, link=False)
    hosts = play([h.script for h in hard], machine, chosen.length * 1e6)
    alone = replace(chosen, machine=machine)
    found = []
    for number, (one, host) in enumerate(zip(hard, hosts, strict=True)):
        ratio = _whole(_played(one.session, host, alone_of(alone, number, one.script)), chosen.length).slowdown
        found.append(round(ratio, 6) if ratio else None)
    return found


def _whole(played: Played, length: float) -> Periods:
    return periods(played, 0, round(length * 1e6))


def _left_out(chosen: HardScenario, hard: list[Hard], found: list[Periods]) -> list[dict[str, float]]:
    """Return for each session the parts of its loss that go when one of the others is left out, adding up to 1."""
    gained: list[dict[str, float]] = [{} for _ in hard]
    for out, absent in enumerate(hard):
        idle = replace(absent.script, work=[], pauses=[], arrivals=None, element=0.0)
        scripts = [idle if k == out else h.script for k, h in enumerate(hard)]
        hosts = play(scripts, chosen.machine, chosen.length * 1e6)
        for number, (one, sums) in enumerate(zip(hard, found, strict=True)):
            if number != out and sums.count:
                shared, without = one.played.shared, hosts[number].runs
                pairs = [
                    (shared[n].end - shared[n - 1].end, without[n].end - without[n - 1].end)
                    for n in sums.steps
                    if n < len(without)
                ]
                gained[number][absent.session.spec.name] = max(0.0, sum(a - b for a, b in pairs))
    return [
        {name: round(ns / total, 4) for name, ns in row.items()} if (total := sum(row.values())) > 0 else {}
        for row in gained
    ]
