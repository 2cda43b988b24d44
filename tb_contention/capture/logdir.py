"""Create the log directory that recordings are written to."""

from pathlib import Path

from tb_contention.errors import OptionError, OutputError
from tb_contention.recorders.common.places import local_place


def make_logdir(place: str) -> Path:
    """Create a log directory if missing and return its absolute path; raise OptionError for a URL, OutputError on failure."""
    place = local_place(place)
    if "://" in place:
        raise OptionError(
            f"--logdir {place} is a URL; recordings need a local directory.",
            slug="bad-option",
            advice="Record to a local directory and copy it afterwards.",
        )
    logdir = Path(place).expanduser()
    try:
        logdir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"Cannot create the directory {logdir}: {error.strerror or error}.",
            slug="output-not-writable",
            advice="Name a directory that you may write to.",
            file=str(logdir),
        ) from None
    return logdir.absolute()
