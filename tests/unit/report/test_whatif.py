"""Predictions as text and JSON: ranges, what is not known, hostile names."""

import json

from golden.reports import alone, shared

from tb_contention.model.prediction import Bounds, Prediction, Schedule, SessionPrediction
from tb_contention.model.report import Report
from tb_contention.report.to_json import predictions_to_json, to_dict
from tb_contention.report.whatif_text import to_text
from tb_contention.tables.people import device_table
from tb_contention.tables.rows import Wire
from tb_contention.tables.sharing import PREDICTIONS, SCHEDULES
from tb_contention.units import SessionId
from tb_contention.words.names import names_of


def device_of(report: Report) -> Wire:
    found: Wire = to_dict(report)["devices"][0]
    return found


def test_a_table_has_a_row_per_change_and_session() -> None:
    report = shared()
    table = device_table(PREDICTIONS, device_of(report), names_of(report))

    assert table.header[:5] == ("change", "session", "slowdown then", "step then", "step shorter by")
    first, second = table.rows
    assert first[2:5] == ("1.00×", "6.50 µs (6.00 µs to 7.00 µs)", "1.50 µs (1.00 µs to 2.00 µs)")
    assert second[2:5] == ("1.00 to 2.00", "–", "–")


def test_a_second_table_has_what_holds_for_all_sessions_and_what_it_rests_on() -> None:
    report = shared()
    table = device_table(SCHEDULES, device_of(report), names_of(report))
    shifted, mps = (dict(zip(table.header, row, strict=True)) for row in table.rows)

    assert shifted["all recorded work done after"] == "15.0 µs to 25.0 µs"
    assert (shifted["memory peak"], shifted["at most"], shifted["fits"]) == ("500 B", "600 B", "yes")
    assert shifted["part of the window"] == "50 %"
    assert mps["unknown because"] == "Class D: capture it alone."
    assert mps["fits"] == "–"


def test_text_has_no_character_that_a_terminal_obeys() -> None:
    report = shared()
    text = to_text(report, report.devices[0])

    assert "unknown because: Class D: capture it alone." in text
    assert all(c == "\n" or c.isprintable() for c in text)


def test_json_of_one_device_is_that_of_the_report() -> None:
    report = shared()
    found = json.loads(predictions_to_json(report, report.devices[0]))

    assert found["device"] == report.devices[0].id
    assert [p["schedule"] for p in found["what_if"]] == ["shifted", "mps"]
    assert found["what_if"][0]["sessions"][1]["slowdown"] == {"estimate": None, "low": 1.0, "high": 2.0}


def test_a_session_alone_has_no_table() -> None:
    report = alone()
    wire, names = device_of(report), names_of(report)

    assert device_table(PREDICTIONS, wire, names).rows == device_table(SCHEDULES, wire, names).rows == ()


def test_a_range_without_ends_bounds_nothing() -> None:
    endless = Bounds(estimate=1.0, low=1.0, high=float("inf"))
    vague = Bounds(estimate=float("nan"), low=1.0, high=2.0)
    seen = SessionPrediction(session=SessionId("a"), slowdown=vague, step=endless, end=endless, gain=None)
    found = Prediction(schedule=Schedule.MPS, setting="run under MPS", sessions=(seen,), makespan=endless)

    assert (seen.step, seen.end, found.makespan) == (None, None, None)
    assert seen.slowdown == Bounds(estimate=None, low=1.0, high=2.0)
