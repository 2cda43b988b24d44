"""Tables on time: who had work when, what sharing cost, who delays whom, what other schedules would change."""

from tb_contention.tables.spec import Column, For, Kind, TableSpec

_DEVICE = Column(key="device.id", title="device", kind=Kind.DEVICE, audience=For.PROGRAMS)
_SESSION = Column(key="session", title="session", kind=Kind.SESSION)
_VICTIM = Column(key="victim", title="session", kind=Kind.SESSION)
_CULPRIT = Column(key="culprit", title="culprit", kind=Kind.SESSION)
_LOST = Column(key="lost_ns", title="lost", kind=Kind.DURATION)

_OFF_GPU = tuple(
    Column(key=f"off_gpu.{key}", title=title, kind=kind, name=key, audience=For.PROGRAMS)
    for key, title, kind in (
        ("gpu_slowdown", "slowdown by the GPU alone", Kind.NUMBER),
        ("hosts_meet", "hosts meet", Kind.SHARE),
        ("host_factor", "host takes", Kind.NUMBER),
        ("copies_lost_ns", "copies longer by", Kind.DURATION),
        ("unmeasured", "host unmeasured", Kind.FLAG),
    )
)

SLOWDOWNS = TableSpec(
    slug="slowdowns",
    title="What sharing cost",
    help="How much longer each session takes, how that is known, and what the loss consists of.",
    source="devices/per_session",
    columns=(
        _DEVICE,
        _SESSION,
        Column(key="slowdown", title="slowdown", kind=Kind.SLOWDOWN),
        Column(key="slowdown.evidence", title="class", kind=Kind.WORD, name="evidence", audience=For.PROGRAMS),
        Column(key="answer", title="slower", kind=Kind.WORD),
        Column(key="basis", title="basis", kind=Kind.TEXT),
        Column(
            key="slowdown.coverage", title="baselines cover", kind=Kind.SHARE, name="coverage", audience=For.PROGRAMS
        ),
        Column(key="slowdown.baseline", title="baseline", kind=Kind.TEXT, name="baseline", audience=For.PROGRAMS),
        Column(key="slowdown.measured", title="measured", kind=Kind.FLAG, name="measured", audience=For.PROGRAMS),
        Column(key="loop", title="loop", kind=Kind.WORD, audience=For.PROGRAMS),
        Column(key="step.shared_ns", title="step, shared", kind=Kind.DURATION),
        Column(key="step.alone_ns", title="step, alone", kind=Kind.DURATION),
        Column(key="step.count", title="steps", kind=Kind.COUNT, name="steps", audience=For.PROGRAMS),
        Column(key="stretch_ns", title="stretch", kind=Kind.DURATION),
        Column(key="clock_ns", title="by the clock", kind=Kind.DURATION, audience=For.PROGRAMS),
        Column(key="stall_ns", title="stall", kind=Kind.DURATION),
        Column(key="off_gpu.host_lost_ns", title="host", kind=Kind.DURATION, name="host_lost_ns"),
        Column(key="absorbed_ns", title="absorbed", kind=Kind.DURATION),
        Column(key="lost_ns", title="lost", kind=Kind.DURATION, of="device.time.window_ns"),
        *_OFF_GPU,
        Column(key="slowdown.settle", title="would settle it", kind=Kind.TEXT, name="settle", audience=For.PROGRAMS),
    ),
    note="Lost = stretch (kernels take longer than alone) + stall (work waits) + host (it takes longer beside other hosts) − absorbed "
    "(hidden by slack of the host).",
    together=True,
)

