"""How far the analysis is from the truth of hard scenarios: every kind of physics, from bytes to report, judged session by session."""

import json
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ground_truth.false_findings import false_ones
from ground_truth.spreading import spread

import tb_contention
from tb_contention.model.contention import SessionLoss
from tb_contention.model.report import DeviceReport, Report
from tb_contention.simulate import HARD_KINDS, hard_scenario, write_hard
from tb_contention.units import SessionId

#: An interval misses when the truth lies further outside than this.
MISS = 0.02
SEEDS = 3


@dataclass(frozen=True, slots=True)
class HardCase:
    """aided: the captures alone lie beside those together."""

    kind: str
    seed: int
    aided: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HardRow:
    """One session: what is said and what is so. truths: acceptable slowdowns, that of the steps first."""

    case: HardCase
    session: str
    evidence: str
    estimate: float | None
    low: float | None
    high: float | None
    truths: tuple[float, ...]
    mechanism: str
    mechanisms: tuple[str, ...]
    judged: bool
    findings: tuple[str, ...]
    false: tuple[str, ...]
    latency: tuple[float | None, float | None, float | None, float] | None
    blame_error: float | None

    @property
    def truth(self) -> float:
        """Return the acceptable truth that is nearest to what is said."""
        said = self.estimate if self.estimate is not None else self.low
        return self.truths[0] if said is None else min(self.truths, key=lambda t: abs(t - said))

    @property
    def error(self) -> float | None:
        return None if self.estimate is None else self.estimate / self.truth - 1

    @property
    def misses(self) -> bool:
        return not any(_near(self.low, self.high, truth, MISS) for truth in self.truths)

    @property
    def holds(self) -> bool:
        return any(_near(self.low, self.high, truth, 0.0) for truth in self.truths)

    @property
    def width(self) -> float | None:
        if self.estimate is None or self.low is None or self.high is None:
            return None
        return (self.high - self.low) / self.estimate

    @property
    def mechanism_is(self) -> str:
        if not self.judged or self.mechanism in self.mechanisms:
            return "right"
        return "unknown" if self.mechanism == "unknown" else "wrong"

    @property
    def latency_misses(self) -> bool:
        return self.latency is not None and not _near(self.latency[1], self.latency[2], self.latency[3], MISS)


def _near(low: float | None, high: float | None, truth: float, slack: float) -> bool:
    """Say whether the truth lies in an interval, which may be open at either end, or near it."""
    return (low is None or truth >= (1 - slack) * low) and (high is None or truth <= (1 + slack) * high)


