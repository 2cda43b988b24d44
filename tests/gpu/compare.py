"""How far the analysis is from the truth of recorded pairs: `python tests/gpu/compare.py [FOLDER ...]` prints a table.

The folders are what `record.py` wrote; without one, those under tests/data/gpu. The truth of a slowdown is the ratio of step periods with
the profiler off; beside it stands the ratio with the profiler on, since that is what the traces saw.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT)]

import tb_contention  # noqa: E402
from tb_contention.analysis import Options  # noqa: E402
from tb_contention.model.alignment import Session  # noqa: E402
from tb_contention.model.intervals import Intervals  # noqa: E402
from tb_contention.model.report import DeviceReport, Report  # noqa: E402
from tb_contention.model.trace import KernelKind, Trace  # noqa: E402
from tb_contention.recorders.discover import discover  # noqa: E402

DATA = ROOT / "tests" / "data" / "gpu"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One session of one pair, by one way of estimating. truth: profiler off, with the lowest and highest round; profiled: with it on."""

    place: str
    pair: str
    session: str
    is_host: bool
    has_baseline: bool
    evidence: str
    estimate: float | None
    low: float | None
    high: float | None
    truth: float
    truth_low: float
    truth_high: float
    profiled: float
    mechanism: str

    @property
    def error(self) -> float | None:
        """Return the relative error of the estimate against what the traces saw."""
        return None if self.estimate is None else self.estimate / self.profiled - 1

    @property
    def holds(self) -> bool:
        """Tell whether the interval reaches the truth, as far as that is known itself: from round to round it varies too."""
        low, high = self.low or 0.0, self.high if self.high is not None else float("inf")
        truths = (self.truth_low, self.truth_high, self.profiled)
        return low <= max(truths) and high >= min(truths)


def pairs(folder: Path) -> list[Path]:
    """Find the recorded pairs below a folder."""
    return sorted(path.parent for path in folder.rglob("truth.json"))


def rows_of(pair: Path) -> list[Row]:
    """Compare one pair: from the capture together, and with the captures alone as baselines."""
    truth = json.loads((pair / "truth.json").read_text())
    together = tb_contention.analyse(pair / "together", cache_dir=None)
    rows = _rows(pair, truth, together, has_baseline=False)
    if truth["mode"] != "processes":
        return rows
    files = [file for file in discover(str(pair)).files if file.run.startswith("together/")]
    baselines = {file.id: f"alone/{file.run.split('/')[1]}" for file in files}
    aided = tb_contention.analyse(pair, cache_dir=None, options=Options(baselines=baselines))
    return rows + _rows(pair, truth, aided, has_baseline=True)


def _rows(pair: Path, truth: dict[str, Any], report: Report, *, has_baseline: bool) -> list[Row]:
    shared = [device for device in report.devices if len(device.sessions) > 1]
    return [row for device in shared for row in _device_rows(pair, truth, report, device, has_baseline=has_baseline)]


def _device_rows(
    pair: Path, truth: dict[str, Any], report: Report, device: DeviceReport, *, has_baseline: bool
) -> list[Row]:
    rows = []
    for loss in device.losses:
        session = report.session(loss.session).session
        name = session.run.split("/")[-2] if session.process is None else session.name.rpartition("/")[2]
        if name not in truth["slowdown"]:
            continue
        true, found = truth["slowdown"][name], loss.slowdown
        rows.append(
            Row(
                place=pair.parent.name,
                pair=truth["pair"],
                session=name,
                is_host=device.group.device.device.is_host,
                has_baseline=has_baseline,
                evidence=found.evidence.value,
                estimate=found.estimate,
                low=found.low,
                high=found.high,
                truth=true["mean"],
                truth_low=true["low"],
                truth_high=true["high"],
                profiled=truth["slowdown_profiled"][name],
                mechanism=device.mechanism.value,
            )
        )
    return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Preemption:
    """Do kernels hold the turns of another process in their own duration? Of a chain of long kernels, beside another such chain.

    longer: mean duration together against alone. at_once: share of the time with work in which kernels of both seem to run. Where kernels
    are cut by turns, both are high although the GPU runs one context at a time; where turns end with a kernel, longer is 1.
    """

    pair: str
    session: str
    longer: float
    at_once: float


