"""The directory of the caches that this package bounds: decoded traces and indexes."""

from tb_contention._user_cache import default_cache_directory

__all__ = ["INDEXES", "default_cache_directory"]

#: The folder of the index journals in it.
INDEXES = "index"