def cases(
    kinds: Iterable[str] = HARD_KINDS, seeds: int = SEEDS, *, first: int = 0, aided: bool = True
) -> list[HardCase]:
    """List the cases: each seed from the first on without captures alone, and the first third of the seeds also with them."""
    found = []
    for kind in kinds:
        found += [HardCase(kind, first + seed) for seed in range(seeds)]
        found += [HardCase(kind, first + seed, aided=True) for seed in range((seeds + 2) // 3)] if aided else []
    return found


def measure(case: HardCase) -> list[HardRow]:
    """Play, write, read, analyse and compare one scenario."""
    with tempfile.TemporaryDirectory() as folder:
        write_hard(hard_scenario(case.seed, case.kind), folder, seed=case.seed, alone=case.aided)
        truth = json.loads(Path(folder, "truth.json").read_text())
        report = tb_contention.analyse(folder if case.aided else Path(folder, "together"), cache_dir=None)
    return rows_of(case, report, truth)


def rows_of(case: HardCase, report: Report, truth: dict[str, Any]) -> list[HardRow]:
    """Compare a report with the truth."""
    names = {s.session.id: name for s in report.sessions if (name := _name(report, s.session.id, truth))}
    said = [(f.rule, tuple(names[s] for s in f.sessions if s in names)) for f in _findings(report, names)]
    overlap = truth["time"]["contended"] / truth["window"]["length"]
    rows = []
    for device in report.devices:
        for loss in (x for x in device.cost.losses if x.session in names):
            facts = truth["sessions"][names[loss.session]]
            if facts["slowdown"] is None:
                continue
            slowdown = loss.slowdown
            rows.append(
                HardRow(
                    case=case, session=names[loss.session], evidence=slowdown.evidence.value, estimate=slowdown.estimate,
                    low=slowdown.low, high=slowdown.high,
                    truths=tuple(t for t in (facts["slowdown"], facts["gpu_only"]) if t),
                    mechanism=device.cost.mechanism.value, mechanisms=tuple(truth["mechanisms"]),
                    judged=overlap > 0.1 or facts["slowdown"] > 1.1,
                    findings=tuple(sorted({rule for rule, _ in said})), false=tuple(false_ones(truth, said)),
                    latency=_latency(loss, facts), blame_error=_blame_error(device, loss, facts, names),
                )
            )  # fmt: skip
    return rows


def _name(report: Report, session: SessionId, truth: dict[str, Any]) -> str | None:
    """Return the simulated name of a session that was captured together with others."""
    label = f"{report.session(session).name} {session}"
    return None if "alone" in label else next((name for name in truth["sessions"] if name in label), None)


def _findings(report: Report, names: dict[SessionId, str]) -> list[Any]:
    """List what is said of the sessions together, also of none in particular."""
    return [f for f in report.findings if not f.sessions or any(s in names for s in f.sessions)]


def _latency(loss: SessionLoss, facts: dict[str, Any]) -> tuple[float | None, float | None, float | None, float] | None:
    """Return estimate, interval and truth of the mean request time's ratio, where requests are what is spoken of."""
    said = getattr(loss, "latency", None)
    if said is None or not facts["latency"]:
        return None
    return said.slowdown.estimate, said.slowdown.low, said.slowdown.high, facts["latency"]["mean"]["ratio"]


def _blame_error(
    device: DeviceReport, loss: SessionLoss, facts: dict[str, Any], names: dict[SessionId, str]
) -> float | None:
    """Return the largest error of a part of the blame, where leaving one out tells the parts and the loss is one."""
    parts = {
        names.get(b.culprit, "untraced"): b.lost for b in device.cost.blame if b.victim == loss.session and b.lost > 0
    }
    if not facts["blame"] or not parts or facts["slowdown"] < 1.05 or loss.slowdown.estimate is None:
        return None
    total = sum(parts.values())
    traced = set(names.values())
    return max(float(abs(parts.get(n, 0) / total - part)) for n, part in facts["blame"].items() if n in traced)


def measure_all(chosen: Sequence[HardCase]) -> list[HardRow]:
    return spread(measure, chosen)


def table(rows: list[HardRow]) -> str:
    """Print one line per kind and class of evidence, and one for all of each class."""
    lines = [
        "| kind | class | rows | mean error | largest | misses by > 2 % | holds | median width | mechanism right / unknown / wrong "
        "| blame off by | latency | false findings |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|",
    ]
    for kind in dict.fromkeys(row.case.kind for row in rows):
        lines += _lines(kind.replace("_", " "), [row for row in rows if row.case.kind == kind])
    return "\n".join(lines + _lines("all", rows))


def brief(rows: list[HardRow]) -> str:
    """Print one line per kind of physics, estimates of all classes together, and one for all."""
    lines = [
        "| kind | estimates | mean error | largest | misses by > 2 % | holds | bounds | of them miss | mechanism right / unknown / wrong |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for kind in (*dict.fromkeys(row.case.kind for row in rows), ""):
        here = [row for row in rows if kind in ("", row.case.kind)]
        told, bounds = ([row for row in here if (row.evidence == "D") is unknown] for unknown in (False, True))
        errors = np.abs([row.error for row in told if row.error is not None])
        cells = [
            kind.replace("_", " ") or "all", str(len(told)),
            *((f"{errors.mean():.1%}", f"{errors.max():.1%}") if len(errors) else ("", "")),
            str(sum(row.misses for row in told)), str(sum(row.holds for row in told)),
            str(len(bounds)), str(sum(row.misses for row in bounds)),
            " / ".join(str(sum(row.mechanism_is == word for row in here)) for word in ("right", "unknown", "wrong")),
        ]  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _lines(label: str, rows: list[HardRow]) -> list[str]:
    by_class = [(e, [row for row in rows if row.evidence == e]) for e in sorted({row.evidence for row in rows})]
    return [_line(label, evidence, here) for evidence, here in by_class]


def _line(label: str, evidence: str, rows: list[HardRow]) -> str:
    errors = np.abs([row.error for row in rows if row.error is not None])
    widths = [row.width for row in rows if row.width is not None]
    blames = [row.blame_error for row in rows if row.blame_error is not None]
    latencies = [row for row in rows if row.latency]
    wrong = sorted({rule for row in rows for rule in row.false})
    cells = [
        label, evidence, str(len(rows)),
        *((f"{errors.mean():.2%}", f"{errors.max():.2%}") if len(errors) else ("bounds only", "")),
        f"{sum(row.misses for row in rows)}", f"{sum(row.holds for row in rows)}",
        f"{np.median(widths):.1%}" if widths else "",
        " / ".join(str(sum(row.mechanism_is == word for row in rows)) for word in ("right", "unknown", "wrong")),
        f"{max(blames):.0%}" if blames else "",
        f"{sum(not row.latency_misses for row in latencies)} of {len(latencies)}" if latencies else "",
        " ".join(wrong),
    ]  # fmt: skip
    return "| " + " | ".join(cells) + " |"


def listed(rows: list[HardRow]) -> str:
    """Print one line per session."""
    show: Callable[[float | None], str] = lambda v: "    -" if v is None else f"{v:.3f}"  # noqa: E731
    return "\n".join(
        f"{r.case.kind:16s} {r.case.seed:3d} {'alone' if r.case.aided else '     '} {r.session:6s} {r.evidence} {show(r.estimate)} "
        f"{show(r.low)} {show(r.high)} truth {'/'.join(f'{t:.3f}' for t in r.truths)} {'MISS' if r.misses else '    '} "
        f"{r.mechanism}{'' if r.mechanism_is == 'right' else ' (' + r.mechanism_is.upper() + ': ' + r.mechanisms[0] + ')'}"
        f"{'' if r.latency is None else ' latency ' + ' '.join(map(show, r.latency))}"
        f"{'' if r.blame_error is None else f' blame {r.blame_error:.0%}'} {','.join(r.findings)}"
        f"{' FALSE ' + ','.join(r.false) if r.false else ''}"
        for r in rows
    )
