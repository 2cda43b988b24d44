"""Which of the folders of traces beside the checkout hold recordings: the others hold what was simulated, damaged or written by hand."""

from collections.abc import Iterator
from pathlib import Path

MADE = frozenset(("damaged", "hard_simulated", "public_cases"))


def recorded_folders(traces: Path) -> Iterator[Path]:
    """List the folders of recordings."""
    yield from (path for path in sorted(traces.iterdir()) if path.is_dir() and path.name not in MADE)


def recorded_captures(traces: Path) -> list[Path]:
    """List the recorded XSpace files."""
    return [path for folder in recorded_folders(traces) for path in sorted(folder.rglob("*.xplane.pb"))]
