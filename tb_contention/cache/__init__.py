"""Decoded traces on disk, so that a file is decoded once per machine, and in memory, as many as fit a budget."""

from collections.abc import Callable

from tb_contention.cache.directory import DEFAULT_CACHE, DefaultCache, Parts, TraceCache
from tb_contention.cache.memory import TraceStore, default_budget
from tb_contention.cache.place import default_cache_directory
from tb_contention.cache.room import remove, set_limit, stored
from tb_contention.model.capture import CaptureFile

__all__ = [
    "DEFAULT_CACHE",
    "DefaultCache",
    "TraceCache",
    "TraceStore",
    "cached",
    "default_budget",
    "default_cache_directory",
    "remove",
    "set_limit",
    "stored",
]


def cached(file: CaptureFile, decode: Callable[[CaptureFile], Parts], cache: TraceCache | None) -> Parts:
    """Return the traces of a file from the cache; decode and keep them where they are not there, or without a cache."""
    parts = cache.get(file) if cache is not None else None
    if parts is None:
        parts = decode(file)
        if cache is not None:
            cache.put(file, parts)
    return parts
