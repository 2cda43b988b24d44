"""The tab in a real browser while captures arrive."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from browser.served import lacking, served

HERE = Path(__file__).parent


@pytest.mark.slow
def test_a_new_capture_appears_while_the_panel_is_looked_at(repo_root: Path, demo_logs: Path, tmp_path: Path) -> None:
    reason = lacking(repo_root)
    if reason is not None:
        pytest.skip(reason)
    together, logs = demo_logs / "simulated_time_slicing" / "together", tmp_path / "logs"
    shutil.copytree(together / "trainer", logs / "trainer")
    with served(logs, tmp_path / "log") as address:
        command = ["node", str(HERE / "live.mjs"), f"{address}#tb_contention"]
        done = subprocess.run(
            [*command, str(together / "evaluator"), str(logs / "evaluator")],
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )

    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    # Alone, the trainer's kernels show turns of somebody who was not captured; then it is seen who.
    assert " because of untraced work" in said["before"]
    assert " because of " in said["after"]
    assert "untraced" not in said["after"]
    assert said["errors"] == []
