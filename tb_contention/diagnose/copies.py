"""Rules on what keeps a GPU busy in place of kernels that compute: copies, and collectives that wait."""

from collections.abc import Iterator

from tb_contention.diagnose.by_recorder import COPY_AHEAD, told
from tb_contention.diagnose.places import KERNELS
from tb_contention.diagnose.rule import Remark, rule
from tb_contention.diagnose.scene import Scene
from tb_contention.words.numbers import count, duration, percent, share

#: Copies without kernels fill that part of a session's busy time, and that part of the window.
_MOST, _NOTABLE = 0.5, 0.05


@rule(
    "mostly-copies",
    place=KERNELS,
    speaks=f"Speaks when a session copies without computing for {share(_MOST)} of the time that the GPU is busy with it, and "
    f"{share(_NOTABLE)} of the window: the GPU looks busy and computes little. Advice: fewer, larger copies, beside the kernels.",
)
def mostly_copies(scene: Scene) -> Iterator[Remark]:
    """The GPU is busy with copies, not with kernels."""
    for fact in scene.facts if not scene.is_host else ():
        busy = scene.device.overlap.busy.get(fact.session)
        whole, copies = 0 if busy is None else busy.total, fact.copies
        # Kernels that run at once count twice, so this is the least that copies have for themselves.
        by_itself = min(whole - fact.kernel_time, copies.when.total)
        if by_itself < _MOST * whole or by_itself < _NOTABLE * scene.window:
            continue
        name, to_host = scene.name(fact.session), copies.to_host > copies.count / 2
        yield Remark(
            title=f"{name} keeps {scene.where} busy with copies, not kernels: {percent(copies.when.total, whole)} of its busy time "
            f"is copies, {percent(fact.kernel_time, whole)} kernels",
            detail=f"{count(copies.count, 'copy', 'copies')} took {duration(copies.total)}, {copies.to_host:,} of them to the host. Its "
            f"kernels took {duration(fact.kernel_time)}.",
            cause="The program moves more data than it computes with, or moves it while nothing is ready to compute.",
            advice="Fetch results less often, and keep what the next step needs on the GPU."
            if to_host
            else f"Copy from pinned memory and ahead of need ({told(scene, COPY_AHEAD, (fact.session,))}), and keep "
            "on the GPU what is used again.",
            effect=f"At most {duration(by_itself)} of the window: the time of copies that no kernel hides.",
            verify="Copies take a smaller part of the busy time, and a step is shorter.",
            gain_ns=by_itself,
            evidence={
                "copies_ns": copies.total,
                "kernels_ns": fact.kernel_time,
                "busy_ns": whole,
                "to_host": copies.to_host,
                "count": copies.count,
            },
            sessions=(fact.session,),
        )


@rule(
    "mostly-collectives",
    place=KERNELS,
    speaks=f"Speaks when nothing but NCCL or RCCL runs for {share(_MOST)} of the time that the GPU is busy with a session, and "
    f"{share(_NOTABLE)} of the window: the GPU looks busy and waits. Silent where collective-spin speaks. Advice: find the rank that all "
    "wait for, or let communication run beside computation.",
)
def mostly_collectives(scene: Scene) -> Iterator[Remark]:
    """The GPU is busy with waiting for other ranks, not with computing."""
    for each in scene.device.per_session if not scene.is_host and (not scene.is_shared_gpu or scene.are_ranks) else ():
        if each.collective < _MOST * each.busy or each.collective < _NOTABLE * scene.window:
            continue
        yield Remark(
            title=f"{scene.name(each.session)} keeps {scene.where} busy with collectives, not computing: "
            f"{percent(each.collective, each.busy)} of its busy time is NCCL or RCCL alone, "
            f"{percent(each.computing, each.busy)} other kernels",
            detail=f"Collectives ran for {duration(each.collective)} without any other kernel beside them. Other kernels ran for "
            f"{duration(each.computing)}.",
            cause="A collective waits inside its kernel until every rank has arrived, or moves more bytes than the links can carry.",
            advice="Record all ranks in the same window and compare their time in collectives: all wait for the rank that spends least. If "
            "all spend as much, let communication run beside computation (smaller buckets that are sent earlier), or send less.",
            effect=f"At most {duration(each.collective)} of the window: the time in which only collectives run.",
            verify="Collectives alone take a smaller part of the busy time, and a step is shorter.",
            gain_ns=each.collective,
            evidence={"collective_ns": each.collective, "computing_ns": each.computing, "busy_ns": each.busy},
            sessions=(each.session,),
        )
