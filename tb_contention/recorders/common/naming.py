"""What a file's name says: which kind of profiler file it is, of which host, and when a profile was exported beside it."""

import re
from collections.abc import Iterable

from tb_contention.model.capture import Container

MANIFEST_NAME = "tb_contention.json"
#: Recorders that know nothing of TensorBoard's layout write wherever they are told to.
ANYWHERE = frozenset((Container.KINETO, Container.KINETO_GZIP))
#: Of several files of one host the first kind here is read.
_CONTAINERS = (
    Container.XPLANE, Container.KINETO, Container.KINETO_GZIP, Container.TRACE_JSON, Container.TRACE_PROTO, Container.RIEGELI,
)  # fmt: skip
_IGNORED = re.compile(r"perfetto_trace\.json\.gz|.*\.memory_profile\.json\.gz")
_PROFILE_EMPTY = re.compile(r"events\.out\.tfevents\.(\d{1,12})\..*profile-empty")


def container_of(name: str) -> Container | None:
    """Tell the kind of a profiler file; None for any other file, and for reports of Nsight Systems, which a name does not tell."""
    if _IGNORED.fullmatch(name):
        return None
    return next((c for c in _CONTAINERS if name.endswith(c.value) and len(name) > len(c.value)), None)


def best_of_hosts(names: Iterable[str]) -> dict[str, tuple[Container, str]]:
    """Choose the best container of each host among the files of one folder."""
    best: dict[str, tuple[Container, str]] = {}
    for name in names:
        container = container_of(name)
        if container is None:
            continue
        host = name[: -len(container.value)]
        if host not in best or _CONTAINERS.index(container) < _CONTAINERS.index(best[host][0]):
            best[host] = container, name
    return best


def export_seconds(names: Iterable[str]) -> tuple[int, ...]:
    """Read the export times, Unix s, from names of `*.profile-empty` files in the folder that holds `plugins`."""
    return tuple(sorted({int(m[1]) for m in map(_PROFILE_EMPTY.fullmatch, names) if m}))


def printable(name: str) -> str:
    """Show a file name that is not UTF-8, or holds control characters, without breaking a line or an encoder."""
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(c if c.isprintable() else "\ufffd" for c in text)
