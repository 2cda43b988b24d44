"""What the driver reports, in every form of a report: complete, escaped, and silent about what is unknown."""

import json
from dataclasses import replace
from importlib.resources import files

import jsonschema
import numpy as np
import pytest
from as_read import as_read
from golden.reports import PAYLOADS, report_of
from lanes import session_of

from tb_contention.model.driver_view import BesideAllocators, ClockRate, DriverProcess, DriverView
from tb_contention.model.levels import Levels
from tb_contention.model.manifest import ClockReading, ManifestSession, Mps, MpsState
from tb_contention.model.report import Report
from tb_contention.report.drawings.resample import peaks
from tb_contention.report.to_csv import to_csv_files
from tb_contention.report.to_html import to_html
from tb_contention.report.to_json import to_dict, to_json
from tb_contention.report.to_markdown import to_markdown
from tb_contention.units import Bytes, Nanoseconds, SessionId


def levels(*values: int) -> Levels:
    return Levels(time=np.arange(1, len(values), dtype=np.int64) * 1000, value=np.array(values, np.int64))


def process(number: int, name: str, session: str | None = None) -> DriverProcess:
    beside = BesideAllocators(in_use=Bytes(200), least=Bytes(0), most=Bytes(100))
    return DriverProcess(
        process_id=number, name=name, session=None if session is None else SessionId(session), peak=Bytes(300),
        at_fullest=Bytes(300), beside=beside if session else None,
    )  # fmt: skip


def watched(**changes: object) -> Report:
    """Two sessions whose GPU somebody watched, with processes of hostile names on it."""
    said = ManifestSession(
        driver="550",
        mps=Mps(state=MpsState.OFF),
        clock_readings=tuple(ClockReading(realtime_ns=5 * t, monotonic_raw_ns=5 * t) for t in (1, 2)),
        environment={"CUDA_VISIBLE_DEVICES": PAYLOADS[0]},
        not_known=(PAYLOADS[1],),
    )
    sessions = [session_of("a", "AAAABBBB", [(1, 200, 200)]), session_of("b", "CCCCDDDD", [(2, 300, 300)])]
    report = report_of([replace(s, manifest=said) for s in sessions])
    others = tuple(process(100 + k, name) for k, name in enumerate(PAYLOADS))
    view = DriverView(
        source=SessionId("a/host0"), samples=4, period=Nanoseconds(1000), capacity=Bytes(1000), used_peak=Bytes(900),
        used_peak_at=Nanoseconds(2000), free_least=Bytes(100), processes=(process(1, "python", "a/host0"), *others), unmatched=(),
        untraced_peak=Bytes(250), untraced_peak_at=Nanoseconds(2000), unlisted=Bytes(50), used=levels(700, 700, 900, 800),
        untraced=levels(0, 0, 250, 250), clock=ClockRate(first=1980.0, last=1900.0, lowest=1500.0), power=312.5, utilisation=float("nan"),
    )  # fmt: skip
    (device,) = report.devices
    return replace(report, devices=(replace(device, driver=replace(view, **changes)),))  # type: ignore[arg-type]


def test_json_says_all_of_it_and_validates() -> None:
    report = watched()
    schema = json.loads((files("tb_contention.report") / "report.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(json.loads(to_json(report)))
    driver = to_dict(report)["devices"][0]["driver"]

    assert (driver["used_peak_bytes"], driver["free_least_bytes"], driver["untraced_peak_bytes"]) == (900, 100, 250)
    assert driver["used"] == {"time_ns": [2000, 3000], "bytes": [700, 900, 800]}
    assert driver["processes"][0]["beside_most_bytes"] == 100
    assert driver["utilisation_percent"] is None
    recording = to_dict(report)["sessions"][0]["recording"]
    assert (recording["mps"]["state"], recording["clock_change_ns"]) == ("off", 0)


def test_what_is_not_known_is_null() -> None:
    nothing: dict[str, object] = dict.fromkeys(
        (
            "period",
            "capacity",
            "used_peak",
            "used_peak_at",
            "free_least",
            "untraced_peak",
            "untraced_peak_at",
            "unlisted",
        )
    )
    report = watched(**nothing, used=None, untraced=None, clock=None, power=None, processes=(), unmatched=("a/host0",))
    schema = json.loads((files("tb_contention.report") / "report.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(json.loads(to_json(report)))

    assert "The driver reports" not in to_markdown(report)
    assert 'class="driver"' not in to_html(report)


def test_people_read_it_as_a_sentence_and_a_table_and_names_stay_text() -> None:
    page, text = to_html(watched()), to_markdown(watched())
    sentence = (
        "The driver reports at most 900 B of 1000 B allocated, at least 100 B free (4 samples, one every 1.00 µs)."
    )
    for printed in (as_read(page), text):
        assert sentence in printed
        assert "Processes without a capture held up to 250 B of that." in printed
    assert "| 0 B | 100 B |" in text
    for payload in PAYLOADS[:3]:
        assert payload not in page
    for payload in PAYLOADS[:2]:
        assert payload not in text


def test_where_captured_processes_are_not_listed_nobody_is_called_not_captured() -> None:
    text = to_markdown(watched(unmatched=("a/host0",), untraced_peak=None, untraced=None))
    assert "| not captured |" not in text
    assert "memory held by other processes is unknown" in text


def test_the_page_draws_what_is_taken_and_what_others_hold() -> None:
    page = to_html(watched())
    assert page.count('class="driver"') == 1
    assert page.count('class="others"') == 1
    assert 'class="others"' not in to_html(watched(untraced=None, untraced_peak=None))


def test_the_table_of_processes_is_a_csv_file_too() -> None:
    table = to_csv_files(watched())["driver_processes.csv"]
    assert table.splitlines()[0].startswith("device,process_id,name,session,peak_bytes")
    assert len(table.splitlines()) >= 2 + len(PAYLOADS)


def test_columns_hold_the_highest_value_that_a_step_function_has_in_them() -> None:
    made = Levels(time=np.array([10, 12, 14, 90], np.int64), value=np.array([1, 5, 9, 2, 3], np.int64))
    assert peaks(made, 0, 100, 10).tolist() == [1, 9, 2, 2, 2, 2, 2, 2, 2, 3]


@pytest.mark.parametrize("is_counted", [True, False])
def test_without_allocator_events_what_was_counted_is_drawn_alone(is_counted: bool) -> None:
    report = watched() if is_counted else watched(used=None)
    (device,) = report.devices
    drawn = to_html(replace(report, devices=(replace(device, memory=None, memory_note="no allocator event"),)))
    assert (">allocated in total</text>" in drawn) == is_counted
    assert ('<path class="driver"' in drawn) == is_counted
    assert ">in use, all sessions</text>" not in drawn
    assert 'class="peak-mark"' not in drawn
