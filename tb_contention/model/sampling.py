"""Bound what a statistic looks at: a median of a hundred thousand values is as good as one of ten million."""

from typing import TypeVar

import numpy as np
import numpy.typing as npt

T = TypeVar("T", bound=np.generic)

#: Values that tell a quantile to a few thousandths of the spread.
ENOUGH = 100_000


def some(values: npt.NDArray[T], most: int = ENOUGH) -> npt.NDArray[T]:
    """Keep at most `most` values, in their order: the column is cut into equal stretches, and one value is drawn from each.

    Values at equal distances could all fall on the same place of what repeats; drawn ones do not. Each call draws the same.
    """
    if len(values) <= most:
        return values
    edges = np.linspace(0, len(values), most + 1)[:-1]
    place = edges + np.random.default_rng(0).random(most) * (len(values) / most)
    return values[np.minimum(place.astype(np.int64), len(values) - 1)]
