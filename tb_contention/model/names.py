"""Names from traces -> text that stays within its line: they are hostile until escaped, and can be of any length."""

#: Marks that reorder or hide text around them (bidirectional controls, zero-width characters, line and paragraph separators).
_UNSEEN = frozenset(
    "\u061c\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)


def clean(text: str) -> str:
    """Make control characters, line breaks and marks that reorder text visible, so that a name stays within its line."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible(c) for c in text)


def _visible(character: str) -> str:
    code = ord(character)
    if code < 0x20 or 0x7F <= code < 0xA0:
        return f"\\x{code:02x}"
    if character in _UNSEEN or 0xD800 <= code < 0xE000:
        return f"\\u{code:04x}"
    return character


def shorten(text: str, most: int = 120) -> str:
    """Keep both ends of a long name; templates differ at their ends."""
    if len(text) <= most:
        return text
    tail = most // 3
    return f"{text[: most - tail - 1]}…{text[-tail:]}"
