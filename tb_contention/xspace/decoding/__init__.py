"""The bytes of an XSpace file -> Trace: `wire` walks them in compiled code, the other modules say what is what."""
