"""Metrics are what Prometheus' own parsers read, in both formats; hostile names stay labels, and what is unknown has no sample."""

from dataclasses import replace
from pathlib import Path

import pytest
from golden.reports import PAYLOADS, alone, shared
from prometheus_client import parser
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics import parser as openmetrics

from tb_contention.cli.main import main
from tb_contention.model.contention import Evidence
from tb_contention.model.fleet import By, Fleet, Lost
from tb_contention.model.report import Report
from tb_contention.report.to_openmetrics import fleet_to_openmetrics, to_openmetrics
from tb_contention.units import NS_PER_S

Samples = dict[str, list[tuple[dict[str, str], float]]]


def read(text: str) -> Samples:
    """Read OpenMetrics; the format of textfile collectors must hold the same."""
    found, same = (_samples(module.text_string_to_metric_families(text)) for module in (openmetrics, parser))
    assert found == same
    return found


def _samples(families: "object") -> Samples:
    made: Samples = {}
    for family in families:  # type: ignore[attr-defined]
        assert isinstance(family, Metric)
        assert (family.type, bool(family.documentation)) == ("gauge", True)
        for sample in family.samples:
            made.setdefault(sample.name, []).append((sample.labels, sample.value))
    return made


def test_a_report_is_read_as_what_it_says() -> None:
    report = shared()
    found = read(to_openmetrics(report))
    (device,) = report.devices
    for loss, (labels, value) in zip(device.losses, found["tb_contention_slowdown_ratio"], strict=True):
        assert (labels["session"], labels["device"], value) == (loss.session, device.id, loss.slowdown.estimate)
    low = [value for _, value in found["tb_contention_slowdown_lower_ratio"]]
    assert low == [loss.slowdown.low for loss in device.losses]
    assert device.memory is not None
    assert [value for _, value in found["tb_contention_memory_headroom_bytes"]] == [device.memory.headroom]
    assert found["tb_contention_contended_ratio"][0][1] == device.time.contended / device.time.window


def test_bounds_are_no_estimate() -> None:
    report = shared()
    (device,) = report.devices
    first, *others = device.losses
    unsure = replace(first, slowdown=replace(first.slowdown, evidence=Evidence.D, high=None))
    assert device.memory is not None
    changed = replace(
        device,
        cost=replace(device.cost, losses=(unsure, *others)),
        memory=replace(device.memory, sessions_without_data=(first.session,)),
    )
    found = read(to_openmetrics(replace(report, devices=(changed,))))
    for metric, sessions in (("slowdown", others), ("slowdown_lower", device.losses), ("slowdown_upper", others)):
        named = [labels["session"] for labels, _ in found[f"tb_contention_{metric}_ratio"]]
        assert named == [loss.session for loss in sessions]
    assert "tb_contention_memory_headroom_bytes" not in found
    assert found["tb_contention_memory_headroom_upper_bytes"][0][1] == device.memory.headroom


def test_a_session_alone_has_no_slowdown() -> None:
    found = read(to_openmetrics(alone()))
    assert not any("slowdown" in name or "contended" in name for name in found)


@pytest.mark.parametrize("payload", [*PAYLOADS, 'a\\n"b', "half \udc80"])
def test_hostile_names_stay_labels(payload: str) -> None:
    lost = Lost(name=payload, sessions=1, unknown=0, window=NS_PER_S, estimate=NS_PER_S // 2, low=0, high=None)
    text = fleet_to_openmetrics(fleet(lost))
    found = read(text)
    (labels, value) = found["tb_contention_workload_lost_seconds"][0]
    assert value == 0.5
    expected = payload.encode("utf-8", "replace").decode().replace("\r", " ")
    assert labels == {"workload": expected}
    assert "tb_contention_workload_lost_upper_seconds" not in found
    assert text.endswith("# EOF\n")


def fleet(*lost: Lost) -> Fleet:
    return Fleet(
        dataset="ds", outcomes={"analysed": 2}, groups=1, whole=lost[0], lost=dict.fromkeys(By, lost), trend={}, pairs=(), worst=(),
        worst_by={by: {} for by in By}, reports={}, inputs={},
        memory=(), headroom={"n1/GPU:0": (3, False), "n1/GPU:1": (2, True)}, savings=(),
    )  # fmt: skip


def test_a_sum_with_sessions_without_an_estimate_is_a_range() -> None:
    lost = Lost(name="a", sessions=2, unknown=1, window=NS_PER_S, estimate=1, low=0, high=NS_PER_S)
    found = read(fleet_to_openmetrics(fleet(lost)))
    assert "tb_contention_workload_lost_seconds" not in found
    assert found["tb_contention_workload_lost_upper_seconds"] == [({"workload": "a"}, 1.0)]
    assert found["tb_contention_memory_headroom_bytes"] == [({"gpu": "n1/GPU:0"}, 3.0)]
    assert found["tb_contention_memory_headroom_upper_bytes"] == [({"gpu": "n1/GPU:1"}, 2.0)]
    assert found["tb_contention_inputs"] == [({"outcome": "analysed"}, 2.0)]


def test_the_command_writes_them_by_the_suffix(demo_logs: Path, tmp_path: Path) -> None:
    logs, output = str(demo_logs / "simulated_time_slicing" / "together"), tmp_path / "gpu.prom"
    assert main(["report", logs, "-o", str(output)]) == 0
    found = read(output.read_text(encoding="utf-8"))
    assert {labels["name"] for labels, _ in found["tb_contention_slowdown_ratio"]} == {"trainer", "evaluator"}
    assert all(value > 0 for _, value in found["tb_contention_window_start_timestamp_seconds"])


def test_a_report_without_devices_is_valid() -> None:
    empty: Report = replace(alone(), devices=(), sessions=(), findings=(), problems=())
    assert read(to_openmetrics(empty)) == {}
