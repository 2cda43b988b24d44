"""The routes of the tab, asked as a browser and as an attacker would."""

import io
import json
import os
import re
import shutil
import tarfile
import time
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import jsonschema
import numpy as np
import pytest
from captures_alone import at_another_time
from werkzeug.test import Client, TestResponse, create_environ, run_wsgi_app

from tb_contention.model.baseline import BaselineChoices
from tb_contention.plugin.answers import EventAnswer, GroupsAnswer, HitAnswer, ShiftedAnswer, Summary
from tb_contention.plugin.loader import ContentionLoader
from tb_contention.plugin.plugin import ContentionPlugin
from tb_contention.report.contract.schema import schema
from tb_contention.simulate import random_scenario, write_directory, write_scenario
from tb_contention.timeline.layout import Layout
from tb_contention.timeline.search import SearchHits
from tb_contention.timeline.tiles import BUCKETS, tile


class Tab:
    """The plugin's routes behind one client, as TensorBoard mounts them."""

    def __init__(self, logdir: Path | str, spec: str = "") -> None:
        flags = SimpleNamespace(logdir_spec=spec)
        self.plugin = ContentionPlugin(SimpleNamespace(logdir=str(logdir), flags=flags, plugin_name_to_instance={}))
        self.apps = self.plugin.get_plugin_apps()

    def ask(self, path: str, method: str = "GET", /, **query: Any) -> TestResponse:
        client = Client(self.apps["/" + path.partition("?")[0]])
        if "?" in path:
            return client.open("/?" + path.partition("?")[2], method=method)
        return client.open("/", method=method, query_string=query)

    def ready(self, until: str = "ready", /, **query: Any) -> dict[str, Any]:
        for _ in range(600):
            summary: dict[str, Any] = json.loads(self.ask("api/summary", **query).data)
            if summary["state"] in (until, "failed"):
                return summary
            time.sleep(0.05)
        raise AssertionError(summary)


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory, demo_logs: Path) -> Path:
    folder = tmp_path_factory.mktemp("logs")
    shutil.copytree(demo_logs / "simulated_time_slicing" / "together", folder / "together")
    bad = folder / "bad" / "plugins" / "profile" / "2026_01_01_00_00_00" / "host.xplane.pb"
    bad.parent.mkdir(parents=True)
    bad.write_bytes(b"\x1f\x8b not a trace")
    return folder


@pytest.fixture(scope="module")
def tab(logs: Path) -> Tab:
    made = Tab(logs)
    made.ready()
    return made


def parse(data: bytes) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Read a tile as `http_api.md` describes it."""
    assert data[:4] == b"TBCT"
    version, size = np.frombuffer(data, "<u4", 2, 4).tolist()
    assert (version, (12 + size) % 8) == (1, 0)
    header = json.loads(data[12 : 12 + size])
    for track in header["tracks"]:
        for name, (kind, at) in track["columns"].items():
            assert at % 8 == 0
            track["columns"][name] = np.frombuffer(data, "<" + kind[0] + str(int(kind[1:]) // 8), track["n"], at)
    return header, header["tracks"]


def test_a_tile_is_cut_once(tab: Tab, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = tab.ready()
    query = {"device": summary["report"]["devices"][0]["id"], "revision": summary["revision"], "level": 22, "index": 0}
    first = tab.ask("api/tile", **query)
    cut: list[bool] = []

    def counted(*arguments: Any, launches: bool) -> bytes:
        cut.append(launches)
        return tile(*arguments, launches=launches)

    monkeypatch.setattr("tb_contention.plugin.routes.tile", counted)

    assert tab.ask("api/tile", **query).data == first.data
    assert cut == []
    assert tab.ask("api/tile", launches=1, **query).data != first.data
    assert cut == [True]


def scripts(tab: Tab) -> set[str]:
    return {name.removeprefix("/") for name in tab.apps if name.endswith(".js")}


def test_every_script_that_a_built_script_imports_is_served(tab: Tab) -> None:
    imported = {
        name
        for script in scripts(tab)
        for name in re.findall(
            r"""(?:from|import)\s*\(?\s*["'`]\./([\w.-]+)["'`]""", tab.ask(script).get_data(as_text=True)
        )
    }

    assert len(imported) > 1
    assert imported == scripts(tab)


def test_a_built_file_is_kept_where_its_name_holds_its_content_and_else_asked_for_again(tab: Tab) -> None:
    for script in scripts(tab):
        answer = tab.ask(script)
        kept = answer.headers["Cache-Control"]
        assert answer.content_type == "text/javascript; charset=utf-8"
        assert kept == ("no-cache" if script == "index.js" else "private, max-age=31536000, immutable")
        assert tab.ask(script, "POST").status_code == 405

    (tables,) = (name[1:] for name in tab.apps if name.startswith("/tables-"))
    answer = tab.ask(tables)
    assert (answer.content_type, set(answer.get_json())) == ("application/json", {"device", "report"})
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"

    tag = tab.ask("index.js").headers["ETag"]
    again = Client(tab.apps["/index.js"]).get("/", headers={"If-None-Match": tag})
    changed = Client(tab.apps["/index.js"]).get("/", headers={"If-None-Match": 'W/"0"'})
    assert (again.status_code, again.data) == (304, b"")
    assert (changed.status_code, changed.headers["ETag"]) == (200, tag)


