"""Each renderer prints a gate as in expected/. TB_CONTENTION_UPDATE_GOLDEN=1 rewrites the files."""

import json
import os
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest
from golden.gates import gate_of_all, hostile_gate

from tb_contention.cli.terminal import printable
from tb_contention.model.gate import Gate
from tb_contention.report.gate_text import to_text
from tb_contention.report.to_json import gate_to_json
from tb_contention.report.to_junit import to_junit

EXPECTED = Path(__file__).parent / "expected"
RENDERERS: dict[str, Callable[[Gate], str]] = {
    "txt": to_text,
    "json": lambda gate: gate_to_json(gate, logdir="logs"),
    "xml": lambda gate: to_junit(gate, logdir="logs"),
}
#: What the schema of Jenkins' JUnit plugin asks of each element: its attributes, those that it needs, and its children in any order.
SCHEMA = {
    "testsuites": ({"name", "tests", "failures", "errors", "time", "disabled"}, set(), {"testsuite"}),
    "testsuite": (
        {
            "name",
            "tests",
            "failures",
            "errors",
            "skipped",
            "time",
            "timestamp",
            "hostname",
            "id",
            "package",
            "disabled",
        },
        {"name", "tests"},
        {"properties", "testcase", "system-out", "system-err"},
    ),
    "testcase": (
        {"name", "classname", "time", "assertions", "status"},
        {"name", "classname"},
        {"skipped", "error", "failure", "system-out", "system-err"},
    ),
    "failure": ({"message", "type"}, set(), set()),
    "skipped": ({"message"}, set(), set()),
    "system-out": (set(), set(), set()),
}


def broken_rules(root: ET.Element) -> list[str]:
    """Check a document as the schema would, and that the counts are those of what is there."""
    found = [] if root.tag == "testsuites" else [f"the root is {root.tag}"]
    for element in root.iter():
        allowed, needed, children = SCHEMA[element.tag]
        found += [f"{element.tag}: attribute {name}" for name in set(element.attrib) - allowed]
        found += [f"{element.tag}: no attribute {name}" for name in needed - set(element.attrib)]
        found += [f"{element.tag}: child {child.tag}" for child in element if child.tag not in children]
    for suite in root.iter("testsuite"):
        there = {
            "tests": len(suite.findall("testcase")),
            "failures": len(suite.findall("testcase/failure")),
            "errors": len(suite.findall("testcase/error")),
            "skipped": len(suite.findall("testcase/skipped")),
        }
        found += [f"{name} is not {count}" for name, count in there.items() if suite.get(name) != str(count)]
        tags = [child.tag for child in suite]
        found += [] if tags == sorted(tags, key=lambda tag: tag != "testcase") else ["output before a test case"]
    return found


@pytest.mark.parametrize("suffix", RENDERERS)
def test_a_gate_prints_as_its_golden_file(suffix: str) -> None:
    actual = RENDERERS[suffix](gate_of_all())
    path = EXPECTED / f"gate.{suffix}"
    if os.environ.get("TB_CONTENTION_UPDATE_GOLDEN") == "1":
        path.write_text(actual, encoding="utf-8")
    assert actual == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("gate", [gate_of_all(), gate_of_all(unknown_passes=True), hostile_gate()])
def test_junit_keeps_to_its_schema(gate: Gate) -> None:
    root = ET.fromstring(to_junit(gate, logdir="logs").encode("utf-8"))
    assert broken_rules(root) == []
    assert len(root.findall("testsuite/testcase")) == len(gate.verdicts)


def test_the_check_of_the_schema_finds_what_breaks_it() -> None:
    suite = '<testsuite name="a" tests="2" failures="0" errors="0" skipped="0">'
    broken = f'<testsuites>{suite}<system-out/><testcase name="b" at="c"/></testsuite></testsuites>'
    assert sorted(broken_rules(ET.fromstring(broken))) == [
        "output before a test case",
        "testcase: attribute at",
        "testcase: no attribute classname",
        "tests is not 1",
    ]


def test_not_known_is_a_failure_or_skipped_as_the_user_wants() -> None:
    for unknown_passes, kinds in ((False, {"over", "not_known"}), (True, {"over"})):
        root = ET.fromstring(to_junit(gate_of_all(unknown_passes=unknown_passes), logdir="logs").encode("utf-8"))
        assert {failure.get("type") for failure in root.iter("failure")} == kinds


def test_hostile_names_stay_within_their_line() -> None:
    text, junit = printable(to_text(hostile_gate())), to_junit(hostile_gate(), logdir="logs")
    # Like verdicts share a line, and one more line sums up.
    assert 1 < len(text.splitlines()) <= len(hostile_gate().verdicts) + 1
    assert all(character.isprintable() or character == "\n" for character in text + junit)
    assert "<script" not in junit


def test_hostile_names_survive_in_json() -> None:
    found = json.loads(gate_to_json(hostile_gate(), logdir="logs"))
    assert [v["subject"] for v in found["verdicts"]] == [v.subject for v in hostile_gate().verdicts]


def test_an_empty_gate_has_nothing_to_judge() -> None:
    gate = Gate(verdicts=(), unknown_passes=False)
    assert to_text(gate) == "Passed: nothing to judge.\n"
    assert broken_rules(ET.fromstring(to_junit(gate, logdir="").encode())) == []
