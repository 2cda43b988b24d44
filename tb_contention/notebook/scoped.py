"""HTML inside a foreign page: every style rule is bound to the fragment, and no script runs."""

from collections.abc import Sequence

from tb_contention.report.escaping import QUANTITY_STYLE, flowing
from tb_contention.report.style import DARK, LIGHT

#: The class of every fragment.
SCOPE = "tb-contention-report"
#: Characters of a text that a cell shows.
_LONGEST = 160

_RULES = (
    "{background:var(--ground);color:var(--text);padding:10px 12px;max-width:1100px;"
    'font:13px/1.5 system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif;overflow-wrap:anywhere}',
    " h3{font-size:17px;line-height:1.35;margin:0 0 4px;color:inherit}",
    " p{margin:0 0 6px;max-width:90ch}",
    " .faint{color:var(--faint)}",
    " .tag{white-space:nowrap;border:1px solid currentColor;border-radius:4px;padding:0 5px;font-size:11px}",
    f" {QUANTITY_STYLE}",
    " .scroll{overflow-x:auto}",
    " table{border-collapse:collapse;margin:8px 0;font-size:12.5px;color:inherit;background:none}",
    " tr{background:none}",
    " th{text-align:left;color:var(--faint);font-weight:500}",
    " th, & td{padding:4px 9px;border:0;border-bottom:1px solid var(--line);vertical-align:top;text-align:left}",
    " td.number, & th.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}",
    " .dot{display:inline-block;width:10px;height:10px;border-radius:3px;margin-right:7px}",
    " ul{margin:8px 0;padding:0;list-style:none}",
    " li{border-left:3px solid var(--good);padding-left:10px;margin:8px 0}",
    " li.warning{border-color:var(--warn)}",
    " li.critical, & li.error{border-color:var(--bad)}",
    " svg{display:block;width:100%;height:auto}",
    " svg text{fill:var(--text);font-size:11.5px}",
    " svg text.faint{fill:var(--faint);font-size:10.5px}",
    " svg text.strong{font-weight:650}",
    " svg text.halo{paint-order:stroke;stroke:var(--ground);stroke-width:3px}",
    " .grid{stroke:var(--line)}",
    " .ground{fill:var(--strip)}",
    " .hatch-ground{fill:var(--hatch)}",
    " .hatch-line{fill:var(--hatch-line)}",
    " .outline{stroke:var(--hatch-line);stroke-width:.4}",
    " .area{fill-opacity:.8}",
    " .capacity{stroke:var(--text);stroke-dasharray:5 3}",
    " .safe{stroke:var(--hatch-line);stroke-dasharray:1 3}",
    " .reserve{fill-opacity:.7}",
    " .own-peak{stroke:var(--ground);stroke-width:.8}",
    " .peak{stroke:var(--text);stroke-dasharray:2 2}",
    " .peak-mark{fill:var(--ground);stroke:var(--text);stroke-width:1.6}",
    " .lost{fill:var(--text)}",
    *(f" .s{n}{{fill:var(--s{n});background:var(--s{n})}}" for n in range(6)),
)


def _style() -> str:
    """Write the rules: the system's theme, unless the notebook states its own."""
    own = f".{SCOPE}"
    rules = "\n".join(own + rule.replace("& ", f"{own} ") for rule in _RULES)
    dark = ",".join(f"{theme} {own}" for theme in ('[data-jp-theme-light="false"]', "body.vscode-dark"))
    light = ",".join(f"{theme} {own}" for theme in ('[data-jp-theme-light="true"]', "body.vscode-light"))
    system = f"@media (prefers-color-scheme:dark){{{own}{{{DARK}}}}}"
    return f"{own}{{{LIGHT}}}\n{system}\n{light}{{{LIGHT}}}\n{dark}{{{DARK}}}\n{rules}"


def page(content: str) -> str:
    """Wrap HTML in the fragment."""
    return f'<div class="{SCOPE}"><style>\n{_style()}\n</style>\n{content}\n</div>'


def rows_of_html(header: Sequence[str], rows: Sequence[Sequence[str]], numbers: frozenset[int]) -> str:
    """Write a table of plain texts; `numbers` are the columns that stand flush right."""
    side = ['class="number"' if n in numbers else "" for n in range(len(header))]
    head = "".join(f"<th {s}>{flowing(cell)}</th>" for s, cell in zip(side, header, strict=True))
    body = "".join(
        "<tr>" + "".join(f"<td {s}>{flowing(_short(cell))}</td>" for s, cell in zip(side, row, strict=True)) + "</tr>"
        for row in rows
    )
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
