"""Advice is given in the words of whoever recorded a session."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from scenes.diagnose.cases import CASES, Case
from scenes.diagnose.scenes import time_sliced

import tb_contention
from tb_contention.diagnose import RULES
from tb_contention.diagnose.by_recorder import LIMITS, told
from tb_contention.diagnose.scene import Scene
from tb_contention.model.findings import Finding
from tb_contention.model.trace import Era

RUN = {rule.slug: rule.run for rule in RULES}
#: What only programs of TensorFlow, JAX or PyTorch can do.
OTHERS = re.compile(r"TF_|XLA|\btf\.|TensorFlow|\bJAX|jax|Keras|IteratorGetNext|BFC|allow_growth|cuda_malloc_async")
TORCH = re.compile(r"\btorch\b|PYTORCH|PyTorch|TORCHINDUCTOR")


def recorded_by(scene: Scene, *eras: Era) -> Scene:
    """The same sessions, as if other recorders had made their files, in turn."""
    sessions = tuple(
        replace(s, trace=replace(s.trace, era=eras[k % len(eras)])) for k, s in enumerate(scene.aligned.sessions)
    )
    return replace(scene, aligned=replace(scene.aligned, sessions=sessions))


def texts(found: list[Finding]) -> str:
    return " ".join(" ".join((f.title, f.detail, f.cause, f.advice, f.effect, f.verify)) for f in found)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.slug)
def test_nobody_is_told_the_settings_of_another_framework(case: Case) -> None:
    scene = case.speaks()
    found = {era: texts(RUN[case.slug](recorded_by(scene, era))) for era in (Era.KINETO, Era.NSIGHT, Era.XSPACE)}

    assert found[Era.KINETO]
    assert not OTHERS.search(found[Era.KINETO])
    assert found[Era.NSIGHT]
    assert not OTHERS.search(found[Era.NSIGHT])
    if case.slug != "out-of-memory":  # only PyTorch records refusals
        assert not TORCH.search(found[Era.NSIGHT])
        assert not TORCH.search(found[Era.XSPACE])


def test_sessions_of_several_recorders_are_told_in_the_words_of_each() -> None:
    scene = recorded_by(time_sliced(), Era.XSPACE, Era.KINETO)

    assert told(scene, LIMITS) == f"{LIMITS.tensorflow}; {LIMITS.torch}"
    assert told(scene, LIMITS, scene.device.sessions[:1]) == LIMITS.tensorflow


@pytest.mark.parametrize("name", ["kineto/h100_bert.pt.trace.json.gz", "nsight/h100_two_processes_two_gpus.sqlite"])
def test_a_whole_report_names_no_setting_of_another_framework(real_traces: Path, name: str) -> None:
    report = tb_contention.analyse(real_traces / name, cache_dir=None)

    assert report.devices
    assert not OTHERS.search(texts(list(report.findings)) + " ".join(d.memory_note for d in report.devices))
