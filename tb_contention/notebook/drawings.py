"""A report -> drawings with matplotlib, in the panel's colours. Times in seconds or milliseconds, memory in GiB; simulated data says so."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tb_contention.model.intervals import Intervals
from tb_contention.model.names import clean, shorten
from tb_contention.model.report import DeviceReport, Report
from tb_contention.notebook.library import library
from tb_contention.report.drawings.svg import color_of
from tb_contention.report.style import SESSION_COLORS
from tb_contention.words.answers import estimate_of
from tb_contention.words.names import device_label, names_of
from tb_contention.words.typed import devices_called, named
from tb_contention.words.verdict import ordered_losses

_S, _MS, _GIB = 1e9, 1e6, float(1 << 30)
_GREY, _DARK = "#c3c8d0", "#1d2430"
#: Strips, bars and points that one drawing shows.
_MOST_SESSIONS = 12
_MOST_SPANS = 5000
_MOST_POINTS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Plots:
    """Draws one device of a report; each method takes axes or makes them, and returns them. device: its label or id, None for the first."""

    report: Report

    def timeline(self, ax: Any = None, *, device: str | None = None) -> Any:
        """Draw when each session had work, and above all when two or more had."""
        found, ax = self._begin(ax, device)
        if found is None:
            return ax
        strips = [("two or more", found.overlap.contended, _DARK)]
        strips += [
            (self._name(s), found.overlap.busy[s], self._color(s))
            for s in self._sessions(found)
            if s in found.overlap.busy
        ]
        for row, (_, spans, color) in enumerate(strips):
            ax.broken_barh(_bars(spans), (row - 0.35, 0.7), facecolors=color, edgecolor="none")
        ax.set_yticks(range(len(strips)), [name for name, _, _ in strips])
        ax.set_xlim(found.window.start_ns / _S, max(found.window.end_ns, found.window.start_ns + 1) / _S)
        ax.invert_yaxis()
        return self._finish(ax, found, "work on the device", "time from the report's origin (s)", "session")

    def slowdowns(self, ax: Any = None, *, device: str | None = None) -> Any:
        """Draw each session's slowdown as a dot with its interval; bounds alone have no dot."""
        found, ax = self._begin(ax, device)
        if found is None:
            return ax
        losses = ordered_losses(found)[:_MOST_SESSIONS]
        names = [
            f"{self._name(loss.session)} ({_class(loss.slowdown.evidence.value, loss.slowdown.low, loss.slowdown.high)})"
            for loss in losses
        ]
        for row, loss in enumerate(losses):
            low, high, estimate, color = (
                loss.slowdown.low,
                loss.slowdown.high,
                estimate_of(loss.slowdown),
                self._color(loss.session),
            )
            if low is not None and high is not None:
                ax.plot(
                    [low, high],
                    [row, row],
                    color=color,
                    linewidth=2,
                    marker="|",
                    markersize=10,
                    linestyle="-" if estimate is not None else "--",
                )
            elif low is not None or high is not None:
                ax.plot(
                    [low if high is None else high],
                    [row],
                    color=color,
                    marker=">" if high is None else "<",
                    linestyle="none",
                )
            if estimate is not None:
                ax.plot([estimate], [row], color=color, marker="o", linestyle="none")
        ax.axvline(1, color=_DARK, linewidth=0.8, linestyle=":")
        ax.set_yticks(range(len(names)), names)
        ax.set_ylim(len(names) - 0.5, -0.5) if names else None
        return self._finish(
            ax, found, "slowdown, 90 % interval", "step period together / alone (ratio)", "session (evidence)"
        )

    def steps(self, ax: Any = None, *, device: str | None = None) -> Any:
        """Draw each session's step periods over time, and dotted without the time that others added, where that is known."""
        found, ax = self._begin(ax, device)
        if found is None:
            return ax
        for times in found.cost.steps[:_MOST_SESSIONS]:
            period, color = times.end - times.start, self._color(times.session)
            ax.plot(times.end / _S, period / _MS, color=color, marker=".", linewidth=1, label=self._name(times.session))
            if times.known:
                ax.plot(
                    times.end / _S,
                    (period - times.lost) / _MS,
                    color=color,
                    linestyle=":",
                    linewidth=1,
                )
        ax.set_ylim(bottom=0)
        return self._finish(
            ax,
            found,
            "step periods (dotted: without the time that others added)",
            "time from the report's origin (s)",
            "step period (ms)",
        )

    def memory(self, ax: Any = None, *, device: str | None = None) -> Any:
        """Draw the bytes in use of each allocator, and the capacity."""
        found, ax = self._begin(ax, device)
        if found is None:
            return ax
        memory = found.memory
        for curve in () if memory is None else memory.curves[:_MOST_SESSIONS]:
            time, value = _thinned(curve.time, curve.levels.value[1:])
            name = f"{self._name(curve.session)}, {clean(curve.allocator)}"
            ax.step(time / _S, value / _GIB, where="post", color=self._color(curve.session), label=name)
        if memory is not None and memory.capacity is not None:
            ax.axhline(memory.capacity / _GIB, color=_DARK, linestyle="--", linewidth=1, label="capacity")
        if memory is not None:
            ax.plot(
                [memory.peak_at / _S],
                [memory.peak / _GIB],
                color=_DARK,
                marker="D",
                linestyle="none",
                label="combined peak",
            )
            ax.set_ylim(bottom=0)
        else:
            _say(ax, found.memory_note)
        return self._finish(ax, found, "memory in use", "time from the report's origin (s)", "memory (GiB)")

    def blame(self, ax: Any = None, *, device: str | None = None) -> Any:
        """Draw how much each session lost, divided by culprit."""
        found, ax = self._begin(ax, device)
        if found is None:
            return ax
        victims = list(dict.fromkeys(row.victim for row in found.blame))[:_MOST_SESSIONS]
        for culprit in dict.fromkeys(row.culprit for row in found.blame):
            lost = [
                sum(r.lost for r in found.blame if (r.victim, r.culprit) == (victim, culprit)) / _MS
                for victim in victims
            ]
            before = [self._before(found, victim, culprit) / _MS for victim in victims]
            color = self._color(culprit) if culprit in found.sessions else _GREY
            ax.barh(range(len(victims)), lost, left=before, color=color, label=self._name(culprit))
        if not victims:
            _say(ax, "no loss is attributed to any session")
        ax.set_yticks(range(len(victims)), [self._name(victim) for victim in victims])
        ax.invert_yaxis()
        return self._finish(ax, found, "time lost, by culprit", "lost (ms)", "session that lost")

    def _before(self, device: DeviceReport, victim: str, culprit: str) -> int:
        """Return what the culprits before one are blamed for."""
        order = list(dict.fromkeys(row.culprit for row in device.blame))
        earlier = set(order[: order.index(culprit)])  # type: ignore[arg-type]
        return sum(row.lost for row in device.blame if row.victim == victim and row.culprit in earlier)

    def _begin(self, ax: Any, device: str | None) -> tuple[DeviceReport | None, Any]:
        if ax is None:
            pyplot = library("matplotlib.pyplot", "A drawing")
            ax = pyplot.subplots(figsize=(9, 3.2), layout="constrained")[1]
        if device is not None:
            chosen = named(device, devices_called(self.report.devices))
            if not chosen:
                raise KeyError(device)
            return next(d for d in self.report.devices if d.id == chosen[0]), ax
        if not self.report.devices:
            _say(ax, "no device work was found")
            return None, ax
        return self.report.devices[0], ax

    def _finish(self, ax: Any, device: DeviceReport, title: str, x: str, y: str) -> Any:
        simulated = any(self.report.session(s).session.simulated for s in device.sessions)
        mark = " (simulated data)" if simulated else ""
        ax.set_title(_plain(f"{device_label(device)}: {title}{mark}"), loc="left", fontsize=10)
        ax.set_xlabel(x)
        ax.set_ylabel(y)
        if ax.get_legend_handles_labels()[0]:
            # A long legend covers a part of the drawing, but does not press it together.
            ax.legend(fontsize=8, loc="upper right").set_in_layout(False)
        return ax

    def _sessions(self, device: DeviceReport) -> Iterator[Any]:
        yield from device.sessions[:_MOST_SESSIONS]

    def _name(self, session: str) -> str:
        names = names_of(self.report)
        return _plain(shorten(names[session], 40))

    def _color(self, session: str) -> str:
        color: str = SESSION_COLORS[color_of(self.report, session)]
        return color


