import os
from pathlib import Path
from typing import Any

import pytest

from tb_contention.errors import LogdirError, TraceFileError
from tb_contention.model.capture import CaptureFile, Container
from tb_contention.recorders.discover import discover
from tb_contention.recorders.load import load_trace


def put(root: Path, place: str, content: bytes = b"x") -> Path:
    path = root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def runs(logdir: Path) -> list[str]:
    return [f.id for f in discover(str(logdir)).files]


def test_runs_are_found_at_any_depth_and_named_as_the_profile_tab_names_them(tmp_path: Path) -> None:
    put(tmp_path, "plugins/profile/2026_01_01_00_00_00/h.xplane.pb")
    put(tmp_path, "a/b/plugins/profile/s1/h1.xplane.pb")
    put(tmp_path, "a/b/plugins/profile/s1/h2.xplane.pb")
    put(tmp_path, "a/b/plugins/profile/s2/h1.xplane.pb")

    assert runs(tmp_path) == ["2026_01_01_00_00_00/h", "a/b/s1/h1", "a/b/s1/h2", "a/b/s2/h1"]


@pytest.mark.parametrize("place", ["job", "job/", "./job", "job/a.pt.trace.json"])
def test_a_relative_place_of_one_name_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    put(tmp_path, "job/a.pt.trace.json")
    monkeypatch.chdir(tmp_path)

    assert [f.id for f in discover(place).files] == ["job/a"]


def test_the_current_folder_and_a_file_in_it_are_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "job/a.pt.trace.json")
    monkeypatch.chdir(tmp_path / "job")

    assert [[f.id for f in discover(place).files] for place in (".", "a.pt.trace.json")] == [["job/a"]] * 2


def test_caches_of_other_tools_are_no_captures(tmp_path: Path) -> None:
    for name in (
        "h.SSTABLE",
        ".cached_tools.json",
        "ALL_HOSTS.op_stats_v2.pb",
        "h.memory_profile.json.gz",
        "perfetto_trace.json.gz",
    ):
        put(tmp_path, f"plugins/profile/s/{name}")

    assert runs(tmp_path) == []


def test_the_xplane_file_wins_over_its_json_twin(tmp_path: Path) -> None:
    put(tmp_path, "plugins/profile/s/h.trace.json.gz")
    put(tmp_path, "plugins/profile/s/h.xplane.pb")

    assert [Path(f.path).name for f in discover(str(tmp_path)).files] == ["h.xplane.pb"]


def test_a_file_of_records_counts_where_its_host_has_no_other(tmp_path: Path) -> None:
    for name in ("h.xplane.riegeli", "i.xplane.riegeli", "i.xplane.pb"):
        put(tmp_path, f"plugins/profile/s/{name}")

    assert [f.container for f in discover(str(tmp_path)).files] == [Container.RIEGELI, Container.XPLANE]


def test_links_are_followed_and_loops_end(tmp_path: Path) -> None:
    put(tmp_path / "real", "plugins/profile/s/h.xplane.pb")
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "linked").symlink_to(tmp_path / "real")
    (tmp_path / "real" / "loop").symlink_to(tmp_path / "real")

    assert runs(tmp_path / "logs") == ["linked/s/h"]


def test_a_link_out_is_followed_as_long_as_it_leads_to_captures(tmp_path: Path) -> None:
    for number in range(700):  # four folders each, of which three are counted
        put(tmp_path / "real", f"{number}/plugins/profile/s/h.xplane.pb")
    put(tmp_path / "logs", "own/plugins/profile/s/h.xplane.pb")
    (tmp_path / "logs" / "linked").symlink_to(tmp_path / "real")

    found = discover(str(tmp_path / "logs"))

    assert len(found.files) == 701
    assert found.problems == ()


def test_a_link_to_folders_without_captures_is_left(tmp_path: Path) -> None:
    for number in range(2500):
        (tmp_path / "real" / f"{number:04}").mkdir(parents=True)
    put(tmp_path / "logs", "own/plugins/profile/s/h.xplane.pb")
    (tmp_path / "logs" / "linked").symlink_to(tmp_path / "real")

    found = discover(str(tmp_path / "logs"))

    assert [f.id for f in found.files] == ["own/s/h"]
    assert [(p.slug, p.file) for p in found.problems] == [("link-left", "linked")]
    assert found.looked_in < 2100


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs /proc")
@pytest.mark.parametrize("place", ["/proc/self", "/proc", "/sys", "/dev"])
def test_a_link_into_what_the_kernel_makes_up_is_left(tmp_path: Path, place: str) -> None:
    put(tmp_path, "own/plugins/profile/s/h.xplane.pb")
    (tmp_path / "linked").symlink_to(place)

    found = discover(str(tmp_path))

    assert [f.id for f in found.files] == ["own/s/h"]
    assert [p.slug for p in found.problems] == ["link-left"]
    assert found.looked_in < 10


def test_a_pipe_named_like_a_trace_is_not_opened(tmp_path: Path) -> None:
    put(tmp_path, "plugins/profile/s/good.xplane.pb")
    os.mkfifo(tmp_path / "plugins/profile/s/h.xplane.pb")

    found = discover(str(tmp_path))

    assert [f.host for f in found.files] == ["good"]
    assert [p.slug for p in found.problems] == ["not-a-file"]


def test_a_session_directory_or_a_file_may_be_given(tmp_path: Path) -> None:
    file = put(tmp_path, "run/plugins/profile/s/h.xplane.pb")

    assert runs(file.parent) == ["s/h"]
    assert runs(file.parent.parent) == ["s/h"]
    assert runs(file) == ["s/h"]


