"""Recording several sessions at the same moment, with what no profiler file says of them (the manifest)."""
