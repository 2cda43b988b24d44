"""The bytes of an XSpace file -> Trace: compiled code walks them, the other modules say what is what.

Compiled, each upon those before it: `wire` (varints and fields), `words` (eight bytes at once), `stats` (a stat's value), `skeleton` (where
everything is), `plain` (the common event), `events` (any event, into columns), `codes` (strings).
"""
