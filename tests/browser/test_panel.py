"""The tab in a real browser: TensorBoard serves the demo logs, panel.mjs drives Chromium with real input events.

One browser run covers all flows; each flow is one test here. Pictures of both themes go to the folder
named in TB_CONTENTION_SCREENSHOTS, else to a temporary one.
"""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser.served import RUN_S, first_group, lacking, served

SCRIPT = Path(__file__).with_name("panel.mjs")
FLOWS = tuple(re.findall(r"^  async '([^']+)'\(panel\)", SCRIPT.read_text("utf-8"), re.MULTILINE))


@pytest.fixture(scope="module")
def tensorboard(repo_root: Path, demo_logs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the demo logs and return the address."""
    reason = lacking(repo_root)
    if reason is not None:
        pytest.skip(reason)
    with served(demo_logs, tmp_path_factory.mktemp("tensorboard") / "log") as address:
        yield address


@pytest.fixture(scope="module")
def outcome(tensorboard: str, pictures: Path) -> dict[str, str | None]:
    """Run all flows; what went wrong in each, None when nothing did."""
    command = ["node", str(SCRIPT), first_group(tensorboard), str(pictures)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=RUN_S, check=False)
    assert done.returncode == 0, done.stderr
    results: dict[str, str | None] = json.loads(done.stdout)
    return results


@pytest.mark.slow
@pytest.mark.parametrize("flow", FLOWS)
def test_flow(flow: str, outcome: dict[str, str | None]) -> None:
    assert outcome[flow] is None, outcome[flow]


@pytest.mark.slow
def test_pictures_of_both_themes_are_taken(outcome: dict[str, str | None], pictures: Path) -> None:
    assert outcome["pictures"] is None
    taken = {path.name for path in pictures.glob("*.png")}
    assert {f"{view}-{theme}.png" for view in ("panel", "contention", "losses") for theme in ("light", "dark")} <= taken


def test_every_flow_is_found() -> None:
    assert len(FLOWS) >= 33
