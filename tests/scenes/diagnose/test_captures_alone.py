"""What is said of captures that nobody shared: no warning, and only what is true of any capture."""

from pathlib import Path

import pytest

import tb_contention
from tb_contention.model.findings import Severity

#: All that may be said of a capture alone, and why that is true of it.
TRUE_ALONE = {
    "host-only": "the capture has no work of a GPU",
    "host-bound": "the GPU idles, and the host's part of the steps is long; company or none",
    "serialised-kernels": "several streams never run at once; the file does not say why",
    "overlap-in-time": "sessions of one process on the processor, which is no contention",
    "simulated": "the session says so itself",
}
#: Real captures of one process, below the folder of recorded traces; several GPUs are several groups of one session.
RELEASES = ("2.2.0", "2.4.0", "2.6.0", "2.10.0", "2.12.0", "2.15.0", "2.17.0")
RECORDED = (
    *(f"eras/tf-{release}/{run}" for release in RELEASES for run in ("exp", "keras")),
    "eras/tf-1.15.0/keras", "eras/tf-1.15.0/old",
    "gpu_multi_worker", "mi300x_jax/conv_8gpu", "mi300x_jax/gemm", "mi355x_jax/fused_attention",
    *(f"kineto/{name}.pt.trace.json.gz" for name in (
        "a100_nccl", "alexnet_2023", "b200_eager", "h100_bert", "mi210_gpu_only", "mi250_rocm", "sglang_decode", "vllm_decode_graph",
    )),
    "nsight/a100_four_gpus_permuted.sqlite", "nsight/h100_two_processes_two_gpus.sqlite",
)  # fmt: skip
#: Made captures of one process that once were called contended or slow.
MADE = (
    "clocks_fall_mixed_shapes", "clocks_fall_nccl_wait", "external_id_is_correlation", "kineto_says_lost", "merged_ranks",
    "oom_event", "overflowing_duration", "relative_logdir_crash", "rocm_two_gpus", "same_file_twice", "serving_step_names",
)  # fmt: skip
#: Captures with something to warn of although nobody shared the GPU.
WARNED = {
    "nsight/h100_two_processes_two_gpus.sqlite": ["mostly-copies", "mostly-copies"],
    "public_cases/oom_event": ["out-of-memory"],
}


def said(path: Path) -> tuple[list[str], set[str]]:
    """Analyse a capture; return its warnings, and the other rules that speak."""
    findings = tb_contention.analyse(path, cache_dir=None).findings
    warnings = [f.rule for f in findings if f.severity is not Severity.INFO]
    return warnings, {f.rule for f in findings if f.severity is Severity.INFO} - set(TRUE_ALONE)


@pytest.mark.parametrize("name", [*RECORDED, *(f"public_cases/{name}" for name in MADE)])
def test_no_warning_on_a_capture_that_nobody_shared(name: str, real_traces: Path) -> None:
    path = real_traces / name
    assert path.exists()
    assert said(path) == (WARNED.get(name, []), set())


def test_no_warning_on_simulated_captures_of_one_session_alone(real_traces: Path) -> None:
    runs = sorted(path for path in real_traces.glob("hard_simulated/*/alone/*") if path.is_dir())
    spoken = {str(run.relative_to(real_traces)): said(run) for run in runs}

    assert len(runs) > 5
    assert {run: found for run, found in spoken.items() if found != ([], set())} == {}


DEMOS = (
    "recorded_two_sessions", "recorded_queue_threads", "recorded_split_model", "recorded_two_processes/worker_a",
    "recorded_two_processes/worker_b", "simulated_time_slicing/alone/trainer", "simulated_time_slicing/alone/evaluator",
)  # fmt: skip


@pytest.mark.parametrize("name", DEMOS)
def test_no_warning_on_demo_logs_alone(name: str, demo_logs: Path) -> None:
    assert said(demo_logs / name) == ([], set())
