"""The answers of the routes -> the types of the panel, `frontend/src/api/report.ts`; a test fails when they are stale.

`python -m tb_contention.plugin.pages` in a checkout writes them.
"""

import argparse
import sys
from pathlib import Path

from tb_contention.model.contention_part import ContentionPart
from tb_contention.model.memory_part import MemoryPart
from tb_contention.plugin.answers import EventAnswer, HitAnswer, ShiftedAnswer, Summary
from tb_contention.report.contract.documents import ComparisonDocument
from tb_contention.report.contract.typescript import typescript
from tb_contention.timeline.layout import Layout
from tb_contention.timeline.search import SearchHits

PAGE = Path(__file__).parents[2] / "frontend/src/api/report.ts"
ANSWERS = (
    Summary,
    Layout,
    EventAnswer,
    SearchHits,
    HitAnswer,
    ContentionPart,
    MemoryPart,
    ShiftedAnswer,
    ComparisonDocument,
)


def page() -> str:
    """Return the types of all answers."""
    return typescript(ANSWERS)


def main(words: list[str] | None = None) -> int:
    """Write the types, or with `--check` tell whether they are stale."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail where the file is stale")
    arguments = parser.parse_args(words)
    is_stale = not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page()
    if is_stale and not arguments.check:
        PAGE.write_text(page(), encoding="utf-8")
    return 1 if is_stale and arguments.check else 0


if __name__ == "__main__":
    sys.exit(main())
