"""The tab hands the aligned sessions to Perfetto's page, in a browser that blocks pop-ups; Perfetto itself reads what the page took."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from browser.served import RUN_S, lacking, served, started
from perfetto_engine import perfetto, perfetto_page

from tb_contention.pipeline import analyse_logdir

SCRIPT = Path(__file__).with_name("perfetto.mjs")
KERNELS = """
    select parent.name as session, count(*) as kernels from slice
    join track on track.id = slice.track_id join track as parent on parent.id = track.parent_id
    where track.name glob 'stream *' group by parent.name order by parent.name
"""
BROKEN = "select name, value from stats where value > 0 and severity in ('error', 'data_loss')"


def shown(address: str, trace: Path, *more: str) -> dict[str, Any]:
    command = ["node", str(SCRIPT), address, str(perfetto_page()), str(trace), *more]
    done = subprocess.run(command, capture_output=True, text=True, timeout=RUN_S, check=False)
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    assert said["errors"] == []
    return said


def check_trace(trace: Path, logs: Path) -> None:
    """Perfetto counts the kernels that the analysis counts."""
    aligned = analyse_logdir(logs).aligned
    rows, broken = perfetto(trace, KERNELS, BROKEN).rows
    assert broken == []
    counts = {row["session"].partition(" (")[0]: row["kernels"] for row in rows}
    assert counts == {session.name: len(session.trace.kernels) for session in aligned.sessions}
    assert min(counts.values()) > 1000


@pytest.fixture(scope="module")
def logs(repo_root: Path, demo_logs: Path) -> Path:
    reason = lacking(repo_root)
    if reason is not None:
        pytest.skip(reason)
    return demo_logs / "simulated_time_slicing" / "together"


@pytest.mark.slow
def test_in_tensorboard(logs: Path, tmp_path: Path) -> None:
    trace = tmp_path / "taken.pftrace"
    with served(logs, tmp_path / "log") as address:
        said = shown(f"{address}#tb_contention", trace)
    assert said["before"] == []  # nothing was asked of Perfetto before the click
    assert "hands it 2 aligned sessions on GPU 0" in said["promise"]
    assert "Before you click, nothing is loaded from it and nothing is handed over." in said["promise"]
    assert "format=perfetto" in said["link"]
    assert said["handed"]["fileName"] == "contention.pftrace"
    assert "MiB over to ui.perfetto.dev." in said["handed"]["status"]
    assert said["handed"]["title"] in said["page"]["text"]  # Perfetto's own page shows the trace
    assert said["blocked"].startswith("The browser blocked the new tab.")
    assert said["silent"].startswith("ui.perfetto.dev has not answered yet.")
    check_trace(trace, logs)


@pytest.mark.slow
def test_without_tensorboard_under_its_own_policy(logs: Path, tmp_path: Path) -> None:
    trace = tmp_path / "taken.pftrace"
    with started(tmp_path / "log", "tb_contention", "serve", str(logs), "--port", "0") as address:
        said = shown(address, trace, "keyboard")
    assert said["handed"]["asked"] == 1
    check_trace(trace, logs)
