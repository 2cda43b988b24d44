import subprocess
import sys
from dataclasses import fields

import numpy as np
import pytest
from golden.reports import alone, hostile, nothing, shared

from tb_contention.errors import MissingLibraryError
from tb_contention.model.report import Report
from tb_contention.notebook import Column, Kind, Table
from tb_contention.notebook.tables import TABLES

pandas = pytest.importorskip("pandas", reason="needs pandas of the extra [notebook]")
pyarrow = pytest.importorskip("pyarrow", reason="needs pyarrow of the extra [notebook]")


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("make", [shared, alone, hostile, nothing])
def test_every_table_has_the_same_values_as_a_frame_and_in_arrow(name: str, make) -> None:  # type: ignore[no-untyped-def]
    table = getattr(make(), name)
    frame, arrow = table.to_pandas(), table.to_arrow()
    assert len(frame) == arrow.num_rows == len(table)
    for column in table.columns:
        assert [None if pandas.isna(v) else v for v in frame[column.name]] == list(column.values)
        assert arrow[column.name].to_pylist() == list(column.values)
        assert (arrow.schema.field(column.name).metadata or {}).get(b"unit", b"") == column.unit.encode()
        if column.unit in ("ns", "bytes"):
            assert frame[column.name].dtype == "Int64"
            assert arrow.schema.field(column.name).type == pyarrow.int64()


def test_the_tables_hold_what_the_report_says() -> None:
    report = shared()
    device = report.devices[0]
    assert report.slowdowns["lost_ns"] == tuple(loss.lost for loss in device.losses)
    assert report.slowdowns["slowdown_low"] == tuple(loss.slowdown.low for loss in device.losses)
    assert report.blame["lost_ns"] == tuple(row.lost for row in device.blame)
    assert report.kernels["total_ns"] == tuple(k.total for k in device.overlap.kernels)
    assert sum(int(v or 0) for v in report.steps["own_ns"]) == sum(int(np.sum(t.own)) for t in device.cost.steps)
    assert len(report.findings_table) == len(report.findings)
    assert set(report.shares["device"]) == {device.id}
    assert set(report.shares["session"]) == set(device.sessions)


def test_what_is_not_known_is_missing_and_not_zero() -> None:
    table = Table(name="t", columns=(Column(name="a_ns", unit="ns", kind=Kind.INTEGER, values=(None, 2**62 + 1, 0)),))
    frame = table.to_pandas()
    assert frame["a_ns"].isna().tolist() == [True, False, False]
    assert frame["a_ns"][1] == 2**62 + 1
    assert frame.attrs["units"] == {"a_ns": "ns"}
    assert table.to_arrow()["a_ns"].null_count == 1
    assert '<td class="number">–</td>' in table._repr_html_()


def test_columns_of_different_length_are_no_table() -> None:
    columns = tuple(Column(name=n, unit="", kind=Kind.TEXT, values=("x",) * k) for n, k in (("a", 1), ("b", 2)))
    with pytest.raises(ValueError, match="differ in length"):
        Table(name="t", columns=columns)


def test_the_tables_do_not_hide_a_value_of_the_report() -> None:
    assert not set(TABLES) & {field.name for field in fields(Report)}
    assert all(isinstance(getattr(Report, name), property) for name in TABLES)


def test_a_large_table_shows_its_first_rows_and_counts_the_others() -> None:
    values = tuple(range(1000))
    table = Table(name="t", columns=(Column(name="a_bytes", unit="bytes", kind=Kind.INTEGER, values=values),))
    text = table._repr_html_()
    assert "980 more rows" in text
    assert text.count("<tr>") == 21
    assert repr(table) == "Table t: 1,000 rows of a_bytes"


@pytest.mark.parametrize(("package", "method"), [("pandas", "to_pandas"), ("pyarrow", "to_arrow")])
def test_a_missing_library_is_one_sentence_that_names_the_extra(
    package: str, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = sys.meta_path[:]

    class Absent:
        def find_spec(self, name: str, path: object = None, target: object = None) -> None:
            if name == package:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    for name in [n for n in sys.modules if n.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Absent(), *real])
    with pytest.raises(MissingLibraryError, match=rf"needs {package}, .*tb_contention\[notebook\]"):
        getattr(shared().kernels, method)()


def test_no_library_of_the_extra_is_imported_before_it_is_asked_for() -> None:
    code = (
        "import sys, tb_contention\n"
        "assert 'numpy' not in sys.modules\n"
        "from tb_contention import Report\n"
        "r = Report(version='', logdir='logs', origin_ns=None, sessions=(), devices=(), findings=(), problems=())\n"
        "repr(r), r._repr_html_(), r.kernels._repr_html_()\n"
        "assert not {'pandas', 'pyarrow', 'matplotlib'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
