"""One TensorBoard with xprof and this plugin: each session of the report has a place in xprof's trace viewer, which answers there."""

import gzip
import json
import shutil
from pathlib import Path
from urllib.parse import urlencode

import pytest
from plugin.test_real_tensorboard import get, summary, tensorboard

pytestmark = pytest.mark.oracle


@pytest.mark.parametrize("prefix", ["", "/deep/down"])
def test_every_session_can_be_opened_in_the_trace_viewer(prefix: str, demo_logs: Path, tmp_path: Path) -> None:
    # A copy: xprof writes beside what it reads.
    shutil.copytree(demo_logs / "simulated_time_slicing" / "together", tmp_path / "together")
    arguments = ["--logdir", str(tmp_path), *(["--path_prefix", prefix] if prefix else [])]
    with tensorboard(*arguments) as base:
        found = summary(base)
        places = found["trace_viewer"]
        kernels = {}
        for session, place in places.items():
            query = urlencode(
                {"run": place["run"], "tag": "trace_viewer@", "host": place["host"], "hosts": place["host"]}
            )
            packed = get(f"{base}/data/plugin/profile/data?{query}&resolution=0")[0]
            trace = json.loads(gzip.decompress(packed) if packed[:2] == b"\x1f\x8b" else packed)
            kernels[session] = sum("gemm" in event.get("name", "") for event in trace["traceEvents"])

    assert found["xprof"]
    assert set(places) == {session["id"] for session in found["report"]["sessions"]}
    assert all(kernels.values())
