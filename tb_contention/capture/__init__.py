"""Record several sessions at the same moment, and write what no profiler file contains into a manifest.

What `tb-contention run` loads into the programs it starts uses the standard library only, and nothing of the analysis.
"""
