"""Every table of a report, in the order in which people read them."""

from tb_contention.tables import memory, overview, sharing
from tb_contention.tables.spec import TableSpec

#: Of each device.
DEVICE_TABLES: tuple[TableSpec, ...] = (
    sharing.SLOWDOWNS,
    sharing.REQUESTS,
    sharing.BLAME,
    sharing.PREDICTIONS,
    sharing.SCHEDULES,
    sharing.KERNEL_BLAME,
    sharing.SHARES,
    sharing.PAIRS,
    memory.ALLOCATORS,
    memory.HOLDERS,
    memory.HOLDER_SCOPES,
    memory.OWN_HOLDERS,
    memory.STEP_MEMORY,
    memory.GROWTH,
    memory.KERNEL_CHANGES,
    memory.STALLS,
    memory.PINNED,
    memory.DRIVER_VIEW,
    memory.DRIVER,
    sharing.KERNELS,
    sharing.STEPS,
    sharing.SCOPES,
    sharing.THREADS,
)
#: Of the report as a whole.
REPORT_TABLES: tuple[TableSpec, ...] = (
    overview.DEVICES,
    overview.SESSIONS,
    overview.ATTRIBUTIONS,
    overview.RECORDINGS,
    overview.FINDINGS,
    overview.PROBLEMS,
)
TABLES: tuple[TableSpec, ...] = (*REPORT_TABLES, *DEVICE_TABLES)


def table(slug: str) -> TableSpec:
    """Find a table; KeyError if there is none."""
    for spec in TABLES:
        if spec.slug == slug:
            return spec
    raise KeyError(slug)
