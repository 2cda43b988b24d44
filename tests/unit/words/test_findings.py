"""The same finding stands once with a count, and muted findings are set aside, never lost."""

from dataclasses import replace

import pytest
from lanes import device_report, group_of, session_of

from tb_contention.errors import OptionError
from tb_contention.model.findings import Finding, Origin, Problem, Severity
from tb_contention.model.report import Report, SessionReport
from tb_contention.units import SessionId
from tb_contention.words.findings import grouped, muted_words, without_muted
from tb_contention.words.problems import grouped_problems


def finding(rule: str, title: str, *sessions: str, severity: Severity = Severity.WARNING) -> Finding:
    about = tuple(SessionId(each) for each in sessions)
    return Finding(rule=rule, severity=severity, title=title, detail="", advice="", sessions=about)


def report(*findings: Finding) -> Report:
    aligned, group = group_of([session_of("a", "AA.."), session_of("b", "..BB")])
    sessions = tuple(SessionReport(session=each, steps=None, warnings=()) for each in aligned.sessions)
    devices = (device_report(aligned, group),)
    return Report(
        version="0", logdir="logs", origin_ns=0, sessions=sessions, devices=devices, findings=findings, problems=()
    )


FIRST, SECOND = finding("latency-tail", "a is late", "a/host0"), finding("latency-tail", "b is late", "b/host0")
OTHER = finding("no-steps", "b has no steps", "b/host0")


def test_findings_of_one_rule_and_severity_stand_together_in_the_place_of_the_first() -> None:
    quiet = replace(SECOND, severity=Severity.INFO)

    found = grouped([FIRST, OTHER, SECOND, quiet])

    assert [(each.first.title, each.count) for each in found] == [
        ("a is late", 2),
        ("b has no steps", 1),
        ("b is late", 1),
    ]
    assert found[0].also == "b is late"


def test_many_like_findings_are_counted() -> None:
    (found,) = grouped([FIRST] * 10)

    assert found.count == 10
    assert found.also.endswith("; 6 more")


@pytest.mark.parametrize(
    ("mutes", "kept"),
    [
        ([], ["a is late", "b has no steps", "b is late"]),
        ([("latency-tail", "")], ["b has no steps"]),
        ([("latency-tail", "b")], ["a is late", "b has no steps"]),
        ([("latency-tail", "b"), ("latency-tail", "")], ["b has no steps"]),
        ([("latency-tail", "a"), ("no-steps", "b")], ["b is late"]),
    ],
)
def test_a_rule_is_muted_everywhere_or_for_a_session(mutes: list[tuple[str, str]], kept: list[str]) -> None:
    found = without_muted(report(FIRST, OTHER, SECOND), mutes, ())

    assert [each.title for each in found.findings] == kept
    assert len(found.findings) + len(found.muted) == 3


def test_muted_findings_are_counted_in_words() -> None:
    found = without_muted(report(FIRST, OTHER, SECOND), [("latency-tail", "")], ())

    assert muted_words(found.muted) == "2 findings muted: latency-tail."
    assert muted_words(()) == ""


@pytest.mark.parametrize(
    ("mute", "near"), [(("latency-tial", ""), "latency-tail"), (("latency-tail", "c"), "are a and b.")]
)
def test_what_does_not_exist_cannot_be_muted(mute: tuple[str, str], near: str) -> None:
    with pytest.raises(OptionError) as raised:
        without_muted(report(FIRST), [mute], ())

    assert near in str(raised.value)


def problem(file: str, message: str) -> Problem:
    return Problem(
        file=file,
        slug="cut",
        severity=Severity.WARNING,
        origin=Origin.READING,
        message=f"{file}: {message}",
        advice="Copy it again.",
    )


def test_problems_with_one_text_say_it_once_and_others_each_their_own() -> None:
    (same,) = grouped_problems([problem("a", "it ends early."), problem("b", "it ends early.")])
    (different,) = grouped_problems([problem("a", "2 events are lost."), problem("b", "5 events are lost.")])

    assert (same.message, len(same.problems)) == ("it ends early.", 2)
    assert (different.message, len(different.problems)) == ("", 2)
