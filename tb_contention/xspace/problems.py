"""What was lost, by the profiler or in reading -> problems with a cause and a remedy."""

from dataclasses import dataclass, field

from tb_contention.model.findings import Origin, Problem, Severity


@dataclass(frozen=True, slots=True)
class ProblemList:
    """The problems of one file while it is read."""

    file: str
    found: "list[Problem]" = field(default_factory=list)

    def reading(self, slug: str, message: str, advice: str, *, count: int = 1, offset: "int | None" = None) -> None:
        """Add what could not be read."""
        self._add(slug, Severity.WARNING, Origin.READING, message, advice, count, offset)

    def recording(self, slug: str, message: str, advice: str, severity: Severity = Severity.WARNING) -> None:
        """Add what the profiler did not record."""
        self._add(slug, severity, Origin.RECORDING, message, advice, 1, None)

    def _add(
        self, slug: str, severity: Severity, origin: Origin, message: str, advice: str, count: int, offset: "int | None"
    ) -> None:
        self.found.append(
            Problem(
                file=self.file,
                slug=slug,
                severity=severity,
                origin=origin,
                message=f"{self.file}: {message}",
                advice=advice,
                count=count,
                offset=offset,
                affects_numbers=severity is not Severity.INFO,
            )
        )


_RIGHTS = (
    "Let users read GPU counters: load the NVIDIA module with NVreg_RestrictProfilingToAdminUsers=0, or give the container "
    "CAP_SYS_ADMIN (docker run --cap-add=SYS_ADMIN)."
)
_LIBRARY = "Put the directory of libcupti (CUDA's extras/CUPTI/lib64) on LD_LIBRARY_PATH."
_SHORTER = "Record a shorter window: the profiler keeps about two million device events."

_MESSAGES: "tuple[tuple[tuple[str, ...], str, str], ...]" = (
    (("insufficient_privileges", "permission", "privilege"), "profiler-error", _RIGHTS),
    (("could not load", "libcupti", "cannot load", "could not be loaded"), "profiler-error", _LIBRARY),
    (("drop", "limit", "exceed"), "profiler-dropped-events", _SHORTER),
)


def add_profiler_message(problems: ProblemList, text: str, is_error: bool) -> None:
    """Turn one of XSpace's errors or warnings into a problem, with a remedy where its cause is known."""
    lowered = text.lower()
    slug, advice = ("profiler-error" if is_error else "profiler-warning"), "See the profiler's documentation."
    for words, known, remedy in _MESSAGES:
        if any(word in lowered for word in words):
            slug, advice = known if is_error or known == "profiler-dropped-events" else slug, remedy
            break
    severity = Severity.ERROR if slug == "profiler-error" else Severity.WARNING
    problems.recording(slug, f"the profiler said: {text[:500]}", advice, severity)