REQUESTS = TableSpec(
    slug="requests",
    title="Request times",
    help="How long requests take where they arrive at a rhythm of their own, together and alone, from arrival to the end of the step.",
    source="devices/requests",
    columns=(
        _DEVICE,
        _SESSION,
        Column(key="requests", title="requests", kind=Kind.COUNT),
        Column(key="waited", title="that waited", kind=Kind.COUNT),
        Column(key="slowdown", title="slowdown", kind=Kind.SLOWDOWN),
        Column(key="slowdown.evidence", title="class", kind=Kind.WORD, name="evidence", audience=For.PROGRAMS),
        Column(
            key="slowdown.coverage", title="baselines cover", kind=Kind.SHARE, name="coverage", audience=For.PROGRAMS
        ),
        Column(key="slowdown.baseline", title="baseline", kind=Kind.TEXT, name="baseline", audience=For.PROGRAMS),
        Column(key="slowdown.measured", title="measured", kind=Kind.FLAG, name="measured", audience=For.PROGRAMS),
        Column(key="slowdown.settle", title="would settle it", kind=Kind.TEXT, name="settle", audience=For.PROGRAMS),
        Column(key="shared.mean_ns", title="mean, shared", kind=Kind.DURATIONS),
        Column(key="alone.mean_ns", title="mean, alone", kind=Kind.DURATIONS),
        Column(key="shared.p50_ns", title="p50, shared", kind=Kind.DURATIONS),
        Column(key="alone.p50_ns", title="p50, alone", kind=Kind.DURATIONS),
        Column(key="shared.p95_ns", title="p95, shared", kind=Kind.DURATIONS),
        Column(key="alone.p95_ns", title="p95, alone", kind=Kind.DURATIONS),
        Column(key="shared.p99_ns", title="p99, shared", kind=Kind.DURATIONS),
        Column(key="alone.p99_ns", title="p99, alone", kind=Kind.DURATIONS),
    ),
    note="The arrival of a request that waited for the one before is not recorded; its waiting is estimated.",
    together=True,
)

PREDICTIONS = TableSpec(
    slug="predictions",
    title="What would help",
    help="What each session would see under another schedule.",
    source="devices/what_if/sessions",
    columns=(
        _DEVICE,
        Column(key="outer.schedule", title="schedule", kind=Kind.WORD, audience=For.PROGRAMS),
        Column(key="outer.setting", title="change", kind=Kind.TEXT),
        _SESSION,
        Column(key="slowdown", title="slowdown then", kind=Kind.FACTORS),
        Column(key="step_ns", title="step then", kind=Kind.DURATIONS),
        Column(key="gain_ns", title="step shorter by", kind=Kind.DURATIONS),
        Column(key="latency", title="latency then", kind=Kind.FACTORS),
        Column(key="request_ns", title="time per request then", kind=Kind.DURATIONS),
        Column(key="end_ns", title="work done after", kind=Kind.DURATIONS),
    ),
    most=40,
)

SCHEDULES = TableSpec(
    slug="schedules",
    title="What the predictions rest on",
    help="What each schedule means for all sessions together, and which assumptions the predictions make.",
    source="devices/what_if",
    columns=(
        _DEVICE,
        Column(key="schedule", title="schedule", kind=Kind.WORD, audience=For.PROGRAMS),
        Column(key="setting", title="change", kind=Kind.TEXT),
        Column(key="makespan_ns", title="all recorded work done after", kind=Kind.DURATIONS),
        Column(key="combined_peak_bytes", title="memory peak", kind=Kind.BYTES),
        Column(key="combined_peak_most_bytes", title="at most", kind=Kind.BYTES),
        Column(key="fits", title="fits", kind=Kind.FLAG),
        Column(key="played_share", title="part of the window", kind=Kind.SHARE),
        Column(key="assumes", title="assumes", kind=Kind.TEXT),
        Column(key="unknown", title="unknown because", kind=Kind.TEXT, once=True),
    ),
)

BLAME = TableSpec(
    slug="blame",
    title="Who delays whom",
    help="How much of each session's loss each other session explains.",
    source="devices/blame",
    columns=(_DEVICE, _VICTIM, _CULPRIT, _LOST),
    most=200,
)

KERNEL_BLAME = TableSpec(
    slug="blame_kernels",
    title="Kernel pairs",
    help="Which kernels lost most time, and to which kernels of other sessions.",
    source="devices/blame_kernels",
    columns=(
        _DEVICE,
        _VICTIM,
        Column(key="victim_kernel", title="kernel that lost", kind=Kind.NAME),
        Column(key="culprit", title="other session", kind=Kind.SESSION),
        Column(key="culprit_kernel", title="its kernel", kind=Kind.NAME),
        _LOST,
    ),
    most=10,
)

