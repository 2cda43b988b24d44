"""Rules on memory: what is said where two processes do not fit, where one grows, and where memory costs time."""

from dataclasses import replace

from lanes import device_report, group_of
from unit.memory.heap import Heap

from tb_contention.diagnose import diagnose
from tb_contention.model.findings import Finding, Severity
from tb_contention.model.memory import AllocationStall, CombinedMemory, KernelChange, StallKind
from tb_contention.model.report import DeviceReport
from tb_contention.units import Bytes, Nanoseconds, SessionId

GIB, MIB = 1 << 30, 1 << 20


def heap(name: str, *, limit: int, held: tuple[int, ...], capacity: int = 80) -> Heap:
    """Hold some GiB at once, under a limit in GiB, on a GPU of 80 GiB."""
    made = Heap(name, limit=limit * GIB, capacity=capacity * GIB)
    for number, size in enumerate(held):
        made.give(10 + number, number, size * GIB, f"{name}/op_{number}")
    return made


def findings(*heaps: Heap, **changes: object) -> dict[str, Finding]:
    aligned, group = group_of([h.session() for h in heaps])
    device = device_report(aligned, group)
    assert isinstance(device.memory, CombinedMemory)
    changed: DeviceReport = replace(device, memory=replace(device.memory, **changes))  # type: ignore[arg-type]
    return {f.rule: f for f in diagnose(aligned, (changed,))}


def test_limits_beyond_the_capacity_are_why_the_second_process_fails_and_smaller_ones_would_fit() -> None:
    found = findings(heap("a", limit=75, held=(20,)), heap("b", limit=75, held=(10,)))["limits-exceed-capacity"]

    assert found.severity is Severity.WARNING
    assert "may take 150 GiB, and the GPU has 80.0 GiB" in found.title
    assert "suggested limits fit" in found.detail
    assert "memory_limit" in found.advice


def test_peaks_that_do_not_fit_are_not_promised_to_fit() -> None:
    found = findings(heap("a", limit=75, held=(40,)), heap("b", limit=75, held=(39,)))

    assert "do not run the sessions at once" in found["limits-exceed-capacity"].detail
    assert found["little-headroom"].severity is Severity.WARNING


def test_no_rule_judges_a_sum_that_one_gpu_cannot_hold() -> None:
    found = findings(heap("a", limit=79, held=(60,)), heap("b", limit=79, held=(60,)))
    memory = {"limits-exceed-capacity", "reserved-unused", "little-headroom", "peaks-may-meet"}

    assert (
        "cannot be on one GPU: they held 120 GiB at once, and GPU 0 on host0 has 80.0 GiB" in found["not-one-gpu"].title
    )
    assert found["not-one-gpu"].severity is Severity.CRITICAL
    assert not memory & set(found)
    assert found["not-one-gpu"].options == ("--gpu a:0=gpu1", "--gpu b:0=gpu2")


def test_one_process_that_may_take_all_is_not_told_so_while_nobody_else_is_there() -> None:
    assert "reserved-unused" not in findings(heap("a", limit=79, held=(20,)))


def test_processes_that_may_take_more_than_they_need_are_named_without_a_warning() -> None:
    found = findings(heap("a", limit=79, held=(20,)), heap("b", limit=79, held=(20,)))["reserved-unused"]

    assert found.severity is Severity.INFO
    assert "79.0 GiB of GPU 0 on host0 and held at most 20.0 GiB" in found.title
    assert "set_memory_growth" in found.advice


def test_a_process_that_uses_what_it_may_take_is_not_blamed() -> None:
    assert "reserved-unused" not in findings(heap("a", limit=70, held=(60,)))


def test_a_leak_is_named_with_its_operation() -> None:
    leaking = Heap("a", limit=70 * GIB, capacity=80 * GIB)
    for step in range(10):
        leaking.steps.append((step * 10, step * 10 + 9))
        leaking.give(step * 10 + 5, step, 2 * MIB, "model/cache")
    found = findings(leaking)["memory-growth"]

    assert "2.00 MiB more after each step" in found.title
    assert "model/cache" in found.detail


def change(workspace: tuple[int | None, int | None]) -> KernelChange:
    before, after = (None if w is None else Bytes(w) for w in workspace)
    return KernelChange(
        session=SessionId("a/host0"), neighbour=SessionId("b/host0"), op="conv", before="fast", after="slow", count_before=5,
        count_after=5, mean_before=Nanoseconds(10_000), mean_after=Nanoseconds(30_000), workspace_before=before,
        workspace_after=after, at=Nanoseconds(5),
    )  # fmt: skip


def test_a_workspace_that_shrank_is_memory_denied_and_else_it_is_not_said_to_be() -> None:
    pair = heap("a", limit=40, held=(20,)), heap("b", limit=40, held=(10,))
    denied = findings(*pair, kernel_changes=(change((64 * MIB, 1 * MIB)),))["kernels-changed"]
    other = findings(*pair, kernel_changes=(change((None, None)),))["kernels-changed"]

    assert (denied.severity, other.severity) == (Severity.WARNING, Severity.INFO)
    assert "denied memory" in denied.cause
    assert "did not shrink" in other.cause
    assert denied.evidence["cost_ns"] == 100_000


def test_calls_of_the_driver_that_take_a_notable_time_are_a_warning() -> None:
    def stall(total: int) -> AllocationStall:
        return AllocationStall(
            session=SessionId("a/host0"), kind=StallKind.DRIVER, what="cuMemAlloc_v2", count=3, total=Nanoseconds(total),
            longest=Nanoseconds(total), longest_at=Nanoseconds(0),
        )  # fmt: skip

    one = heap("a", limit=40, held=(35,))
    assert findings(one, stalls=(stall(20_000),))["allocation-stalls"].evidence["total_ns"] == 20_000
    assert "allocation-stalls" not in findings(one, stalls=(stall(500),))
