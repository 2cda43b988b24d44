import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from golden.reports import PAYLOADS, alone, hostile, nothing, report_of, shared
from hypothesis import given
from hypothesis import strategies as st
from lanes import session_of

from tb_contention.model.intervals import Intervals
from tb_contention.model.names import clean
from tb_contention.model.report import Report
from tb_contention.report.drawings.hover import SCRIPT, SCRIPT_SOURCE
from tb_contention.report.drawings.resample import coverage, stacked
from tb_contention.report.drawings.svg import color_of
from tb_contention.report.style import STYLE
from tb_contention.report.to_csv import to_csv, to_csv_files
from tb_contention.report.to_html import to_html
from tb_contention.report.to_json import to_dict, to_json
from tb_contention.report.to_markdown import escape, to_markdown
from tb_contention.tables.catalogue import TABLES
from tb_contention.words.verdict import verdict

ALL = (shared, alone, hostile, nothing)
UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202e\u200b]")


def schema() -> Any:
    return json.loads((files("tb_contention.report") / "report.schema.json").read_text())


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("make", ALL)
def test_every_report_validates_and_prints_the_same_bytes_twice(make: Callable[[], Report]) -> None:
    text = to_json(make())
    jsonschema.Draft202012Validator(schema()).validate(json.loads(text))
    assert text == to_json(make())
    assert text.isascii()
    assert "NaN" not in text


def test_times_of_a_device_add_up_and_what_is_unknown_is_null() -> None:
    device = to_dict(shared())["devices"][0]
    time = device["time"]
    assert time["idle_ns"] + time["exclusive_ns"] + time["contended_ns"] == time["window_ns"]
    assert (device["kernels"][0]["alone_ns"], device["scopes"][1]["peak_bytes"]) == (None, None)
    assert to_dict(hostile())["devices"][0]["progress_sum"] is None
    assert to_dict(hostile())["devices"][0]["metrics"]["antt"] is None
    assert to_dict(shared())["findings"][0]["evidence"] == {"contended_ns": 5_000, "share": None}


def test_a_session_alone_has_no_sharing_mechanism_and_unknown_memory() -> None:
    device = to_dict(alone())["devices"][0]
    assert (device["mechanism"], device["memory"], device["pairs"]) == ("none", None, [])


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.scripts += tag == "script"


@pytest.mark.parametrize("make", ALL)
def test_the_page_holds_one_script_that_is_named_no_handler_and_no_address(make: Callable[[], Report]) -> None:
    text = to_html(make())
    page = _Page()
    page.feed(text)
    assert page.scripts == 1
    assert f"<script>{SCRIPT}</script>" in text
    assert f"script-src {SCRIPT_SOURCE}" in text
    assert not page.tags & {"img", "a", "iframe", "link", "object", "form", "base"}
    assert not {name for name in page.attributes if name.startswith("on") or name in {"href", "src", "style"}}
    assert not UNSAFE.search(text)
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in text
    assert len(text) < 1_000_000


def test_the_reports_colours_of_sessions_are_the_panels(repo_root: Path) -> None:
    text = (repo_root / "frontend" / "src" / "base" / "palette.ts").read_text("utf-8")
    panel = [re.findall(r"#[0-9A-F]{6}", line) for line in text.splitlines() if "sessions: ['#" in line]
    found = [re.findall(r"--s\d:(#[0-9a-f]{6})", theme) for theme in STYLE.split("prefers-color-scheme", 1)]

    assert found == [[colour.lower() for colour in theme] for theme in panel]


def test_a_session_has_the_colour_of_its_place_on_its_device() -> None:
    report = shared()

    assert [color_of(report, s) for s in report.devices[0].sessions] == [0, 1]


def test_a_pointer_is_told_of_every_part_of_the_window_and_every_step() -> None:
    text = to_html(shared())

    assert len(re.findall(r'class="hit"[^>]*><title>[^<]* to [^<]*two or more: ', text)) == 100
    assert re.search(r"<title>step 1: own ", text)


def test_markdown_leaves_variables_and_paths_to_be_copied_as_they_stand() -> None:
    assert escape("CUDA_VISIBLE_DEVICES=N") == "CUDA_VISIBLE_DEVICES=N"
    assert escape("_a_ b__c _d") == r"\_a\_ b\_\_c \_d"


