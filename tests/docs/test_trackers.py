"""The recipes of docs/reports.md keep the HTML report in MLflow and in Weights & Biases, without a server of either."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tb_contention.cli.main import main

pytestmark = pytest.mark.trackers

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reports.md"
OFFLINE = {
    "MLFLOW_ALLOW_FILE_STORE": "true",  # a database needs the whole of mlflow
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "WANDB_ERROR_REPORTING": "false",
    "WANDB_MODE": "offline",
    "WANDB_RUN_ID": "training",
}


@pytest.fixture(scope="module")
def written(demo_logs: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    report = tmp_path_factory.mktemp("written") / "report.html"
    assert main(["report", str(demo_logs / "simulated_time_slicing"), "-o", str(report)]) == 0
    return report.read_bytes()


def recipe(tracker: str) -> str:
    (found,) = re.findall(rf"^```python {tracker}\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return str(found)


def played(text: str, folder: Path, **more: str) -> str:
    places = {"MLFLOW_TRACKING_URI": (folder / "mlruns").as_uri(), "WANDB_DATA_DIR": str(folder / "data")}
    environment = os.environ | OFFLINE | places | {"HOME": str(folder)} | more
    done = subprocess.run(
        [sys.executable, "-c", text], cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_mlflow_keeps_the_report_in_the_run_of_the_training(tmp_path: Path, written: bytes) -> None:
    (tmp_path / "report.html").write_bytes(written)
    training = played("import mlflow\nwith mlflow.start_run() as run: print(run.info.run_id)", tmp_path).strip()

    played(recipe("mlflow"), tmp_path, MLFLOW_RUN_ID=training)

    (kept,) = (tmp_path / "mlruns").rglob("report.html")
    assert kept.relative_to(tmp_path / "mlruns").parts[1:] == (training, "artifacts", "contention", "report.html")
    assert kept.read_bytes() == written


def test_wandb_keeps_the_report_in_the_run_of_the_training(tmp_path: Path, written: bytes) -> None:
    (tmp_path / "report.html").write_bytes(written)

    played(recipe("wandb"), tmp_path)

    (folder,) = (tmp_path / "wandb").glob("offline-run-*-training")
    (shown,) = (folder / "files" / "media" / "html").iterdir()
    assert shown.read_bytes() == written
    (journal,) = folder.glob("*.wandb")
    assert b"report.html" in journal.read_bytes()  # the manifest of the artifact
    (staged,) = (tmp_path / "data" / "artifacts" / "staging").iterdir()
    assert staged.read_bytes() == written
