"""Whoever prints a report gives one answer, in one set of names and digits. The panel reads the same reports: views/golden.test.tsx."""

import csv
import io
import os
import re
from pathlib import Path

import pytest
from as_read import as_read
from golden.answers import ANSWERS

from tb_contention.report.to_csv import to_csv_files
from tb_contention.report.to_html import to_html
from tb_contention.report.to_json import to_dict, to_json
from tb_contention.report.to_markdown import to_markdown
from tb_contention.words.answers import answer_on

EXPECTED = Path(__file__).parent / "expected" / "answers"
CASES = pytest.mark.parametrize("name", ANSWERS)
#: A slowdown as it is printed.
_FACTOR = re.compile(r"\d\.\d\d×")


def printed(name: str) -> dict[str, str]:
    """Print a report in every form that people read, as plain text."""
    report, _ = ANSWERS[name]
    return {
        "markdown": to_markdown(report).replace("\\", ""),
        "html": as_read(to_html(report)),
        "cell": as_read(report._repr_html_()),
        "interpreter": repr(report),
    }


@CASES
def test_the_reports_are_those_that_the_panel_is_tested_on(name: str) -> None:
    path, text = EXPECTED / f"{name}.json", to_json(ANSWERS[name][0])
    if os.environ.get("TB_CONTENTION_UPDATE_GOLDEN") == "1":
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


def test_no_report_is_left_of_an_older_case() -> None:
    assert {path.stem for path in EXPECTED.iterdir()} == set(ANSWERS)


@CASES
def test_there_is_one_answer(name: str) -> None:
    report, expected = ANSWERS[name]
    wire = to_dict(report)["devices"][0]

    assert wire["verdict"]["answer"] == expected.value
    for row, loss in zip(wire["per_session"], report.devices[0].losses, strict=True):
        assert row["answer"] == answer_on(report.devices[0], loss).value
    for form, text in printed(name).items():
        assert wire["verdict"]["headline"] in text.replace("&#8203;", ""), form
    for text in (printed(name)["markdown"], printed(name)["html"]):
        for answer in wire["verdict"]["answers"]:
            assert answer["answer"] in text
    for row in csv.DictReader(io.StringIO(to_csv_files(report)["slowdowns.csv"])):
        assert row["answer"] == next(r["answer"] for r in wire["per_session"] if r["session"] == row["session"])


@CASES
def test_a_session_and_a_device_have_one_name(name: str) -> None:
    report, _ = ANSWERS[name]
    wire = to_dict(report)
    (device,) = wire["devices"]
    ids = {device["id"], *(s["id"] for s in wire["sessions"])}

    for form, text in printed(name).items():
        for session in wire["sessions"]:
            assert session["label"] in text, form
        if form != "interpreter":
            assert device["label"] in text, form
        elsewhere = re.sub(r"\S+\.xplane\.pb|The kernels of \S+ never ran", "", text)
        assert not [known for known in ids if known in elsewhere], form


@CASES
def test_every_estimate_has_its_interval_and_the_same_digits(name: str) -> None:
    report, _ = ANSWERS[name]
    rows = to_dict(report)["devices"][0]["per_session"]
    for form in ("markdown", "interpreter"):
        text = printed(name)[form]
        for found in _FACTOR.finditer(text):
            before, after = text[: found.start()], text[found.end() :]
            is_bound = before.endswith(("at least ", "at most ", " to ")) or after.startswith(" to ")
            assert is_bound or re.match(r"( as long)? \(\d\.\d\d to \d\.\d\d\)", after), text[
                found.start() - 30 : found.end() + 30
            ]
    for row in rows:
        for text in (row["figure"], row["interval"]):
            assert text in printed(name)["html"]
            assert text.rstrip("×") in printed(name)["markdown"]
        if row["basis"]:
            assert row["basis"] in printed(name)["markdown"]
            assert row["basis"] in printed(name)["html"]


def test_a_measurement_by_context_switches_is_called_one_everywhere() -> None:
    for form, text in printed("measured").items():
        if form not in ("interpreter", "cell"):
            assert "measured by the GPU's recorded context switches" in text, form
        assert "estimated from its own undisturbed kernels" not in text, form
