"""`python -m tb_contention` is `tb-contention`, where the folder of scripts is not on the path."""

import sys

from tb_contention.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
