"""Captures of a cluster: every group of a log directory analysed, as tables that other programs read, and what they say together.

Snapshot ──tasks──> groups ──pool | on_dask──> work ──rows, schema──> parts of a dataset (place) ──fleet──> who lost how much, where
                                                        jobs names whose a session is
"""
