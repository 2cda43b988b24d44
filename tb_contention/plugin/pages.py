"""The answers of the routes, and the tables -> what the panel knows of them, in `frontend/src/api/`, and the tables of http_api.md."""

from pathlib import Path

from tb_contention.model.baseline import BaselineChoices
from tb_contention.model.contention_part import ContentionPart
from tb_contention.model.memory_part import MemoryPart
from tb_contention.plugin.answers import (
    EventAnswer,
    GroupsAnswer,
    HitAnswer,
    PredictionAnswer,
    ShiftedAnswer,
    Summary,
)
from tb_contention.report.contract.columns import help_of
from tb_contention.report.contract.documents import ComparisonDocument
from tb_contention.report.contract.markdown import with_tables
from tb_contention.report.contract.typescript import typescript as types
from tb_contention.tables.typescript import declared
from tb_contention.tables.typescript import typescript as tables
from tb_contention.timeline.layout import Layout
from tb_contention.timeline.search import SearchHits

_API = Path(__file__).parents[2] / "frontend" / "src" / "api"
_ROUTES = Path(__file__).parent / "http_api.md"
_FORMAT = Path(__file__).parents[1] / "report" / "FORMAT.md"
ANSWERS = (
    Summary,
    GroupsAnswer,
    BaselineChoices,
    Layout,
    EventAnswer,
    SearchHits,
    HitAnswer,
    ContentionPart,
    MemoryPart,
    ShiftedAnswer,
    PredictionAnswer,
    ComparisonDocument,
)


def pages() -> dict[Path, str]:
    """Return the types of all answers, the tables, and the page on the routes, by their paths."""
    routes, report = (path.read_text(encoding="utf-8") for path in (_ROUTES, _FORMAT))
    return {
        _API / "report.ts": types(ANSWERS),
        _API / "tables.ts": tables(),
        _API / "tables.json": declared(help_of),
        _ROUTES: with_tables(routes, ANSWERS, {"../report/FORMAT.md": report}),
    }
