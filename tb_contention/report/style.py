"""The style sheet of the HTML report: light, dark, print, forced colours. One palette per theme; colour means session and nothing else."""

import re

from tb_contention.report.escaping import QUANTITY_STYLE

LIGHT = """--ground:#fff;--card:#f7f8fa;--line:#dfe2e7;--text:#1d2430;--faint:#5b6472;--strip:#f0f2f5;--hatch:#c3c8d0;--hatch-line:#7b8494;
--s0:#b5360e;--s1:#4379f9;--s2:#e66e20;--s3:#926a95;--s4:#3b34ba;--s5:#6b2c5e;--warn:#8a5a00;--bad:#b3261e;--good:#2f6b46;color-scheme:light"""
DARK = """--ground:#16191f;--card:#1f232b;--line:#353b46;--text:#eceff4;--faint:#a7b0be;--strip:#262b34;--hatch:#4a5260;
--hatch-line:#9aa4b4;--s0:#e14513;--s1:#9eabf7;--s2:#f9d630;--s3:#a27196;--s4:#6770f8;--s5:#50f5db;--warn:#e5b454;--bad:#ff8a80;--good:#7fcf9b;color-scheme:dark"""

#: The colours of the sessions on a light ground, in order.
SESSION_COLORS = tuple(re.findall(r"--s\d:(#[0-9a-f]{6})", LIGHT))

