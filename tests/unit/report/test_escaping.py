"""Text in HTML means only itself, and a number stays with its unit."""

import pytest

from tb_contention.report.escaping import escaped, flowing


@pytest.mark.parametrize(
    "quantity",
    ["18 %", "171 ms", "1.00 s", "2.30 µs", "77 ns", "28.0 h", "2.00 days", "74.2 GiB", "1,024 MiB", "900 B", "80 GB", "1,410 MHz", "3 ×"],
)  # fmt: skip
def test_a_number_and_its_unit_are_one(quantity: str) -> None:
    assert flowing(f"It took {quantity}, of all.") == f'It took <span class="q">{quantity}</span>, of all.'


@pytest.mark.parametrize("text", ["3 steps", "3 sessions", "1.35×", "GPU 0 on host0", "12 samples", "v1.2.3 B2"])
def test_what_is_no_quantity_stays_as_it_is(text: str) -> None:
    assert flowing(text) == text


def test_the_sign_of_a_bound_stays_with_it() -> None:
    assert flowing("< 0.1 % and > 99.9 %") == (
        '<span class="q">&lt; 0.1 %</span> and <span class="q">&gt; 99.9 %</span>'
    )


def test_an_interval_may_part_between_its_ends() -> None:
    assert flowing("1 ms to 2 ms") == '<span class="q">1 ms</span> to <span class="q">2 ms</span>'


@pytest.mark.parametrize(
    "name", ["<b>18 %", '" onload="3 s', "&#39; s", "'3 s'", "</span>9 ms<script>", "&lt; 5 %", "7 ms\x00\u202e"]
)
def test_a_name_is_escaped_before_anything_is_added(name: str) -> None:
    marked = flowing(f"a {name} z")
    assert marked.replace('<span class="q">', "").replace("</span>", "") == escaped(f"a {name} z")


def test_a_name_cannot_make_a_line_that_never_ends() -> None:
    assert flowing(f"{'9' * 1000} ms") == f"{'9' * 1000} ms"
