"""Name a session in the trace that is being recorded: what runs inside `with tb_contention.session("name"):` becomes its own session."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

#: The name of the event; the reader knows it by this.
PREFIX = "tb_contention.session:"

#: Where loaded frameworks keep what writes an event into their profiler: module, attribute.
_WRITERS = (
    ("tensorflow.python.profiler.trace", "Trace"),
    ("jax.profiler", "TraceAnnotation"),
)


@contextmanager
def session(name: str) -> Iterator[None]:
    """Mark the work that this thread calls for inside the block as one session's, for every profiler that records meanwhile.

    Put it around each step or each `run`, inside the recording: a block that was entered before the recording began leaves no mark. Blocks
    nest, the innermost counts; a decorated function is a block. Frameworks that are not imported are left alone, and without any the
    block does nothing. A `#` in the name becomes `_`, since profilers end names there.
    """
    with ExitStack() as stack:
        for write in _writers():
            stack.enter_context(write(PREFIX + name.replace("#", "_")))
        yield


def _writers() -> list[Callable[[str], AbstractContextManager[Any]]]:
    found = (getattr(sys.modules.get(module), attribute, None) for module, attribute in _WRITERS)
    return [writer for writer in found if writer is not None]
