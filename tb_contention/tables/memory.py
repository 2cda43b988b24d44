"""Tables on memory: peaks, who holds them, what grows, what the driver reports."""

from tb_contention.tables.spec import Column, For, Kind, TableSpec

_DEVICE = Column(key="device.id", title="device", kind=Kind.DEVICE, audience=For.PROGRAMS)
_SESSION = Column(key="session", title="session", kind=Kind.SESSION)
_ALLOCATOR = Column(key="allocator", title="allocator", kind=Kind.TEXT)
_OPERATION = Column(key="op", title="operation", kind=Kind.NAME, unless="(no operation recorded)")

_PEAKS = (
    _DEVICE,
    _SESSION,
    _ALLOCATOR,
    Column(key="peak_bytes", title="own peak", kind=Kind.BYTES),
    Column(key="peak_at_ns", title="at", kind=Kind.INSTANT),
    Column(key="at_combined_peak_bytes", title="at the combined peak", kind=Kind.BYTES),
    Column(key="before_capture_bytes", title="before the capture", kind=Kind.BYTES),
    Column(key="limit_bytes", title="limit", kind=Kind.BYTES),
    Column(key="lifetime_peak_bytes", title="peak since start", kind=Kind.BYTES),
    Column(key="suggested_limit_bytes", title="suggested limit", kind=Kind.BYTES),
    Column(key="fragmentation_at_peak", title="fragmentation", kind=Kind.SHARE),
    Column(key="fragmentation_most", title="highest fragmentation", kind=Kind.SHARE, audience=For.PROGRAMS),
    Column(key="rounding_at_peak_bytes", title="rounding at the peak", kind=Kind.BYTES, audience=For.PROGRAMS),
    Column(key="gaps", title="recording", kind=Kind.TEXT, unless="complete"),
    Column(key="events", title="events", kind=Kind.COUNT, audience=For.PROGRAMS),
    Column(key="repeated_events", title="repeated events", kind=Kind.COUNT, audience=For.PROGRAMS),
    Column(key="missing_events", title="missing events", kind=Kind.COUNT, audience=For.PROGRAMS),
    Column(key="unpaired_frees", title="unpaired frees", kind=Kind.COUNT, audience=For.PROGRAMS),
)

ALLOCATORS = TableSpec(
    slug="memory",
    title="Memory",
    help="The peak of each allocator, and what it held at the combined peak.",
    source="devices/memory/per_session",
    columns=_PEAKS,
    note="No capture includes CUDA contexts and libraries (about 500 MiB per process), memory that an allocator reserves without handing "
    "it out, or processes that were not captured.",
)

PINNED = TableSpec(
    slug="host_allocators",
    title="Pinned host memory",
    help="Allocators of pinned host memory, which the sums leave out.",
    source="devices/memory/host_allocators",
    columns=_PEAKS,
    note="This memory is on the host, not on the GPU.",
)

_WHAT = (
    Column(key="kind", title="kind", kind=Kind.WORD, audience=For.PROGRAMS),
    _OPERATION,
    Column(key="scope", title="scope", kind=Kind.NAME, audience=For.PROGRAMS),
)
_HOW = (
    Column(key="requested_bytes", title="requested", kind=Kind.BYTES, audience=For.PROGRAMS),
    Column(key="count", title="count", kind=Kind.COUNT),
    Column(key="region", title="region", kind=Kind.TEXT),
    Column(key="data_type", title="type", kind=Kind.TEXT),
    Column(key="shape", title="shape", kind=Kind.TEXT),
    Column(key="age_ns", title="age", kind=Kind.DURATION),
)

HOLDERS = TableSpec(
    slug="holders",
    title="Who holds the combined peak",
    help="Operations by the bytes that they hold at the combined peak.",
    source="devices/memory/holders",
    columns=(
        _DEVICE,
        _SESSION,
        _ALLOCATOR,
        *_WHAT,
        Column(key="bytes", title="bytes", kind=Kind.BYTES, of="outer.combined_peak_bytes"),
        *_HOW,
    ),
    most=15,
    note="All rows add up to the combined peak.",
)

