"""The command line: `tb-contention COMMAND`. Results on stdout, everything else on stderr; exit 0, 1 (our error), 2 (usage),
3 (`check`: over a limit)."""

from tb_contention.cli.main import main

__all__ = ["main"]
