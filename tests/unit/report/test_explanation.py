"""The short answer says what the report says, and no more."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from golden.answers import ANSWERS
from golden.reports import PAYLOADS, alone, shared

import tb_contention
from tb_contention.errors import LogdirError
from tb_contention.model.findings import Origin, Problem, Severity
from tb_contention.model.report import Report
from tb_contention.report.contract.explanation import MOST_DEVICES, MOST_NOTES, explanation, no_explanation
from tb_contention.report.explain_text import to_text
from tb_contention.report.to_json import explained_to_json, explanation_to_json, to_dict

SCHEMA = Path(tb_contention.__file__).parent / "report" / "explanation.schema.json"


def explained(report: Report) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(explanation_to_json(report))
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(found)
    return found


def problem(slug: str, *, affects_numbers: bool = True) -> Problem:
    return Problem(
        file=f"{slug}.pb",
        slug=slug,
        severity=Severity.WARNING,
        origin=Origin.READING,
        message=f"{slug}.pb: it was cut off",
        advice="Record again.",
        affects_numbers=affects_numbers,
    )


@pytest.mark.parametrize("name", ANSWERS)
def test_it_is_the_answer_of_the_report(name: str) -> None:
    report, expected = ANSWERS[name]
    (device,), (whole,) = explained(report)["devices"], to_dict(report)["devices"]
    assert device["answer"] == explained(report)["answer"] == expected.value
    assert device["headline"] == whole["verdict"]["headline"]
    assert device["trust"]["rests_on"] == whole["verdict"]["trust"]
    assert [row["answer"] for row in device["answers"]] == [row["answer"] for row in whole["verdict"]["answers"]]
    judged = {row["session"]: row for row in whole["per_session"]}
    for session in device["sessions"]:
        assert session["answer"] == judged[session["id"]]["answer"]
        assert session["basis"] == judged[session["id"]]["basis"]


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("class_a", "high"),
        ("measured", "high"),
        ("class_b", "good"),
        ("class_c", "fair"),
        ("class_d_open", "low"),
        ("processor", "none"),
    ],
)
def test_trust_is_that_of_the_evidence(name: str, level: str) -> None:
    (device,) = explained(ANSWERS[name][0])["devices"]
    assert device["trust"]["level"] == level
    assert {session["trust"] for session in device["sessions"]} == {level}


@pytest.mark.parametrize("name", ["class_d_open", "class_d_sure"])
def test_bounds_are_no_estimate(name: str) -> None:
    for session in explained(ANSWERS[name][0])["devices"][0]["sessions"]:
        assert session["slowdown"]["estimate"] is None
        assert session["slowdown"]["low"] is not None


def test_of_a_session_alone_nothing_is_claimed() -> None:
    (device,) = explained(alone())["devices"]
    (session,) = device["sessions"]
    assert device["answer"] == session["answer"] == "unknown"
    assert device["trust"]["level"] == session["trust"] == "none"
    assert (session["slowdown"]["estimate"], session["slowdown"]["low"], session["evidence"]) == (None, None, None)


def test_without_a_device_there_is_still_an_answer() -> None:
    found = explained(replace(shared(), devices=(), findings=()))
    assert (found["answer"], found["devices"], found["error"]) == ("unknown", [], None)
    assert found["headline"] == "No device work was found in these captures"


def test_lost_input_is_named_and_the_answer_is_not_complete() -> None:
    report = replace(
        ANSWERS["class_b"][0],
        problems=(problem("truncated"), problem("truncated"), problem("a-note", affects_numbers=False)),
    )
    found = explained(report)
    assert found["devices"][0]["trust"]["complete"] is False
    assert [(each["slug"], each["alike"]) for each in found["problems"]] == [("truncated", 1), ("a-note", 0)]
    assert found["problems"][0]["message"] == "it was cut off"
    harmless = replace(report, problems=(problem("a-note", affects_numbers=False),))
    assert explained(harmless)["devices"][0]["trust"]["complete"] is True


def test_long_lists_are_cut_and_the_rest_is_counted() -> None:
    report = ANSWERS["class_b"][0]
    many = replace(
        report,
        devices=report.devices * (MOST_DEVICES + 2),
        problems=tuple(problem(f"kind-{number}") for number in range(MOST_NOTES + 3)),
    )
    found = explained(many)
    assert (len(found["devices"]), found["more_devices"]) == (MOST_DEVICES, 2)
    assert (len(found["problems"]), found["more_problems"]) == (MOST_NOTES, 3)
    text = to_text(explanation(many))
    assert "2 more devices" in text
    assert "3 more kinds of problems" in text


@pytest.mark.parametrize("make", [shared, alone])
def test_the_text_holds_the_sentences_of_the_json(make: Any) -> None:
    found, text = explanation(make()), to_text(explanation(make()))
    for device in found.devices:
        assert device.headline in text
        assert all(row.answer in text for row in device.answers)
        assert f"Trust: {device.trust.level.value}" in text


def test_an_error_is_an_answer_under_the_same_schema() -> None:
    error = LogdirError(f"Nothing in {PAYLOADS[0]} can be read.", slug="logdir-unreadable", advice="Record again.")
    found = json.loads(explained_to_json(no_explanation("logs", error)))
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(found)
    assert found["error"] == {"slug": "logdir-unreadable", "message": error.message, "advice": "Record again."}
    assert (found["answer"], found["devices"]) == ("unknown", [])
