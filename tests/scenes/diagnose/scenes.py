"""Scenes for rules: simulated sessions from bytes to results, and the same with one value changed."""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from lanes import driver_view

from tb_contention.diagnose.scene import Scene
from tb_contention.model.contention import Cost
from tb_contention.model.driver_view import ClockRate, DriverProcess
from tb_contention.model.manifest import KernelMode, ManifestSession
from tb_contention.pipeline import analyse_logdir
from tb_contention.simulate import Scenario, write_scenario
from tb_contention.simulate.engine import Clock
from tb_contention.simulate.sharing import Policy, Queue, Rates, TimeSlices
from tb_contention.simulate.workload import Item, ItemKind, SessionSpec
from tb_contention.units import Bytes, Nanoseconds

MS = 1e6


def slices(length: float = 2.0, switch: float = 0.05) -> Callable[[], Policy]:
    """Take turns of so many ms."""
    return lambda: TimeSlices(length * MS, switch * MS)


def rates(*shared: float) -> Callable[[], Policy]:
    return lambda: Rates(shared)


def queue() -> Policy:
    return Queue()


def kernels(count: int, mean: float, *, grid: int = 1024, name: str = "gemm", spin: bool = False) -> tuple[Item, ...]:
    """Equal kernels; mean in us."""
    return tuple(
        Item(name=f"{name}_{k % 5}", op=f"model/op_{k % 5}:MatMul", mean=mean, grid=(grid, 1, 1), spin=spin)
        for k in range(count)
    )


def result() -> Item:
    """Copy a result to the host, as a loop does that looks at its loss."""
    return Item(name="MemcpyD2H", op="loss:Mean", mean=3.0, kind=ItemKind.TO_HOST, copied=4)


def session(name: str, items: tuple[Item, ...], **more: Any) -> SessionSpec:
    """A session of 600 ms with rests, in which the others are undisturbed."""
    total = sum(item.mean for item in items) / 1000
    values: dict[str, Any] = {
        "steps": int(700 / (total + 1.0)) + 2, "window": (20.0, 600.0), "pause": 0.5, "burst": 6, "long_pause": 45.0, "noise": 0.02,
        "process_id": 1000 + sum(name.encode()), "copies_compete": False,
    }  # fmt: skip
    return SessionSpec(name=name, items=items, **{**values, **more})


def pair(policy: Callable[[], Policy], *specs: SessionSpec, clock: Clock | None = None, manifest: bool = True) -> Scene:
    """Play, write, read and analyse sessions; the scene of the device that they share."""
    made = Scenario(name="scene", summary="a scene for a rule", sessions=specs, policy=policy, clock=clock or Clock())
    with tempfile.TemporaryDirectory() as folder:
        write_scenario(made, folder, seed=3, alone=False)
        for file in Path(folder).rglob("tb_contention.json") if not manifest else ():
            file.unlink()
        found = analyse_logdir(Path(folder, "together"))
    device = max(found.report.devices, key=lambda each: len(each.sessions))
    return Scene.of(found.aligned, device)


LONG, SHORT = kernels(30, 400), kernels(100, 60)


@cache
def time_sliced() -> Scene:
    """Two trainings of large kernels that take turns."""
    return pair(
        slices(),
        session("one", (*LONG, result())),
        session("two", (*SHORT, *SHORT, result()), start=20.0, long_pause=70.0),
    )


@cache
def side_by_side() -> Scene:
    """The same two at once, each slower."""
    return pair(
        rates(0.6, 0.7),
        session("one", (*LONG, result())),
        session("two", (*SHORT, *SHORT, result()), start=20.0, long_pause=70.0),
    )


@cache
def unshared() -> Scene:
    """The same two, neither slower."""
    return pair(
        rates(1.0, 1.0),
        session("one", (*LONG, result())),
        session("two", (*SHORT, *SHORT, result()), start=20.0, long_pause=70.0),
    )


def with_cost(scene: Scene, **changes: Any) -> Scene:
    """Change results of the cost stage."""
    cost: Cost = replace(scene.device.cost, **changes)
    return replace(scene, device=replace(scene.device, cost=cost))


def with_facts(scene: Scene, **changes: Any) -> Scene:
    """Change facts of all sessions."""
    return replace(scene, facts=tuple(replace(f, **changes) for f in scene.facts))


def with_lost(scene: Scene, lost: Callable[[int], Any]) -> Scene:
    """Change what every session's step periods lost; lost: number of periods -> column."""
    steps = tuple(replace(each, lost=np.asarray(lost(len(each.lost)), np.int64)) for each in scene.device.cost.steps)
    return with_cost(scene, steps=steps)


def with_driver(scene: Scene, untraced: int = 0, free: int = 40 << 30, clock: ClockRate | None = None) -> Scene:
    """Give the device what a driver saw: 80 GiB, a process that was not captured, what was free at the least."""
    capacity = 80 << 30
    other = DriverProcess(process_id=9, name="notebook", session=None, peak=Bytes(untraced), at_fullest=Bytes(untraced))
    view = driver_view(
        scene.device.sessions[0], period=Nanoseconds(50_000_000), capacity=Bytes(capacity), used_peak=Bytes(capacity - free),
        free_least=Bytes(free), processes=(other,), untraced_peak=Bytes(untraced), untraced_peak_at=Nanoseconds(5), unlisted=Bytes(0),
        used=None, clock=clock,
    )  # fmt: skip
    return replace(scene, device=replace(scene.device, driver=view))


def with_kernel_mode(scene: Scene, mode: KernelMode) -> Scene:
    """Let every session's manifest state how its tracer treats kernels."""
    said = ManifestSession(kernel_mode=mode)
    sessions = tuple(replace(s, manifest=said) for s in scene.aligned.sessions)
    return replace(scene, aligned=replace(scene.aligned, sessions=sessions))