def _class(evidence: str, low: float | None, high: float | None) -> str:
    return "unknown" if low is None and high is None else evidence


def _plain(text: str) -> str:
    """Keep matplotlib from reading a name as mathematics, or hiding one that begins with an underline from a legend."""
    escaped = text.replace("$", r"\$")
    return f" {escaped}" if escaped.startswith("_") else escaped


def _say(ax: Any, words: str) -> None:
    ax.text(0.5, 0.5, _plain(clean(words)), transform=ax.transAxes, ha="center", va="center", wrap=True)


def _bars(spans: Intervals) -> list[tuple[float, float]]:
    """Return (start, length) in s; beyond what a drawing shows, neighbours are joined over the smallest gaps."""
    start, end = spans.start, spans.end
    if len(start) > _MOST_SPANS:
        gaps = start[1:] - end[:-1]
        kept = np.sort(np.argpartition(gaps, -(_MOST_SPANS - 1))[-(_MOST_SPANS - 1) :])
        start, end = start[np.concatenate(([0], kept + 1))], end[np.concatenate((kept, [len(end) - 1]))]
    return list(zip((start / _S).tolist(), ((end - start) / _S).tolist(), strict=True))


def _thinned(time: Any, value: Any) -> tuple[Any, Any]:
    """Keep the highest of each run of neighbours where there are more points than a drawing shows."""
    if len(time) <= _MOST_POINTS:
        return time, value
    edges = np.linspace(0, len(time), _MOST_POINTS + 1).astype(np.int64)[:-1]
    return time[edges], np.maximum.reduceat(value, edges)
