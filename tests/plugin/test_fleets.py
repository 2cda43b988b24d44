"""Datasets in the log directory: the tab is there for them, shows what `fleet` prints, and leads from its rows to groups and reports."""

import json
import shutil
import sys
import time
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from tb_contention.dataset.place import Place
from tb_contention.dataset.schema import parquet
from tb_contention.plugin.plugin import ContentionPlugin
from tb_contention.units import NS_PER_S

HOURS = 36_000 * NS_PER_S


class Tab:
    def __init__(self, logdir: Path) -> None:
        context = SimpleNamespace(logdir=str(logdir), flags=None, plugin_name_to_instance={})
        self.plugin = ContentionPlugin(context)
        self.apps = self.plugin.get_plugin_apps()

    def ask(self, path: str, **query: Any) -> TestResponse:
        return Client(self.apps[f"/api/{path}"]).get("/", query_string=query)

    def ready(self) -> dict[str, Any]:
        for _ in range(600):
            found: dict[str, Any] = json.loads(self.ask("summary", overview=1).data)
            if found["state"] in ("ready", "failed"):
                return found
            time.sleep(0.05)
        raise AssertionError(found)

    def page(self, **query: Any) -> str:
        found = self.ask("fleet", **query)
        assert (found.status_code, found.mimetype) == (200, "text/html")
        return found.get_data(as_text=True)


def write_dataset(at: Path, *groups: tuple[str, str, str], name: str = "x") -> Path:
    """Write a dataset in which each group, of a place with a file, lost ten hours."""
    base = [
        {"place": place, "group": group, "recorded_at": datetime(2026, 3, 2, 10, tzinfo=timezone.utc), "gpu": "node/GPU:0"}
        for place, group, _ in groups
    ]  # fmt: skip
    files = [{"file": file, "outcome": "analysed", "key": f"k{n}"} for n, (_, _, file) in enumerate(groups)]
    lost = {"is_host": False, "window_ns": 2 * HOURS, "lost_ns": HOURS, "lost_low_ns": HOURS, "lost_high_ns": HOURS}
    rows = [{**row, **lost, "job": f"job{n}", "slowdown": 2.0} for n, row in enumerate(base)]
    for table, found in (("inputs", [{**b, **f} for b, f in zip(base, files, strict=True)]), ("slowdowns", rows)):
        Place(str(at)).write(f"table={table}/date=2026-03-02/part-{name}-y.parquet", parquet(table, found))
    return at


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory, demo_logs: Path) -> Path:
    folder = tmp_path_factory.mktemp("logs")
    shutil.copytree(demo_logs / "simulated_time_slicing" / "together", folder / "team" / "together")
    return folder


def test_a_dataset_alone_is_shown(tmp_path: Path) -> None:
    write_dataset(tmp_path / "deep" / "er", ("/elsewhere", "g0", "f"), ("/elsewhere", "g1", "f"))
    write_dataset(tmp_path, ("/elsewhere", "g2", "f"))
    Place(str(tmp_path / "deep" / "er")).write("_reports/k0.html", b"<p>the report</p>")
    tab = Tab(tmp_path)
    assert tab.plugin.is_active()
    found = tab.ready()
    assert (found["captures"], found["datasets"]) == (0, [".", "deep/er"])
    page = tab.page()
    assert "Sharing cost 10.0 h" in page
    assert 'href="fleet?dataset=deep%2Fer"' in page
    deeper = tab.page(dataset="deep/er", theme="dark")
    assert "Sharing cost 20.0 h" in deeper
    assert '<a href="fleet?dataset=deep%2Fer&amp;theme=dark&amp;report=k0">g0</a>' in deeper
    assert "tb-contention report /elsewhere --group g1" in deeper
    report = tab.ask("fleet", dataset="deep/er", report="k0")
    assert (report.status_code, report.data) == (200, b"<p>the report</p>")
    assert report.headers["Content-Security-Policy"].startswith("sandbox ")


@pytest.mark.parametrize(
    "query",
    [
        {"dataset": "other"},
        {"dataset": ".."},
        {"dataset": "./."},
        {"dataset": ".", "report": "k1"},
        {"dataset": ".", "report": "../../_reports/k0"},
        {"dataset": ".", "report": ""},
    ],
)
def test_only_what_was_found_is_served(tmp_path: Path, query: dict[str, str]) -> None:
    write_dataset(tmp_path, ("/elsewhere", "g0", "f"))
    Place(str(tmp_path)).write("_reports/k0.html", b"<p>")
    tab = Tab(tmp_path)
    tab.ready()
    found = tab.ask("fleet", **query)
    assert found.status_code == 404
    assert json.loads(found.data)["error"]["slug"] in ("unknown-dataset", "unknown-report")


def test_rows_lead_to_groups_of_the_log_directory(logs: Path) -> None:
    tab = Tab(logs)
    tab.ready()
    (group,) = json.loads(tab.ask("groups").data)["groups"]
    file = next(path.relative_to(logs / "team").as_posix() for path in sorted(logs.rglob("*.xplane.pb")))
    whole, team = str(logs.resolve()), str((logs / "team").resolve())
    write_dataset(
        logs / "captures",
        (whole, group["id"], f"team/{file}"),
        (team, "named-otherwise", file),
        (team, "gone", "no/file"),
    )
    again = Tab(logs)
    assert again.ready()["datasets"] == ["captures"]
    page = again.page()
    here = f"../../../../#tb_contention&amp;p.tb_contention.group={group['id']}"
    assert f'<a href="{here}">{group["id"]}</a>' in page
    assert f'<a href="{here}">named-otherwise</a>' in page
    assert f"tb-contention report {team} --group gone" in page


def test_a_dataset_that_grew_is_read_again(tmp_path: Path) -> None:
    write_dataset(tmp_path, ("/elsewhere", "g0", "f"))
    tab = Tab(tmp_path)
    tab.ready()
    assert "Sharing cost 10.0 h" in tab.page()
    write_dataset(tmp_path, ("/elsewhere", "g1", "f"), name="z")
    assert "Sharing cost 20.0 h" in tab.page()


def test_without_the_library_the_page_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_dataset(tmp_path, ("/elsewhere", "g0", "f"))
    tab = Tab(tmp_path)
    tab.ready()
    for name in [name for name in sys.modules if name.partition(".")[0] == "pyarrow"]:
        monkeypatch.setitem(sys.modules, name, None)
    assert (
        "needs pyarrow, which is not installed. Install it with: pip install &quot;tb_contention[batch]&quot;"
        in tab.page()
    )


def test_what_cannot_be_read_says_so(tmp_path: Path) -> None:
    (tmp_path / "table=inputs").mkdir()
    (tmp_path / "table=inputs" / "part-x-y.parquet").write_bytes(b"no Parquet")
    tab = Tab(tmp_path)
    assert tab.ready()["datasets"] == ["."]
    assert "the table inputs cannot be read" in tab.page()