STYLE = f""":root{{{LIGHT}}}
@media screen and (prefers-color-scheme:dark){{:root{{{DARK}}}}}
*{{box-sizing:border-box}}
body{{margin:0 auto;max-width:1240px;padding:24px 20px 48px;background:var(--ground);color:var(--text);
font:14px/1.5 system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif;overflow-wrap:anywhere}}
h1{{font-size:22px;line-height:1.3;margin:0 0 4px}}h2{{font-size:17px;margin:36px 0 4px}}h3{{font-size:14px;margin:20px 0 4px}}
p{{margin:0 0 6px;max-width:90ch}}.faint,figcaption,.trust{{color:var(--faint)}}.trust{{font-size:13px}}
.answers{{display:grid;grid-template-columns:max-content 1fr;gap:2px 12px;margin:8px 0}}
.answers dt{{color:var(--faint)}}.answers dd{{margin:0}}
.cards{{display:grid;grid-template-columns:repeat(auto-fit,minmax(300px,1fr));gap:10px;margin:14px 0}}
.card{{background:var(--card);border:1px solid var(--line);border-radius:9px;padding:12px 14px;break-inside:avoid}}
.card .who{{color:var(--faint);display:flex;gap:7px;align-items:center}}
.card .big{{font-size:21px;font-weight:650;line-height:1.35;font-variant-numeric:tabular-nums}}
.dot{{width:10px;height:10px;border-radius:3px;flex:none}}
.tag{{white-space:nowrap;border:1px solid currentColor;border-radius:4px;padding:0 5px;font-size:11px}}
.bar{{display:block;width:100%;height:7px;margin-top:6px}}
.findings{{display:grid;grid-template-columns:repeat(auto-fit,minmax(300px,1fr));gap:14px;margin:14px 0;padding:0;list-style:none}}
.findings li{{border-left:3px solid var(--good);padding-left:10px;break-inside:avoid}}
.findings li.warning{{border-color:var(--warn)}}.findings li.critical,.findings li.error{{border-color:var(--bad)}}
.findings h3{{font-size:14px;line-height:1.4;margin:0 0 2px}}.findings p b{{font-weight:600;color:var(--faint)}}
.measured{{stroke:var(--text);stroke-width:2}}.hit{{fill:transparent}}.hit:hover{{fill:var(--text);fill-opacity:.08}}
.tip{{position:fixed;z-index:9;max-width:420px;padding:5px 9px;border:1px solid var(--line);border-radius:6px;background:var(--card);
color:var(--text);font-size:12px;white-space:pre-line;pointer-events:none}}.tip[hidden]{{display:none}}
.narrow{{font:11px/1.35 ui-monospace,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}}td.narrow{{min-width:18ch}}
code{{font:12px ui-monospace,"DejaVu Sans Mono",monospace}}
.severity{{font-size:12px;color:var(--faint)}}
figure{{margin:12px 0;padding:10px 12px;border:1px solid var(--line);border-radius:9px;break-inside:avoid;overflow-x:auto}}
svg{{display:block;width:100%;min-width:700px;height:auto}}.bar{{min-width:0}}
text{{fill:var(--text);font-size:11.5px}}text.faint{{fill:var(--faint);font-size:10.5px}}text.strong{{font-weight:650}}
text.halo{{paint-order:stroke;stroke:var(--ground);stroke-width:3px}}
.grid{{stroke:var(--line)}}.ground{{fill:var(--strip)}}.hatch-ground{{fill:var(--hatch)}}.hatch-line{{fill:var(--hatch-line)}}
.outline{{stroke:var(--hatch-line);stroke-width:.4}}.area{{fill-opacity:.8}}
.capacity{{stroke:var(--text);stroke-dasharray:5 3}}.safe{{stroke:var(--hatch-line);stroke-dasharray:1 3}}.reserve{{fill-opacity:.7}}
.driver{{fill:none;stroke:var(--text);stroke-width:1.4}}.others{{fill:var(--hatch-line);fill-opacity:.55}}
.own-peak{{stroke:var(--ground);stroke-width:.8}}.peak{{stroke:var(--text);stroke-dasharray:2 2}}
.peak-mark{{fill:var(--ground);stroke:var(--text);stroke-width:1.6}}
.s0{{fill:var(--s0);background:var(--s0)}}.s1{{fill:var(--s1);background:var(--s1)}}.s2{{fill:var(--s2);background:var(--s2)}}
.s3{{fill:var(--s3);background:var(--s3)}}.s4{{fill:var(--s4);background:var(--s4)}}.s5{{fill:var(--s5);background:var(--s5)}}
.host{{fill:var(--hatch)}}.lost{{fill:var(--text)}}.one{{stroke:var(--hatch-line);stroke-dasharray:2 2}}
.plot{{min-width:0;max-width:280px;margin:4px 0}}.plot text{{font-size:9px}}.card .ends{{font-size:13px;font-weight:400;color:var(--faint)}}
.whisker{{stroke:var(--text);stroke-width:1.6;fill:none}}.bounds{{stroke-dasharray:4 3}}.whisker-dot{{stroke:var(--card);stroke-width:1.2}}
.shade1{{background:color-mix(in srgb,var(--text) 6%,transparent)}}.shade2{{background:color-mix(in srgb,var(--text) 12%,transparent)}}
.shade3{{background:color-mix(in srgb,var(--text) 18%,transparent)}}.shade4{{background:color-mix(in srgb,var(--text) 24%,transparent)}}
.shade5{{background:color-mix(in srgb,var(--text) 30%,transparent)}}
{QUANTITY_STYLE}.scroll{{overflow-x:auto}}table{{border-collapse:collapse;width:100%;font-size:13px}}
th{{text-align:left;color:var(--faint);font-weight:500}}th,td{{padding:5px 9px;border-bottom:1px solid var(--line);vertical-align:top}}
td:not(.number){{min-width:13ch}}
.number{{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap;overflow-wrap:normal}}
footer{{margin-top:30px;color:var(--faint);font-size:12.5px}}
@media print{{@page{{size:A4;margin:14mm}}.tip{{display:none}}h2,h3{{break-after:avoid}}
body{{max-width:none;padding:0;font-size:11px}}thead{{display:table-header-group}}tr{{break-inside:avoid}}
*{{print-color-adjust:exact;-webkit-print-color-adjust:exact}}.scroll,figure{{overflow:visible}}svg{{min-width:0}}
table{{font-size:9px}}th,td{{padding:3px 4px}}td:not(.number),td.narrow{{min-width:0}}.number{{white-space:normal}}
.narrow{{font-size:7px}}}}
@media (forced-colors:active){{svg,.dot{{forced-color-adjust:none}}figure{{background:var(--ground)}}}}"""
