import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

LOGS = Path(__file__).parents[2] / "demo_logs"


def _outputs(notebook: Path) -> list[list[dict[str, Any]]]:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [cell["outputs"] for cell in cells if cell["cell_type"] == "code"]


def _kinds(outputs: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    return [(output["output_type"], *sorted(output.get("data", {}))) for output in outputs]


def test_the_example_has_an_output_of_every_cell_without_errors_and_paths() -> None:
    notebook = LOGS / "contention.ipynb"
    text = notebook.read_text(encoding="utf-8")
    assert len(text.encode()) < 400_000
    assert not re.search(r"(/home/|/tmp/|/root/|/Users/|site-packages|[A-Z]:\\\\)", text)
    outputs = _outputs(notebook)
    assert len(outputs) > 8
    for found in outputs:
        assert found
        assert not [o for o in found if o["output_type"] == "error" or o.get("name") == "stderr"]


@pytest.mark.slow
def test_the_example_runs_and_puts_out_what_it_was_committed_with(tmp_path: Path) -> None:
    # A process of its own: what the notebook's server libraries warn of is not ours to judge.
    target = tmp_path / "run.ipynb"
    script = LOGS / "make" / "notebook.py"
    done = subprocess.run([sys.executable, str(script), str(target)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    committed, now = _outputs(LOGS / "contention.ipynb"), _outputs(target)
    assert [_kinds(found) for found in now] == [_kinds(found) for found in committed]
    assert now[0][0]["data"]["text/plain"] == committed[0][0]["data"]["text/plain"]
    assert now[-1][0]["text"] == committed[-1][0]["text"]
