"""The texts of a report by number, and the string table of one process."""

import numpy as np

from tb_contention.model.tables import StringTable
from tb_contention.model.trace import NONE
from tb_contention.recorders.nsight.database import Database
from tb_contention.units import I32, I64


class Texts:
    """The report's StringIds: at most some hundred thousand, of which each process uses a few."""

    def __init__(self, database: Database) -> None:
        rows = [
            (key, text)
            for key, (text,) in database.texts("StringIds", "id", "value")
            if text is not None and key != NONE
        ]
        self._text = dict(rows)

    def get(self, number: int) -> str | None:
        """Return the text with a number, None if there is none."""
        return self._text.get(number)


class Strings:
    """Collects the strings of one process: each text has one row, -1 stands for none."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._rows: dict[str, int] = {}

    def row(self, text: str | None) -> int:
        """Return the row of a text."""
        return -1 if text is None else self._rows.setdefault(text, len(self._rows))

    def rows(self, numbers: I64) -> I32:
        """Return the row of each text number, looking up each distinct number once."""
        distinct, which = np.unique(numbers, return_inverse=True)
        rows = np.array([self.row(self._texts.get(number)) for number in distinct.tolist()], np.int32)
        return rows[which.reshape(-1)] if len(numbers) else np.empty(0, np.int32)

    def rows_of(self, texts: list[str | None], which: I64) -> I32:
        """Return the row of texts[which] for each entry."""
        rows = np.array([self.row(text) for text in texts], np.int32)
        return rows[which] if len(which) else np.empty(0, np.int32)

    def table(self) -> StringTable:
        """Return the string table."""
        return StringTable.of(list(self._rows))
