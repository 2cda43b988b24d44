"""Every generated file of the repository: `python -m tb_contention.pages` in a checkout writes those that are stale.

`--check` writes nothing and fails where one is stale, as the tests do.
"""

import argparse
import sys
from pathlib import Path

from tb_contention.cli import man
from tb_contention.cli import pages as commands
from tb_contention.diagnose import pages as rules
from tb_contention.plugin import pages as panel
from tb_contention.report.contract import pages as contract


def generated() -> dict[Path, str]:
    """Return the text of every generated file that is made of declarations, by its path."""
    return {**contract.pages(), **panel.pages(), **rules.pages(), man.PATH: man.page()}


def stale(texts: dict[Path, str]) -> list[Path]:
    """List the files that are not as they would be written."""
    return [path for path, text in texts.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]


def main(words: list[str] | None = None) -> int:
    """Write what is stale, or list it."""
    parser = argparse.ArgumentParser(prog="python -m tb_contention.pages", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="list stale files and write nothing")
    arguments = parser.parse_args(words)
    made = generated()
    made.update({commands.FOLDER / name: text for name, text in commands.pages().items()})
    left = [path for path in commands.FOLDER.glob("*.md") if path not in made]
    found = [*stale(made), *left]
    for path in found:
        sys.stdout.write(f"{path}\n")
        if not arguments.check:
            path.write_text(made[path], encoding="utf-8") if path in made else path.unlink()
    return 1 if found and arguments.check else 0


if __name__ == "__main__":
    sys.exit(main())
