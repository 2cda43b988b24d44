"""Load and analyse a log directory while showing progress; an error says what was found instead of captures."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from tb_contention.cli.terminal import Progress, printable
from tb_contention.errors import LogdirError

if TYPE_CHECKING:
    from tb_contention.analysis import Analysis
    from tb_contention.index import Selection
    from tb_contention.model.capture import Decoded, Discovery
    from tb_contention.model.findings import Problem

PATTERN = "plugins/profile/<run>/<host>.xplane.pb"


def analyse_logdir(
    logdir: str,
    *,
    shifts: Mapping[str, int] | None = None,
    gpus: Mapping[tuple[str, int], str] | None = None,
    baselines: Mapping[str, str] | None = None,
    find_baselines: bool = True,
    select: "Selection | None" = None,
    steps: str = "",
    use_cache: bool,
) -> "Analysis":
    """Find, decode and analyse the captures, and say on stderr what of a large directory is left out.

    Raises LogdirError if there are no captures or none can be read.
    """
    with Progress("Compiling (first run only)") as progress:
        from tb_contention.analysis import Options
        from tb_contention.cache import TraceCache
        from tb_contention.pipeline import analyse_logdir

        options = Options(
            shifts=shifts or {}, gpus=gpus or {}, baselines=baselines or {}, find_baselines=find_baselines, steps=steps
        )
        options = options if select is None else replace(options, select=select)
        cache = TraceCache.at() if use_cache else None
        analysis = analyse_logdir(logdir, options, cache=cache, progress=progress, accept=_require_captures)
    for finding in analysis.report.findings:
        if finding.rule == "left-out":
            print(printable(f"{finding.title}. {finding.advice}"), file=sys.stderr)
    if baselines:
        from tb_contention.words.baselines import refusals

        for words in refusals(analysis.report):
            print(printable(words), file=sys.stderr)
    return analysis


def _require_captures(decoded: "Decoded") -> None:
    """Raise LogdirError if there is nothing to report."""
    if not decoded.discovery.files:
        raise no_captures(decoded.discovery)
    if not decoded.captures:
        raise all_unreadable(decoded.discovery.logdir, decoded.problems)


def no_captures(discovery: "Discovery") -> LogdirError:
    """Say what was searched for, where, and what is there instead."""
    seen = ", ".join(discovery.seen_instead[:5])
    instead = f" Found instead: {seen}." if seen else ""
    trouble = "".join(f" {p.message}" for p in discovery.problems[:3])
    export = next((p.advice for p in discovery.problems if p.slug == "not-exported"), None)
    directories = "1 directory" if discovery.looked_in == 1 else f"{discovery.looked_in} directories"
    return LogdirError(
        f"{discovery.logdir} contains no profiler captures: no {PATTERN}, no trace of PyTorch and no export of Nsight Systems in "
        f"{directories}.{instead}{trouble}",
        slug="logdir-no-captures",
        advice=export
        or "Record some: tb-contention run, tf.profiler.experimental.start(LOGDIR), jax.profiler.start_trace(LOGDIR) or torch.profiler",
        file=discovery.logdir,
    )


def all_unreadable(logdir: str, problems: "tuple[Problem, ...]") -> LogdirError:
    """Say for each file why it cannot be read."""
    from tb_contention.words.numbers import count
    from tb_contention.words.problems import what_happened

    reasons = " ".join(f"{p.file}: {what_happened(p)}" for p in problems[:5])
    more = f" {count(len(problems) - 5, 'more file is', 'more files are')} not listed." if len(problems) > 5 else ""
    return LogdirError(
        f"None of the captures in {logdir} can be read. {reasons}{more}", slug="logdir-unreadable", file=logdir
    )
