"""Rule on sessions that share a processor, with advice that applies to one."""

from collections.abc import Iterator

from tb_contention.diagnose.by_recorder import FEW_THREADS, told
from tb_contention.diagnose.places import steps
from tb_contention.diagnose.rule import Remark, rule
from tb_contention.diagnose.scene import Scene, lost, slowdowns
from tb_contention.words.answers import Answer, answer_on
from tb_contention.words.numbers import duration, listing


@rule(
    "processor-contention",
    place=steps,
    speaks="Speaks when no GPU was captured and a session takes measurably longer beside others than in its capture alone: they share the "
    "processor. Advice: cores of its own for each session, fewer threads.",
)
def processor_contention(scene: Scene) -> Iterator[Remark]:
    """Sessions share the cores of a processor, and a capture alone shows what that costs."""
    if not scene.is_host or len(scene.facts) < 2:
        return
    losses = [each for each in scene.device.cost.losses if each.slowdown.baseline]
    slower = [each for each in losses if answer_on(scene.device, each) is Answer.YES]
    slower.sort(key=lambda each: -(each.lost or 0))
    if not slower:
        return
    yield Remark(
        title=f"Sharing {scene.where} slows {listing([scene.name(each.session) for each in slower])} down"
        + (f": {duration(lost(slower))} lost" if lost(slower) else ""),
        detail=f"{slowdowns(scene, slower)}.",
        cause="They share cores, caches and memory bandwidth. By default each framework starts as many threads as the machine has cores.",
        advice="Give each session cores of its own (taskset -c 0-3 COMMAND, a cpuset of its container, numactl on a machine with several "
        f"sockets), and no more threads than cores: {told(scene, FEW_THREADS)}. Or run them one after another.",
        effect="Not predicted: with half of the cores, each may take longer than alone and still less than now.",
        verify="The steps beside others take about as long as in a capture alone with the same cores.",
        evidence={
            "lost_ns": lost(slower),
            "slowdowns": {scene.name(each.session): each.slowdown.estimate for each in slower},
        },
        sessions=tuple(each.session for each in slower),
    )
