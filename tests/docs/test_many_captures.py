"""The queries of the page on many captures run on a dataset as they stand there, and print rows."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "many-captures.md"


def test_programs_run_on_a_dataset(tmp_path: Path) -> None:
    programs = re.findall(r"^```python dataset\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    (tmp_path / "logs").symlink_to(ROOT / "demo_logs" / "simulated_time_slicing")
    printed = []
    for program in programs:
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        printed.append(done.stdout)
    made, duckdb, polars, pandas = printed
    assert "analysed" in made
    for text, figure in ((duckdb, "hours"), (polars, "slowdown"), (pandas, "left")):
        assert figure in text
        assert "trainer" in text
