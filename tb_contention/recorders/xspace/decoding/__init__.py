"""The bytes of an XSpace file -> Trace: compiled functions walk the bytes, the other modules interpret what these find.

Compiled, each built on those before it: `wire` (varints and fields), `fast_varints` (eight bytes at once), `stats` (the value of a stat),
`skeleton` (where everything is), `fast_events` (events of the usual form), `events` (any event, into columns), `string_codes` (strings).
"""
