"""Labels are found in a session's words in their order, and jobs are named by what stays from one recording to the next."""

from typing import Any

import pytest

from tb_contention.dataset.jobs import FIELDS, Whose, job_of, labels_of, pattern_of
from tb_contention.errors import OptionError
from tb_contention.model.capture import CaptureFile, Container
from tb_contention.model.manifest import ManifestSession

DATED = "2026_03_05_10_00_00"


def whose(
    run: str = f"vision/resnet-101/{DATED}",
    host: str = "node7",
    kind: Container = Container.XPLANE,
    part: str = "",
    *,
    machine: str = "",
    process_id: int | None = 4211,
    **stated: Any,
) -> Whose:
    folder, _, directory = run.rpartition("/")
    below = f"{folder}/plugins/profile/{directory}" if directory.startswith(DATED) else run
    file = CaptureFile(
        path="p", relative=f"{below}/{host}{kind.value}", run=run, directory=directory, host=host, container=kind,
        size=1, mtime_ns=0,
    )  # fmt: skip
    manifest = ManifestSession(**stated) if stated else None
    return Whose(
        id=f"{file.id}{part}",
        file=file,
        host=machine or host.partition("_")[0],
        process_id=process_id,
        manifest=manifest,
    )


def test_the_words_are_the_fields_that_are_documented() -> None:
    words = whose(
        name="train", pod="train-0", namespace="vision", container="3f2a", node="n1"
    ).words  # fmt: skip
    assert tuple(words) == tuple(FIELDS)
    assert words["id"] == f"vision/resnet-101/{DATED}/node7"
    assert words["run"] == "vision/resnet-101"
    assert tuple(whose().words) == ("id", "run", "host")


@pytest.mark.parametrize(
    ("pattern", "label"),
    [
        (r"^(\w+)/", "vision"),  # in the id, which comes first
        (r"^(train)", "train"),  # in the pod, since the id has no such beginning
        (r"pod:^(.+)-\d+$", "train"),
        (r"run:[^/]+$", "resnet-101"),
        (r"namespace:.+", "ml"),
        (r"(?P<host>n\d)(?P<team>\d)", "2"),
        (r"x/(\w+)|namespace/(\w+)|(n\d)", "n1"),
        (r"(?:pod:)", None),
        (r"node:.+", None),
    ],
)
def test_a_pattern_is_found_in_the_first_word_that_fits(pattern: str, label: str | None) -> None:
    found = labels_of(whose(pod="train-0", namespace="ml", machine="n12"), (("team", pattern),))
    assert found.get("team") == label


@pytest.mark.parametrize(
    ("pattern", "message"), [("pdo:(.+)", "pdo:, which is no field"), ("pod:a(", r"'a\(' is not a regular expression")]
)
def test_patterns_that_mean_nothing_are_refused(pattern: str, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        pattern_of(pattern)


@pytest.mark.parametrize(
    ("pod", "job"),
    [
        ("trainer-7d9c5b8f6d-x2x9z", "trainer"), ("nightly-28912345-4zq7k", "nightly"), ("job-0-k8kd2", "job-0"),
        ("worker-0", "worker-0"), ("trainer-large", "trainer-large"),
    ],
)  # fmt: skip
def test_what_kubernetes_generates_is_no_part_of_a_job(pod: str, job: str) -> None:
    assert job_of(whose(pod=pod), {}) == job
    assert job_of(whose(pod=pod, namespace="ml"), {}) == f"ml/{job}"
    assert job_of(whose(pod=pod, namespace="ml", part="#bert"), {}) == f"ml/{job}#bert"
    assert job_of(whose(pod=pod), {"job": "mine"}) == "mine"


@pytest.mark.parametrize(
    ("session", "job"),
    [
        (whose(), "vision/resnet-101"),
        (whose(run=f"vision/resnet-101/{DATED}~2"), "vision/resnet-101"),
        (whose(part="#model"), "vision/resnet-101#model"),
        (whose(name="trainer"), "vision/resnet-101/trainer"),
        (whose(name="resnet-101"), "vision/resnet-101"),
        (whose(run=DATED), "node7"),
        (whose(run=DATED, host="train-7d9c5b8f6d-x2x9z"), "train"),
        (whose("runs/bert", "node7_4211.1700000000000", Container.KINETO), "runs/bert"),
        (whose("runs/bert", "node7_17.1700000000000", Container.KINETO, process_id=17), "runs/bert"),
        (whose("runs/bert", "rank_0_17.1700000000000", Container.KINETO_GZIP, process_id=17), "runs/bert/rank_0"),
        (whose("runs/bert", "node7_4211", Container.KINETO, process_id=None), "runs/bert"),
        (whose("", "node7_4211", Container.KINETO), "node7"),
        (whose("exp1", "report", Container.NSIGHT, "/python-4211"), "exp1/report/python"),
        (whose("exp1", "report", Container.NSIGHT, "/net-101", process_id=4211), "exp1/report/net-101"),
    ],
)
def test_the_run_names_a_job_and_no_process_id_does(session: Whose, job: str) -> None:
    assert job_of(session, {}) == job
