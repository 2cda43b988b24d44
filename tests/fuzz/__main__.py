"""Try damaged, extreme and hostile input on the whole product: `python -m tests.fuzz --minutes N [--seed S] [--kind K] [-o FOLDER]`,
or large files: `python -m tests.fuzz --large`.

Prints how many inputs were tried, why something was refused, what took longest and most, and each fault once. What reproduces a fault is
kept in FOLDER. Exits with 1 if there is one.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("TB_CONTENTION_CACHE_DIR", tempfile.mkdtemp(prefix="fuzz-cache-"))


def main() -> int:
    """Run a campaign."""
    from fuzz.campaign import ALL_KINDS, run, sizes

    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.split(":")[0] if __doc__ else "")
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kind", action="append", choices=ALL_KINDS, help="only inputs of this kind; may be repeated")
    parser.add_argument("-o", "--output", type=Path, default=Path(tempfile.gettempdir()) / "tb_contention-faults")
    parser.add_argument("--large", action="store_true", help="take large files through the product instead")
    arguments = parser.parse_args()
    if arguments.large:
        for row in sizes():
            sys.stdout.write(row)
            sys.stdout.flush()
        return 0
    tally = run(arguments.minutes, arguments.seed, arguments.output, arguments.kind or ALL_KINDS)
    sys.stdout.write(tally.text(60 * arguments.minutes))
    return int(bool(tally.faults))


if __name__ == "__main__":
    sys.exit(main())
