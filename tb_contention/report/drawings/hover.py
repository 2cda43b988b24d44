"""What a pointer on a drawing shows: titles of shapes, which every browser shows after a delay, and a script that shows them at once."""

import base64
import hashlib
from collections.abc import Iterator
from html import escape
from itertools import pairwise

from tb_contention.report.escaping import UNITS

#: Shows the title of the shape under the pointer beside it; without it browsers show the same titles themselves.
#: A number stays with its unit, as in `flowing`.
SCRIPT = """(()=>{const tip=document.createElement("div");tip.className="tip";tip.hidden=true;document.body.append(tip);
let shown=null;const put=e=>{const x=Math.min(e.clientX+14,innerWidth-tip.offsetWidth-8),y=e.clientY+18;
tip.style.left=Math.max(4,x)+"px";tip.style.top=(y+tip.offsetHeight>innerHeight?e.clientY-tip.offsetHeight-10:y)+"px"};
const hide=()=>{if(shown){shown.prepend(shown.kept);shown=null}tip.hidden=true};
addEventListener("pointermove",e=>{const at=e.target.closest&&e.target.closest("svg .hit");
if(!at){hide();return}if(at!==shown){hide();const title=at.querySelector("title");if(!title)return;
tip.textContent=title.textContent
.replace(/([0-9]) (?=(?:UNITS)(?![a-z]))/gi,"$1\\xa0");at.kept=title;title.remove();shown=at;tip.hidden=false}put(e)});
addEventListener("pointerleave",hide);addEventListener("beforeprint",hide)})()""".replace("UNITS", UNITS)

_DIGEST = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
#: No other script may run, whatever a name in the report contains.
SCRIPT_SOURCE = f"'sha256-{_DIGEST}'"


def hit(x: float, y: float, width: float, height: float, words: str) -> str:
    """Make an area that shows words to a pointer and nothing else."""
    place = f'x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}"'
    return f'<rect class="hit" {place}><title>{escape(words)}</title></rect>'


def slots(columns: int, most: int) -> Iterator[tuple[int, int]]:
    """Divide columns into at most `most` areas: (first, one past the last)."""
    count = min(columns, most)
    edges = [columns * k // count for k in range(count + 1)] if count else [0]
    yield from pairwise(edges)
