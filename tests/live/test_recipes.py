"""Every program in RECIPES.md and docs that records runs as it stands, and leaves a trace with a manifest that the analysis reads."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from live.capturing import ROOT, environment, manifests, recorded

import tb_contention

PAGES = [ROOT / "README.md", ROOT / "tb_contention" / "capture" / "RECIPES.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXT = "".join(page.read_text(encoding="utf-8") for page in PAGES)
RECIPES = re.findall(r"^```python (tensorflow|jax)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
MARKERS = {"tensorflow": pytest.mark.live, "jax": pytest.mark.jax}


def test_every_block_that_records_names_its_framework() -> None:
    assert len(RECIPES) == len(re.findall(r"^import (?:tensorflow as tf|jax)$", TEXT, re.MULTILINE)) == 6
    assert {framework for framework, _ in RECIPES} == set(MARKERS)


@pytest.mark.parametrize(
    ("framework", "text"),
    [pytest.param(*recipe, marks=MARKERS[recipe[0]], id=f"{recipe[0]}{n}") for n, recipe in enumerate(RECIPES)],
)
def test_a_recipe_leaves_a_trace_with_its_manifest(framework: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "recipe.py").write_text(text)
    done = subprocess.run(
        [sys.executable, "recipe.py"], cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert "tb_contention:" not in done.stderr

    (place,) = recorded(tmp_path / "logs")
    entry = manifests(tmp_path / "logs")[place]
    assert entry["name"] == place.partition("/")[0]
    assert framework in entry["versions"]
    assert entry["kernel_mode"] == "concurrent"

    report = tb_contention.analyse(tmp_path / "logs")
    (session,) = (s.session for s in report.sessions if s.session.kind == "process")
    assert session.process_id == entry["process_id"]
    assert all(device.group.device.device.is_host for device in report.devices)
