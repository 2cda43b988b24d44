"""Hard scenarios are what their kind says, equal for equal seeds, and marked as simulated."""

import json
from pathlib import Path
from typing import Any

import pytest

from tb_contention.simulate import HARD_KINDS, hard_scenario, write_hard
from tb_contention.simulate.hard.truth import played_of


def written(kind: str, out: Path, seed: int = 0) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(
        (write_hard(hard_scenario(seed, kind), out, seed=seed) / "truth.json").read_text()
    )
    return facts


@pytest.mark.parametrize("kind", HARD_KINDS)
def test_sessions_do_steps_in_the_window_and_nobody_gains_by_company(kind: str) -> None:
    chosen = hard_scenario(1, kind)
    for one in played_of(chosen, 1):
        shared, alone = one.played.shared, one.played.alone
        assert len(shared) > 3
        count = min(len(shared), len(alone))
        assert shared[count - 1].end >= 0.98 * alone[count - 1].end


def test_equal_seeds_give_equal_bytes(tmp_path: Path) -> None:
    both = [tmp_path / "one", tmp_path / "two"]
    for root in both:
        written("left_over", root)
    files = [{p.relative_to(root): p.read_bytes() for p in root.rglob("*") if p.is_file()} for root in both]
    assert files[0] == files[1]


def test_the_truth_says_what_the_kind_is_about(tmp_path: Path) -> None:
    server = written("server_slices", tmp_path / "server")["sessions"]["beta"]
    assert server["slowdown"] == pytest.approx(1.0, abs=0.05)
    assert server["latency"]["mean"]["ratio"] > 1.05
    three = written("three_slices", tmp_path / "three")["sessions"]
    assert [sum(facts["blame"].values()) for facts in three.values()] == pytest.approx([1.0] * 3, abs=1e-3)
    host = written("host_meets", tmp_path / "host")["sessions"]["alpha"]
    assert host["slowdown"] > 1.2 > 1.05 > host["gpu_only"]


def test_what_is_not_captured_has_no_file(tmp_path: Path) -> None:
    truth = written("untraced_pair", tmp_path)
    assert list(truth["sessions"]) == ["alpha"]
    assert [p.name for p in (tmp_path / "together").iterdir()] == ["alpha"]
    assert [p.name for p in (tmp_path / "alone").iterdir()] == ["alpha"]