OWN_HOLDERS = TableSpec(
    slug="own_holders",
    title="Who holds each session's own peak",
    help="Operations by the bytes that they hold at the peak of their own allocator.",
    source="devices/memory/per_session/holders",
    columns=(
        _DEVICE,
        _SESSION,
        _ALLOCATOR,
        Column(key="outer.peak_at_ns", title="at", kind=Kind.INSTANT),
        *_WHAT,
        Column(key="bytes", title="bytes", kind=Kind.BYTES, of="outer.peak_bytes"),
        *_HOW,
    ),
    most=15,
)

HOLDER_SCOPES = TableSpec(
    slug="holder_scopes",
    title="The combined peak by name scope",
    help="Name scopes by the bytes that their operations hold at the combined peak.",
    source="devices/memory/holder_scopes",
    columns=(
        _DEVICE,
        _SESSION,
        Column(key="kind", title="kind", kind=Kind.WORD),
        Column(key="scope", title="scope", kind=Kind.NAME, unless="(no scope)"),
        Column(key="bytes", title="bytes", kind=Kind.BYTES, of="outer.combined_peak_bytes"),
        Column(key="count", title="count", kind=Kind.COUNT),
    ),
    most=10,
)

STEP_MEMORY = TableSpec(
    slug="memory_steps",
    title="Memory per step",
    help="How each session uses its allocator within a step.",
    source="devices/memory/steps",
    columns=(
        _DEVICE,
        _SESSION,
        _ALLOCATOR,
        Column(key="steps", title="steps", kind=Kind.COUNT),
        Column(key="allocations", title="allocations per step", kind=Kind.NUMBER),
        Column(key="allocated_bytes", title="allocated per step", kind=Kind.BYTES),
        Column(key="rise_bytes", title="rise within a step", kind=Kind.BYTES),
        Column(key="temporary.bytes", title="largest temporary", kind=Kind.BYTES),
        Column(key="temporary.op", title="its operation", kind=Kind.NAME),
        Column(key="temporary.shape", title="its shape", kind=Kind.TEXT, audience=For.PROGRAMS),
        Column(key="temporary.step", title="its step", kind=Kind.COUNT, audience=For.PROGRAMS),
        Column(key="temporary_median_bytes", title="median of the largest", kind=Kind.BYTES, audience=For.PROGRAMS),
    ),
)

GROWTH = TableSpec(
    slug="memory_growth",
    title="Growing from step to step",
    help="Operations that hold more at the end of each step than at the end of the previous one.",
    source="devices/memory/growth",
    columns=(
        _DEVICE,
        _SESSION,
        Column(key="allocator", title="allocator", kind=Kind.TEXT, audience=For.PROGRAMS),
        Column(key="op", title="operation", kind=Kind.NAME, unless="all together"),
        Column(key="bytes_per_step", title="more per step", kind=Kind.BYTES),
        Column(key="first_bytes", title="from", kind=Kind.BYTES),
        Column(key="last_bytes", title="to", kind=Kind.BYTES),
        Column(key="steps", title="over steps", kind=Kind.COUNT),
        Column(key="rising", title="rising steps", kind=Kind.SHARE),
    ),
    note="Later steps do not free this memory: it is a leak, or a cache that fills.",
)

KERNEL_CHANGES = TableSpec(
    slug="kernel_changes",
    title="Operations that changed their kernel",
    help="Operations that switched to another kernel when a neighbour arrived, or compared with a capture alone.",
    source="devices/memory/kernel_changes",
    columns=(
        _DEVICE,
        _SESSION,
        _OPERATION,
        Column(key="neighbour", title="since", kind=Kind.SESSION, unless="a capture alone"),
        Column(key="before", title="kernel before", kind=Kind.NAME),
        Column(key="after", title="kernel after", kind=Kind.NAME),
        Column(key="count_before", title="count before", kind=Kind.COUNT, audience=For.PROGRAMS),
        Column(key="count_after", title="count", kind=Kind.COUNT),
        Column(key="mean_before_ns", title="mean before", kind=Kind.DURATION),
        Column(key="mean_after_ns", title="mean after", kind=Kind.DURATION),
        Column(key="workspace_before_bytes", title="workspace before", kind=Kind.BYTES),
        Column(key="workspace_after_bytes", title="workspace after", kind=Kind.BYTES),
        Column(key="at_ns", title="at", kind=Kind.INSTANT, audience=For.PROGRAMS),
        Column(key="cost_ns", title="cost", kind=Kind.DURATION),
    ),
    note="Durations after the change include what sharing the GPU adds.",
)

