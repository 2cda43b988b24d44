"""Bytes <-> Trace: finding profiler files, decoding them to columns, writing them."""
