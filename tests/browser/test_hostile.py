"""Traces whose names are hostile, in a real browser: each tab of the panel, and the report that it downloads."""

import json
import subprocess
import time
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest
from browser.served import lacking, started

from tb_contention.simulate import random_scenario, write_scenario

HERE = Path(__file__).parent
NAMES = (
    '<img src=x onerror="window.broken=1;alert(1)">',
    '"><script>window.broken=1;alert(1)</script>',
    "'-window.broken-'</title></style><svg onload=alert(1)>",
    "javascript:alert(document.domain)",
    "\u202egnp.exe\u2066\u200f",
    "\x1b[31m\x1b]8;;http://evil.example\x07red",
    "${window.broken=1}{{constructor.constructor('alert(1)')()}}",
    "<b>" * 3_400,
)


@pytest.mark.slow
def test_hostile_names_run_nothing_in_any_tab_and_in_the_report(repo_root: Path, tmp_path: Path) -> None:
    reason = lacking(repo_root)
    if reason is not None:
        pytest.skip(reason)
    scenario = random_scenario(2, "mps")
    sessions = []
    for number, drawn in enumerate(scenario.sessions):
        items = tuple(
            replace(item, name=NAMES[at % len(NAMES)], op=NAMES[(at + 1) % len(NAMES)])
            for at, item in enumerate(drawn.items)
        )
        # A session is a folder, in whose name there is no slash.
        name = (NAMES[0], '"><svg onload=alert(1)>')[number]
        sessions.append(replace(drawn, name=name, items=items))
    logdir, report = tmp_path / "<img src=x onerror=alert(1)>", tmp_path / "report.html"
    write_scenario(replace(scenario, sessions=tuple(sessions)), logdir)
    with started(tmp_path / "log", "tb_contention", "serve", str(logdir), "--port", "0", "--host", "127.0.0.1") as page:
        groups: list[dict[str, object]] = []
        for _ in range(600):
            with urllib.request.urlopen(f"{page}api/groups", timeout=30) as answer:
                groups = json.load(answer)["groups"] or []
            if any(group["shared"] for group in groups):
                break
            time.sleep(0.1)
        group = next(group["id"] for group in groups if group["shared"])
        with urllib.request.urlopen(f"{page}api/report?format=html&group={group}", timeout=90) as answer:
            report.write_bytes(answer.read())
        address = f"{page}#tb_contention&p.tb_contention.group={group}"
        command = ["node", str(HERE / "hostile.mjs"), address, str(report)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["done"] == []
    assert len(found["tabs"]) >= 5
    assert "<img src=x onerror" in found["tabs"]["page"]
    assert "<img src=x onerror" in found["tabs"]["report"]
