"""A directory of many groups behind the tab: only what is looked at is read, what is elsewhere changes nothing, and memory is bounded."""

import argparse
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tensorboard.plugins.base_plugin import FlagsError

from tb_contention import analysis, pipeline
from tb_contention.cache.memory import size_of
from tb_contention.index import Index, Snapshot
from tb_contention.model.capture import CaptureFile, DecodedFile
from tb_contention.plugin import analysing, scanning, views
from tb_contention.plugin.loader import ContentionLoader
from tb_contention.plugin.plugin import ContentionPlugin
from tb_contention.plugin.requests import View
from tb_contention.plugin.views import MOST_VIEWS, State
from tb_contention.plugin.workspace import Workspace
from tb_contention.recorders import captures
from tb_contention.recorders.discover import discover
from tb_contention.simulate import write_directory

PAIRS = 6


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_directory(tmp_path_factory.mktemp("pairs") / "logs", PAIRS, window_ms=80.0)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note the files that are decoded; neighbours are not looked at ahead."""
    monkeypatch.setattr(views, "AHEAD", 0)
    return noted(monkeypatch)


def noted(monkeypatch: pytest.MonkeyPatch, below: Path | str = "") -> list[str]:
    seen: list[str] = []
    decode = captures.read_captures

    def noting(file: CaptureFile, *rest: Any) -> DecodedFile:
        if file.path.startswith(str(below)):
            seen.append(file.relative)
        return decode(file, *rest)

    monkeypatch.setattr(pipeline, "read_captures", noting)
    return seen


def ready(
    space: Workspace, view: View, until: Callable[[State], bool] = lambda state: state.analysis is not None
) -> State:
    """Ask like the panel does."""
    return next(
        state for state in asked(space, view) if state.state == "failed" or (state.state == "ready" and until(state))
    )


def asked(space: Workspace, view: View) -> Iterator[State]:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        yield space.summary(view)
        time.sleep(0.02)
    pytest.fail("the workspace did not get there")


def ids(space: Workspace) -> list[str]:
    """List the groups, once all files are skimmed."""
    ready(space, View())
    scan, _ = space.scan()
    assert scan is not None
    return [group.id for group in space.groups(scan)]


def runs(state: State) -> set[str]:
    assert state.analysis is not None, state.message
    return {session.session.run.split("/")[0] for session in state.analysis.report.sessions}


def add_pair(logs: Path, number: int) -> None:
    """Let another pair appear in a directory."""
    write_directory(logs, 1, first=number, window_ms=80.0)


def test_only_the_files_of_the_group_that_is_looked_at_are_decoded(pairs: Path, read: list[str]) -> None:
    space = Workspace(str(pairs), "")
    first = ready(space, View())
    scan, _ = space.scan()
    assert scan is not None
    groups = space.groups(scan)
    third = ready(space, View(group=groups[2].id))
    ready(space, View(group=groups[2].id, shifts=((groups[2].names[0], 5),)))

    assert (runs(first), runs(third)) == ({"job00005"}, {"job00003"})
    assert first.group is not None
    assert first.group.id == groups[0].id
    assert sorted(name.split("/")[0] for name in read) == ["job00003"] * 2 + ["job00005"] * 2


def test_the_neighbours_of_a_group_are_ready_before_they_are_looked_at(
    pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = noted(monkeypatch, tmp_path)
    space = Workspace(str(shutil.copytree(pairs, tmp_path / "logs")), "")
    names = ids(space)
    deadline = time.monotonic() + 60
    while len(seen) < 6 and time.monotonic() < deadline:
        time.sleep(0.05)
    decoded = {name.split("/")[0] for name in seen}
    next_one = ready(space, View(group=names[1]))

    assert decoded == {"job00005", "job00004", "job00003"}
    assert runs(next_one) == {"job00004"}


def test_a_capture_elsewhere_changes_the_list_and_nothing_else(tmp_path: Path, read: list[str]) -> None:
    logs = write_directory(tmp_path / "logs", 3, window_ms=80.0)
    space = Workspace(str(logs), "")
    group = View(group=ids(space)[1])
    before = ready(space, group)
    plain = ready(space, View())
    _, listing = space.scan()
    read.clear()
    assert before.analysis is not None
    device = before.analysis.report.devices[0].id
    timeline, revision = space.timeline(group, device)

    add_pair(logs, 7)
    later = next(state for state in asked(space, group) if space.scan()[1] != listing)
    for _ in range(10):
        space.summary(View())
        time.sleep(0.02)

    assert (later.state, later.revision) == ("ready", before.revision) == ("ready", revision)
    assert later.analysis is before.analysis
    assert space.timeline(group, device)[0] is timeline
    # Who looks at a group without having named it keeps it too; somebody who comes later sees the latest.
    assert space.summary(View()).revision == plain.revision
    assert [name for name in read if "job00007" not in name] == []


def test_a_group_that_is_on_the_screen_is_there_at_once_under_its_own_name(pairs: Path, read: list[str]) -> None:
    space = Workspace(str(pairs), "")
    plain = ready(space, View())
    assert plain.group is not None
    assert plain.analysis is not None
    named = View(group=plain.group.id)
    timeline, revision = space.timeline(named, plain.analysis.report.devices[0].id)
    again = space.summary(named)

    assert timeline is not None
    assert revision == plain.revision == again.revision
    assert again.analysis is plain.analysis
    assert len(read) == 2


def test_a_link_to_a_group_survives_what_joins_it(tmp_path: Path, read: list[str]) -> None:
    logs = write_directory(tmp_path / "logs", 2, window_ms=80.0)
    late = logs / "job00000" / "evaluator"
    shutil.move(late, tmp_path / "evaluator")
    space = Workspace(str(logs), "")
    alone = next(name for name in ids(space) if "-" not in name)
    before = ready(space, View(group=alone))

    shutil.move(tmp_path / "evaluator", late)
    after = ready(space, View(group=alone), lambda state: state.revision != before.revision)

    assert before.analysis is not None
    assert after.analysis is not None
    assert [len(s.analysis.report.sessions) for s in (before, after) if s.analysis] == [1, 2]
    assert after.group is not None
    assert alone in after.group.id.split("-")


def test_a_link_leads_to_what_is_left_of_a_group(tmp_path: Path, read: list[str]) -> None:
    logs = write_directory(tmp_path / "logs", 2, window_ms=80.0)
    space = Workspace(str(logs), "")
    wanted = View(group=ids(space)[1])
    before = ready(space, wanted)
    shutil.rmtree(logs / "job00000" / "evaluator")
    after = ready(space, wanted, lambda state: state.revision != before.revision)

    assert before.group is not None
    assert after.group is not None
    assert len(before.group.names) == 2
    assert [name.rpartition("/")[2] for name in after.group.names] == ["trainer"]


def test_a_group_that_is_not_there_fails_alone_until_it_is(tmp_path: Path, read: list[str]) -> None:
    logs = write_directory(tmp_path / "logs", 2, window_ms=80.0)
    space = Workspace(str(logs), "")
    wanted = View(group=ids(space)[1])
    shutil.move(logs / "job00000", tmp_path / "job00000")
    other = Workspace(str(logs), "")
    gone = ready(other, wanted)
    plain = ready(other, View())
    shutil.move(tmp_path / "job00000", logs / "job00000")
    back = next(s for s in asked(other, wanted) if s.state == "ready")

    assert (gone.state, gone.analysis) == ("failed", None)
    assert gone.message == (
        f"The log directory holds none of the captures of group {wanted.group}. Choose another group."
    )
    assert plain.state == "ready"
    assert runs(back) == {"job00000"}


def test_a_group_that_fails_fails_alone_and_is_not_tried_again(
    pairs: Path, monkeypatch: pytest.MonkeyPatch, read: list[str]
) -> None:
    tried: list[str] = []
    analyse = analysis.analyse_decoded

    def failing(decoded: object, *rest: object, **more: object) -> object:
        tried.append(str(decoded))
        if "job00002" in tried[-1]:
            raise ZeroDivisionError("a rule")
        return analyse(decoded, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(analysing, "analyse_decoded", failing)
    space = Workspace(str(pairs), "")
    names = ids(space)
    bad = ready(space, View(group=names[3]))
    good = ready(space, View(group=names[4]))
    count = len(tried)
    for _ in range(20):
        space.summary(View(group=names[3]))
        time.sleep(0.02)

    assert bad.state == "failed"
    assert "ZeroDivisionError: a rule" in bad.message
    assert runs(good) == {"job00001"}
    assert len(tried) == count


def test_decoded_traces_are_bounded_by_bytes(pairs: Path, monkeypatch: pytest.MonkeyPatch, read: list[str]) -> None:
    monkeypatch.setattr(views, "WAITS", 0.2)
    space = Workspace(str(pairs), "")
    names = ids(space)
    one = max(size_of(held) for held, _ in space._store._held.values())
    small = Workspace(str(pairs), "", memory=2 * one + 1000)
    for name in names:
        state = ready(small, View(group=name))
        assert state.analysis is not None
        assert small._store.bytes <= small._store.budget
        time.sleep(0.25)
    held = [view for view, state in small._views if state.held is not None]

    # The plain view stays, and the one that was asked for last.
    assert held == [View(), View(group=names[-1])] or held == [View(group=names[-1])]


def test_a_view_that_was_dropped_comes_back_for_a_tile_and_for_a_summary(
    pairs: Path, monkeypatch: pytest.MonkeyPatch, read: list[str]
) -> None:
    for bound in ("MAX_VIEWS", "MOST_VIEWS"):
        monkeypatch.setattr(views, bound, 1)
    monkeypatch.setattr(views, "WAITS", 0.2)
    space = Workspace(str(pairs), "")
    names = ids(space)
    first = ready(space, View(group=names[1]))
    assert first.analysis is not None
    ready(space, View(group=names[2]))
    ready(space, View(group=names[3]))
    assert dict(space._views)[View(group=names[1])].held is None

    known = space.summary(View(group=names[1]), first.revision)
    timeline, revision = space.timeline(View(group=names[1]), first.analysis.report.devices[0].id)

    assert (known.state, known.analysis, known.revision) == ("ready", None, first.revision)
    assert timeline is not None
    assert revision == first.revision
    assert ready(space, View(group=names[2])).analysis is not None


def test_what_nobody_waits_for_gives_way(pairs: Path, monkeypatch: pytest.MonkeyPatch, read: list[str]) -> None:
    monkeypatch.setattr(analysing, "AT_ONCE", 1)
    begun, go_on = threading.Event(), threading.Event()
    decode = captures.read_captures

    def held_up(file: CaptureFile, *rest: Any) -> DecodedFile:
        read.append(file.relative.split("/")[0])
        begun.set()
        assert go_on.wait(60)
        return decode(file, *rest)

    space = Workspace(str(pairs), "")
    wanted = View(group=ids(space)[2])
    other = Workspace(str(pairs), "")
    monkeypatch.setattr(pipeline, "read_captures", held_up)
    read.clear()
    # TensorBoard asks whether there are captures, which prepares the first group; then somebody follows a link to another.
    other.has_captures(1)
    assert begun.wait(60)
    other.summary(wanted)
    go_on.set()

    assert runs(ready(other, wanted)) == {"job00003"}
    assert runs(ready(other, View())) == {"job00005"}
    assert read == ["job00005", "job00003", "job00003", "job00005"]


def test_twelve_views_that_are_looked_at_at_once_all_become_ready(pairs: Path, read: list[str]) -> None:
    space = Workspace(str(pairs), "")
    names = ids(space)
    wanted = [View(group=name) for name in names] + [View(group=name, shifts=(("trainer", 5),)) for name in names]
    wanted = [
        replace(view, shifts=tuple((f"job0000{5 - k % 6}/trainer", by) for _, by in view.shifts))
        for k, view in enumerate(wanted)
    ]
    revisions: dict[View, str] = {}
    deadline = time.monotonic() + 60
    while len(revisions) < len(wanted) and time.monotonic() < deadline:
        for view in wanted:
            state = space.summary(view, revisions.get(view, ""))
            assert state.state != "failed", state.message
            if state.analysis is not None:
                revisions[view] = state.revision
        assert len({id(s.held) for _, s in space._views if s.held is not None}) <= MOST_VIEWS + 2
        time.sleep(0.05)

    assert len(set(revisions.values())) == len(wanted) == 12


def test_a_large_directory_shows_its_latest_groups_before_all_are_skimmed(
    pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: list[str]
) -> None:
    monkeypatch.setenv("TB_CONTENTION_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(scanning, "FIRST_FILES", 2)
    monkeypatch.setattr(scanning, "LARGER", 1)
    monkeypatch.setattr(views, "WAITS", 60.0)
    go_on = threading.Event()
    look = Index.look

    def held_up(index: Index, *words: Any, **more: Any) -> Snapshot:
        """Skim the first files; the others wait until the first view is ready."""
        if index is space._scanner.index and space._scanner.current is not None:
            assert go_on.wait(60)
        return look(index, *words, **more)

    monkeypatch.setattr(Index, "look", held_up)
    space = Workspace(str(pairs), "")
    try:
        first = ready(space, View())
        scan, _ = space.scan()
        assert scan is not None
        pending = len(scan.snapshot.pending)
    finally:
        go_on.set()
    monkeypatch.setattr(views, "WAITS", 0.0)
    deadline = time.monotonic() + 60
    while scan.snapshot.pending and time.monotonic() < deadline:
        time.sleep(0.05)
        scan, _ = space.scan()
        assert scan is not None

    assert first.state == "ready"
    assert pending == 2 * PAIRS - 2
    assert len(space.groups(scan)) == PAIRS
    assert {group.by_name for group in space.groups(scan)} == {False}


def test_the_directory_is_looked_through_for_a_twentieth_of_the_time(
    pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scanner = scanning.Scanner(str(pairs), "", None)
    scanner.step(lambda _: None, lambda *_: None)
    kept = scanner.current
    find = discover

    def slow(*words: str, **more: Any) -> object:
        time.sleep(0.3)
        return find(*words, **more)

    monkeypatch.setattr(scanning, "discover", slow)
    scanner.step(lambda _: None, lambda *_: None)

    assert scanner.current is kept
    assert 6.0 <= scanner._next - scanner.finished < 12.0


def test_of_an_object_store_only_what_is_looked_at_is_read(pairs: Path, read: list[str], bucket: Any) -> None:
    bucket.put(str(pairs), "/tab_logs", recursive=True)
    space = Workspace("memory://tab_logs", "")
    first = ready(space, View())
    scan, _ = space.scan()
    assert scan is not None
    groups = space.groups(scan)
    by_name = groups[2]
    second = ready(space, View(group=by_name.id))

    assert (runs(first), [group.by_name for group in groups]) == ({"job00005"}, [False] + [True] * 5)
    assert second.group is not None
    assert (second.group.id, second.group.by_name) == (by_name.id, False)
    assert len(read) == 4


def test_the_option_for_the_memory_is_checked_at_the_start() -> None:
    parser = argparse.ArgumentParser()
    loader = ContentionLoader()
    loader.define_flags(parser)
    loader.define_flags(parser)
    given = parser.parse_args(["--contention_memory", "2GiB"])
    loader.fix_flags(given)
    loader.fix_flags(parser.parse_args([]))

    assert ContentionPlugin(SimpleNamespace(logdir="x", flags=given))._workspace._store.budget == 2 << 30
    with pytest.raises(FlagsError, match="--contention_memory: 'much' is not a memory size"):
        loader.fix_flags(parser.parse_args(["--contention_memory", "much"]))
