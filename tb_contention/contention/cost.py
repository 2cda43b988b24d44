"""What sharing cost each session of a device group: loss, slowdown with its interval, mechanism, blame, metrics."""

from collections.abc import Mapping

from tb_contention.model.alignment import AlignedTraces, DeviceGroup, Session
from tb_contention.model.contention import Cost, Evidence, Mechanism, Overlap, SessionLoss, Slowdown
from tb_contention.units import SessionId


def measure_cost(
    aligned: AlignedTraces,
    group: DeviceGroup,
    overlap: Overlap,
    baselines: "Mapping[SessionId, tuple[Session, ...]] | None" = None,
) -> Cost:
    """Estimate the cost of sharing; baselines: per session, the sessions in which the same work ran alone."""
    del aligned, group, baselines
    unknown = Slowdown(estimate=None, low=None, high=None, evidence=Evidence.D)
    losses = tuple(
        SessionLoss(
            session=share.session, stretch=None, stall=None, absorbed=None, lost=None, slowdown=unknown,
            step_shared=None, step_alone=None, steps=0,
        )
        for share in overlap.shares
    )  # fmt: skip
    return Cost(
        mechanism=Mechanism.UNKNOWN if overlap.time.contended else Mechanism.NONE,
        detail="",
        slice=None,
        progress_sum=None,
        metrics=None,
        losses=losses,
    )
