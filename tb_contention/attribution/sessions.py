"""Split processes into the sessions that ran inside them."""

from tb_contention.model.alignment import AlignedTraces


def attribute(aligned: AlignedTraces) -> AlignedTraces:
    """Replace, in every device group, each process that holds several sessions by those sessions."""
    return aligned