STALLS = TableSpec(
    slug="memory_stalls",
    title="Time spent getting memory",
    help="Calls that take memory from the driver or return it, and allocations that waited for a free.",
    source="devices/memory/stalls",
    columns=(
        _DEVICE,
        _SESSION,
        Column(key="kind", title="kind", kind=Kind.WORD),
        Column(key="what", title="call or operation", kind=Kind.NAME),
        Column(key="count", title="count", kind=Kind.COUNT),
        Column(key="total_ns", title="total", kind=Kind.DURATION),
        Column(key="longest_ns", title="longest", kind=Kind.DURATION),
        Column(key="longest_at_ns", title="longest at", kind=Kind.INSTANT),
    ),
    note="driver: driver calls. room: allocations that waited for a free; their times are upper bounds.",
)

DRIVER_VIEW = TableSpec(
    slug="driver",
    title="GPU memory, clock and power, as the driver reports them",
    help="What the driver reported about the whole GPU while the sessions ran.",
    source="devices/driver",
    columns=(
        _DEVICE,
        Column(key="source", title="recorded by", kind=Kind.SESSION),
        Column(key="samples", title="samples", kind=Kind.COUNT),
        Column(key="period_ns", title="one every", kind=Kind.DURATION),
        Column(key="capacity_bytes", title="capacity", kind=Kind.BYTES, audience=For.PROGRAMS),
        Column(key="used_peak_bytes", title="allocated at most", kind=Kind.BYTES, of="capacity_bytes"),
        Column(key="used_peak_at_ns", title="at", kind=Kind.INSTANT),
        Column(key="free_least_bytes", title="free at least", kind=Kind.BYTES),
        Column(key="untraced_peak_bytes", title="by processes without a capture", kind=Kind.BYTES),
        Column(key="untraced_peak_at_ns", title="their most at", kind=Kind.INSTANT, audience=For.PROGRAMS),
        Column(key="unlisted_bytes", title="of no listed process", kind=Kind.BYTES),
        Column(key="unmatched", title="sessions not matched", kind=Kind.SESSIONS),
        Column(key="clock_mhz.first", title="clock at first, MHz", kind=Kind.NUMBER),
        Column(key="clock_mhz.last", title="clock at last, MHz", kind=Kind.NUMBER),
        Column(key="clock_mhz.lowest", title="lowest clock, MHz", kind=Kind.NUMBER),
        Column(key="power_w", title="power, W", kind=Kind.NUMBER),
        Column(key="utilisation_percent", title="utilisation, %", kind=Kind.NUMBER),
    ),
)

DRIVER = TableSpec(
    slug="driver_processes",
    title="GPU memory by process, as the driver reports it",
    help="Every process that the driver lists on the GPU, with what it holds outside its allocators.",
    source="devices/driver/processes",
    columns=(
        _DEVICE,
        Column(key="process_id", title="process", kind=Kind.IDENTIFIER),
        Column(key="name", title="name", kind=Kind.NAME),
        Column(key="session", title="session", kind=Kind.SESSION),
        Column(key="peak_bytes", title="peak", kind=Kind.BYTES),
        Column(
            key="at_fullest_bytes", title="when the GPU was fullest", kind=Kind.BYTES, of="device.driver.capacity_bytes"
        ),
        Column(key="in_use_bytes", title="in use by allocators", kind=Kind.BYTES),
        Column(key="beside_least_bytes", title="outside them, at least", kind=Kind.BYTES),
        Column(key="beside_most_bytes", title="outside them, at most", kind=Kind.BYTES),
    ),
    note="Outside the allocators: the CUDA context, libraries, and memory that allocators do not record. It is a range because the size of "
    "an allocator's pool is between its memory in use and its limit.",
)