def test_every_documented_route_exists_and_no_other(tab: Tab, repo_root: Path) -> None:
    text = (repo_root / "tb_contention" / "plugin" / "http_api.md").read_text()
    documented = {"/" + m for m in re.findall(r"^## `(api/\w+)", text, re.M)}

    assert documented == {path for path in tab.apps if path.startswith("/api/")}


def test_a_bad_file_is_a_problem_and_the_good_ones_are_reported(tab: Tab) -> None:
    report = tab.ready()["report"]
    listed = json.loads(tab.ask("api/groups").data)

    # The bad file is of another host and year than the group.
    assert report["problems"] == []
    assert [p["slug"] for p in listed["problems"]] == ["gzip-file"]
    assert len(report["sessions"]) == 2
    assert report["devices"][0]["time"]["contended_ns"] == 309_763_450


def test_a_bad_file_beside_a_group_is_a_problem_of_its_report(tmp_path: Path, demo_logs: Path) -> None:
    shutil.copytree(demo_logs / "simulated_time_slicing" / "together", tmp_path / "together")
    beside = next(tmp_path.rglob("*.xplane.pb"))
    beside.with_name("other.xplane.pb").write_bytes(b"\x1f\x8b not a trace")

    assert [p["slug"] for p in Tab(tmp_path).ready()["report"]["problems"]] == ["gzip-file"]


def test_the_groups_are_listed_once_and_again_when_they_change(tab: Tab) -> None:
    summary = tab.ready()
    listed = json.loads(tab.ask("api/groups").data)
    again = json.loads(tab.ask("api/groups", known=listed["listing"]).data)
    (group,) = listed["groups"]

    assert summary["group"] == group
    assert (summary["captures"], summary["groups"], summary["listing"]) == (2, 1, listed["listing"])
    assert (group["shared"], len(group["names"]), group["found"]["label"] != "") == (True, 2, True)
    assert (again["is_known"], again["groups"], again["problems"]) == (True, None, [])
    assert tab.ready(group=group["id"])["revision"] == summary["revision"]


def test_an_overview_of_several_groups_analyses_none_and_sends_no_report(tmp_path: Path) -> None:
    tab = Tab(write_directory(tmp_path / "logs", 3, window_ms=80.0))
    tab.ready()
    seen = json.loads(tab.ask("api/summary", overview="1").data)
    last = json.loads(tab.ask("api/groups").data)["groups"][-1]
    named = json.loads(tab.ask("api/summary", overview="1", group=last["id"]).data)
    while named["state"] != "ready":
        time.sleep(0.05)
        named = json.loads(tab.ask("api/summary", overview="1", group=last["id"]).data)
    listed = json.loads(tab.ask("api/groups").data)

    assert (seen["state"], seen["groups"], seen["group"], seen["report"]) == ("ready", 3, None, None)
    assert (named["group"]["id"], named["report"]) == (last["id"], None)
    assert next(group for group in listed["groups"] if group["id"] == last["id"])["found"] is not None
    assert listed["apart"] == ""


def test_an_overview_of_one_group_is_its_report(tab: Tab) -> None:
    assert tab.ready(overview="1")["report"] is not None


def test_a_group_that_is_not_there_fails_with_a_sentence(tab: Tab) -> None:
    for wanted in ("0123456789", "0123456789-abcdef0123", "0123456789-abcdef0123-0123456789-17x01234567"):
        response = tab.ask("api/summary", group=wanted)
        gone = tab.ready(group=wanted)

        assert response.status_code == 200
        assert (gone["state"], gone["report"], gone["group"]) == ("failed", None, None)
        assert wanted in gone["message"]
        assert tab.ask("api/layout", group=wanted, device="x").status_code == 404
    assert tab.ready()["state"] == "ready"


def test_groups_are_compared_once_both_are_analysed(tmp_path: Path) -> None:
    tab = Tab(write_directory(tmp_path / "logs", 3, window_ms=80.0))
    device = tab.ready()["report"]["devices"][0]["id"]
    groups = [group["id"] for group in json.loads(tab.ask("api/groups").data)["groups"]]
    query = {"before": device, "after": device, "before_group": groups[1], "after_group": groups[2]}
    answers = [tab.ask("api/compare", **query)]
    while answers[-1].status_code != 200 and len(answers) < 600:
        time.sleep(0.05)
        answers.append(tab.ask("api/compare", **query))
    short = {"after": device, "before_group": groups[1], "after_group": groups[2]}
    assert tab.ask("api/compare", **short).data == answers[-1].data
    assert tab.ask("api/compare", after=device).status_code == 400
    gone = json.loads(tab.ask("api/compare", **{**query, "after_group": "0123456789"}).data)["error"]
    while gone["slug"] == "not-ready":
        gone = json.loads(tab.ask("api/compare", **{**query, "after_group": "0123456789"}).data)["error"]

    assert {json.loads(a.data)["error"]["slug"] for a in answers[:-1]} <= {"not-ready"}
    assert json.loads(answers[-1].data)["before"]["device"]
    assert gone["slug"] == "failed"
    assert "0123456789" in gone["message"]


