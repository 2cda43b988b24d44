"""The panel without TensorBoard in a real browser, which comes from a link on another site."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from browser.served import lacking, started

HERE = Path(__file__).parent


@pytest.mark.slow
def test_a_link_with_the_token_leads_to_the_panel(repo_root: Path, demo_logs: Path, tmp_path: Path) -> None:
    reason = lacking(repo_root)
    if reason is not None:
        pytest.skip(reason)
    logs, log = demo_logs / "simulated_time_slicing" / "together", tmp_path / "log"
    words = ("serve", str(logs), "--port", "0", "--host", "0.0.0.0", "--path-prefix", "/p")
    with started(log, "tb_contention", *words) as page:
        found = re.search(r":(\d+)(/p/\?token=\S+)", page)
        assert found is not None, page
        command = ["node", str(HERE / "alone.mjs"), f"http://127.0.0.1:{found[1]}{found[2]}#tb_contention"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)

    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    assert "trainer" in shown["verdict"]
    assert (shown["pathname"], shown["search"]) == ("/p/", "")
    assert shown["hash"].startswith("#tb_contention")
    assert shown["errors"] == []
