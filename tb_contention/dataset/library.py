"""Libraries of the extra `[batch]`: imported when they are needed, with one sentence on how to install them."""

from importlib import import_module
from typing import Any

from tb_contention.errors import MissingLibraryError


def library(name: str, what: str) -> Any:
    """Import a module of the extra `[batch]`; `what` names what needs it. Raises MissingLibraryError."""
    package = name.partition(".")[0]
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != package:
            raise
        raise MissingLibraryError(
            f"{what} needs {package}, which is not installed.",
            slug="missing-library",
            advice='Install it with: pip install "tb_contention[batch]"',
        ) from None
