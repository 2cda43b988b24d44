"""What a process tells of its surroundings without a GPU library."""

import os
import sys
from pathlib import Path

import pytest

from tb_contention.capture import clock, environment
from tb_contention.capture.facts import Kubernetes, Sharing


@pytest.mark.parametrize(
    ("word", "mode"),
    [
        (None, "unknown"),
        ("1", "concurrent"),
        ("TRUE", "concurrent"),
        ("0", "serialised"),
        ("False", "serialised"),
        ("yes", "unknown"),
    ],
)
def test_the_kernel_mode_is_what_frameworks_read(word: str | None, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(environment.CONCURRENT, raising=False)
    if word is not None:
        monkeypatch.setenv(environment.CONCURRENT, word)
    assert environment.kernel_mode() == mode


def test_kernels_are_left_concurrent_unless_the_user_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(environment.CONCURRENT, "0")
    environment.let_kernels_run_at_once()
    assert environment.kernel_mode() == "serialised"
    monkeypatch.delenv(environment.CONCURRENT)
    environment.let_kernels_run_at_once()
    assert environment.kernel_mode() == "concurrent"


def test_only_listed_variables_are_stated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setenv("XLA_FLAGS", "x" * 5000)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")

    found = environment.variables()

    assert found["CUDA_VISIBLE_DEVICES"] == ""
    assert len(found["XLA_FLAGS"]) == 1000
    assert set(found) <= set(environment.VARIABLES)
    assert not any("SECRET" in name or "KEY" in name.split("_") for name in environment.VARIABLES)


def test_mps_is_off_without_its_pipe_directory(tmp_path: Path) -> None:
    found = environment.mps({"CUDA_MPS_PIPE_DIRECTORY": str(tmp_path / "none")}, is_client=None)
    assert found.state == ("off" if sys.platform.startswith("linux") else "unknown")


def test_mps_is_unknown_where_the_directory_is_left_over(tmp_path: Path) -> None:
    (tmp_path / "nvidia-cuda-mps-control.pid").write_text(str(os.getpid()))
    assert environment.mps({"CUDA_MPS_PIPE_DIRECTORY": str(tmp_path)}, is_client=None).state == "unknown"


def test_what_the_driver_says_of_mps_comes_first(tmp_path: Path) -> None:
    assert environment.mps({"CUDA_MPS_PIPE_DIRECTORY": str(tmp_path)}, is_client=False).state == "off"
    assert environment.mps({}, is_client=True).state == "on"


@pytest.mark.parametrize(("word", "value"), [("50", 50), ("12.5", 12.5), ("0", None), ("much", None), ("250", None)])
def test_caps_of_mps_are_stated(word: str, value: float | None) -> None:
    found = environment.mps(
        {"CUDA_MPS_ACTIVE_THREAD_PERCENTAGE": word, "CUDA_MPS_PINNED_DEVICE_MEM_LIMIT": "0=10G"}, is_client=True
    )
    assert (found.active_thread_percentage, found.pinned_memory_limit) == (value, "0=10G")


def test_a_server_of_version_3_is_found_from_the_directory_of_its_namespace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = tmp_path / "training" / "high_priority"
    inside.mkdir(parents=True)
    monkeypatch.setattr(environment, "_serves", lambda place: place == tmp_path)

    found = environment.mps(
        {"CUDA_MPS_PIPE_DIRECTORY": str(inside), "CUDA_MPS_SM_PARTITION": "GPU-1/Dx4"}, is_client=None
    )

    assert (found.state, found.sm_partition) == ("on" if sys.platform.startswith("linux") else "unknown", "GPU-1/Dx4")


def test_a_container_does_not_name_its_machine() -> None:
    assert environment.machine("0123abcd") is None
    assert environment.machine(None)


IN_POD = {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}


@pytest.mark.parametrize(
    ("environ", "hosts", "expected"),
    [
        (
            {**IN_POD, "POD_NAME": "p", "POD_NAMESPACE": "ns", "NODE_NAME": "n"},
            "",
            Kubernetes(pod="p", namespace="ns", node="n"),
        ),
        ({**IN_POD, "MY_POD_NAME": "p", "MY_NODE_NAME": "n"}, "", Kubernetes(pod="p", namespace="told", node="n")),
        (IN_POD, "# Kubernetes-managed hosts file.\n127.0.0.1 localhost\n", Kubernetes(pod="here", namespace="told")),
        (IN_POD, "# Kubernetes-managed hosts file (host network).\n", Kubernetes(namespace="told")),
        (
            {"NODE_NAME": "an agent of something else", "POD_NAME": "p"},
            "# Kubernetes-managed hosts file.\n",
            Kubernetes(),
        ),
    ],
)
def test_a_pod_knows_its_place_by_what_it_was_told(
    environ: dict[str, str], hosts: str, expected: Kubernetes, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"/etc/hosts": hosts, environment._NAMESPACE: "told\n"}
    monkeypatch.setattr(environment, "_read", lambda path: files.get(path, ""))
    monkeypatch.setattr("socket.gethostname", lambda: "here")
    assert environment.kubernetes(environ) == expected


def test_a_pod_reads_the_volume_of_the_downward_api(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"/etc/podinfo/name": "p\n", "/etc/podinfo/namespace": "ns\n", environment._NAMESPACE: "told\n"}
    monkeypatch.setattr(environment, "_read", lambda path: files.get(path, ""))
    assert environment.kubernetes(IN_POD) == Kubernetes(pod="p", namespace="ns")


@pytest.mark.parametrize(
    ("labels", "pipes", "expected", "mps"),
    [
        (
            'nvidia.com/gpu.sharing-strategy="time-slicing"\nnvidia.com/gpu.replicas="4"',
            "",
            Sharing(strategy="time-slicing", replicas=4),
            "off",
        ),
        ('nvidia.com/gpu.sharing-strategy="mps"', "", Sharing(strategy="mps"), "on"),
        ("", "/mps/nvidia.com/gpu/pipe", Sharing(strategy="mps"), "on"),
        ('nvidia.com/gpu.sharing-strategy="none"\nnvidia.com/gpu.replicas="many"', "", Sharing(), None),
    ],
)
def test_a_pod_knows_how_the_device_plugin_shares_the_gpu(
    labels: str, pipes: str, expected: Sharing, mps: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "_read", lambda path: labels if path == "/etc/podinfo/annotations" else "")
    environ = {**IN_POD, "CUDA_MPS_PIPE_DIRECTORY": pipes}
    assert environment.sharing(environ) == expected
    if mps is not None:
        assert environment.mps(environ, is_client=None).state == mps
    assert environment.sharing({"CUDA_MPS_PIPE_DIRECTORY": pipes}) == Sharing()


def test_versions_are_of_what_is_imported() -> None:
    found = environment.versions()
    assert found["python"] == ".".join(map(str, sys.version_info[:3]))
    assert found["tb_contention"]
    assert ("tensorflow" in found) == ("tensorflow" in sys.modules)


def test_both_clocks_go_on_together() -> None:
    first, second = clock.reading(), clock.reading()
    if first is None or second is None:
        pytest.skip("needs a clock that nothing adjusts")
    assert 0 <= first.gap_ns < 1_000_000
    assert first.monotonic_raw_ns + first.gap_ns // 2 < second.monotonic_raw_ns
    apart = second.realtime_ns - first.realtime_ns
    assert abs(apart - (second.monotonic_raw_ns - first.monotonic_raw_ns)) < 5_000_000
