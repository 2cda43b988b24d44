"""Rules on data that moves: copies that share the bus, and collectives that wait inside a kernel."""

from collections.abc import Iterator

from tb_contention.diagnose.by_recorder import COPY_AHEAD, told
from tb_contention.diagnose.copy_rates import Rate, rates
from tb_contention.diagnose.facts import Copies
from tb_contention.diagnose.places import KERNELS, contended_near
from tb_contention.diagnose.rule import Remark, rule
from tb_contention.diagnose.scene import Scene
from tb_contention.diagnose.settings import NCCL_CHANNELS
from tb_contention.model.trace import TO_DEVICE, TO_HOST
from tb_contention.words.numbers import count, duration, percent, share, size

#: Copies take that part longer than alone, and that part of the window, while that part of their time overlaps copies of others.
_LONGER, _NOTABLE, _MEETS = 0.2, 0.02, 0.3
_WHERE = {TO_DEVICE: "device", TO_HOST: "host"}
#: Collectives take that part of the kernel time.
_COLLECTIVE = 0.10


@rule(
    "copy-contention",
    place=contended_near,
    speaks=f"Speaks when a session's copies take {share(_LONGER)} longer than alone, and {share(_NOTABLE)} of the window, and another "
    f"session was copying for {share(_MEETS)} of that time. Where the recorder wrote their bytes, alone is the rate that copies of "
    "the same size and direction reach by themselves, and only copies of one direction meet. Advice: copy ahead, in smaller pieces, or at "
    "different times.",
)
def copy_contention(scene: Scene) -> Iterator[Remark]:
    """Copies of several sessions share the bus and slow each other down."""
    for fact in scene.facts if scene.is_shared_gpu else ():
        copies = fact.copies
        if copies.total < _NOTABLE * scene.window:
            continue
        found = rates(copies.moved, [f.copies.moved for f in scene.facts if f is not fact])
        by_rate = [rate.stretch for rate in found]
        stretch = sum(filter(None, by_rate)) if found and None not in by_rate else copies.stretch
        if stretch is None or stretch < _NOTABLE * scene.window:
            continue
        if stretch < _LONGER * max(1, copies.total - stretch):
            continue
        meet = {f.session: _meeting(copies, f.copies, found) for f in scene.facts if f.session != fact.session}
        culprit = max(meet, key=lambda s: meet[s])
        if meet[culprit] < _MEETS * max(1, copies.when.total):
            continue
        name, other = scene.name(fact.session), scene.name(culprit)
        yield Remark(
            title=f"Copies of {name} take {duration(stretch)} longer because {other} copies at the same time",
            detail=f"{count(copies.count, 'copy', 'copies')} took {duration(copies.total)}, {duration(stretch)} more than alone. "
            f"For {percent(meet[culprit], copies.when.total)} of that time {other} was copying as well."
            + "".join(
                f" To the {_WHERE[rate.direction]} they move {size(rate.together)} per second beside copies of others, and "
                f"{size(rate.best)} at best."
                for rate in found
            ),
            cause="Both use one PCIe link, or one copy engine of the GPU.",
            advice=f"Copy ahead of need ({told(scene, COPY_AHEAD, (fact.session,))}), in smaller pieces, or at different times.",
            effect=f"At most {duration(stretch)} of the window; less where kernels hide the copies.",
            verify="A copy moves as many bytes per second as alone.",
            gain_ns=stretch,
            evidence={
                "copies_ns": copies.total,
                "stretch_ns": stretch,
                "meet_ns": meet[culprit],
                "count": copies.count,
                "bytes_per_s": {
                    f"to_{_WHERE[rate.direction]}": [round(rate.together), round(rate.best)] for rate in found
                },
            },
            sessions=(fact.session, culprit),
        )


def _meeting(own: Copies, other: Copies, found: list[Rate]) -> int:
    """Return for how long copies of two sessions met, ns; where their bytes are known, those of the same direction."""
    if not found:
        return (own.when & other.when).total
    return sum((own.moved.busy(rate.direction) & other.moved.busy(rate.direction)).total for rate in found)


@rule(
    "collective-spin",
    place=KERNELS,
    speaks=f"Speaks when {share(_COLLECTIVE)} of a session's kernel time on a shared GPU is NCCL or RCCL: those kernels hold the GPU while "
    "they wait for other ranks. Silent where several processes run collectives and nothing states that they share one GPU: NCCL refuses "
    "two ranks on one GPU, so they are on several. Advice: one rank per GPU.",
)
def collective_spin(scene: Scene) -> Iterator[Remark]:
    """Collectives wait for other ranks inside a kernel, and hold the shared GPU meanwhile."""
    if not scene.is_shared_gpu or scene.are_ranks:
        return
    for fact in scene.facts:
        if fact.collective < _COLLECTIVE:
            continue
        held = round(fact.collective * fact.kernel_time)
        yield Remark(
            title=f"{scene.name(fact.session)} spends {share(fact.collective)} of its kernel time in collectives on a shared GPU",
            detail=f"NCCL or RCCL kernels took {duration(held)}, most of it waiting for other ranks. They are left out of the losses, "
            "because that wait is not caused by the other sessions here.",
            cause="A collective waits inside its kernel until every rank has arrived. A rank that shares its GPU arrives late, and all "
            "others wait.",
            advice=f"Use one GPU per rank. Otherwise use fewer blocks per collective ({NCCL_CHANNELS}) and stagger the steps. Never put "
            "two ranks of one communicator on one GPU.",
            effect="Not predicted: other sessions get the turns that now pass waiting.",
            verify="The time in collectives falls to what their bytes need.",
            evidence={"collective_share": fact.collective, "collective_ns": held},
            sessions=(fact.session,),
        )
