import json
import logging
import os
import time
from pathlib import Path

import pytest

from tb_contention.cache import room
from tb_contention.cache.room import (
    BUDGET,
    LIMIT_VARIABLE,
    Room,
    limit_of,
    remove,
    remove_beyond,
    set_limit,
    stored,
)
from tb_contention.model.stored import Kind, StoredFile

KIB = 1024


@pytest.fixture(autouse=True)
def nothing_stated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(LIMIT_VARIABLE, raising=False)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A cache of four traces, used one hour after the other, and two indexes, of one KiB each."""
    directory = tmp_path / "cache"
    (directory / "index").mkdir(parents=True)
    names = ["index/a.index", "a.trace", "b.trace", "c.trace", "d.trace", "index/b.index"]
    for hours, name in enumerate(reversed(names)):
        fill(directory / name, age_s=hours * 3600 + 10)
    return directory


def fill(path: Path, age_s: float = 0) -> None:
    path.write_bytes(b"x" * KIB)
    os.utime(path, (time.time() - age_s,) * 2)


def names(directory: Path) -> list[str]:
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file())


def test_traces_go_before_indexes_and_the_least_recently_used_first(cache: Path) -> None:
    assert remove_beyond(cache, 4 * KIB) == 4 * KIB
    assert names(cache) == ["c.trace", "d.trace", "index/a.index", "index/b.index"]

    remove_beyond(cache, KIB)
    assert names(cache) == ["index/b.index"]


def test_leftovers_of_killed_writers_go_after_an_hour(cache: Path) -> None:
    fill(cache / "new.tmp")
    fill(cache / "old.tmp", age_s=4000)
    fill(cache / "index" / "old.tmp", age_s=4000)

    remove_beyond(cache, BUDGET)

    assert [name for name in names(cache) if name.endswith(".tmp")] == ["new.tmp"]


def test_the_directory_is_listed_only_where_it_may_be_full(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listings: list[Path] = []
    list_files = room._files

    def listing(directory: Path) -> list[StoredFile]:
        listings.append(directory)
        return list_files(directory)

    monkeypatch.setattr(room, "_files", listing)
    space = Room(cache)

    for number in range(200):
        assert space.take(KIB, limit=100 * KIB)
        fill(cache / f"{number:03}.trace")

    assert len(names(cache)) <= 100
    assert len(listings) <= 25


def test_what_exceeds_the_whole_limit_displaces_nothing(cache: Path) -> None:
    assert not Room(cache).take(11 * KIB, limit=10 * KIB)
    assert len(names(cache)) == 6


def test_a_limit_is_kept_for_the_directory_and_the_environment_overrides_it(
    cache: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert (limit_of(cache).size, limit_of(cache).source) == (BUDGET, "default")

    set_limit(cache, 2 * KIB)

    assert (limit_of(cache).size, limit_of(cache).source) == (2 * KIB, "setting")
    assert names(cache) == ["index/a.index", "index/b.index", "settings.json"]
    if os.name == "posix":
        assert (cache / "settings.json").stat().st_mode & 0o777 == 0o600

    monkeypatch.setenv(LIMIT_VARIABLE, "3MiB")
    assert (limit_of(cache).size, limit_of(cache).source) == (3 << 20, LIMIT_VARIABLE)

    monkeypatch.setenv(LIMIT_VARIABLE, "-1")
    with caplog.at_level(logging.WARNING):
        assert limit_of(cache).source == "setting"
    assert "TB_CONTENTION_CACHE_LIMIT is ignored" in caplog.text


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"limit_bytes": "1"}', '{"limit_bytes": -1}', "1", "[" * 5000, "\xff"]
)
def test_damaged_settings_are_no_settings(text: str, tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text(text, encoding="latin-1")
    assert limit_of(tmp_path).source == "default"


def test_links_are_neither_followed_nor_removed(cache: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (outside / "index").mkdir(parents=True)
    fill(outside / "far.trace")
    fill(outside / "index" / "far.index")
    (cache / "link.trace").symlink_to(outside / "far.trace")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "index").symlink_to(outside / "index")

    remove_beyond(cache, 0)
    remove(cache, Kind)
    remove(tmp_path / "other", Kind)

    assert names(outside) == ["far.trace", "index/far.index"]
    assert (cache / "link.trace").is_symlink()
    assert stored(tmp_path / "other").files == ()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a directory away")
def test_the_directory_of_another_user_is_neither_used_nor_cleared(cache: Path) -> None:
    os.chown(cache, 12345, 12345)
    assert stored(cache).trouble == "it belongs to another user"
    assert remove(cache, Kind) == ()
    assert len(names(cache)) == 6


def test_only_what_was_not_used_for_a_time_goes(cache: Path) -> None:
    removed = remove(cache, {Kind.TRACE}, unused_for_s=2.5 * 3600)
    assert sorted(Path(file.path).name for file in removed) == ["a.trace", "b.trace"]


def test_files_that_are_not_of_the_cache_stay(cache: Path) -> None:
    for name in ("notes.txt", "index/notes.txt", "a.index", "index/a.trace", "settings.json"):
        (cache / name).write_text(json.dumps({}))
    remove(cache, Kind)
    assert names(cache) == ["a.index", "index/a.trace", "index/notes.txt", "notes.txt", "settings.json"]
