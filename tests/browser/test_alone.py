"""The panel without TensorBoard in a real browser, which comes from a link on another site."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from browser.served import lacking, wait_for_address

HERE = Path(__file__).parent


@pytest.mark.slow
def test_a_link_with_the_token_leads_to_the_panel(repo_root: Path, demo_logs: Path, tmp_path: Path) -> None:
    reason = lacking(repo_root)
    if reason is not None:
        pytest.skip(reason)
    logs, log = demo_logs / "simulated_time_slicing" / "together", tmp_path / "log"
    words = [sys.executable, "-m", "tb_contention", "serve", str(logs), "--port", "0", "--host", "0.0.0.0"]
    with log.open("wb") as out, subprocess.Popen([*words, "--path-prefix", "/p"], stdout=out, stderr=out) as process:
        try:
            page = wait_for_address(log, process)
            found = re.search(r":(\d+)(/p/\?token=\S+)", page)
            assert found is not None, page
            command = ["node", str(HERE / "alone.mjs"), f"http://127.0.0.1:{found[1]}{found[2]}#tb_contention"]
            done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        finally:
            process.terminate()

    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    assert "trainer" in shown["verdict"]
    assert (shown["pathname"], shown["search"]) == ("/p/", "")
    assert shown["hash"].startswith("#tb_contention")
    assert shown["errors"] == []
