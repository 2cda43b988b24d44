"""The exceptions of this package.

    ContentionError                 base; `slug` is stable for scripts, `advice` names a remedy
    ├── LogdirError                 the directory or URL cannot be read, or has no captures (slug: logdir-...)
    ├── TraceFileError              one file cannot be read at all                          (slug: see recorders)
    ├── ManifestError               a `tb_contention.json` beside a trace is not usable     (slug: bad-manifest)
    ├── OptionError                 an option is invalid, or contradicts another one        (slug: bad-option)
    ├── OutputError                 the report cannot be written                            (slug: output-...)
    └── MissingLibraryError         a required library is not installed                     (slug: missing-library)

Bad input is an error or a problem (`model.findings.Problem`); missing evidence is a finding. Bugs are not caught.
"""


class ContentionError(Exception):
    """State what is wrong in one sentence, and carry a remedy in `advice`; `file` is the path or URL concerned, or None."""

    def __init__(self, message: str, *, slug: str, advice: str = "", file: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.slug = slug
        self.advice = advice
        self.file = file

    def __str__(self) -> str:
        return f"{self.message} {self.advice}".strip()


class LogdirError(ContentionError):
    """The log directory cannot be read or has no captures."""


class TraceFileError(ContentionError):
    """One trace file cannot be read at all; the others can.

    `offset` is the byte at which reading stopped, or None.
    """

    def __init__(self, message: str, *, slug: str, advice: str = "", offset: int | None = None) -> None:
        super().__init__(message, slug=slug, advice=advice)
        self.offset = offset


class ManifestError(ContentionError):
    """A manifest beside a trace is not usable."""


class OptionError(ContentionError):
    """An option is invalid, or contradicts another one."""


class OutputError(ContentionError):
    """The report cannot be written to the requested place."""


class MissingLibraryError(ContentionError):
    """A required library is not installed."""
