"""One XSpace file -> Trace."""

from tb_contention.xspace.decoding.reader import decode_xspace as decode_xspace

__all__ = ["decode_xspace"]
