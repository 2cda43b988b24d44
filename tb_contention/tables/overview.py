"""Tables on the report as a whole: devices, sessions and where they come from, findings, problems."""

from tb_contention.tables.spec import Column, For, Kind, TableSpec

DEVICES = TableSpec(
    slug="devices",
    title="Devices",
    help="One row per physical GPU and group of sessions that were captured together on it.",
    source="devices",
    columns=(
        Column(key="id", title="device", kind=Kind.DEVICE),
        Column(key="label", title="device", kind=Kind.TEXT, audience=For.PROGRAMS),
        Column(key="host", title="host", kind=Kind.TEXT, audience=For.PROGRAMS),
        Column(key="model", title="model", kind=Kind.TEXT),
        Column(key="capacity_bytes", title="capacity", kind=Kind.BYTES),
        Column(key="identity", title="identity", kind=Kind.WORD, audience=For.PROGRAMS),
        Column(key="is_host", title="processor", kind=Kind.FLAG, audience=For.PROGRAMS),
        Column(key="sessions", title="sessions", kind=Kind.SESSIONS),
        Column(key="verdict.answer", title="contention", kind=Kind.WORD, name="answer"),
        Column(key="verdict.headline", title="verdict", kind=Kind.TEXT, name="headline", audience=For.PROGRAMS),
        Column(key="mechanism", title="mechanism", kind=Kind.WORD),
        Column(key="mechanism_detail", title="how it is known", kind=Kind.TEXT, audience=For.PROGRAMS),
        Column(key="slice_ns", title="time slice", kind=Kind.DURATION),
        Column(key="progress_sum", title="progress sum", kind=Kind.NUMBER),
        Column(key="window.start_ns", title="start", kind=Kind.INSTANT, name="start_ns", audience=For.PROGRAMS),
        Column(key="window.end_ns", title="end", kind=Kind.INSTANT, name="end_ns", audience=For.PROGRAMS),
        Column(key="alignment.max_error_ns", title="clock error", kind=Kind.DURATION, name="max_error_ns"),
        Column(key="time.window_ns", title="window", kind=Kind.DURATION, name="window_ns"),
        Column(key="time.idle_ns", title="idle", kind=Kind.DURATION, name="idle_ns", of="time.window_ns"),
        Column(
            key="time.exclusive_ns", title="one session", kind=Kind.DURATION, name="exclusive_ns", of="time.window_ns"
        ),
        Column(
            key="time.contended_ns", title="two or more", kind=Kind.DURATION, name="contended_ns", of="time.window_ns"
        ),
        Column(key="metrics.antt", title="ANTT", kind=Kind.NUMBER, name="antt"),
        Column(key="metrics.stp", title="STP", kind=Kind.NUMBER, name="stp"),
        Column(key="metrics.fairness", title="fairness", kind=Kind.NUMBER, name="fairness", audience=For.PROGRAMS),
        Column(key="metrics.jain", title="Jain", kind=Kind.NUMBER, name="jain", audience=For.PROGRAMS),
        Column(key="memory.combined_peak_bytes", title="memory peak", kind=Kind.BYTES, name="combined_peak_bytes"),
        Column(
            key="memory.combined_peak_at_ns",
            title="at",
            kind=Kind.INSTANT,
            name="combined_peak_at_ns",
            audience=For.PROGRAMS,
        ),
        Column(
            key="memory.capacity_bytes",
            title="capacity",
            kind=Kind.BYTES,
            name="memory_capacity_bytes",
            audience=For.PROGRAMS,
        ),
        Column(
            key="memory.sessions_without_data",
            title="memory unknown of",
            kind=Kind.SESSIONS,
            name="sessions_without_data",
            audience=For.PROGRAMS,
        ),
        Column(key="memory_note", title="about the memory", kind=Kind.TEXT, audience=For.PROGRAMS),
        Column(key="memory.headroom_bytes", title="headroom", kind=Kind.BYTES, name="headroom_bytes"),
        Column(
            key="memory.sum_of_peaks_bytes",
            title="sum of own peaks",
            kind=Kind.BYTES,
            name="sum_of_peaks_bytes",
            audience=For.PROGRAMS,
        ),
        Column(key="memory.safe_bytes", title="safe", kind=Kind.BYTES, name="safe_bytes", audience=For.PROGRAMS),
        Column(
            key="memory.sum_of_limits_bytes",
            title="sum of limits",
            kind=Kind.BYTES,
            name="sum_of_limits_bytes",
            audience=For.PROGRAMS,
        ),
    ),
)

