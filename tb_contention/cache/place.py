"""The directory of the caches that this package bounds: decoded traces and indexes."""

import os
from pathlib import Path

from tb_contention._user_cache import user_cache_directory

#: The folder of the index journals in it.
INDEXES = "index"


def default_cache_directory() -> Path:
    """Return the user's cache directory for this program; TB_CONTENTION_CACHE_DIR overrides it."""
    chosen = os.environ.get("TB_CONTENTION_CACHE_DIR")
    return Path(chosen) if chosen else user_cache_directory()
