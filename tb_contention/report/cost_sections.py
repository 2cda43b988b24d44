"""What sharing cost -> tables: the losses, who delays whom, and kernel against kernel."""

from tb_contention.model.contention import UNTRACED
from tb_contention.model.names import clean, shorten
from tb_contention.model.report import DeviceReport, Report
from tb_contention.report.table import SHADES, TextTable, length, more
from tb_contention.units import SessionId
from tb_contention.words.answers import basis_with_class, estimate_of, interval
from tb_contention.words.names import names_of
from tb_contention.words.numbers import duration, percent, times

#: So many pairs of kernels.
MOST_PAIRS = 10
#: Culprits that get a column of their own; the others share one.
MOST_CULPRITS = 10


def losses(report: Report, device: DeviceReport) -> TextTable:
    """Say of each session how much slower it is, how that is known, and what the loss is made of."""
    names, rows = names_of(report), []
    for loss in device.cost.losses if len(device.sessions) > 1 else ():
        slowdown, estimate = loss.slowdown, estimate_of(loss.slowdown)
        shared, alone = length(loss.step_shared), length(loss.step_alone)
        rows.append(
            (
                names[loss.session],
                "–" if estimate is None else times(estimate),
                interval(slowdown),
                basis_with_class(slowdown),
                f"{shared} / {alone}" if loss.step_shared is not None else "–",
                *(length(part) for part in (loss.stretch, loss.stall, loss.absorbed)),
                _part(loss.lost, device.time.window),
            )
        )
    header = (
        "session",
        "slowdown",
        "interval",
        "evidence",
        "step shared / alone",
        "stretch",
        "stall",
        "absorbed",
        "lost",
    )
    note = "Lost = stretch (kernels longer than alone) + stall (work that waited) − absorbed (hidden by slack of the host)."
    numbers = frozenset((1, 2, *range(4, 9)))
    return TextTable(title="What sharing cost", header=header, rows=tuple(rows), numbers=numbers, note=note)


def _part(nanoseconds: int | None, window: int) -> str:
    return "–" if nanoseconds is None else f"{duration(nanoseconds)} ({percent(nanoseconds, window)})"


def blame(report: Report, device: DeviceReport) -> TextTable:
    """Set victims against culprits, with the sums of both; the worst culprits come first, what no trace shows last."""
    names, found = names_of(report), device.cost.blame
    victims = list(dict.fromkeys(row.victim for row in found))
    by_culprit: dict[SessionId, int] = {}
    for row in found:
        by_culprit[row.culprit] = by_culprit.get(row.culprit, 0) + row.lost
    culprits = sorted(by_culprit, key=lambda c: (c == UNTRACED, -by_culprit[c], c))
    columns: list[list[SessionId]] = [[c] for c in culprits[:MOST_CULPRITS]] + (
        [culprits[MOST_CULPRITS:]] if len(culprits) > MOST_CULPRITS else []
    )
    lost = {(row.victim, row.culprit): int(row.lost) for row in found}
    cells = [[sum(lost.get((v, c), 0) for c in group) for group in columns] for v in victims]
    heads = [names[group[0]] if len(group) == 1 else f"{len(group)} others" for group in columns]
    rows = [(names[v], *map(_cell, row), duration(sum(row))) for v, row in zip(victims, cells, strict=True)]
    sums = [sum(row[i] for row in cells) for i in range(len(columns))]
    if len(victims) > 1:
        rows.append(("all", *map(_cell, sums), duration(sum(sums))))
    most = max((cell for row in cells for cell in row), default=0)
    shades = tuple((0, *(_shade(cell, most) for cell in row), 0) for row in cells)
    return TextTable(
        title="Who delays whom",
        header=("lost by \u2193 because of \u2192", *heads, "all"),
        rows=tuple(rows),
        numbers=frozenset(range(1, len(columns) + 2)),
        note="untraced: work on the device that no trace shows." if UNTRACED in by_culprit else "",
        shades=shades,
    )


def _cell(nanoseconds: int) -> str:
    return duration(nanoseconds) if nanoseconds else "–"


def _shade(part: int, most: int) -> int:
    return -(-part * SHADES // most) if part > 0 else 0


def kernel_blame(report: Report, device: DeviceReport) -> TextTable:
    """Say which kernels lost most while which others had work on the device."""
    names = names_of(report)
    rows = tuple(
        (
            names[row.victim],
            shorten(clean(row.victim_kernel), 64),
            names[row.culprit],
            shorten(clean(row.culprit_kernel), 64),
            duration(row.lost),
        )
        for row in device.cost.kernel_blame[:MOST_PAIRS]
    )
    note = more(len(device.cost.kernel_blame) - len(rows))
    header = ("session", "kernel that lost", "while", "had on the device", "lost")
    return TextTable(title="Kernel against kernel", header=header, rows=rows, numbers=frozenset((4,)), note=note)