SESSIONS = TableSpec(
    slug="sessions",
    title="Where this comes from",
    help="Each session: its file, its window and how well its place in time is known.",
    source="sessions",
    columns=(
        Column(key="id", title="session", kind=Kind.SESSION),
        Column(key="label", title="label", kind=Kind.TEXT, audience=For.PROGRAMS),
        Column(key="name", title="name", kind=Kind.TEXT, audience=For.PROGRAMS),
        Column(key="run", title="run", kind=Kind.TEXT, audience=For.PROGRAMS),
        Column(key="file", title="file", kind=Kind.TEXT),
        Column(key="host", title="host", kind=Kind.TEXT, audience=For.PROGRAMS),
        Column(key="process_id", title="process", kind=Kind.IDENTIFIER),
        Column(key="kind", title="kind", kind=Kind.WORD, audience=For.PROGRAMS),
        Column(key="process", title="inside the process", kind=Kind.SESSION, audience=For.PROGRAMS),
        Column(key="simulated", title="simulated", kind=Kind.FLAG),
        Column(key="clock.source", title="clock from", kind=Kind.WORD),
        Column(key="clock.error_ns", title="error", kind=Kind.DURATION),
        Column(
            key="clock.absolute_error_ns", title="error to other captures", kind=Kind.DURATION, audience=For.PROGRAMS
        ),
        Column(key="clock.detail", title="evidence", kind=Kind.TEXT),
        Column(key="window.start_ns", title="start", kind=Kind.INSTANT, name="start_ns", audience=For.PROGRAMS),
        Column(key="window.end_ns", title="end", kind=Kind.INSTANT, name="end_ns", audience=For.PROGRAMS),
        Column(key="steps.count", title="steps", kind=Kind.COUNT, name="steps"),
        Column(key="steps.mean_ns", title="step, mean", kind=Kind.DURATION, name="mean_step_ns"),
        Column(key="steps.p50_ns", title="step, median", kind=Kind.DURATION, name="p50_step_ns", audience=For.PROGRAMS),
        Column(key="steps.p95_ns", title="step, p95", kind=Kind.DURATION, name="p95_step_ns", audience=For.PROGRAMS),
        Column(key="warnings", title="warnings", kind=Kind.LIST),
        Column(key="file_bytes", title="file size", kind=Kind.BYTES),
        Column(key="sha256", title="SHA-256", kind=Kind.NAME),
    ),
    most=200,
)

ATTRIBUTIONS = TableSpec(
    slug="attributions",
    title="Sessions inside a process",
    help="How each session inside a process was distinguished from the others, and how many kernels belong to none.",
    source="sessions/attribution",
    columns=(
        Column(key="outer.id", title="session", kind=Kind.SESSION, name="session"),
        Column(key="outer.process", title="process", kind=Kind.SESSION, name="process"),
        Column(key="rule", title="rule", kind=Kind.WORD),
        Column(key="detail", title="how it was distinguished", kind=Kind.TEXT),
        Column(key="kernels", title="kernels", kind=Kind.COUNT),
        Column(key="unattributed", title="kernels of the process in no session", kind=Kind.COUNT),
    ),
    most=200,
)

RECORDINGS = TableSpec(
    slug="recordings",
    title="How the captures were recorded",
    help="What the manifest beside each trace states about the process and its GPU.",
    source="sessions/recording",
    columns=(
        Column(key="outer.id", title="session", kind=Kind.SESSION, name="session"),
        Column(key="container", title="container", kind=Kind.TEXT),
        Column(key="driver", title="driver", kind=Kind.TEXT),
        Column(key="mps.state", title="MPS", kind=Kind.WORD),
        Column(key="mps.active_thread_percentage", title="MPS active threads, %", kind=Kind.NUMBER),
        Column(key="mps.pinned_memory_limit", title="MPS memory limit", kind=Kind.TEXT),
        Column(key="kernel_mode", title="kernels while traced", kind=Kind.WORD),
        Column(key="clock_change_ns", title="wall clock set by", kind=Kind.DURATION),
        Column(key="versions", title="versions", kind=Kind.MAP),
        Column(key="environment", title="environment", kind=Kind.MAP, audience=For.PROGRAMS),
        Column(key="not_known", title="not recorded", kind=Kind.LIST, audience=For.PROGRAMS),
    ),
    most=200,
)

FINDINGS = TableSpec(
    slug="findings",
    title="Findings",
    help="What the analysis has to say, with cause, remedy, expected effect and check.",
    source="findings",
    columns=(
        Column(key="rule", title="rule", kind=Kind.TEXT),
        Column(key="severity", title="severity", kind=Kind.WORD),
        Column(key="device", title="device", kind=Kind.DEVICE),
        Column(key="sessions", title="sessions", kind=Kind.SESSIONS),
        Column(key="title", title="finding", kind=Kind.TEXT),
        Column(key="detail", title="evidence", kind=Kind.TEXT),
        Column(key="cause", title="cause", kind=Kind.TEXT),
        Column(key="advice", title="remedy", kind=Kind.TEXT),
        Column(key="effect", title="expected effect", kind=Kind.TEXT),
        Column(key="verify", title="check", kind=Kind.TEXT),
        Column(key="evidence", title="numbers", kind=Kind.MAP, audience=For.PROGRAMS),
        Column(key="gain_ns", title="time to gain", kind=Kind.DURATION),
        Column(key="gain_bytes", title="memory to gain", kind=Kind.BYTES),
    ),
    most=200,
)

PROBLEMS = TableSpec(
    slug="problems",
    title="Problems with the input",
    help="What was lost or could not be used, by file.",
    source="problems",
    columns=(
        Column(key="file", title="file", kind=Kind.TEXT),
        Column(key="slug", title="problem", kind=Kind.TEXT),
        Column(key="severity", title="severity", kind=Kind.WORD),
        Column(key="origin", title="lost while", kind=Kind.WORD),
        Column(key="message", title="what happened", kind=Kind.TEXT),
        Column(key="advice", title="what to do", kind=Kind.TEXT),
        Column(key="count", title="count", kind=Kind.COUNT),
        Column(key="offset", title="first byte", kind=Kind.IDENTIFIER),
    ),
    most=200,
)
