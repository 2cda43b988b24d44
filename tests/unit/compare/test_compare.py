import json
import re
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files
from itertools import permutations
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from golden.reports import PAYLOADS, hostile, loss_of, report_of, steps_of
from lanes import session_of

from tb_contention import analyse
from tb_contention.compare import compare
from tb_contention.model.comparison import Basis, Change, Comparison, Judgement, Match, Presence
from tb_contention.model.contention import Confidence, Cost, Evidence, Mechanism, SharingMetrics
from tb_contention.model.report import DeviceReport, Report
from tb_contention.report.compare_text import headline, to_markdown
from tb_contention.report.contract import encode
from tb_contention.report.contract.documents import comparison_document
from tb_contention.report.to_json import comparison_to_json
from tb_contention.simulate import random_scenario, write_scenario
from tb_contention.simulate.sharing import Policy, Rates, TimeSlices
from tb_contention.units import Bytes

BETTER, WORSE, SAME, UNCLEAR = Judgement.BETTER, Judgement.WORSE, Judgement.SAME, Judgement.UNCLEAR
MIRROR = {BETTER: WORSE, WORSE: BETTER, SAME: SAME, UNCLEAR: UNCLEAR}
Numbers = tuple[float | None, float | None, float | None]


def drawn(
    slowdown: Numbers, period: int, *, evidence: Evidence = Evidence.B, lost: int = 0, row: str = "AABB"
) -> Report:
    """Draw a trainer beside an evaluator: 12 step periods of about `period` ns, and what it lost of a window of 80 us."""
    trainer = session_of("trainer", row * 20, [(2, 300, 300)])
    report = report_of([trainer, session_of("evaluator", "C..." * 20, [(4, 100, 100)])])
    wobble = [0, 3, 1, 4, 2, 5, 2, 4, 1, 3, 0, 5]
    steps = steps_of(trainer.id, [(period // 2, period // 2 + more, 0) for more in wobble])
    losses = (
        loss_of(trainer.id, evidence, slowdown, lost, step_shared=period, steps=12),
        loss_of("evaluator/host0", Evidence.B, (1.1, 1.09, 1.11), 100),
    )
    metrics = None
    if slowdown[0] is not None:
        metrics = SharingMetrics(antt=(slowdown[0] + 1.1) / 2, stp=1 / slowdown[0] + 1 / 1.1, fairness=1.0, jain=1.0)
    cost = Cost(
        mechanism=Mechanism.TIME_SLICING,
        confidence=Confidence.SURE,
        detail="",
        slice=None,
        progress_sum=None,
        metrics=metrics,
        losses=losses,
        steps=(steps,),
    )
    return replace(report, devices=(replace(report.devices[0], cost=cost),))


def between(before: Report, after: Report) -> Comparison:
    return compare(before.devices[0], after.devices[0], before.sessions, after.sessions)


def changes(found: Comparison) -> dict[str, Change]:
    """Name every change of a comparison."""
    named = {name: getattr(found, name) for name in ("contended_share", "combined_peak", "headroom", "stp", "antt")}
    for session in found.sessions:
        for name in ("slowdown", "step", "device_time", "lost_share", "busy_share"):
            named[f"{session.before_name}|{session.after_name}|{name}"] = getattr(session, name)
        for allocator in session.memory:
            for name in ("peak", "limit", "suggested_limit"):
                named[f"{session.before_name}|{session.after_name}|{name}"] = getattr(allocator, name)
    return named


def mirrored(one: Comparison, two: Comparison) -> None:
    """Check that a comparison says the opposite of another."""
    back = {"|".join([*reversed(key.split("|")[:2]), *key.split("|")[2:]]): c for key, c in changes(two).items()}
    for key, there in changes(one).items():
        again = changes(two)[key] if "|" not in key else back[key]
        assert again.judgement is MIRROR[there.judgement], key
        assert (again.before, again.after) == (there.after, there.before), key
        assert there.ratio_interval is None or again.ratio_interval is not None
        if there.ratio_interval is not None and again.ratio_interval is not None:
            assert again.ratio_interval.low == pytest.approx(1 / there.ratio_interval.high)
    assert [s.id for s in one.appeared] == [s.id for s in two.gone]
    for there_kernels, again_kernels in zip(one.sessions, two.sessions, strict=True):
        assert [k.difference for k in there_kernels.kernels] == [-k.difference for k in again_kernels.kernels]


def test_what_changed_is_told_by_hand_checked_figures() -> None:
    before, after = drawn((1.5, 1.45, 1.55), 6_000, lost=16_000), drawn((1.2, 1.17, 1.24), 4_800, lost=8_000)
    found = between(before, after)
    trainer = next(s for s in found.sessions if s.before_name == "trainer")
    assert trainer.match is Match.SAME
    assert (trainer.slowdown.before, trainer.slowdown.after, trainer.slowdown.judgement) == (1.5, 1.2, BETTER)
    # Median wobble: between the 6th and 7th of 0 0 1 1 2 2 3 3 4 4 5 5.
    assert (trainer.step.before, trainer.step.after, trainer.step.judgement) == (6002.5, 4802.5, BETTER)
    assert trainer.step.ratio == pytest.approx(0.8, abs=0.001)
    assert (trainer.before_steps.count, trainer.before_steps.mean) == (12, 6002.5)
    # Lost 16 of 80 us, then 8; the interval is 1 - 1 / slowdown of the 72 and 57.6 us that the steps take.
    assert (trainer.lost_share.before, trainer.lost_share.after) == (0.2, 0.1)
    interval = trainer.lost_share.before_interval
    assert interval is not None
    assert interval.high == pytest.approx(0.9 * (1 - 1 / 1.55))
    assert trainer.lost_share.judgement is BETTER
    assert (trainer.busy_share.before, trainer.busy_share.judgement) == (1.0, SAME)
    assert found.antt.judgement is BETTER
    assert found.stp.judgement is BETTER
    assert (found.stp.before, found.stp.after) == (1 / 1.5 + 1 / 1.1, 1 / 1.2 + 1 / 1.1)
    assert found.contended_share.judgement is SAME
    assert (
        headline(found)
        == "A typical step of trainer takes 0.80× as long as before (0.80 to 0.80), 4.80 µs instead of 6.00 µs"
    )
    mirrored(found, between(after, before))


def test_intervals_that_overlap_are_unclear() -> None:
    found = between(drawn((1.5, 1.3, 1.7), 6_000), drawn((1.2, 1.1, 1.35), 6_001))
    trainer = next(s for s in found.sessions if s.before_name == "trainer")
    assert (trainer.slowdown.judgement, trainer.step.judgement) == (UNCLEAR, SAME)
    assert found.antt.judgement is UNCLEAR
    assert headline(found) == "No certain change in step times"  # the evaluator has no steps


def test_bounds_are_shown_and_claim_nothing() -> None:
    found = between(drawn((None, 1.0, 1.2), 6_000, evidence=Evidence.D), drawn((2.0, 1.9, 2.1), 6_000))
    trainer = next(s for s in found.sessions if s.before_name == "trainer")
    assert (trainer.slowdown.judgement, trainer.slowdown.why) == (UNCLEAR, "only bounds are known")
    assert trainer.slowdown.before_interval is not None
    assert found.stp.judgement is UNCLEAR


def test_slower_steps_beside_a_better_slowdown_are_told() -> None:
    found = between(drawn((1.5, 1.45, 1.55), 6_000), drawn((1.2, 1.17, 1.24), 9_000))
    assert any("the slowdown is better but the step time worse" in note for note in found.notes)


def test_kernels_compare_by_step_and_name() -> None:
    before, after = drawn((1.5, 1.45, 1.55), 6_000), drawn((1.5, 1.45, 1.55), 6_000, row="AAAD")
    found = next(s for s in between(before, after).sessions if s.before_name == "trainer")
    assert found.basis is Basis.STEP
    kernels = {k.name: k for k in found.kernels}
    assert {name: k.presence for name, k in kernels.items()} == {
        "A": Presence.BOTH,
        "B": Presence.GONE,
        "D": Presence.APPEARED,
    }
    # The periods span 72.03 us: 19 kernels of each name begin in them, the last A at 72 us.
    one, two = kernels["A"].before, kernels["A"].after
    assert one is not None
    assert two is not None
    assert (one.count, one.total, one.mean) == (19, 38_000, 2_000)
    assert (two.count, two.total, two.mean) == (19, 57_000, 3_000)
    assert kernels["A"].difference == pytest.approx(19_000 / 12)
    assert kernels["B"].difference == pytest.approx(-36_000 / 12)
    assert [k.name for k in found.kernels] == ["B", "A", "D"]


def test_without_steps_kernels_compare_by_second_and_steps_claim_nothing() -> None:
    before = report_of([session_of("solo", "AA..AA..")])
    after = report_of([session_of("solo", "AAA.AAA.AAA.AAA.")])
    found = between(before, after)
    (solo,) = found.sessions
    assert solo.basis is Basis.SECOND
    one, two = solo.kernels[0].before, solo.kernels[0].after
    assert one is not None
    assert two is not None
    assert [one.rate, two.rate] == pytest.approx([500_000_000, 750_000_000])
    assert solo.step.judgement is UNCLEAR
    assert (solo.busy_share.before, solo.busy_share.after, solo.busy_share.judgement) == (0.5, 0.75, UNCLEAR)
    assert any(
        "too few whole step periods to compare step times (0 before, 0 after; 5 are needed on each side)" in note
        for note in found.notes
    )
    assert any("Each side has a single session" in note for note in found.notes)


def test_memory_is_exact_to_one_percent() -> None:
    def report(peak: int) -> Report:
        return report_of([session_of("solo", "AA..AA..", [(2, peak, peak)])])

    found = between(report(300), report(302))
    assert (found.combined_peak.judgement, found.sessions[0].memory[0].peak.judgement) == (SAME, SAME)
    found = between(report(300), report(200))
    (own,) = found.sessions[0].memory
    assert (own.peak.difference, own.peak.judgement) == (-100, BETTER)
    assert (found.combined_peak.judgement, found.headroom.difference, found.headroom.judgement) == (BETTER, 100, BETTER)
    # 500 is the allocator's limit on both sides, and a suggestion is never above it.
    assert (own.suggested_limit.before, own.suggested_limit.after) == (500, 500)
    assert own.limit.judgement is SAME


def test_unknown_memory_claims_nothing() -> None:
    before, after = report_of([session_of("solo", "AA..")]), report_of([session_of("solo", "AA..", [(1, 9, 9)])])
    found = between(before, after)
    assert (found.combined_peak.before, found.combined_peak.after, found.combined_peak.ratio) == (None, 9, None)
    assert found.combined_peak.judgement is UNCLEAR
    assert found.sessions[0].memory == ()
    assert any(note.startswith("Memory before: ") for note in found.notes)


def _other_model(report: Report, **fields: object) -> Report:
    device = report.devices[0]
    plane = replace(device.group.device.device, **fields)  # type: ignore[arg-type]
    group = replace(device.group, device=replace(device.group.device, device=plane))
    return replace(report, devices=(replace(device, group=group),))


def test_a_gpu_and_a_processor_are_not_compared_on_time() -> None:
    before, after = drawn((1.5, 1.45, 1.55), 6_000), drawn((1.2, 1.17, 1.24), 4_800)
    found = between(before, _other_model(after, is_host=True))
    trainer = next(s for s in found.sessions if s.before_name == "trainer")
    times = (trainer.step, trainer.slowdown, trainer.lost_share, trainer.device_time, trainer.busy_share, found.stp)
    assert {c.judgement for c in times} == {UNCLEAR}
    assert trainer.step.ratio == pytest.approx(0.8, abs=0.001)
    assert found.notes[0].startswith("One side is a GPU and the other a host's processor")


def test_other_models_mechanisms_and_steps_are_told() -> None:
    before, after = drawn((1.5, 1.45, 1.55), 6_000), _other_model(drawn((1.5, 1.45, 1.55), 6_000), model="Other GPU")
    assert "unknown before, Other GPU after" in between(before, after).notes[0]
    slow = _other_model(before, clock_rate_khz=1)
    assert any("differ in clock, cores or memory" in note for note in between(before, slow).notes)
    cost = replace(before.devices[0].cost, mechanism=Mechanism.CONCURRENT)
    other = replace(before, devices=(replace(before.devices[0], cost=cost),))
    assert any("time slicing before, concurrent kernels after" in note for note in between(before, other).notes)
    finer = drawn((1.5, 1.45, 1.55), 6_000, row="ABAB")
    assert any("since its work changed" in note for note in between(before, finer).notes)


def test_devices_without_a_session_in_common_claim_nothing() -> None:
    before = report_of([session_of("solo", "AA..", [(1, 300, 300)])])
    after = report_of([session_of("other", "BBB.", [(1, 100, 100)])])
    found = between(before, after)
    assert not found.sessions
    assert {c.judgement for c in changes(found).values()} == {UNCLEAR}
    assert ([s.name for s in found.gone], [s.name for s in found.appeared]) == (["solo"], ["other"])
    assert any("use --pair to compare them" in note for note in found.notes)
    assert headline(found) == "No session could be matched between the two sides"


@pytest.fixture(scope="module")
def demo(demo_logs: Path) -> Report:
    return analyse(demo_logs / "simulated_time_slicing", cache_dir=None)


def device_of(report: Report, *names: str) -> DeviceReport:
    (found,) = (d for d in report.devices if sorted(report.session(s).name for s in d.sessions) == sorted(names))
    return found


@pytest.mark.parametrize(("name", "true"), [("trainer", 48.2 / 32.4), ("evaluator", 19.1 / 9.8)])
def test_alone_against_together_is_worse_by_what_the_simulation_says(demo: Report, name: str, true: float) -> None:
    alone, together = device_of(demo, f"alone/{name}"), device_of(demo, "together/evaluator", "together/trainer")
    found = compare(alone, together, demo.sessions, demo.sessions)
    (pair,) = found.sessions
    assert (pair.before_name, pair.after_name) == (f"alone/{name}", f"together/{name}")
    assert pair.match is Match.LAST_PART
    assert pair.step.judgement is WORSE
    assert pair.step.ratio is not None
    # Periods hold pauses too, so they stretch a little less than the steps that the truth is about.
    assert 0.85 * true < pair.step.ratio < true
    assert pair.device_time.judgement in (SAME, UNCLEAR)
    assert {a.peak.judgement for a in pair.memory} == {SAME}
    assert (pair.slowdown.judgement, pair.slowdown.why) == (UNCLEAR, "unknown before")
    assert (found.contended_share.before, found.contended_share.judgement) == (0.0, WORSE)
    assert found.combined_peak.judgement is WORSE
    assert (found.stp.judgement, found.antt.judgement) == (UNCLEAR, UNCLEAR)
    other = "trainer" if name == "evaluator" else "evaluator"
    assert [s.name for s in found.appeared] == [f"together/{other}"]
    assert found.notes[0].startswith("Before, only one session was captured")
    mirrored(found, compare(together, alone, demo.sessions, demo.sessions))


def test_two_programs_alone_are_not_taken_for_one(demo: Report) -> None:
    one, two = device_of(demo, "alone/trainer"), device_of(demo, "alone/evaluator")
    assert not compare(one, two, demo.sessions, demo.sessions).sessions
    forced = compare(one, two, demo.sessions, demo.sessions, {"trainer": "evaluator"})
    assert [s.match for s in forced.sessions] == [Match.USER]
    assert any("kernels and copies before and" in note for note in forced.notes)


def test_equal_inputs_are_never_better_or_worse(demo: Report, demo_logs: Path) -> None:
    others = ("recorded_two_processes", "recorded_two_sessions", "recorded_queue_threads", "recorded_split_model")
    for report in (demo, *(analyse(demo_logs / name, cache_dir=None) for name in others)):
        for device in report.devices:
            found = compare(device, device, report.sessions, report.sessions)
            assert {c.judgement for c in changes(found).values()} <= {SAME, UNCLEAR}
            assert not found.appeared
            assert not found.gone
            assert all(k.difference == 0 for s in found.sessions for k in s.kernels)
            assert all(f"{s.before_name} is the same capture before and after." in found.notes for s in found.sessions)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Report]:
    """Play the same two programs, with the same work, under three ways of sharing, and time slices with another seed."""
    folder = tmp_path_factory.mktemp("simulated")
    found = {}
    for name, seed in (("time_slicing", 0), ("mps", 0), ("unshared", 0), ("time_slicing", 1)):
        place = write_scenario(name, folder / f"{name}_{seed}", seed=seed, alone=False)
        found[f"{name}_{seed}"] = analyse(place / "together", cache_dir=None)
    return found


def test_sharing_side_by_side_instead_of_in_turns_is_better(simulated: dict[str, Report]) -> None:
    found = between(simulated["time_slicing_0"], simulated["mps_0"])
    for session in found.sessions:
        assert session.slowdown.judgement is BETTER
        assert session.step.judgement in (BETTER, UNCLEAR)
        assert session.device_time.judgement in (SAME, UNCLEAR)
    assert any(s.step.judgement is BETTER for s in found.sessions)
    assert (found.stp.judgement, found.antt.judgement) == (BETTER, BETTER)
    assert found.contended_share.judgement is UNCLEAR
    assert any("The sharing mechanism changed" in note for note in found.notes)
    mirrored(found, between(simulated["mps_0"], simulated["time_slicing_0"]))


def test_sharing_that_costs_something_is_worse_than_one_that_costs_nothing(simulated: dict[str, Report]) -> None:
    for name in ("time_slicing_0", "mps_0"):
        found = between(simulated["unshared_0"], simulated[name])
        assert [(s.slowdown.judgement, s.step.judgement) for s in found.sessions] == [(WORSE, WORSE)] * 2
        assert (found.stp.judgement, found.antt.judgement) == (WORSE, WORSE)


def test_another_draw_of_the_same_programs_is_no_change(simulated: dict[str, Report]) -> None:
    found = between(simulated["time_slicing_0"], simulated["time_slicing_1"])
    certain = {key for key, c in changes(found).items() if c.judgement in (BETTER, WORSE)}
    assert certain <= {"combined_peak", "headroom"}  # bytes are exact, and the peaks meet at other moments


def valid(text: str) -> Any:
    """Read a comparison that its schema allows."""
    schema = json.loads((files("tb_contention.report") / "comparison.schema.json").read_text())
    found = json.loads(text)
    jsonschema.Draft202012Validator(schema).validate(found)
    return found


def test_the_schema_of_comparisons_forbids_what_is_not_there(demo: Report) -> None:
    device = device_of(demo, "together/evaluator", "together/trainer")
    found = encode(comparison_document(compare(device, device, demo.sessions, demo.sessions), before="a", after="b"))
    valid(json.dumps(found))
    for broken in ({**found, "more": 1}, {**found, "sessions": [{}]}, {k: v for k, v in found.items() if k != "notes"}):
        with pytest.raises(jsonschema.ValidationError):
            valid(json.dumps(broken))


def test_json_has_every_key_that_format_md_names(demo: Report, repo_root: Path) -> None:
    device = device_of(demo, "together/evaluator", "together/trainer")
    alone = device_of(demo, "alone/trainer")
    text = comparison_to_json(compare(alone, device, demo.sessions, demo.sessions), before="a", after="b")
    assert text.isascii()
    found = valid(text)
    page = (repo_root / "tb_contention/report/FORMAT.md").read_text(encoding="utf-8").partition("## A comparison")[2]
    named = set(_names(found))
    assert not {name for name in named if not re.search(rf"[`.]{name}(\[\])?`", page)}
    assert found["sessions"][0]["step_ns"]["verdict"] == "worse"
    assert found["device"]["combined_peak_bytes"]["difference"] == 78148272128 - 52378468352
    assert found["sessions"][0]["slowdown"]["before"] is None
    assert (
        encode(comparison_document(compare(alone, device, demo.sessions, demo.sessions), before="a", after="b"))
        == found
    )


WAYS: dict[str, tuple[str, Callable[[], Policy], float | None]] = {
    "slices": ("time_slicing", lambda: TimeSlices(2e6, 1e5), 2e6),
    "rates": ("concurrent", lambda: Rates((0.55, 0.5)), None),
    "free": ("none", lambda: Rates((1.0, 1.0)), None),
}


@pytest.mark.parametrize("seed", [3, 4])
def test_no_claim_on_random_programs_contradicts_the_simulation(seed: int, tmp_path: Path) -> None:
    reports, truth = {}, {}
    for name, (mechanism, policy, length) in WAYS.items():
        drawn_at_random = random_scenario(seed, "mps", saturated=seed == 3)
        scenario = replace(drawn_at_random, policy=policy, mechanism=mechanism, slice_ns=length)
        write_scenario(scenario, tmp_path / name, seed=seed, alone=False)
        reports[name] = analyse(tmp_path / name / "together", cache_dir=None)
        truth[name] = json.loads((tmp_path / name / "truth.json").read_text())["sessions"]
    claims = 0
    for one, two in permutations(WAYS, 2):
        for session in between(reports[one], reports[two]).sessions:
            slower = truth[two][session.before_name]["slowdown"] > truth[one][session.before_name]["slowdown"]
            found = [session.slowdown.judgement, session.lost_share.judgement, session.step.judgement]
            claims += sum(judgement in (BETTER, WORSE) for judgement in found)
            assert (BETTER if slower else WORSE) not in found
            assert session.device_time.judgement in (SAME, UNCLEAR)  # the programs do the same work
    assert claims >= 12


def _names(value: object) -> list[str]:
    if isinstance(value, dict):
        return [*value, *(name for v in value.values() for name in _names(v))]
    return [name for v in value for name in _names(v)] if isinstance(value, list) else []


def test_markdown_says_first_what_certainly_changed(demo: Report) -> None:
    alone, together = (
        device_of(demo, "alone/trainer"),
        device_of(demo, "together/evaluator", "together/trainer"),
    )
    text = to_markdown(compare(alone, together, demo.sessions, demo.sessions), before="a", after="b")
    assert text.startswith(
        "# A typical step of trainer takes 1.38× as long as before (1.01 to 1.77), 52.7 ms instead of 38.2 ms\n"
    )
    assert "\nOnly after: together/evaluator.\n" in text
    assert "| step period, median | 38.2 ms | 52.7 ms | +14.6 ms, 1.38× (" in text
    assert "| own memory peak | 48.8 GiB | 48.8 GiB | 0 B, 1.00× | same |" in text
    assert "nan" not in text
    assert "None" not in text


def test_hostile_names_stay_names() -> None:
    report = hostile()
    found = compare(report.devices[0], report.devices[0], report.sessions, report.sessions)
    assert len(found.sessions) == len(PAYLOADS)
    text = to_markdown(found, before=PAYLOADS[0], after=PAYLOADS[4])
    assert "<script" not in text
    assert re.search(r"(?<!\\)\]\(", text) is None
    assert "\x1b" not in text
    assert "\u202e" not in text
    valid(comparison_to_json(found, before=PAYLOADS[0], after=PAYLOADS[4]))


def test_missing_allocator_events_take_a_claim_back() -> None:
    report = report_of([session_of("solo", "AA..", [(1, 300, 300)])])
    device = report.devices[0]
    assert device.memory is not None
    (peak,) = device.memory.allocators
    lossy = replace(peak, peak=Bytes(peak.peak // 2), lifetime_peak=None, gaps=replace(peak.gaps, missing=1))
    memory = replace(device.memory, allocators=(lossy,), peak=lossy.peak)
    found = between(report, replace(report, devices=(replace(device, memory=memory),)))
    assert found.combined_peak.judgement is UNCLEAR
    assert found.sessions[0].memory[0].peak.judgement is UNCLEAR
    assert "missing" in found.combined_peak.why


def test_without_known_clocks_nothing_is_claimed_on_what_company_cost() -> None:
    before, after = drawn((1.5, 1.45, 1.55), 6_000, lost=16_000), drawn((1.2, 1.17, 1.24), 4_800, lost=8_000)
    device = after.devices[0]
    found = between(before, replace(after, devices=(replace(device, group=replace(device.group, max_error=None)),)))
    trainer = next(s for s in found.sessions if s.before_name == "trainer")
    met = (trainer.slowdown, trainer.lost_share, trainer.device_time, found.stp, found.antt, found.contended_share)
    assert {c.judgement for c in met} == {UNCLEAR}
    assert all("clock" in c.why for c in met)
    assert trainer.step.judgement is BETTER  # a session's own clock measures its steps


def test_a_session_alone_needs_no_clock_that_others_share(demo: Report) -> None:
    alone, together = device_of(demo, "alone/trainer"), device_of(demo, "together/evaluator", "together/trainer")
    unknown = replace(alone, group=replace(alone.group, max_error=None))
    assert compare(unknown, together, demo.sessions, demo.sessions).contended_share.judgement is WORSE


def test_a_capture_that_is_not_whole_is_told(demo: Report) -> None:
    alone = device_of(demo, "alone/trainer")
    lossy = tuple(replace(s, warnings=("Dropped 3 events.",)) for s in demo.sessions)
    found = compare(alone, alone, demo.sessions, lossy)
    assert [note for note in found.notes if "incomplete" in note] == [
        "The capture of alone/trainer after is incomplete (Dropped 3 events.); kernels that seem gone may not have been recorded."
    ]


def test_steps_of_other_names_are_told(demo: Report) -> None:
    one, two = device_of(demo, "alone/trainer"), device_of(demo, "alone/evaluator")
    found = compare(one, two, demo.sessions, demo.sessions, {"alone/trainer": "alone/evaluator"})
    assert any(
        "The steps of alone/trainer have different names (train before, test after)" in note for note in found.notes
    )
    assert not any("different names" in n for n in compare(one, one, demo.sessions, demo.sessions).notes)


def test_steps_and_kernels_of_a_capture_alone_are_counted_whole(demo: Report) -> None:
    device = device_of(demo, "alone/trainer")
    (steps,) = device.cost.steps
    found = compare(device, device, demo.sessions, demo.sessions).sessions[0]
    assert found.before_steps.count == len(steps.start) == 22
    assert found.step.before == float(np.median(steps.end - steps.start))
    assert found.before_steps.kernels == 159.0
