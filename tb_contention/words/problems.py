"""Problems with the input, in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tb_contention.model.findings import Origin, Problem, Severity
from tb_contention.model.report import Report
from tb_contention.words.names import device_label


@dataclass(frozen=True, slots=True, kw_only=True)
class AlikeProblems:
    """Problems of one kind with the same advice. message: what happened, where that is the same for all, else ''."""

    problems: tuple[Problem, ...]
    message: str

    @property
    def first(self) -> Problem:
        """Return the first one, which stands for all."""
        return self.problems[0]


def grouped_problems(problems: Iterable[Problem]) -> tuple[AlikeProblems, ...]:
    """Put problems of one kind, severity, origin and advice together, in the place of the first."""
    groups: dict[tuple[str, Severity, Origin, str], list[Problem]] = {}
    for problem in problems:
        groups.setdefault((problem.slug, problem.severity, problem.origin, problem.advice), []).append(problem)
    return tuple(
        AlikeProblems(problems=tuple(group), message=texts.pop() if len(texts) == 1 else "")
        for group in groups.values()
        for texts in [{message_of(problem) for problem in group}]
    )


def places_of(report: Report) -> dict[str, str]:
    """Say on which devices the captures of each file are; nothing where there is only one device."""
    if len(report.devices) < 2:
        return {}
    file_of = {item.id: item.session.file for item in report.sessions}
    found: dict[str, dict[str, None]] = {}
    for device in report.devices:
        for session in device.sessions:
            found.setdefault(file_of[session], {})[device_label(device)] = None
    return {file: ", ".join(labels) for file, labels in found.items()}


def file_in_place(problem: Problem, where: Mapping[str, str]) -> str:
    """Name the file of a problem, with the devices that its captures are on."""
    place = where.get(problem.file, "")
    return f"{problem.file}, {place}" if place else problem.file


def message_of(problem: Problem) -> str:
    """Say what happened, without the name of the file, which is printed beside it."""
    return problem.message.removeprefix(f"{problem.file}: ")


def lost_from(problems: Iterable[Problem]) -> tuple[str, ...]:
    """Say once each what was lost or could not be used, with its file; notes are left out."""
    lost = (p for p in problems if p.severity is not Severity.INFO)
    return tuple(dict.fromkeys(f"{p.file}: {message_of(p)}" for p in lost))


def what_happened(problem: Problem) -> str:
    """Say what happened and what to do, without the name of the file, which is printed beside it."""
    return f"{message_of(problem)} {problem.advice}".strip()


def not_printed(problem: Problem) -> str:
    """Say in the place of a part that failed why it is not there."""
    return f"This part could not be printed. {what_happened(problem)}"
