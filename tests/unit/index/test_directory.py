"""A log directory is looked through once: only what is new is read, and what was found stays found."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tb_contention.index import Index, Selection, Snapshot, choose, resolve
from tb_contention.model.capture import CaptureFile
from tb_contention.model.faults import Faults
from tb_contention.model.findings import Origin, Problem, Severity
from tb_contention.model.listing import Depth, KnownAnswer
from tb_contention.recorders import captures
from tb_contention.recorders.discover import discover
from tb_contention.simulate import write_directory

Look = Callable[[], Snapshot]


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    return write_directory(tmp_path / "logs", 4, window_ms=80.0)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note the files that are skimmed."""
    seen: list[str] = []
    skim = captures.sketch_captures

    def noting(file: CaptureFile, faults: Faults) -> object:
        seen.append(file.relative)
        return skim(file, faults)

    monkeypatch.setattr(captures, "sketch_captures", noting)
    return seen


def look(logs: Path, cache: Path | None, index: Index | None = None) -> Snapshot:
    return (index or Index.of(str(logs), "", cache)).look(discover(str(logs)))


def test_pairs_that_ran_together_are_groups_the_latest_first(logs: Path) -> None:
    groups = look(logs, None).listing.groups

    assert [g.names for g in groups] == [(f"job0000{k}/evaluator", f"job0000{k}/trainer") for k in (3, 2, 1, 0)]
    assert {(g.shared, g.on_host, g.devices, g.simulated) for g in groups} == {
        (True, False, ("simulated-host/GPU:0",), 2)
    }
    assert groups[0].title == "job00003: evaluator + trainer, 5 Mar 2026 13:00 UTC"
    assert all(g.overlap_share > 0.99 for g in groups)


def test_what_an_index_knows_is_not_read_again(logs: Path, tmp_path: Path, read: list[str]) -> None:
    first = look(logs, tmp_path / "cache")
    assert len(read) == 8

    again = look(logs, tmp_path / "cache")

    assert len(read) == 8
    assert again.listing == first.listing


def test_only_a_new_or_changed_file_is_read(logs: Path, tmp_path: Path, read: list[str]) -> None:
    index = Index.of(str(logs), "", tmp_path / "cache")
    look(logs, None, index)
    changed = next((logs / "job00001").rglob("*.xplane.pb"))
    os.utime(changed, ns=(1, 1))
    write_directory(logs, 1, first=9, window_ms=80.0)
    read.clear()

    look(logs, None, index)

    assert sorted(read) == sorted(
        str(p.relative_to(logs)) for p in (changed, *(logs / "job00009").rglob("*.xplane.pb"))
    )


def test_a_changed_manifest_is_seen(logs: Path, tmp_path: Path) -> None:
    look(logs, tmp_path / "cache")
    manifest = next((logs / "job00002" / "trainer").rglob("tb_contention.json"))
    manifest.write_text(manifest.read_text().replace('"simulated-host"', '"another-host"'))

    found = look(logs, tmp_path / "cache")

    assert {c.host for c in found.listing.captures} == {"simulated-host", "another-host"}


def test_ids_of_groups_survive_new_captures(logs: Path) -> None:
    before = {g.names: g.id for g in look(logs, None).listing.groups}
    write_directory(logs, 3, first=7, window_ms=80.0)
    after = {g.names: g.id for g in look(logs, None).listing.groups}

    assert len(after) == 7
    assert after.items() >= before.items()


def test_a_group_that_grew_is_found_by_its_old_id(logs: Path) -> None:
    old = look(logs, None).groups[0]
    run = next((logs / "job00003" / "trainer").rglob("*.xplane.pb"))
    other = logs / "late" / "third" / "plugins" / "profile" / "2026_03_05_13_00_00"
    shutil.copytree(run.parent, other)
    manifest = other / "tb_contention.json"
    manifest.write_text(manifest.read_text().replace('"process_id": 4021', '"process_id": 99'))

    new = look(logs, None)
    found = resolve(old.id, new.groups)

    assert found is not None
    assert {m.id for m in old.members} < {m.id for m in found.members}