def test_a_spec_names_its_folders(tmp_path: Path) -> None:
    put(tmp_path / "x", "plugins/profile/s/h.xplane.pb")
    put(tmp_path / "y", "plugins/profile/s/h.xplane.pb")

    found = discover("", spec=f"one:{tmp_path}/x,{tmp_path}/y")

    assert [f.id for f in found.files] == ["one/s/h", "s/h"]


def test_a_missing_folder_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(LogdirError, match="No such file"):
        discover(str(tmp_path / "nowhere"))


def test_names_that_are_not_text_survive(tmp_path: Path) -> None:
    put(tmp_path, os.fsdecode(b"r\xff\n/plugins/profile/s/h.xplane.pb"))

    assert runs(tmp_path) == ["r\ufffd\ufffd/s/h"]


def test_a_url_is_read_through_fsspec(bucket: Any) -> None:
    bucket.pipe("/logs/run/plugins/profile/s/h.xplane.pb", b"not a trace")

    (file,) = discover("memory://logs").files

    assert file.id == "run/s/h"
    with pytest.raises(TraceFileError, match="not an XSpace"):
        load_trace(file)


def test_a_url_holds_what_a_folder_holds(tmp_path: Path, bucket: Any) -> None:
    names = (
        "run/plugins/profile/s/a.xplane.pb", "run/plugins/profile/s/a.trace.json.gz", "run/plugins/profile/s/b.trace.json.gz",
        "run/plugins/profile/s/tb_contention.json", "run/plugins/profile/s/perfetto_trace.json.gz", "plugins/profile/t/c.xplane.pb",
        "run/events.out.tfevents.1700000000.host.profile-empty", "torch/x.pt.trace.json", "torch/x.pt.trace.json.gz", "y.pt.trace.json.gz",
        "torch/z.trace.json.gz", "loose.xplane.pb", "torch/odd\nname.pt.trace.json",
    )  # fmt: skip
    for name in names:
        put(tmp_path / "same", name)
        bucket.pipe(f"/same/{name}", b"")

    def seen(place: str) -> list[tuple[object, ...]]:
        found = discover("", spec=f"jobs:{place}").files
        return [(f.id, f.relative, f.directory, f.container, f.tfevents_seconds, f.manifest is None) for f in found]

    local = seen(str(tmp_path / "same"))
    assert seen("memory://same") == local
    expected = ["run/s/a", "run/s/b", "same/y", "t/c", "torch/odd\ufffdname", "torch/x"]
    assert [capture for capture, *_ in local] == [f"jobs/{name}" for name in expected]


def one_file(tmp_path: Path, content: bytes) -> CaptureFile:
    put(tmp_path, "plugins/profile/s/h.xplane.pb", content)
    return discover(str(tmp_path)).files[0]


def test_a_file_that_is_gone_is_refused_by_name(tmp_path: Path) -> None:
    file = one_file(tmp_path, b"x")
    Path(file.path).unlink()

    with pytest.raises(TraceFileError) as refusal:
        load_trace(file)

    assert (refusal.value.slug, "h.xplane.pb" in str(refusal.value)) == ("file-vanished", True)


def test_an_empty_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(TraceFileError) as refusal:
        load_trace(one_file(tmp_path, b""))

    assert refusal.value.slug == "empty-file"


def test_ids_are_unique_though_folders_or_names_look_the_same(tmp_path: Path) -> None:
    put(tmp_path / "x", "plugins/profile/s/h.xplane.pb")
    put(tmp_path / "y", "plugins/profile/s/h.xplane.pb")
    for name in (b"r\xfe", b"r\xff"):
        put(tmp_path / "z", f"{os.fsdecode(name)}/plugins/profile/s/h.xplane.pb")

    assert [f.id for f in discover("", spec=f"{tmp_path}/x,{tmp_path}/y").files] == ["s/h", "s~2/h"]
    assert runs(tmp_path / "z") == ["r\ufffd/s/h", "r\ufffd/s~2/h"]


@pytest.mark.parametrize("place", ["a\0b", "~no such user/logs"])
def test_a_path_that_cannot_be_is_a_missing_folder(place: str) -> None:
    with pytest.raises(LogdirError) as refusal:
        discover(place)

    assert refusal.value.slug == "logdir-missing"


def test_datasets_are_listed_and_their_tables_not_walked(tmp_path: Path) -> None:
    for place in ("logs/captures", "logs"):
        put(tmp_path, f"{place}/table=inputs/date=2026-03-05/part-a-b.parquet")
        put(tmp_path, f"{place}/_reports/key.html")
    put(tmp_path, "logs/run/plugins/profile/s/h.xplane.pb")
    put(tmp_path, "logs/no_dataset/table=inputs")
    told: list[bool] = []

    found = discover(str(tmp_path / "logs"), on_first=lambda: told.append(True))

    assert found.datasets == (str(tmp_path / "logs"), str(tmp_path / "logs" / "captures"))
    assert [f.id for f in found.files] == ["run/s/h"]
    assert found.looked_in == len(("logs", "captures", "run", "plugins", "profile", "s", "no_dataset"))
    assert told == [True]
    assert discover(str(tmp_path / "logs" / "captures")).datasets == (str(tmp_path / "logs" / "captures"),)


def test_datasets_behind_a_url_are_listed(bucket: Any) -> None:
    for place in ("/cluster/captures", "/cluster"):
        bucket.pipe(f"{place}/table=inputs/date=2026-03-05/part-a-b.parquet", b"")

    assert discover("memory://cluster").datasets == ("memory:///cluster", "memory:///cluster/captures")
    assert discover("memory://cluster/captures").datasets == ("memory:///cluster/captures",)
