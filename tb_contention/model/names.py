"""Names from traces -> text that stays within its line: they are hostile until escaped, and can be of any length."""

import re

#: Stands between log directories that are taken as one.
SEPARATOR = ","
#: Control characters, halves of characters, and marks that reorder or hide text around them (bidirectional controls, zero-width
#: characters, line and paragraph separators).
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u061c\u200b-\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]")


def clean(text: str) -> str:
    """Make control characters, line breaks and marks that reorder text visible, so that a name stays within its line."""
    if text.isascii() and text.isprintable():
        return text
    return _UNSEEN.sub(_visible, text)


def _visible(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0xA0 else f"\\u{code:04x}"


def shorten(text: str, most: int = 120) -> str:
    """Keep both ends of a long name; templates differ at their ends."""
    if len(text) <= most:
        return text
    tail = most // 3
    return f"{text[: most - tail - 1]}…{text[-tail:]}"
