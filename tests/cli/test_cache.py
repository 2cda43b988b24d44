import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from tb_contention.cli import main

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "cache"
    monkeypatch.setenv("TB_CONTENTION_CACHE_DIR", str(directory))
    monkeypatch.delenv("TB_CONTENTION_CACHE_LIMIT", raising=False)
    return directory


@pytest.fixture
def filled(cache: Path, demo_logs: Path, capsys: Captured) -> Path:
    """Return a cache that a report has filled."""
    assert main(["report", str(demo_logs / "simulated_time_slicing" / "together")]) == 0
    capsys.readouterr()
    return cache


def state(capsys: Captured) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["cache", "--format", "json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_an_empty_cache_is_shown_and_not_created(cache: Path, capsys: Captured) -> None:
    assert main(["cache"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        str(cache),
        "  does not exist yet; it is created when the first log directory is read",
        "  limit           4.00 GiB, the default",
        "  in use          0 B",
        "  decoded traces  none",
        "  indexes         none",
    ]
    assert main(["cache", "--clear"]) == 0
    assert not cache.exists()


def test_what_a_report_left_is_shown(filled: Path, demo_logs: Path, capsys: Captured) -> None:
    found = state(capsys)
    assert found["traces"]["count"] == len(list(filled.glob("*.trace"))) > 1
    assert found["bytes"] == sum(path.stat().st_size for path in filled.rglob("*") if path.is_file())
    (index,) = found["indexes"]["log_directories"]
    assert index["place"] == str(demo_logs / "simulated_time_slicing" / "together")

    assert main(["cache"]) == 0
    text = capsys.readouterr().out
    assert f"used just now: {index['place']}" in text
    assert "last used just now, the oldest just now" in text


def test_everything_or_only_the_indexes_are_removed(filled: Path, capsys: Captured) -> None:
    assert main(["cache", "--clear-index"]) == 0
    assert capsys.readouterr().err.startswith("Removed 0 decoded traces and 1 index, ")
    assert state(capsys)["traces"]["count"]

    (filled / "mine.txt").write_text("kept")
    assert main(["cache", "--clear"]) == 0
    assert "and 0 indexes" in capsys.readouterr().err
    assert state(capsys)["bytes"] == 0
    assert (filled / "mine.txt").exists()


def test_only_what_is_old_is_removed(filled: Path, capsys: Captured) -> None:
    first, *others = sorted(filled.glob("*.trace"))
    os.utime(first, (time.time() - 31 * 86400,) * 2)
    assert main(["cache", "--older-than", "30d"]) == 0
    assert capsys.readouterr().err.startswith("Removed 1 decoded trace and 0 indexes, ")
    assert sorted(filled.glob("*.trace")) == others


def test_a_limit_holds_at_once_and_from_then_on(
    filled: Path, demo_logs: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["cache", "--limit", "50KB"]) == 0
    assert "limit           48.8 KiB, set with --limit" in capsys.readouterr().out
    assert main(["report", str(demo_logs / "simulated_time_slicing")]) == 0
    found = state(capsys)
    assert found["bytes"] <= 50_000
    monkeypatch.setenv("TB_CONTENTION_CACHE_LIMIT", "1GiB")
    assert main(["cache"]) == 0
    assert "limit           1.00 GiB, set by TB_CONTENTION_CACHE_LIMIT" in capsys.readouterr().out


def test_a_link_is_refused(tmp_path: Path, cache: Path, capsys: Captured) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.trace").write_bytes(b"x")
    cache.symlink_to(tmp_path / "real")
    for words in (["--clear"], ["--limit", "1GiB"], ["--older-than", "1h"], ["--clear-index"]):
        assert main(["cache", *words]) == 1
        assert "it is a symbolic link. Set TB_CONTENTION_CACHE_DIR" in capsys.readouterr().err
    assert main(["cache"]) == 0
    assert "trouble         it is a symbolic link" in capsys.readouterr().out
    assert [path.name for path in (tmp_path / "real").iterdir()] == ["a.trace"]


@pytest.mark.parametrize("words", [["--older-than", "30"], ["--limit", "much"], ["--clear", "--clear-index"]])
def test_wrong_usage_is_2_and_changes_nothing(words: list[str], filled: Path, capsys: Captured) -> None:
    before = sorted(filled.rglob("*"))
    assert main(["cache", *words]) == 2
    assert sorted(filled.rglob("*")) == before


def test_no_cache_leaves_nothing_behind(cache: Path, demo_logs: Path, capsys: Captured) -> None:
    assert main(["report", "--no-cache", str(demo_logs / "simulated_time_slicing" / "together")]) == 0
    assert not cache.exists()
