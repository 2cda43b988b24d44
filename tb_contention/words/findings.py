"""Findings as people look at them: the same finding once with a count, and without those that they muted."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from tb_contention.model.findings import Finding, Severity
from tb_contention.model.report import Report
from tb_contention.units import SessionId
from tb_contention.words.numbers import count, listing
from tb_contention.words.typed import called_in, named, unnamed

#: Findings that no rule of `diagnose/` makes.
OTHER_RULES = (
    "clock-too-coarse",
    "gpu-identity-assumed",
    "gpu-unknown",
    "group-bounded",
    "left-out",
    "mixed-clocks",
    "simulated",
)
#: Titles of like findings that one line names.
_MOST_LIKE_IT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """Findings of one rule and severity: the first one, and the others, which say the same of other groups or sessions."""

    first: Finding
    others: tuple[Finding, ...]

    @property
    def count(self) -> int:
        """Return how many findings these are."""
        return 1 + len(self.others)

    @property
    def also(self) -> str:
        """Name the others by their titles; '' where there are none."""
        titles = [each.title for each in self.others[:_MOST_LIKE_IT]]
        rest = len(self.others) - len(titles)
        return "; ".join([*titles, *([f"{rest} more"] if rest else [])])


def grouped(findings: Iterable[Finding]) -> tuple[Alike, ...]:
    """Put findings of one rule and severity together, in the place of the first."""
    groups: dict[tuple[str, Severity], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.rule, finding.severity), []).append(finding)
    return tuple(Alike(first=first, others=tuple(others)) for first, *others in groups.values())


def without_muted(report: Report, mutes: Iterable[tuple[str, str]], rules: Iterable[str]) -> Report:
    """Set aside the findings of rules that the user muted, everywhere ('') or where they are about a session.

    rules: all that there are. Raises OptionError for a rule or a session that does not exist.
    """
    known = {*rules, *(each.rule for each in report.findings)}
    muted: dict[str, set[SessionId] | None] = {}
    for rule, word in mutes:
        if rule not in known:
            raise unnamed("--mute", rule, {each: (each,) for each in known}, "rule")
        about = _sessions(report, word) if word else None
        before = muted.get(rule, set())
        muted[rule] = None if about is None or before is None else before | about

    def is_muted(finding: Finding) -> bool:
        about = muted.get(finding.rule, set())
        return about is None or not about.isdisjoint(finding.sessions)

    return replace(
        report,
        findings=tuple(each for each in report.findings if not is_muted(each)),
        muted=(*report.muted, *(each for each in report.findings if is_muted(each))),
    )


def _sessions(report: Report, word: str) -> set[SessionId]:
    """Return the sessions that a word names, such as the trainer of each group."""
    known = called_in(report, {each.id for each in report.sessions})
    found = set(named(word, known))
    if not found:
        raise unnamed("--mute", word, known)
    return found


def muted_words(muted: tuple[Finding, ...]) -> str:
    """Say how many findings are muted, and of which rules; '' for none."""
    if not muted:
        return ""
    rules = listing(list(dict.fromkeys(each.rule for each in muted)))
    return f"{count(len(muted), 'finding')} muted: {rules}."
