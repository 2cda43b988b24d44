"""Bound what a statistic looks at: a median of a hundred thousand values is as good as one of ten million."""

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from tb_contention.units import I64

T = TypeVar("T", bound=np.generic)

#: Values that tell a quantile to a few thousandths of the spread.
ENOUGH = 100_000


def some(values: npt.NDArray[T], most: int = ENOUGH) -> npt.NDArray[T]:
    """Keep at most `most` values, in their order: the column is cut into equal stretches, and one value is drawn from each.

    Values at equal distances could all fall on the same place of what repeats; drawn ones do not. Each call draws the same.
    """
    return values if len(values) <= most else values[some_rows(len(values), most)]


def some_rows(count: int, most: int = ENOUGH) -> I64:
    """Return the rows that `some` keeps of so many."""
    if count <= most:
        return np.arange(count)
    edges = np.linspace(0, count, most + 1)[:-1]
    place = edges + np.random.default_rng(0).random(most) * (count / most)
    return np.minimum(place.astype(np.int64), count - 1)
