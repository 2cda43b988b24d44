"""The folder that recordings are written to."""

from pathlib import Path

from tb_contention.errors import OptionError, OutputError


def make_logdir(place: str) -> Path:
    """Make a log directory where there is none; -> its absolute path. Raises OptionError for a URL, OutputError where it cannot be made."""
    if "://" in place:
        raise OptionError("DIR must be a folder of this machine.", slug="bad-option", advice="Copy it afterwards.")
    logdir = Path(place).expanduser()
    try:
        logdir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"Cannot make the folder {logdir}: {error.strerror or error}.",
            slug="output-not-writable",
            advice="Name a folder that you may write to.",
        ) from None
    return logdir.absolute()
