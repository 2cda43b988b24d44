"""Any text -> text that means only itself in HTML."""

from html import escape

from tb_contention.model.names import clean


def escaped(text: str) -> str:
    """Make any text mean only itself in HTML."""
    return escape(clean(text))