def test_markdown_calls_nobody_and_fits_a_comment() -> None:
    assert escape("@octocat GH-12 a@b") == "@&#8203;octocat GH&#8203;-12 a@&#8203;b"
    report = shared()
    many = replace(report, devices=report.devices * 60)
    text = to_markdown(many)

    assert len(text) < 65_536
    assert re.search(r"\d+ more devices in the JSON and CSV reports", text)
    assert text.count("<details>") == text.count("</details>") > 1


def test_names_do_not_bring_tags_into_the_page() -> None:
    plain, attacked = _Page(), _Page()
    plain.feed(to_html(shared()))
    attacked.feed(to_html(hostile()))
    assert attacked.tags <= plain.tags
    assert attacked.attributes <= plain.attributes


def test_markdown_holds_no_html_no_link_and_no_control_character() -> None:
    text = to_markdown(hostile())
    assert not UNSAFE.search(text)
    assert "<script" not in text
    assert not re.search(r"(?<!\\)\]\(", text)
    assert "http:" not in text.lower()
    assert "javascript:" not in text.lower()
    tables = [block for block in text.split("\n\n") if block.startswith("| ")]
    assert len(tables) > 8
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1, table


@pytest.mark.parametrize("payload", PAYLOADS)
def test_escaped_markdown_stays_in_its_line(payload: str) -> None:
    assert "\n" not in escape(payload)
    assert "<" not in escape(payload)


def test_csv_cells_are_no_formulas_and_numbers_stay_numbers() -> None:
    for name, text in to_csv_files(hostile()).items():
        rows = list(csv.reader(io.StringIO(text)))
        assert len({len(row) for row in rows}) == 1, name
        for cell in (cell for row in rows for cell in row):
            assert not cell.lstrip().startswith(("=", "+", "@")), cell
            assert not cell.startswith("-") or cell[1:].isdigit(), cell
            assert not UNSAFE.search(cell)


def test_negative_numbers_stay_numbers_in_csv() -> None:
    report = shared()
    memory = report.devices[0].memory
    assert memory is not None
    device = replace(report.devices[0], memory=replace(memory, headroom=-5))  # type: ignore[arg-type]
    rows = list(csv.DictReader(io.StringIO(to_csv_files(replace(report, devices=(device,)))["devices.csv"])))
    assert rows[0]["headroom_bytes"] == "-5"


def test_one_csv_text_names_each_table() -> None:
    heads = [line[2:] for line in to_csv(shared()).splitlines() if line.startswith("# ")]
    assert heads == [spec.slug for spec in TABLES]


def test_a_verdict_without_a_second_session_claims_nothing() -> None:
    assert verdict(alone()).headline == "solo was captured alone on GPU 0 on host0"
    assert verdict(nothing()).headline == "No device work was found in these captures"


def test_simulated_is_said_in_markdown_and_html() -> None:
    assert "simulated" in to_markdown(shared())
    assert '<span class="tag">simulated</span>' in to_html(shared())


@given(st.text())
def test_clean_text_is_one_line_without_controls(text: str) -> None:
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]", clean(text))


@given(st.lists(st.tuples(st.integers(-50, 1500), st.integers(0, 300)), max_size=20), st.integers(1, 1300))
def test_columns_cover_as_much_as_the_intervals(spans: list[tuple[int, int]], length: int) -> None:
    start = np.array([s for s, _ in spans], np.int64)
    intervals = Intervals.union_of(start, start + np.array([n for _, n in spans], np.int64))
    edges = np.arange(11) * length // 10
    shares = coverage(intervals, 0, length, columns=10)
    assert round(float(np.sum(shares * np.diff(edges)))) == intervals.clip(0, length).total


def test_the_combined_peak_is_among_the_columns() -> None:
    memory = shared().devices[0].memory
    assert memory is not None
    for columns in (3, 7, 800):
        assert max(sum(curve) for curve in zip(*stacked(memory, 0, 20_000, columns), strict=True)) == memory.peak


def test_a_page_of_many_devices_stays_below_a_megabyte() -> None:
    restless = "A." * 2_000
    changes = [(us, 100 * (-1) ** us, 100 * ((us + 1) % 2)) for us in range(4_000)]
    report = report_of([session_of(f"s{n}", restless, changes) for n in range(14)])
    text = to_html(replace(report, devices=report.devices * 20))
    assert 100_000 < len(text.encode()) < 1_000_000
