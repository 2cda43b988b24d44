"""What panel.py measured, as the rows of a table: ours, a peer's, their ratio, the target, and whether it is met."""

import gzip
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any

from serving import ROOT

GESTURES = {"keys": "W, S, A, D held", "wheel": "wheel zooms", "drag": "dragging pans"}
NOT_MEASURED = "not measured"

#: All figures of one view, as panel.py collects them; of xprof also the reason why there are none.
Results = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table; ratio: theirs to ours; met: None where there is no target or no figure."""

    what: str
    ours: str
    xprof: str
    ratio: float | None = None
    target: str = ""
    met: bool | None = None


def rows(ours: Results, xprof: Results | str, second: Results | str, perfetto: Results | str) -> list[Row]:
    """The table. xprof, second, perfetto: why a peer has no figures, where it is not a mapping."""
    one, two = partial(number, ours, xprof), partial(number, ours, second)
    first, total = bundle_kib()
    return [
        one("first paint, warm", "ms", lambda r: paint(r, "warm"), ">= 4 x sooner", sooner(4)),
        one("first paint, new server, files decoded before", "ms", lambda r: paint(r, "new_server")),
        one("first paint, cold", "ms", lambda r: paint(r, "cold"), ">= 6 x sooner", sooner(6)),
        two("first paint, warm, beside xprof's v2", "ms", lambda r: paint(r, "warm"), ">= 4 x sooner", sooner(4)),
        two("first paint, cold, beside xprof's v2", "ms", lambda r: paint(r, "cold"), ">= 6 x sooner", sooner(6)),
        loaded(ours, perfetto),
        Row(what="first paint in TensorBoard, warm", ours=f"{paint(ours, 'in_page'):,.1f} ms", xprof="-"),
        one("transferred for the first paint", "kB", lambda r: min(p["bytes"] for p in r["warm"]) / 1e3),
        *(frames(gesture, ours, xprof) for gesture in GESTURES),
        one("hover, script per pointer move (p95)", "ms", hover, "<= 4 ms", lambda a, _: a <= 4),
        one("heap after all that", "MB", lambda r: r["use"]["heap"] / 1e6, "<= 25 MB", lambda a, _: a <= 25),
        hidden("other_plugin", "another tab of TensorBoard", ours, xprof),
        hidden("other_page", "another tab of the browser", ours, xprof),
        Row(
            what="scripts before the first paint, gzipped",
            ours=f"{first:.1f} KiB",
            xprof="-",
            target="<= 60 KiB",
            met=first <= 60,
        ),
        Row(what="all scripts, gzipped", ours=f"{total:.1f} KiB", xprof="-", target="<= 88 KiB", met=total <= 88),
    ]


def reason(peer: Results | str) -> str:
    """Why a peer has no figures, in a word or two; panel.py prints the rest below the table."""
    return str(peer).partition(":")[0]


def sooner(times: float) -> Callable[[float, float | None], bool | None]:
    """Whether ours is so many times sooner than theirs."""
    return lambda ours, theirs: None if theirs is None else ours * times <= theirs


def loaded(ours: Results, perfetto: Results | str) -> Row:
    """Perfetto's engine until it has the slices of the sessions, beside our first paint with nothing but the captures."""
    mine = paint(ours, "cold")
    theirs = None if isinstance(perfetto, str) else median(perfetto["seconds"]) * 1e3
    return Row(
        what="first paint, cold, beside Perfetto's load of the export",
        ours=f"{mine:,.1f} ms",
        xprof=reason(perfetto) if theirs is None else f"{theirs:,.1f} ms",
        ratio=None if theirs is None else theirs / mine,
    )


def hover(results: Results) -> float:
    return float(results["use"]["hover"]["script"]["p95"])


def paint(results: Results, state: str) -> float:
    return float(median(each["paint_ms"] for each in results[state]))


def number(
    ours: Results,
    xprof: Results | str,
    what: str,
    unit: str,
    value: Callable[[Results], float],
    target: str = "",
    meets: Callable[[float, float | None], bool | None] = lambda _, __: None,
) -> Row:
    """A row of one figure on both sides."""
    mine, theirs = value(ours), None if isinstance(xprof, str) else value(xprof)
    return Row(
        what=what,
        ours=f"{mine:,.1f} {unit}",
        xprof=reason(xprof) if theirs is None else f"{theirs:,.1f} {unit}",
        ratio=theirs / mine if theirs is not None and mine > 0 else None,
        target=target,
        met=meets(mine, theirs),
    )


def frames(gesture: str, ours: Results, xprof: Results | str) -> Row:
    """Median, 95th percentile and longest interval; the ratio is that of the percentiles."""
    mine = ours["use"]["frames"][gesture]
    theirs = None if isinstance(xprof, str) else xprof["use"]["frames"][gesture]

    def text(found: Mapping[str, float] | None) -> str:
        return "no effect" if found is None else f"{found['p50']:.1f} / {found['p95']:.1f} / {found['max']:.1f} ms"

    return Row(
        what=f"frames, {GESTURES[gesture]} (p50 / p95 / longest)",
        ours=text(mine),
        xprof=reason(xprof) if isinstance(xprof, str) else text(theirs),
        ratio=theirs["p95"] / mine["p95"] if mine and theirs else None,
        target="p95 <= 17, longest <= 100 ms",
        met=None if mine is None else mine["p95"] <= 17 and mine["max"] <= 100,
    )


def hidden(place: str, behind: str, ours: Results, xprof: Results | str) -> Row:
    """Frames and requests while hidden; no figure where the browser did not hide the view."""

    def text(found: Results | None) -> str:
        return NOT_MEASURED if found is None else f"{found['frames']} frames, {found['requests']} requests"

    mine = really_hidden(ours, place)
    return Row(
        what=f"hidden behind {behind}",
        ours=text(mine),
        xprof=reason(xprof) if isinstance(xprof, str) else text(really_hidden(xprof, place)),
        target="0 frames, 0 requests",
        met=None if mine is None else mine["frames"] == 0 and mine["requests"] == 0,
    )


def really_hidden(results: Results, place: str) -> Results | None:
    """A view behind a tab of TensorBoard has no height; one behind a tab of the browser knows that it is hidden."""
    found: dict[str, Any] | None = results["hidden"][place]
    if found is None:
        return None
    visibility, height = found["state"].split()
    return found if (visibility == "hidden" if place == "other_page" else height == "0") else None


def bundle_kib() -> tuple[float, float]:
    """Size of the script of the first picture, and of all scripts."""
    folder = ROOT / "tb_contention" / "static"
    sizes = {file.name: len(gzip.compress(file.read_bytes(), 9)) / 1024 for file in folder.glob("*.js")}
    return sizes["index.js"], sum(sizes.values())


def render(table: Sequence[Row]) -> str:
    """The table as text."""
    verdicts = {True: "yes", False: "NO", None: "-"}
    cells = [("what", "ours", "peer", "ratio", "target", "met?")]
    cells += [
        (r.what, r.ours, r.xprof, "-" if r.ratio is None else f"{r.ratio:.1f}", r.target or "-", verdicts[r.met])
        for r in table
    ]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in cells)
