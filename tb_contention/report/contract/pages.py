"""What is made of the declarations and stands in the repository: `python -m tb_contention.report.contract.pages` in a checkout writes it.

`--check` writes nothing and fails where a file is stale, as a test does.
"""

import argparse
import json
import sys
from pathlib import Path

from tb_contention.report.contract.documents import ComparisonDocument, GateDocument, ReportDocument
from tb_contention.report.contract.markdown import with_tables
from tb_contention.report.contract.schema import schema

_REPORT = Path(__file__).parents[1]


def pages() -> dict[Path, str]:
    """Return the text of every generated file by its path."""
    page = _REPORT / "FORMAT.md"
    return {
        page: with_tables(page.read_text(encoding="utf-8"), (ReportDocument, ComparisonDocument, GateDocument)),
        _REPORT / "comparison.schema.json": _json(
            schema(ComparisonDocument, "Comparison of tb_contention, format version 1")
        ),
        _REPORT / "report.schema.json": _json(schema(ReportDocument, "Report of tb_contention, format version 1")),
    }


def _json(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=True) + "\n"


def stale() -> list[Path]:
    """List the files that are not as they would be written."""
    return [path for path, text in pages().items() if not path.exists() or path.read_text(encoding="utf-8") != text]


def main(words: list[str] | None = None) -> int:
    """Write what is stale, or list it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="list stale files and write nothing")
    arguments = parser.parse_args(words)
    found = stale()
    for path in found:
        sys.stdout.write(f"{path}\n")
        if not arguments.check:
            path.write_text(pages()[path], encoding="utf-8")
    return 1 if found and arguments.check else 0


if __name__ == "__main__":
    sys.exit(main())