def preemption(pair: Path) -> list[Preemption]:
    """Look at the kernels of a pair of processes alone and together."""
    report = tb_contention.analyse(pair, cache_dir=None)
    found = {"/".join(s.run.split("/")[:2]): s for s in (r.session for r in report.sessions) if s.kind == "process"}
    truth = json.loads((pair / "truth.json").read_text())
    names = list(truth["slowdown"])
    if truth["mode"] != "processes" or not all(f"{p}/{n}" in found for p in ("alone", "together") for n in names):
        return []
    sessions = [found[f"together/{name}"] for name in names]
    start, end = max(s.start for s in sessions), min(s.end for s in sessions)
    first, second = (_running(s).clip(start, end) for s in sessions)
    both = (first & second).total
    whole = first.total + second.total - both
    return [
        Preemption(
            pair=truth["pair"],
            session=name,
            longer=float(
                _kernels(found[f"together/{name}"].trace)[1].mean() / _kernels(found[f"alone/{name}"].trace)[1].mean()
            ),
            at_once=both / max(1, whole),
        )
        for name in names
    ]


def _running(session: Session) -> Intervals:
    start, duration = _kernels(session.trace)
    return Intervals.union_of(start + session.offset, start + session.offset + duration)


def _kernels(trace: Trace) -> tuple[np.ndarray[Any, np.dtype[np.int64]], np.ndarray[Any, np.dtype[np.int64]]]:
    rows = np.isin(trace.kernels.kind, (KernelKind.KERNEL, KernelKind.HOST_OP))
    return trace.kernels.start[rows] // 1000, trace.kernels.duration[rows] // 1000


def table(rows: list[Row]) -> str:
    """Print rows as Markdown."""
    head = "| device | pair | session | baseline | class | estimate | truth (rounds) | profiled | error | holds | mechanism |"
    lines = [head, "|---|---|---|---|---|---|---|--:|--:|---|---|"]
    for row in rows:
        bounds = f"{_figure(row.low)} to {_figure(row.high)}"
        estimate = bounds if row.estimate is None else f"{row.estimate:.2f} ({bounds})"
        error = "bounds only" if row.error is None else f"{row.error:+.1%}"
        truth = f"{row.truth:.2f} ({row.truth_low:.2f} to {row.truth_high:.2f})"
        lines.append(
            f"| {row.place} | {row.pair} | {row.session} | {'yes' if row.has_baseline else 'no'} | {row.evidence} | {estimate} | {truth} "
            f"| {row.profiled:.2f} | {error} | {'yes' if row.holds else 'NO'} | {row.mechanism.replace('_', ' ')} |"
        )
    return "\n".join(lines)


def _figure(value: float | None) -> str:
    return "?" if value is None else f"{value:.2f}"


def main(words: list[str]) -> int:
    """Print the table of all pairs, and whether kernels hold the turns of others in their duration."""
    found = [pair for folder in map(Path, words or [str(DATA)]) for pair in pairs(folder)]
    if not found:
        print(f"No recorded pairs below {', '.join(words) or DATA}: python tests/gpu/record.py records some.")
        return 1
    rows = [row for pair in found for row in rows_of(pair)]
    print(table(rows))
    for pair in found:
        for each in preemption(pair) if pair.name == "chain_chain" else ():
            print(
                f"\n{pair.parent.name}, {each.session}: kernels {each.longer:.2f} times as long together as alone; "
                f"kernels of both seem to run for {each.at_once:.0%} of the time with work."
            )
    errors = [abs(row.error) for row in rows if row.error is not None and not row.is_host]
    if errors:
        print(f"\nOn GPUs: mean error {np.mean(errors):.1%}, largest {max(errors):.1%}, of {len(errors)} estimates.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
