"""A page of HTML -> what it says."""

import re
from html import unescape


def as_read(page: str) -> str:
    """Return the text of a page. A quantity is marked within its sentence; any other element begins something else."""
    marked = re.sub(r'<span class="q">([^<]*)</span>', r"\1", page.partition("</style>")[2])
    return unescape(re.sub(r"<[^>]*>", "\n", marked))
