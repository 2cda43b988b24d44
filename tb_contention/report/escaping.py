"""Any text -> text that means only itself in HTML, with a number and its unit on one line."""

import re
from html import escape

from tb_contention.model.names import clean

#: Units that stand behind a number and a space.
UNITS = r"%|×|[nµm]?s|min|h|days?|[KMGTP]iB|[kMGTP]?B|[kMG]?Hz|ppm"
#: A number is short, since what stands on one line must fit on one: a name can hold digits without end.
_QUANTITY = re.compile(rf"(?:&[lg]t; )?(?<![\w.,])\d[\d.,]{{0,27}} (?:{UNITS})(?!\w)")
#: What a style sheet needs for the text of `flowing`.
QUANTITY_STYLE = ".q{white-space:nowrap}"


def escaped(text: str) -> str:
    """Make any text mean only itself in HTML, as an attribute or where no element may stand."""
    return escape(clean(text))


def flowing(text: str) -> str:
    """Make any text mean only itself inside an element, where it flows into lines: '18 %' is never parted.

    The space stays an ordinary one, since people search and copy the page; names are escaped before anything is added.
    """
    return _QUANTITY.sub(r'<span class="q">\g<0></span>', escaped(text))
