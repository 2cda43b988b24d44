"""The wait for the next batch, by the names that releases and frameworks give it."""

from pathlib import Path

import pytest

import tb_contention
from tb_contention.model.trace import HostKind
from tb_contention.recorders.common.input_names import is_input


@pytest.mark.parametrize(
    "name",
    [
        "IteratorGetNextOp::DoCompute",
        "IteratorGetNextAsOptionalOp::DoCompute",
        "IteratorGetNext:IteratorGetNext",
        "IteratorGetNextAsOptional_4:IteratorGetNextAsOptional",
        "MultiDeviceIteratorGetNextFromShard:MultiDeviceIteratorGetNextFromShard",
        "enumerate(DataLoader)#_MultiProcessingDataLoaderIter.__next__",
    ],
)
def test_waits_for_a_batch(name: str) -> None:
    assert is_input(name)


@pytest.mark.parametrize(
    "name",
    [
        "IteratorGetNextAsOptional_1/_23:_Recv",
        "IteratorGetNextAsOptional_2/_30:Identity",
        "Iterator::Root::Prefetch",
        "PrefetchProduce",
        "MultiDeviceIteratorFromStringHandle:MultiDeviceIteratorFromStringHandle",
        "enumerate(DataLoader)#_MultiProcessingDataLoaderIter.__init__",
    ],
)
def test_is_something_else(name: str) -> None:
    assert not is_input(name)


@pytest.mark.parametrize("release", ["tf-2.4.0", "tf-2.6.0", "tf-2.10.0", "tf-2.12.0", "tf-2.15.0", "tf-2.17.0"])
def test_each_release_shows_the_waits_of_its_pipeline(release: str, real_traces: Path) -> None:
    report = tb_contention.analyse(real_traces / "eras" / release / "keras", cache_dir=None)
    assert any((s.session.trace.host_events.kind == HostKind.INPUT).any() for s in report.sessions)
