"""Check the caches of decoded traces and of machine code. Both are optional: without them everything takes longer."""

import os
from pathlib import Path

from tb_contention.model.health import Check, Status
from tb_contention.model.stored import Kind, Stored
from tb_contention.words.numbers import count, size


def trace_cache(found: Stored) -> Check:
    """Check the cache of decoded traces: created when first needed, used only if owned by this user, bounded in size."""
    if not found.exists:
        return _to_be_made(Path(found.directory))
    if found.trouble:
        return _trace_cache(Status.NOTE, f"{found.directory} keeps nothing: {found.trouble}")
    traces = count(len(found.of(Kind.TRACE)), "decoded trace")
    indexes = count(len(found.of(Kind.INDEX)), "index", "indexes")
    message = f"{found.directory} holds {traces} and {indexes}, {size(found.size)} of at most {size(found.limit.size)}"
    return _trace_cache(Status.OK, message)


def _to_be_made(folder: Path) -> Check:
    above = next((parent for parent in folder.parents if parent.exists()), None)
    if above is None or not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
        return _trace_cache(Status.NOTE, f"{folder} does not exist and cannot be created")
    return _trace_cache(Status.OK, f"{folder} does not exist yet and can be created")


def _trace_cache(status: Status, message: str) -> Check:
    remedy = (
        ""
        if status is Status.OK
        else "Traces are decoded and log directories looked through again each time. Set TB_CONTENTION_CACHE_DIR to another directory."
    )
    return Check(name="trace-cache", status=status, message=message, remedy=remedy)


def compiled_cache(path: str, missing: int, functions: int) -> Check:
    """Check the cache of machine code. path: its directory, "" if nothing can be cached; missing: how many functions it lacks."""
    name = "compiled-cache"
    if not path:
        message = "machine code cannot be cached, so each start compiles for some seconds"
        return Check(
            name=name, status=Status.NOTE, message=message, remedy="Set NUMBA_CACHE_DIR to a writable directory."
        )
    if missing:
        message = f"{path} lacks the machine code of {missing} of {functions} functions, so what calls them first compiles for some seconds"
        return Check(name=name, status=Status.NOTE, message=message, remedy="Run tb-contention warm.")
    return Check(name=name, status=Status.OK, message=f"{path} holds the machine code of all {functions} functions")
