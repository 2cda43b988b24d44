"""Aligned traces -> level-of-detail tiles: a window at a resolution, bounded by lanes and pixels and never by the trace."""
