"""Recording several sessions at the same moment, with what no profiler file says of them (the manifest).

What `tb-contention run` loads into the programs that it starts is standard library only, and nothing of the analysis.
"""
