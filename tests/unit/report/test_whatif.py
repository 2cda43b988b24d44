"""Predictions as text and JSON: ranges, what is not known, hostile names."""

import json

from golden.reports import alone, shared

from tb_contention.report.to_json import predictions_to_json
from tb_contention.report.whatif_text import to_text, what_if_summary, what_if_table


def test_a_table_has_a_row_per_change_and_session() -> None:
    report = shared()
    table = what_if_table(report, report.devices[0])

    assert table is not None
    assert len(table.rows) == 2
    first, second = table.rows
    assert first[3:] == ("1.00", "6.50 µs (6.00 µs to 7.00 µs)", "−1.50 µs (−2.00 µs to −1.00 µs)")
    assert second[0] == ""
    assert second[3:] == ("1.00 to 2.00", "–", "–")


def test_a_second_table_tells_what_holds_for_all_sessions_and_what_it_rests_on() -> None:
    shifted, mps = what_if_summary(shared().devices[0]).rows

    assert shifted[1:3] == ("15.0 µs to 25.0 µs", "500 B together, at most 600 B, which fits")
    assert shifted[3].startswith("Played: the first 50 % of the window.")
    assert mps[1:] == ("–", "–", "Not known: Class D: capture it alone.")


def test_text_has_no_character_that_a_terminal_obeys() -> None:
    report = shared()
    text = to_text(report, report.devices[0])

    assert "Not known: Class D: capture it alone." in text
    assert all(c == "\n" or c.isprintable() for c in text)


def test_json_of_one_device_is_that_of_the_report() -> None:
    report = shared()
    found = json.loads(predictions_to_json(report, report.devices[0]))

    assert found["device"] == report.devices[0].id
    assert [p["schedule"] for p in found["what_if"]] == ["shifted", "mps"]
    assert found["what_if"][0]["sessions"][1]["slowdown"] == {"estimate": None, "low": 1.0, "high": 2.0}


def test_a_session_alone_has_no_table() -> None:
    report = alone()

    assert what_if_table(report, report.devices[0]) is None
    assert what_if_summary(report.devices[0]).rows == ()