def test_a_tile_holds_what_the_layout_promises(tab: Tab) -> None:
    revision = tab.ready()["revision"]
    device = tab.ready()["report"]["devices"][0]["id"]
    layout = json.loads(tab.ask("api/layout", device=device).data)
    level = ((layout["extent"]["end_ns"] - layout["extent"]["start_ns"]) // BUCKETS).bit_length()

    response = tab.ask("api/tile", device=device, level=level, index=0, revision=revision)
    header, tracks = parse(response.data)

    asked = tab.ask("api/tile", device=device, level=level, index=0, revision=revision, launches=1)
    with_launches = parse(asked.data)
    lanes = {t["lane"]: t for t in tracks if t["kind"] == "lane"}
    assert len(response.data) < 300_000
    assert {lane["kind"] for lane in layout["lanes"]} == {"steps", "stream", "launch"}
    assert [lane["lane"] for lane in layout["lanes"] if lane["kind"] != "launch"] == sorted(lanes)
    lanes |= {t["lane"]: t for t in with_launches[1] if t["kind"] == "lane"}
    header = with_launches[0]
    for lane in layout["lanes"]:
        columns = lanes[lane["lane"]]["columns"]
        assert int(columns["count"].sum()) == lane["events"]
        assert columns["name"].max() < len(header["names"])
    memory = [t["columns"]["max"] for t in tracks if t["kind"] == "memory"]
    assert len(memory) == 2
    assert np.nanmax(np.nansum(memory, axis=0)) >= layout["memory"]["peak_bytes"]


def test_an_event_is_told_whole(tab: Tab) -> None:
    device = tab.ready()["report"]["devices"][0]["id"]
    layout = json.loads(tab.ask("api/layout", device=device).data)
    lane = next(lane for lane in layout["lanes"] if lane["kind"] == "stream")
    tile = tab.ask("api/tile", device=device, level=0, index=0, revision=layout["revision"])
    assert tile.status_code == 200
    coarse = tab.ask("api/tile", device=device, level=21, index=0, revision=layout["revision"])
    track = next(t for t in parse(coarse.data)[1] if t.get("lane") == lane["lane"])

    at = int(track["columns"]["start"][0])
    event = json.loads(tab.ask("api/event", device=device, lane=lane["lane"], row=0, time=at).data)["event"]

    assert event["start_ns"] == at
    assert event["correlation_id"] > 0
    assert event["launch_ns"] <= at
    assert event["queue_ns"] + event["launch_duration_ns"] <= at - event["launch_ns"] + 1
    assert event["launch_thread"]
    assert event["launch"]["grid"]
    distribution = event["distribution"]
    assert sum(distribution["contended"]) == distribution["count_contended"]
    assert all(row["session"] != event["session"] for row in event["meanwhile"])


def test_memory_of_a_part_adds_up_and_agrees_with_the_report(tab: Tab) -> None:
    device = tab.ready()["report"]["devices"][0]
    window, memory = device["window"], device["memory"]
    query = {"device": device["id"], "start": window["start_ns"], "end": window["end_ns"]}
    whole = json.loads(tab.ask("api/memory", **query).data)
    own = memory["per_session"][0]
    there = json.loads(tab.ask("api/memory", **query, at=own["peak_at_ns"]).data)

    assert (whole["peak_bytes"], whole["at_ns"]) == (memory["combined_peak_bytes"], memory["combined_peak_at_ns"])
    assert (whole["holders"], whole["scopes"]) == (memory["holders"], memory["holder_scopes"])
    assert there["per_session"][0]["at_bytes"] == own["peak_bytes"]
    assert sum(h["bytes"] for h in there["holders"]) == there["total_bytes"]
    half = {**query, "end": (window["start_ns"] + window["end_ns"]) // 2}
    assert json.loads(tab.ask("api/memory", **half).data)["peak_bytes"] <= whole["peak_bytes"]


def test_memory_under_caps_is_cut(tab: Tab) -> None:
    device = tab.ready()["report"]["devices"][0]
    window, peak = device["window"], device["memory"]["per_session"][0]["peak_bytes"]
    query = {"device": device["id"], "start": window["start_ns"], "end": window["end_ns"]}
    capped = json.loads(tab.ask("api/memory", **query, caps=f"{peak // 2},").data)["capped"]

    assert [s["cap_bytes"] for s in capped["sessions"]] == [peak // 2, None]
    assert capped["sessions"][0]["over_ns"] > 0
    assert capped["peak_bytes"] < device["memory"]["combined_peak_bytes"]
    assert tab.ask("api/memory", **query, caps="1").status_code == 400
    assert tab.ask("api/memory", **query, caps="-1,2").status_code == 400


@pytest.mark.parametrize("route", ["api/memory", "api/contention"])
def test_a_part_outside_the_window_is_refused(tab: Tab, route: str) -> None:
    device = tab.ready()["report"]["devices"][0]
    after = device["window"]["end_ns"] + 1

    assert tab.ask(route, device=device["id"], start=after, end=after + 5).status_code == 400


def test_the_parts_of_a_window_add_up_to_the_report(demo_logs: Path) -> None:
    tab = Tab(demo_logs / "simulated_time_slicing")
    device = tab.ready()["report"]["devices"][0]
    start, end = device["window"]["start_ns"], device["window"]["end_ns"]
    cuts = [start, start + (end - start) // 3, start + (end - start) // 2, end]
    parts = [json.loads(tab.ask("api/contention", device=device["id"], start=a, end=b).data) for a, b in pairwise(cuts)]

    assert sum(part["time"]["contended_ns"] for part in parts) == device["time"]["contended_ns"]
    assert sum(k["total_ns"] for p in parts for k in p["kernels"]) == sum(k["total_ns"] for k in device["kernels"])
    whole = json.loads(tab.ask("api/contention", device=device["id"], start=start, end=end).data)
    assert [b["lost_ns"] for b in whole["delays"]] == [b["lost_ns"] for b in device["blame"]]
    assert whole["kernels"] == device["kernels"]
    for part, told in zip(whole["per_session"], device["per_session"], strict=True):
        assert part["stretch_ns"] == told["stretch_ns"]
        assert part["stall_ns"] == told["stall_ns"]
    # Each part rounds each of its kernel names to whole ns.
    rounded = sum(len(part["kernels"]) for part in parts) + len(device["kernels"])
    lost = sum(k["lost_ns"] for k in device["kernels"])
    assert sum(k["lost_ns"] for p in parts for k in p["kernels"]) == pytest.approx(lost, abs=rounded)


def test_a_move_tells_the_overlap_that_the_analysis_then_finds(tab: Tab) -> None:
    report = tab.ready()["report"]
    device, session = report["devices"][0], report["sessions"][0]["id"]
    told = json.loads(tab.ask("api/shifted", device=device["id"], session=session, by=3_000_000).data)
    shifted = tab.ready(shift=f"{session}=3000000")["report"]["devices"][0]

    assert told["time"] == shifted["time"] != device["time"]
    assert told["overlaps"] == shifted["pairs"]
    far = json.loads(tab.ask("api/shifted", device=device["id"], session=session, by=10**13).data)
    assert far["time"]["window_ns"] == far["time"]["contended_ns"] == 0
    assert tab.ask("api/shifted", device=device["id"], session="nobody", by=0).status_code == 404


def test_a_schedule_is_predicted_as_the_command_line_does(demo_logs: Path) -> None:
    tab = Tab(demo_logs / "simulated_time_slicing")
    device = tab.ready()["report"]["devices"][0]
    session = device["sessions"][0]

    def predicted(changes: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(tab.ask("api/whatif", device=device["id"], changes=changes).data)[
            "prediction"
        ]
        return found

    listed = {one["schedule"]: one for one in device["what_if"]}
    shift = {p["name"]: p["value"] for p in listed["shifted"]["parameters"]}
    name = shift["session"].replace("%", "%25").replace(";", "%3B")
    best = predicted(f"shift:{name}={shift['shift_ns']}ns")
    assert best["sessions"] == listed["shifted"]["sessions"]
    assert "earlier" in predicted(f"shift:{session}=-2ms")["setting"]
    assert predicted("policy:one-after-another") == listed["one_after_another"]
    capped = predicted(f"cap:{session}=40")
    assert {p["name"]: p["value"] for p in capped["parameters"]}["percent"] == 40
    assert predicted(f"move:{session}")["sessions"][0]["slowdown"]["estimate"] == 1
    assert predicted(f"memory-limit:{session}=1MB")["fits"] is False
    both = predicted(f"shift:{session}=2ms;cap:{session}=40 %")
    assert (both["schedule"], both["unknown"]) == ("combined", "")
    assert "never meet" in predicted(f"policy:one-after-another;cap:{session}=40")["unknown"]


@pytest.mark.parametrize(
    ("query", "slug"),
    [
        ({}, "missing-parameter"),
        ({"changes": ""}, "bad-parameter"),
        ({"changes": "as_recorded"}, "bad-parameter"),
        ({"changes": "../x"}, "bad-parameter"),
        ({"changes": "move:"}, "bad-parameter"),
        ({"changes": "move:nobody"}, "bad-parameter"),
        ({"changes": "cap:{session}=0"}, "bad-parameter"),
        ({"changes": "cap:{session}=101"}, "bad-parameter"),
        ({"changes": "shift:{session}=1e9"}, "bad-parameter"),
        ({"changes": "shift:{session}="}, "bad-parameter"),
        ({"changes": "memory-limit:{session}=-1"}, "bad-parameter"),
        ({"changes": "move:{session}=nowhere"}, "bad-parameter"),
        ({"changes": "cap:{session}=30;cap:{session}=40"}, "bad-parameter"),
        ({"changes": "policy:mps;policy:time-slicing"}, "bad-parameter"),
        ({"changes": ";".join(["priority:{session}"] * 65)}, "bad-parameter"),
        ({"schedule": "mps"}, "unknown-parameter"),
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused(tab: Tab, query: dict[str, str], slug: str) -> None:
    device = tab.ready()["report"]["devices"][0]
    asked = {name: text.replace("{session}", device["sessions"][0]) for name, text in query.items()}
    refused = tab.ask("api/whatif", device=device["id"], **asked)

    assert (refused.status_code, json.loads(refused.data)["error"]["slug"]) == (400, slug)


def test_a_search_leads_from_hit_to_hit(tab: Tab) -> None:
    device = tab.ready()["report"]["devices"][0]
    name = max(device["kernels"], key=lambda k: k["count"])["name"]
    query = {"device": device["id"], "text": name, "exact": 1}
    layout = json.loads(tab.ask("api/layout", device=device["id"]).data)
    everything = {"start": layout["extent"]["start_ns"], "end": layout["extent"]["end_ns"] + 1}
    found = json.loads(tab.ask("api/search", **query, **everything).data)
    seen, at = [], everything["start"] - 1
    for _ in range(5):
        hit = json.loads(tab.ask("api/search", **query, after=at).data)["hit"]
        seen.append(hit)
        at = hit["start_ns"]
    back = json.loads(tab.ask("api/search", **query, before=at).data)["hit"]
    last = json.loads(tab.ask("api/search", **query, before=everything["start"]).data)["hit"]
    around = json.loads(tab.ask("api/search", **query, after=last["start_ns"]).data)["hit"]

    assert found["names"] == 1
    assert found["count"] == sum(lane["in_view"] for lane in found["lanes"])
    assert all(len(lane["start_ns"]) <= 256 for lane in found["lanes"])
    assert {hit["name"] for hit in seen} == {name}
    assert [hit["start_ns"] for hit in seen] == sorted({hit["start_ns"] for hit in seen})
    assert back == seen[-2]
    assert around == seen[0]
    part = json.loads(tab.ask("api/search", device=device["id"], text=name[:9].upper(), **everything).data)
    assert part["count"] >= found["count"]
    assert json.loads(tab.ask("api/search", device=device["id"], text="no such", after=0).data)["hit"] is None


def test_answers_are_what_their_values_declare(tab: Tab) -> None:
    device = tab.ready()["report"]["devices"][0]["id"]
    layout = json.loads(tab.ask("api/layout", device=device).data)
    span = {"start": layout["extent"]["start_ns"], "end": layout["extent"]["end_ns"]}
    hit = json.loads(tab.ask("api/search", device=device, text="gemm", after=span["start"]).data)
    at = {"lane": hit["hit"]["lane"], "row": hit["hit"]["row"], "time": hit["hit"]["start_ns"]}
    event = json.loads(tab.ask("api/event", device=device, **at).data)
    hits = json.loads(tab.ask("api/search", device=device, text="gemm", **span).data)
    moved = json.loads(tab.ask("api/shifted", device=device, session=layout["sessions"][0]["id"], by=5).data)

    answers = [(Layout, layout), (HitAnswer, hit), (EventAnswer, event), (SearchHits, hits), (ShiftedAnswer, moved)]
    listed = json.loads(tab.ask("api/groups").data)
    for declared, answer in (*answers, (Summary, tab.ready()), (GroupsAnswer, listed)):
        jsonschema.Draft202012Validator(schema(declared, declared.__name__)).validate(answer)


def test_a_kernel_and_its_launch_lead_to_each_other(tab: Tab) -> None:
    device = tab.ready()["report"]["devices"][0]["id"]
    layout = json.loads(tab.ask("api/layout", device=device).data)
    middle = (layout["window"]["start_ns"] + layout["window"]["end_ns"]) // 2
    hit = json.loads(tab.ask("api/search", device=device, text="gemm", after=middle).data)["hit"]
    kernel = tab.ask("api/event", device=device, lane=hit["lane"], row=hit["row"], time=hit["start_ns"])
    call = json.loads(kernel.data)["event"]["launch_place"]
    launch = tab.ask("api/event", device=device, lane=call["lane"], row=call["row"], time=call["start_ns"])

    assert layout["lanes"][call["lane"]]["kind"] == "launch"
    assert layout["lanes"][call["lane"]]["session"] == layout["lanes"][hit["lane"]]["session"]
    assert json.loads(launch.data)["event"]["launched"] == hit


def test_a_shift_is_another_view(tab: Tab) -> None:
    session = tab.ready()["report"]["sessions"][0]["id"]
    shifted = tab.ready(shift=f"{session}=10000000000")["report"]

    assert {d["time"]["contended_ns"] for d in shifted["devices"]} == {0}
    assert tab.ready()["report"]["devices"][0]["time"]["contended_ns"] > 0


@pytest.mark.parametrize("kind", ["json", "html", "markdown"])
def test_the_report_can_be_downloaded(tab: Tab, kind: str) -> None:
    tab.ready()
    response = tab.ask("api/report", format=kind)

    assert response.status_code == 200
    assert "attachment" in response.headers["Content-Disposition"]


def test_a_download_leaves_out_what_is_muted(tab: Tab) -> None:
    tab.ready()
    whole = json.loads(tab.ask("api/report", format="json").data)
    rule = whole["findings"][0]["rule"]
    muted = json.loads(tab.ask("api/report", format="json", mute=f"{rule},not-a-rule").data)

    kept = [each["rule"] for each in whole["findings"] if each["rule"] != rule]
    assert [each["rule"] for each in muted["findings"]] == kept
    assert f"muted: {rule}" in tab.ask("api/report", format="markdown", mute=rule).get_data(as_text=True)


def test_a_report_that_nobody_looked_at_is_waited_for(tab: Tab) -> None:
    session = tab.ready()["report"]["sessions"][0]["id"]
    response = tab.ask("api/report", format="json", shift=f"{session}=-7000000")

    assert response.status_code == 200
    clocks = {each["id"]: each["clock"]["detail"] for each in json.loads(response.data)["sessions"]}
    assert clocks[session].startswith("moved by hand by −7.00 ms")
    name = next(s["label"] for s in json.loads(response.data)["sessions"] if s["id"] == session)
    trust = json.loads(response.data)["devices"][0]["verdict"]["trust"]
    assert f"holds only if {name} ran 7.00 ms earlier than the clocks say" in trust
    assert not any("holds only if" in line for line in tab.ready()["report"]["devices"][0]["verdict"]["trust"])


def test_no_request_names_the_page_that_takes_traces(tab: Tab) -> None:
    assert tab.ready()["perfetto"] == ""
    assert tab.ask("api/summary", perfetto="https://example.com").status_code == 400


def test_the_aligned_sessions_can_be_downloaded_for_perfetto(tab: Tab) -> None:
    device = tab.ready()["report"]["devices"][0]["id"]
    response = tab.ask("api/report", format="perfetto", device=device)

    assert response.status_code == 200
    assert response.headers["Content-Disposition"].endswith('.pftrace"')
    assert len(response.data) > 10_000
    assert tab.ask("api/report", format="perfetto", device="none").status_code == 404


def test_the_archive_for_perfetto_is_for_what_perfetto_reads_and_no_larger_than_a_bound(
    tab: Tab, repo_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = tab.ready()["report"]["devices"][0]["id"]
    refused = tab.ask("api/report", format="perfetto-archive", device=device)
    assert (refused.status_code, json.loads(refused.data)["error"]["slug"]) == (404, "nothing-to-archive")
    assert tab.ask("api/report", "POST", format="perfetto-archive", device=device).status_code == 405

    pytorch = Tab(repo_root / "tests" / "data" / "kineto")
    device = pytorch.ready()["report"]["devices"][0]["id"]
    response = pytorch.ask("api/report", format="perfetto-archive", device=device)
    assert response.headers["Content-Disposition"].endswith('"contention.tar"')
    with tarfile.open(fileobj=io.BytesIO(response.data)) as tar:
        assert tar.getnames()[-1] == "perfetto_manifest.json"
        assert sum(name.endswith(".pt.trace.json") for name in tar.getnames()) == 2
    monkeypatch.setattr("tb_contention.plugin.routes.MAX_ORIGINALS", 10)
    refused = pytorch.ask("api/report", format="perfetto-archive", device=device)
    assert (refused.status_code, json.loads(refused.data)["error"]["slug"]) == (413, "too-large")
    assert "tb-contention report LOGDIR -o NAME.tar" in json.loads(refused.data)["error"]["message"]


HOSTILE = [
    "",
    "../../etc/passwd",
    "/etc/passwd",
    "%2e%2e%2f",
    "\0",
    "-1",
    "1e9",
    "9" * 40,
    "<script>",
    "x" * 40_000,
    "ü\u2028",
    "NaN",
    "0x10",
]
PARAMETERS = {
    "api/summary": ["shift", "gpu", "group", "logdir"],
    "api/groups": ["group", "listing"],
    "api/compare": ["before", "after", "before_group", "after_group"],
    "api/layout": ["device", "path"],
    "api/tile": ["device", "level", "index", "revision"],
    "api/event": ["device", "lane", "row", "time"],
    "api/memory": ["device", "start", "end", "at", "caps"],
    "api/contention": ["device", "start", "end"],
    "api/shifted": ["device", "session", "by"],
    "api/search": ["device", "text", "exact", "launches", "start", "end", "after"],
    "api/report": ["format"],
}  # fmt: skip


@pytest.mark.parametrize("route", sorted(PARAMETERS))
def test_hostile_parameters_are_refused_with_a_sentence(tab: Tab, route: str) -> None:
    good = {
        "before": "none",
        "device": "none",
        "level": "1",
        "index": "0",
        "revision": "x",
        "lane": "0",
        "row": "0",
        "time": "0",
        "start": "0",
        "end": "9",
        "at": "1",
        "caps": "1,2",
        "session": "s",
        "by": "5",
        "text": "a",
        "exact": "0",
        "launches": "1",
        "after": "0",
        "format": "json",
    }
    own = [p for p in PARAMETERS[route] if p in good]
    for parameter in PARAMETERS[route]:
        for value in HOSTILE:
            query = {**{p: good[p] for p in own}, parameter: value}
            response = tab.ask(route, **query)
            assert response.status_code in (400, 404, 409), (route, parameter, value[:40])
            assert json.loads(response.data)["error"]["message"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_but_get_is_answered(tab: Tab, method: str) -> None:
    assert {tab.ask(path[1:], method).status_code for path in tab.apps} == {405}


def test_head_answers_as_get_does_without_a_body(tab: Tab) -> None:
    for path in tab.apps:
        get, head = (tab.ask(path[1:], method) for method in ("GET", "HEAD"))
        assert (head.status_code, head.data) == (get.status_code, b""), path
        assert set(head.headers.keys()) == set(get.headers.keys()), path


@pytest.mark.parametrize(
    ("accepted", "is_packed"),
    [("gzip", True), ("GZIP, br", True), ("*", True), ("", False), ("br", False), ("gzip;q=0", False)],
)
def test_an_answer_is_compressed_only_for_who_accepts_gzip(tab: Tab, accepted: str, is_packed: bool) -> None:
    for path in ("/api/groups", "/index.js"):
        answer = Client(tab.apps[path]).get("/", headers={"Accept-Encoding": accepted})
        assert ("Content-Encoding" in answer.headers, answer.data[:2] == b"\x1f\x8b") == (is_packed, is_packed)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:99999", "", "a b", "[::1", "<script>"])
def test_what_is_answered_does_not_depend_on_the_host_that_is_asked(tab: Tab, host: str) -> None:
    # Asked without a client, whose cookies are by host.
    usual, other = (create_environ("/") for _ in range(2))
    other["HTTP_HOST"] = host
    answers = [run_wsgi_app(tab.apps["/api/groups"], environ, buffered=True) for environ in (usual, other)]
    (body, status, _), (other_body, other_status, headers) = answers

    assert (b"".join(other_body), other_status) == (b"".join(body), status)
    assert not host or host not in str(headers)


def test_repeated_and_too_many_parameters_are_refused(tab: Tab) -> None:
    assert tab.ask("api/summary?group=0123456789&group=0123456789").status_code == 400
    twice = tab.ask("api/layout?device=a&device=b")
    assert (twice.status_code, json.loads(twice.data)["error"]["slug"]) == (400, "repeated-parameter")
    assert tab.ask("api/summary?" + "&".join(f"shift=a={i}" for i in range(100))).status_code == 400


def test_the_log_directory_is_not_touched(logs: Path) -> None:
    def listing() -> list[tuple[str, int]]:
        return sorted((str(p), p.stat().st_mtime_ns) for p in logs.rglob("*"))

    before = listing()
    Tab(logs).ready()

    assert before == listing()


def test_a_new_capture_appears_without_a_restart(tmp_path: Path, demo_logs: Path) -> None:
    together = demo_logs / "simulated_time_slicing" / "together"
    shutil.copytree(together / "trainer", tmp_path / "trainer")
    tab = Tab(tmp_path)
    first = tab.ready()
    shutil.copytree(together / "evaluator", tmp_path / "evaluator")

    for _ in range(200):
        later = tab.ready()
        if later["revision"] != first["revision"]:
            break
        time.sleep(0.1)

    assert (len(first["report"]["sessions"]), len(later["report"]["sessions"])) == (1, 2)


def test_a_capture_that_is_being_written_is_shown_when_it_is_whole(tmp_path: Path, demo_logs: Path) -> None:
    together = demo_logs / "simulated_time_slicing" / "together"
    shutil.copytree(together / "trainer", tmp_path / "trainer")
    shutil.copytree(together / "evaluator", tmp_path / "evaluator")
    file = next((tmp_path / "evaluator").rglob("*.xplane.pb"))
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2])
    tab = Tab(tmp_path)
    first = tab.ready()
    file.write_bytes(data)
    for _ in range(200):
        later = tab.ready()
        if later["revision"] != first["revision"]:
            break
        time.sleep(0.1)

    assert [p["slug"] for p in first["report"]["problems"]] == ["still-growing"]
    assert len(first["report"]["sessions"]) == 1
    assert (len(later["report"]["sessions"]), later["report"]["problems"]) == (2, [])


def test_a_file_that_stays_cut_is_shown_as_far_as_it_goes(tmp_path: Path, demo_logs: Path) -> None:
    shutil.copytree(demo_logs / "simulated_time_slicing" / "together" / "trainer", tmp_path / "trainer")
    file = next(tmp_path.rglob("*.xplane.pb"))
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    os.utime(file, (1, 1))
    report = Tab(tmp_path).ready()["report"]

    assert len(report["sessions"]) == 1
    assert "truncated-xspace" in {p["slug"] for p in report["problems"]}


def test_a_report_that_the_panel_has_is_not_sent_again(tab: Tab) -> None:
    revision = tab.ready()["revision"]
    again = json.loads(tab.ask("api/summary", known=revision).data)
    other = json.loads(tab.ask("api/summary", known="another").data)

    assert (again["is_known"], again["report"], again["revision"]) == (True, None, revision)
    assert not other["is_known"]
    assert other["report"] is not None


def test_a_folder_without_captures_is_inactive_and_says_so(tmp_path: Path) -> None:
    tab = Tab(tmp_path)

    assert not tab.plugin.is_active()
    assert tab.ready()["report"]["sessions"] == []


def test_a_missing_folder_fails_with_a_sentence(tmp_path: Path) -> None:
    assert "No such file" in Tab(tmp_path / "nowhere").ready()["message"]


def test_no_folder_at_all_is_inactive() -> None:
    assert not Tab("").plugin.is_active()


def test_a_spec_is_understood(logs: Path) -> None:
    tab = Tab("", spec=f"mine:{logs}/together")

    assert tab.plugin.is_active()
    assert {s["run"].split("/")[0] for s in tab.ready()["report"]["sessions"]} == {"mine"}


def test_a_plugin_that_cannot_load_shows_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(context: object) -> None:
        raise ImportError("no <numba> here")

    monkeypatch.setattr("tb_contention.plugin.plugin.ContentionPlugin", refuse)
    plugin = ContentionLoader().load(SimpleNamespace())

    page = Client(plugin.get_plugin_apps()["/index.js"]).get("/").data.decode()
    assert plugin.is_active()
    assert "no <numba> here" in page
    assert "export function render()" in page


def test_a_view_may_name_a_baseline_or_none_by_id(demo_logs: Path) -> None:
    tab = Tab(demo_logs / "simulated_time_slicing")

    def basis(**query: str) -> list[tuple[str, str, str]]:
        report = tab.ready(**query)["report"]
        return [
            (r["session"], r["slowdown"]["evidence"], r["slowdown"]["baseline"])
            for r in report["devices"][0]["per_session"]
        ]

    found = basis()
    assert {(kind, name.partition("/")[0]) for _, kind, name in found} == {("A", "alone")}
    session = found[0][0]
    assert basis(baseline=f"{quote(session, safe='')}=")[0] != found[0]
    assert basis(baseline=f"{quote(session, safe='')}=")[1] == found[1]
    alone = tab.ready()["report"]["devices"][0]["per_session"][0]["baselines"][0]["session"]
    assert basis(baseline=f"{quote(session, safe='')}={quote(alone, safe='')}")[0] == found[0]
    assert tab.ask("api/summary", baseline=f"a={quote('b', safe='')}=c").status_code == 400


def baseline_of(session: str, capture: str) -> str:
    return "=".join(quote(each, safe="") for each in (session, capture))


def test_a_baseline_of_other_work_a_place_or_nothing_is_refused_with_the_reason_and_changes_nothing_else(
    demo_logs: Path, tmp_path: Path
) -> None:
    logs = tmp_path / "logs"
    shutil.copytree(demo_logs / "simulated_time_slicing", logs)
    tab = Tab(logs)

    def asked(**query: str) -> tuple[str, list[dict[str, Any]], dict[str, Any]]:
        """Ask for the report; take the first session's captures alone out of it."""
        report = tab.ready(**query)["report"]
        device = report["devices"][0]
        row = device["per_session"][0]
        offers, row["baselines"] = row["baselines"], []
        refused = [each["words"] for each in offers if each["use"] == "refused"]
        device["verdict"]["trust"] = [line for line in device["verdict"]["trust"] if line not in refused]
        return row["session"], offers, report

    session, found, plain = asked()
    other = plain["devices"][0]["per_session"][1]["baselines"][0]["session"]
    place = str(demo_logs)
    for run, reason in (
        (other, "it runs the same kernels with other launch sizes, as with another batch size"),
        ("gone/host", "the log directory does not hold it"),
        (place, "the log directory does not hold it"),
        ("*", "the log directory does not hold it"),
        ("<img src=x>", "the log directory does not hold it"),
        (session, "it is the session itself"),
    ):
        _, offers, report = asked(baseline=baseline_of(session, run))
        first, *rest = offers
        assert (first["session"], first["found"], first["use"], first["reason"]) == (run, "user", "refused", reason)
        assert rest == found
        assert report == plain

    # A capture that served and is gone: the answer is what it is without it, and the address says why.
    used = found[0]["session"]
    shutil.rmtree(logs.joinpath(*Path(used).parts[:2]))
    time.sleep(2.1)
    for _ in range(100):
        _, left, without = asked()
        if not left:
            break
        time.sleep(0.1)
    _, offers, report = asked(baseline=baseline_of(session, used))
    assert [each["reason"] for each in offers] == ["the log directory does not hold it"]
    assert (left, report) == ([], without)


def test_all_captures_that_could_be_a_baseline_are_listed_with_why(demo_logs: Path) -> None:
    tab = Tab(demo_logs / "simulated_time_slicing")
    rows = tab.ready()["report"]["devices"][0]["per_session"]
    session, other = (row["session"] for row in rows)
    used = next(each for each in rows[0]["baselines"] if each["use"] == "used")["session"]

    answered = json.loads(tab.ask("api/baselines", session=session).data)
    jsonschema.validate(answered, schema(BaselineChoices, "choices"))
    listed = {each["session"]: each for each in answered["choices"]}

    first = answered["choices"][0]
    assert (first["session"], first["found"], first["fits"]) == (used, "kernels", True)
    assert (listed[other]["found"], listed[other]["fits"]) == (None, False)
    assert listed[other]["why"] == "it ran at the same time as the session"
    assert session not in listed
    assert len(listed) == 3
    assert answered["left_out"] == 0
    name = quote(first["label"][-4:].upper())
    part = json.loads(tab.ask(f"api/baselines?session={quote(session, safe='')}&text={name}").data)
    assert first in part["choices"]
    assert len(part["choices"]) < 3
    assert tab.ask("api/baselines", session="nobody").status_code == 404
    assert tab.ask("api/baselines").status_code == 400
    assert tab.ask("api/baselines", session=session, text="x" * 2000).status_code == 400


def test_baselines_of_two_groups_that_are_compared_stand_in_one_view(tmp_path: Path) -> None:
    scenario = random_scenario(2, "mps")
    for number, name in enumerate(("one", "two")):
        write_scenario(scenario, tmp_path / name, seed=number)
        for place, time_s in (("together", 0), ("alone/session_a", 100_000), ("alone/session_b", 200_000)):
            at_another_time(tmp_path / name / place, (1_700_000_000 + number * 1_000_000 + time_s) * 10**9)
    tab = Tab(tmp_path)
    summary = tab.ready()
    groups = [g for g in json.loads(tab.ask("api/groups").data)["groups"] if g["shared"]]
    here = summary["group"]["id"]
    (there,) = (g["id"] for g in groups if g["id"] != here)
    rows = {g: tab.ready(group=g)["report"]["devices"][0]["per_session"] for g in (here, there)}
    names = [rows[g][0]["session"] for g in (here, there)]

    query = f"group={here}&before_group={there}&after=&baseline={quote(baseline_of(names[1], ''))}"
    for _ in range(600):
        response = tab.ask(f"api/compare?{query}")
        if response.status_code == 200:
            break
        time.sleep(0.05)
    found = json.loads(response.data)
    (pair,) = (each for each in found["sessions"] if each["after"] == names[0])
    assert pair["before"] == names[1]
    assert pair["baselines"]["before"] == []
    assert [each["use"] for each in pair["baselines"]["after"]] == [each["use"] for each in rows[here][0]["baselines"]]
    assert pair["evidence"]["after"] == "A"
    assert pair["evidence"]["before"] != "A"
    plain = tab.ready(group=here)
    assert tab.ready(group=here, baseline=baseline_of(names[1], ""))["revision"] == plain["revision"]