SHARES = TableSpec(
    slug="per_session",
    title="Time",
    help="How long each session had work on the device, alone and while another session had work too.",
    source="devices/per_session",
    columns=(
        _DEVICE,
        _SESSION,
        Column(key="kernels", title="kernels", kind=Kind.COUNT),
        Column(key="copies", title="copies", kind=Kind.COUNT),
        Column(
            key="device.time.window_ns", title="window", kind=Kind.DURATION, name="window_ns", audience=For.PROGRAMS
        ),
        Column(key="busy_ns", title="busy", kind=Kind.DURATION, of="device.time.window_ns"),
        Column(key="computing_ns", title="in kernels", kind=Kind.DURATION, of="busy_ns"),
        Column(key="collective_ns", title="in collectives alone", kind=Kind.DURATION, of="busy_ns"),
        Column(key="copying_ns", title="in copies alone", kind=Kind.DURATION, of="busy_ns"),
        Column(key="exclusive_ns", title="while no other had work", kind=Kind.DURATION),
        Column(key="contended_ns", title="while another had work", kind=Kind.DURATION, of="busy_ns"),
        Column(key="lost_ns", title="lost", kind=Kind.DURATION, audience=For.PROGRAMS),
    ),
)

PAIRS = TableSpec(
    slug="pairs",
    title="Pairs",
    help="How long two sessions had work on the device at once.",
    source="devices/pairs",
    columns=(
        _DEVICE,
        Column(key="a", title="session", kind=Kind.SESSION),
        Column(key="b", title="and", kind=Kind.SESSION),
        Column(key="overlap_ns", title="overlap", kind=Kind.DURATION, of="device.time.window_ns"),
    ),
)

KERNELS = TableSpec(
    slug="kernels",
    title="Kernels",
    help="All instances of each kernel name in the window.",
    source="devices/kernels",
    columns=(
        _DEVICE,
        _SESSION,
        Column(key="name", title="kernel", kind=Kind.NAME),
        Column(key="count", title="count", kind=Kind.COUNT),
        Column(key="total_ns", title="total", kind=Kind.DURATION),
        Column(key="mean_ns", title="mean", kind=Kind.DURATION),
        Column(key="alone_ns", title="alone", kind=Kind.DURATION),
        Column(key="lost_ns", title="lost", kind=Kind.DURATION),
    ),
    for_host="Operations",
)

STEPS = TableSpec(
    slug="steps",
    title="Steps",
    help="Each step period: own device work, host time, and time added by other sessions.",
    source="devices/step_times",
    columns=(
        _DEVICE,
        _SESSION,
        Column(key="merged", title="periods in a row", kind=Kind.COUNT, audience=For.PROGRAMS),
        Column(key="number", title="step", kind=Kind.COUNT),
        Column(key="start_ns", title="start", kind=Kind.INSTANT),
        Column(key="end_ns", title="end", kind=Kind.INSTANT),
        Column(key="period_ns", title="length", kind=Kind.DURATION),
        Column(key="own_ns", title="own work", kind=Kind.DURATION),
        Column(key="host_ns", title="host", kind=Kind.DURATION),
        Column(key="lost_ns", title="lost", kind=Kind.DURATION),
    ),
    most=10,
    columnar=True,
)

SCOPES = TableSpec(
    slug="scopes",
    title="Parts by name scope",
    help="Device time and memory of each session by the name scopes of its operations.",
    source="devices/scopes",
    columns=(
        _DEVICE,
        _SESSION,
        Column(key="scope", title="scope", kind=Kind.NAME),
        Column(key="kernels", title="kernels", kind=Kind.COUNT),
        Column(key="total_ns", title="device time", kind=Kind.DURATION),
        Column(key="peak_bytes", title="peak memory", kind=Kind.BYTES),
    ),
)

THREADS = TableSpec(
    slug="threads",
    title="Threads and queues",
    help="How long each thread or queue of the host worked, and what it waited for.",
    source="devices/threads",
    columns=(
        _DEVICE,
        _SESSION,
        Column(key="thread", title="thread", kind=Kind.NAME),
        Column(key="runs", title="runs", kind=Kind.COUNT),
        Column(key="busy_ns", title="time in runs", kind=Kind.DURATION),
        Column(key="waited_ns", title="waited", kind=Kind.DURATION),
        Column(key="waits_for", title="waited mostly for", kind=Kind.NAME),
        Column(key="kernels", title="kernels", kind=Kind.COUNT),
        Column(key="total_ns", title="device time", kind=Kind.DURATION),
    ),
)
