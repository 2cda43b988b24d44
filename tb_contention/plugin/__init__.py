"""The tab: `loader` is what TensorBoard imports, `routes` answers requests, `workspace` does the work beside them.
`alone` serves the same without TensorBoard.

workspace ── when ──> scanning (the directory and its index), analysing (a group), views (who looks at what, and what is held)
"""
