"""A log directory -> an analysis, with progress, or an error that says what was found instead."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tb_contention.cli.terminal import Progress
from tb_contention.errors import LogdirError

if TYPE_CHECKING:
    from tb_contention.model.capture import Decoded, Discovery
    from tb_contention.model.findings import Problem
    from tb_contention.pipeline import Analysis

LOOKED_FOR = "plugins/profile/<run>/<host>.xplane.pb"


def analysed(
    logdir: str,
    *,
    shifts: Mapping[str, int],
    gpus: Mapping[tuple[str, int], str],
    baselines: Mapping[str, str],
    use_cache: bool,
) -> "Analysis":
    """Find, decode and analyse; LogdirError when nothing is there or nothing can be read."""
    with Progress("Compiling (first run only)") as progress:
        from tb_contention.cache import TraceCache
        from tb_contention.pipeline import Options, analyse_logdir

        options = Options(shifts=shifts, gpus=gpus, baselines=baselines)
        cache = TraceCache.at() if use_cache else None
        return analyse_logdir(logdir, options, cache=cache, progress=progress, accept=_readable)


def _readable(decoded: "Decoded") -> None:
    """Refuse a log directory of which nothing can be reported."""
    if not decoded.discovery.files:
        raise no_captures(decoded.discovery)
    if not decoded.captures:
        raise all_unreadable(decoded.discovery.logdir, decoded.problems)


def no_captures(discovery: "Discovery") -> LogdirError:
    """Say what was looked for, where, and what is there instead."""
    seen = ", ".join(discovery.seen_instead[:5])
    instead = f" Seen instead: {seen}." if seen else ""
    trouble = "".join(f" {p.message}" for p in discovery.problems[:3])
    reports = any(name.endswith((".nsys-rep", ".qdrep")) for name in discovery.seen_instead)
    export = "Export reports of Nsight Systems: nsys export --type sqlite REPORT.nsys-rep." if reports else ""
    folders = "1 folder" if discovery.looked_in == 1 else f"{discovery.looked_in} folders"
    return LogdirError(
        f"{discovery.logdir} holds no profiler captures: looked for {LOOKED_FOR} in {folders}.{instead}{trouble}",
        slug="logdir-no-captures",
        advice=export or "Record with tf.profiler.experimental.start(logdir) or jax.profiler.start_trace(logdir).",
    )


def all_unreadable(logdir: str, problems: "tuple[Problem, ...]") -> LogdirError:
    """Say of each file why it cannot be read."""
    from tb_contention.words.problems import what_happened

    told = " ".join(f"{p.file}: {what_happened(p)}" for p in problems[:5])
    more = f" And {len(problems) - 5} more." if len(problems) > 5 else ""
    return LogdirError(f"None of the captures in {logdir} can be read. {told}{more}", slug="logdir-unreadable")