def test_an_unreadable_file_is_listed_and_the_others_are_groups(logs: Path) -> None:
    next((logs / "job00000" / "trainer").rglob("*.xplane.pb")).write_bytes(b"\x1f\x8bno")

    listing = look(logs, None).listing

    assert [c.depth for c in listing.captures].count(Depth.UNREADABLE) == 1
    assert [p.slug for p in listing.problems] == ["gzip-file"]
    assert sum(g.shared for g in listing.groups) == 3


def test_a_group_is_chosen_with_its_files_alone(logs: Path) -> None:
    snapshot = look(logs, None)
    chosen = choose(snapshot, Selection(group=snapshot.groups[2].id))

    assert {f.run.split("/")[0] for f in chosen.files} == {"job00001"}
    assert {f.run.split("/")[0] for f in choose(snapshot, Selection(latest=True)).files} == {"job00003"}
    assert {f.run.split("/")[0] for f in choose(snapshot, Selection(runs=("job00000/*",))).files} == {"job00000"}


def test_a_file_of_a_bucket_is_known_by_its_name_only(logs: Path, read: list[str]) -> None:
    snapshot = Index.of(str(logs), "", None).look(discover(str(logs)), read=lambda file: False)

    assert read == []
    assert len(snapshot.pending) == 8
    assert {(g.by_name, g.shared, len(g.captures)) for g in snapshot.listing.groups} == {(True, True, 2)}
    assert {c.depth for c in snapshot.listing.captures} == {Depth.NAMED}


def test_a_large_directory_is_looked_through_in_parts_the_latest_first(logs: Path, read: list[str]) -> None:
    for number, file in enumerate(sorted(logs.rglob("*.xplane.pb"))):
        os.utime(file, ns=(number, number))
    index = Index.of(str(logs), "", None)
    first = index.look(discover(str(logs)), most=2)
    by_name = {g.names: g.id for g in first.listing.groups}

    assert {path.split("/")[0] for path in read} == {"job00003"}
    assert [g.by_name for g in first.listing.groups] == [False, True, True, True]

    whole = index.look(discover(str(logs)))

    assert len(read) == 8
    assert {g.id for g in whole.listing.groups} == set(by_name.values())


def unreadable(slug: str) -> Callable[[CaptureFile, Faults], object]:
    def skim(file: CaptureFile, faults: Faults) -> object:
        problem = Problem(
            file=file.relative, slug=slug, severity=Severity.ERROR, origin=Origin.READING, message="m", advice="a"
        )
        return (), (problem,)

    return skim


@pytest.mark.parametrize(("slug", "again"), [("unreadable-file", 8), ("still-growing", 8), ("not-a-profile", 0)])
def test_a_file_that_could_not_be_opened_is_tried_again(
    slug: str, again: int, logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """Rights can be granted without changing size or time of a file; a damaged one stays damaged."""
    with monkeypatch.context() as patch:
        patch.setattr(captures, "sketch_captures", unreadable(slug))
        look(logs, tmp_path / "cache")
    read = request.getfixturevalue("read")

    look(logs, tmp_path / "cache")

    assert len(read) == again


def test_nothing_of_an_object_store_is_kept_on_disk(tmp_path: Path, logs: Path, bucket: Any) -> None:
    bucket.put(str(logs), "/index_remote", recursive=True)
    index = Index.of("memory://index_remote", "", tmp_path / "cache")
    found = index.look(discover("memory://index_remote"), read=lambda file: True)
    index.note(found.groups[0], KnownAnswer(answer="no", label="", figure="", interval="", estimate=None))

    assert len(found.listing.captures) == 8
    assert not list(tmp_path.rglob("*.index"))


def test_of_a_bucket_manifests_are_read_and_no_file(logs: Path, read: list[str], bucket: Any) -> None:
    for path in sorted(logs.rglob("*.*")):
        if path.is_file():
            bucket.pipe(f"/named{path.relative_to(logs).as_posix().join(('/', ''))}", path.read_bytes())
    listing = Index.of("memory://named", "", None).look(discover("memory://named")).listing

    assert read == []
    assert {(g.by_name, g.simulated, g.models) for g in listing.groups} == {(True, 2, ("Simulated GPU 80 GB",))}
    assert {c.process_id for c in listing.captures} == {4021, 4388}
