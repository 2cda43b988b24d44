"""`python -m tb_contention` is `tb-contention`, where the folder of scripts is not on the path."""

import sys


def start() -> int:
    """Run one command and return its exit code; an interrupt ends quietly also while modules are imported."""
    try:
        from tb_contention.cli.main import main

        return main()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(start())
