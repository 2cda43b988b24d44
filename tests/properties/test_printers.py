"""Whatever the numbers of a slowdown: every printer prints, all give one answer, and none writes what is no number."""

import re

from golden.answers import APART, TOGETHER, of
from hypothesis import given, settings
from hypothesis import strategies as st

from tb_contention.model.contention import Evidence
from tb_contention.report.to_csv import to_csv
from tb_contention.report.to_html import to_html
from tb_contention.report.to_json import to_dict, to_json
from tb_contention.report.to_markdown import escape, to_markdown
from tb_contention.words.answers import Answer

_NUMBERS = (
    st.none()
    | st.sampled_from([0.0, 0.99, 1.0, 1.0499, 1.05, 1.0501, 2.5, 1e9])
    | st.floats(0.0, 1e6)
    | st.just(float("nan"))
)
_ENDLESS = _NUMBERS | st.just(float("inf"))
_NO_NUMBER = re.compile(r"(?<![\w.])(nan|inf|None|NaN|Infinity)(?![\w ])")


@settings(max_examples=60, deadline=None)
@given(st.tuples(_NUMBERS, _NUMBERS, _ENDLESS), st.sampled_from(Evidence), st.sampled_from([TOGETHER, APART]))
def test_every_printer_copes_with_any_slowdown(
    numbers: tuple[float | None, float | None, float | None], evidence: Evidence, lanes: tuple[str, str]
) -> None:
    report = of(evidence, numbers, lanes)
    page, text = re.sub(r"<style.*?</style>", "", to_html(report), flags=re.DOTALL), to_markdown(report)

    (device,) = to_dict(report)["devices"]
    answer, headline = device["verdict"]["answer"], device["verdict"]["headline"]
    for printed in (page, text, to_csv(report), repr(report), report._repr_html_(), to_json(report)):
        assert not _NO_NUMBER.search(printed)
    assert f"# {escape(headline)}\n" in text
    assert headline in repr(report)
    assert (answer == Answer.YES.value) == bool(re.search(r"takes .*× as long", headline))
    assert {row["answer"] for row in device["per_session"]} <= {answer, Answer.UNKNOWN.value}
