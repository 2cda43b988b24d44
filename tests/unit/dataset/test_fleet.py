"""Sums over a dataset agree with sums over its rows, and the page says them; hostile names stay text."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tb_contention.cli.main import main
from tb_contention.dataset.fleet import read_fleet, table_of
from tb_contention.dataset.place import Place
from tb_contention.dataset.schema import parquet
from tb_contention.errors import LogdirError
from tb_contention.model.fleet import By
from tb_contention.report.fleet_html import Addresses, headline, to_html
from tb_contention.units import NS_PER_S

HOUR = 3600 * NS_PER_S


def row(number: int, **values: Any) -> dict[str, Any]:
    from datetime import datetime, timedelta, timezone

    at = datetime(2026, 3, 2, 10, tzinfo=timezone.utc) + timedelta(days=7 * (number % 2))
    base = {
        "place": "/logs",
        "group": f"g{number}",
        "recorded_at": at,
        "host": "node1",
        "gpu": f"node1/GPU:{number % 2}",
    }
    return {**base, "gpu_model": "H100", "is_host": False, "mechanism": "time_slicing", "jobs": "a + b", **values}


@pytest.fixture
def dataset(tmp_path: Path) -> str:
    lost = {"window_ns": 10 * HOUR, "lost_ns": 3 * HOUR, "lost_low_ns": 2 * HOUR, "lost_high_ns": 5 * HOUR}
    sure = {**lost, "slowdown": 1.5, "slowdown_low": 1.3, "slowdown_high": 2.0, "session": "s", "with_jobs": "b"}
    tables: dict[str, list[dict[str, Any]]] = {
        "inputs": [
            row(n, outcome=word, file=f"f{n}", message=f"f{n}: <why>")
            for n, word in enumerate(("analysed", "analysed", "unreadable"))
        ],
        "slowdowns": [
            row(0, job="a<script>", **sure),
            row(1, job="b", **{**sure, "slowdown": 1.2}),
            row(1, job="b", window_ns=HOUR, lost_low_ns=0, lost_high_ns=HOUR, session="t", with_jobs="a"),
            row(2, job="host only", is_host=True, **sure),
        ],
        "blame": [row(n, victim_job="a", culprit_job="b", lost_ns=HOUR) for n in range(2)]
        + [row(0, victim_job="b", culprit_job=culprit, lost_ns=HOUR) for culprit in ("", "b")],
        "memory": [
            row(n, headroom_bytes=left, memory_capacity_bytes=100 << 30) for n, left in enumerate((9 << 30, 1 << 30))
        ],
        "changes": [
            row(n, change="mps", setting="MPS", saved_low_ns=-HOUR, saved_high_ns=2 * HOUR, known=2, unknown=0)
            for n in range(2)
        ],
    }
    place = Place(str(tmp_path))
    for table, rows in tables.items():
        place.write(f"table={table}/date=2026-03-02/part-x-y.parquet", parquet(table, rows))
    return str(tmp_path)


def test_losses_are_sums_of_rows(dataset: str) -> None:
    fleet = read_fleet(dataset)
    whole = fleet.whole
    assert (whole.sessions, whole.unknown) == (3, 1)
    assert (whole.estimate, whole.low, whole.high, whole.window) == (6 * HOUR, 4 * HOUR, 11 * HOUR, 21 * HOUR)
    for by in By:
        assert sum(each.estimate for each in fleet.lost[by]) == whole.estimate
        assert sum(each.window for each in fleet.lost[by]) == whole.window
    assert [each.name for each in fleet.lost[By.WEEK]] == ["2026-03-02", "2026-03-09"]
    assert fleet.outcomes == {"analysed": 2, "unreadable": 1}


def test_lists_begin_with_the_worst(dataset: str) -> None:
    fleet = read_fleet(dataset)
    assert [each.estimate for each in fleet.worst] == [1.5, 1.2]
    assert [each.headroom for each in fleet.memory] == [1 << 30, 9 << 30]
    assert [(pair.victim, pair.culprit, pair.groups, pair.lost) for pair in fleet.pairs] == [
        ("a", "b", 2, 2 * HOUR),
        ("b", "", 1, HOUR),
        ("b", "b", 1, HOUR),
    ]
    (saving,) = fleet.savings
    assert (saving.devices, saving.estimate, saving.low, saving.high) == (2, None, -2 * HOUR, 4 * HOUR)


def test_the_page_says_it(dataset: str) -> None:
    fleet = read_fleet(dataset)
    page = to_html(fleet)
    assert headline(fleet) == "Sharing cost 6.00 h (4.00 h to 11.0 h) of 21.0 h of captured session time"
    assert headline(fleet) in page
    assert "tb-contention report /logs --group g0" in page
    assert "a&lt;script&gt;" in page
    assert "<script" not in page
    assert "host only" not in page
    assert "another session of it" in page
    assert ">time slicing<" in page
    assert re.search(r"Inputs without an answer.*<td>unreadable</td><td>f2</td><td>&lt;why&gt;</td>", page, re.DOTALL)


def test_rows_lead_to_reports_that_are_there(dataset: str, tmp_path: Path) -> None:
    rows = [row(0, outcome="analysed", file="f", key="k0"), row(1, outcome="analysed", file="g", key="k1")]
    Place(dataset).write("table=inputs/date=2026-03-02/part-z-y.parquet", parquet("inputs", rows))
    Place(dataset).write("_reports/k0.html", b"<html>")
    fleet = read_fleet(dataset)
    assert fleet.reports == {("/logs", "g0"): "_reports/k0.html"}
    assert fleet.worst_by[By.JOB]["b"].group == "g1"
    page = to_html(fleet, addresses=Addresses(report="../a%20b/{}".format))
    assert '<a href="../a%20b/_reports/k0.html">g0</a>' in page
    assert "tb-contention report /logs --group g0" not in page
    assert "tb-contention report /logs --group g1" in page
    output = tmp_path / "pages" / "fleet.html"
    output.parent.mkdir()
    assert main(["fleet", dataset, "-o", str(output)]) == 0
    assert '<a href="../_reports/k0.html">g0</a>' in output.read_text()


def test_a_dataset_without_shared_gpus(tmp_path: Path) -> None:
    place = Place(str(tmp_path))
    place.write("table=inputs/date=2026-03-02/part-x-y.parquet", parquet("inputs", [row(0, outcome="alone")]))
    assert "No two captures shared a GPU" in to_html(read_fleet(str(tmp_path)))
    assert len(table_of(place, "blame")) == 0


def test_a_dataset_behind_a_url_reads_the_same(dataset: str, bucket: Any) -> None:
    bucket.put(dataset, "/cluster/ds", recursive=True)
    there, here = read_fleet("memory://cluster/ds"), read_fleet(dataset)
    assert replace(there, dataset=here.dataset) == here


def test_what_is_no_dataset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LogdirError, match="not a dataset"):
        read_fleet(str(tmp_path))
    (tmp_path / "table=inputs").mkdir()
    (tmp_path / "table=inputs" / "part-x-y.parquet").write_bytes(b"no Parquet")
    with pytest.raises(LogdirError, match="cannot be read"):
        read_fleet(str(tmp_path))
