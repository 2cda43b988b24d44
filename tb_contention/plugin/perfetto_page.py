"""Which page of Perfetto the tab hands traces to: the public one, or one that whoever starts the server names."""

import logging
import os
from functools import lru_cache
from urllib.parse import urlsplit

#: No parameter of a request names the page: a link could then send traces to any site.
VARIABLE = "TB_CONTENTION_PERFETTO"
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
log = logging.getLogger(__name__)


def perfetto_page() -> str:
    """Return the address in the environment; "" for ui.perfetto.dev, and for an address that cannot be used."""
    return _checked(os.environ.get(VARIABLE, "").strip())


@lru_cache(maxsize=8)
def _checked(address: str) -> str:
    try:
        parts = urlsplit(address)
        is_page = bool(parts.hostname) and (
            parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL)
        )
        is_page = is_page and "@" not in parts.netloc and address.isascii() and address.isprintable()
    except ValueError:
        is_page = False
    if address and not is_page:
        log.warning(
            "%s=%r is not the address of a page: it must begin with https://, or http:// on this machine; the tab uses ui.perfetto.dev.",
            VARIABLE, address,
        )  # fmt: skip
    return address if is_page else ""
