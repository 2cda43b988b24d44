"""The command line: `tb-contention COMMAND`. Results go to stdout, everything else to stderr. Exit codes: 0, 1 (error),
2 (usage), 3 (`check`: a limit is exceeded; `doctor`: a fault). Errors are sentences, or JSON with --json-errors."""

from tb_contention.cli.main import main

__all__ = ["main"]
