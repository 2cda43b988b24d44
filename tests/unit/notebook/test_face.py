import pickle
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from golden.reports import PAYLOADS, alone, hostile, nothing, shared

from tb_contention.notebook.scoped import SCOPE


class _Parts(HTMLParser):
    """Collects the elements and checks that they close in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.names |= {name for name, _ in attrs}
        if tag != "br":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.names |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def _parse(text: str) -> _Parts:
    parts = _Parts()
    parts.feed(text)
    parts.close()
    assert not parts.open
    return parts


@pytest.mark.parametrize("make", [shared, alone, hostile, nothing])
def test_the_fragment_is_whole_small_and_runs_nothing(make) -> None:  # type: ignore[no-untyped-def]
    text = make()._repr_html_()
    parts = _parse(text)
    assert len(text.encode()) < 60 * 1024
    assert not {"script", "img", "a", "link", "iframe", "html", "body"} & set(parts.tags)
    assert not {name for name in parts.names if name.startswith("on")}
    assert not re.search(r"https?://(?!evil)", text)
    assert parts.tags.count("svg") <= 1


def test_every_rule_of_style_is_bound_to_the_fragment() -> None:
    style = re.search(r"<style>(.*?)</style>", shared()._repr_html_(), re.DOTALL)
    assert style is not None
    flat = style[1].replace("@media (prefers-color-scheme:dark){", "")
    selectors = [s for rule in re.findall(r"([^{}]+)\{[^{}]*\}", flat) for s in rule.split(",")]
    assert len(selectors) > 30
    assert all(f".{SCOPE}" in selector for selector in selectors)


def test_the_fragment_says_the_verdict_first_and_what_rests_below() -> None:
    report = shared()
    text = re.sub(r"<style>.*?</style>", "", report._repr_html_(), flags=re.DOTALL)
    places = [text.index(part) for part in ("<h3>", "90 % interval", "Memory of", "<svg")]
    assert places == sorted(places)
    for loss in report.devices[0].losses:
        if loss.slowdown.low is not None:
            assert f"{loss.slowdown.low:.2f}" in text


def test_hostile_names_do_nothing_in_the_fragment_and_in_the_tables() -> None:
    report = hostile()
    for text in (report._repr_html_(), report.kernels._repr_html_(), report.sessions_table._repr_html_()):
        assert not any(payload in text for payload in PAYLOADS if "<" in payload or "\x1b" in payload)
        _parse(text)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2028]", repr(report))


def test_a_report_prints_itself_in_a_few_lines() -> None:
    for make in (shared, alone, hostile, nothing):
        text = repr(make())
        assert text.startswith("Report of ")
        assert len(text.splitlines()) <= 8
        assert len(text) < 4000


def test_a_report_is_a_value_still() -> None:
    report = shared()
    assert report == replace(report)
    assert report != replace(report, logdir="elsewhere")
    assert not hasattr(report, "__dict__")
    again = pickle.loads(pickle.dumps(nothing()))
    assert again == nothing()


def test_simulated_sessions_are_marked() -> None:
    report = shared()
    assert any(s.session.simulated for s in report.sessions) == (
        "simulated" in report._repr_html_().split("</style>")[1]
    )
