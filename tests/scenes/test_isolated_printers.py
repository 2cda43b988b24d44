"""An exception in a printer concerns its part: the rest of the page is what it was without, and a sentence stands in its place."""

import re
from collections.abc import Callable
from inspect import signature
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import pytest

from tb_contention.analysis import Analysis
from tb_contention.model.report import Report
from tb_contention.notebook import fragment
from tb_contention.pipeline import analyse_logdir
from tb_contention.report import cards, sections, to_csv, to_html, to_markdown, to_perfetto
from tb_contention.report.contract import judged
from tb_contention.report.to_json import to_dict
from tb_contention.tables.catalogue import TABLES

pytestmark = pytest.mark.injects

#: Functions that only put together what others print, or that a report cannot be without: the names of its sessions and devices.
FRAMES = {
    "to_html",
    "to_markdown",
    "fragment",
    "tables_of",
    "to_dict",
    "device_label",
    "device_title",
    "names_of",
    "places_of",
    "color_of",
    "_footer",
}
PRINTERS: dict[ModuleType, Callable[[Report], str]] = {
    to_html: to_html.to_html,
    cards: to_html.to_html,
    to_markdown: to_markdown.to_markdown,
    fragment: fragment.fragment,
}


def parts() -> list[tuple[ModuleType, str]]:
    """List the functions that print a part of a report or a device; a new one must be isolated, and is tested without being named here."""
    found = [
        (module, name)
        for module in PRINTERS
        for name, value in vars(module).items()
        if isinstance(value, FunctionType)
        and {"report", "device"} & set(list(signature(value).parameters)[:1])
        and name not in FRAMES
        and (module, name) != (cards, "device_cards")  # which `to_html` calls by a name of its own
    ]
    return [*found, (sections, "blame_matrix"), (sections, "evidence_classes"), (sections, "device_table")]


@pytest.fixture(scope="module")
def analysis(demo_logs: Path) -> Analysis:
    return analyse_logdir(demo_logs / "simulated_time_slicing" / "together")


@pytest.fixture(scope="module")
def several(demo_logs: Path) -> Analysis:
    """Return the analysis of a directory with several groups: not all of a page is about the first one."""
    return analyse_logdir(demo_logs / "simulated_time_slicing")


def broken(*_: Any, **__: Any) -> Any:
    raise ZeroDivisionError("injected")


def lines(page: str) -> set[str]:
    """Return what a page holds, piece by piece."""
    page = re.sub(r"<(style|script)>.*?</\1>", "", page, flags=re.DOTALL)
    return {piece.strip() for piece in re.split(r"<[^>]*>|\n", page) if piece.strip()}


@pytest.mark.parametrize(("module", "name"), parts(), ids=lambda value: getattr(value, "__name__", value))
def test_a_part_that_fails_leaves_the_rest_of_the_page(
    module: ModuleType, name: str, several: Analysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    printer = PRINTERS.get(module, to_html.to_html)
    before = printer(several.report)
    monkeypatch.setattr(module, name, broken)

    page = printer(several.report)

    assert "This part could not be printed." in page
    assert "ZeroDivisionError: injected" in page
    assert re.search("tb-contention report ", page)
    kept = len(lines(page) & lines(before)) / len(lines(before))
    assert kept > (0.05 if name == "_device" else 0.3), (kept, name)


@pytest.mark.parametrize("slug", [spec.slug for spec in TABLES])
def test_a_csv_table_that_fails_leaves_the_others(
    slug: str, analysis: Analysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = to_csv.to_csv_files(analysis.report)
    real = to_csv.program_columns  # type: ignore[attr-defined]
    monkeypatch.setattr(
        to_csv, "program_columns", lambda spec, wire: broken() if spec.slug == slug else real(spec, wire)
    )

    files = to_csv.to_csv_files(analysis.report)

    assert files.pop(f"{slug}.csv").startswith(f"internal-error\nThe table {slug} failed with ZeroDivisionError")
    del before[f"{slug}.csv"]
    assert files == before


def test_a_verdict_that_fails_leaves_the_device_in_the_json(
    analysis: Analysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = to_dict(analysis.report)
    monkeypatch.setattr(judged, "device_verdict", broken)

    wire = to_dict(analysis.report)

    (device,) = wire["devices"]
    assert device.pop("verdict")["headline"] == "The answer could not be worded"
    del before["devices"][0]["verdict"]
    assert wire == before


def test_a_device_that_cannot_be_encoded_is_left_out_with_a_problem(
    demo_logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = analyse_logdir(demo_logs / "simulated_time_slicing").report
    before = to_dict(report)
    last = report.devices[-1].id
    real = judged.mechanism_sentence  # type: ignore[attr-defined]
    cost = report.devices[-1].cost
    monkeypatch.setattr(judged, "mechanism_sentence", lambda found: broken() if found is cost else real(found))

    wire, page = to_dict(report), to_html.to_html(report)

    assert [device["id"] for device in wire["devices"]] == [d["id"] for d in before["devices"] if d["id"] != last]
    (problem,) = wire["problems"][len(before["problems"]) :]
    assert problem["slug"] == "internal-error"
    assert problem["message"].startswith("The JSON failed for GPU 0 on")
    assert "The JSON failed for GPU 0 on" in page


@pytest.mark.parametrize("part", ["_device", "_session", "_steps", "_lost", "_work"])
def test_a_track_that_fails_leaves_the_others(part: str, analysis: Analysis, monkeypatch: pytest.MonkeyPatch) -> None:
    device = analysis.report.devices[0]
    monkeypatch.setattr(to_perfetto, part, lambda *_: iter(map(broken, (0,))))

    written = b"".join(to_perfetto.to_perfetto(analysis.aligned, device))

    assert b"This part could not be printed. The tracks of " in written
    assert b"ZeroDivisionError: injected" in written
