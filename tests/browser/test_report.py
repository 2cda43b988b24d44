"""The HTML report in a real browser: whole without scripts, hover with them, both themes, and paper."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from browser.served import lacking

from tb_contention.cli.main import main

SCRIPT = Path(__file__).with_name("report.mjs")
CHECKS = tuple(re.findall(r"^  async '([^']+)'\(browser\)", SCRIPT.read_text("utf-8"), re.MULTILINE))


@pytest.fixture(scope="module")
def outcome(
    repo_root: Path, demo_logs: Path, pictures: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str | None]:
    reason = lacking(repo_root)
    if reason is not None:
        pytest.skip(reason)
    page = tmp_path_factory.mktemp("report") / "report.html"
    assert main(["report", str(demo_logs / "simulated_time_slicing"), "-o", str(page)]) == 0
    chromium = shutil.which(os.environ.get("CHROMIUM", "chromium")) or ""
    done = subprocess.run(
        ["node", str(SCRIPT), str(page), str(pictures)],
        capture_output=True, text=True, timeout=200, check=False, env={**os.environ, "CHROMIUM_PATH": chromium},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    made: dict[str, str | None] = json.loads(done.stdout)
    return made


@pytest.mark.parametrize("check", CHECKS)
def test_the_report(check: str, outcome: dict[str, str | None]) -> None:
    assert outcome[check] is None, outcome[check]
