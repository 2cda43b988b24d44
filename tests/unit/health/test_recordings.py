"""What `doctor` says of recordings whose manifests state how they were made."""

from dataclasses import replace

from lanes import session_of

from tb_contention.health.recordings import recording_checks
from tb_contention.model.alignment import Session
from tb_contention.model.health import Check, Status
from tb_contention.model.manifest import KernelMode, ManifestSession, Mps, MpsState


def told(said: ManifestSession | None) -> list[Check]:
    session: Session = replace(session_of("a", "AAAA"), manifest=said)
    return list(recording_checks([session]))


def test_how_the_gpu_was_shared_is_told_in_one_line() -> None:
    mps = Mps(state=MpsState.ON, active_thread_percentage=50.0, pinned_memory_limit="0=10G")
    (check,) = told(ManifestSession(driver="550.54", mps=mps, kernel_mode=KernelMode.CONCURRENT, container="c0ffee"))
    assert check.status is Status.OK
    assert check.message == (
        "driver 550.54; under MPS (50 % of the threads, device memory 0=10G); kernels of the process could overlap; in a container"
    )
    (plain,) = told(ManifestSession(mps=Mps(state=MpsState.OFF)))
    assert plain.message == "without MPS"


def test_a_profiler_that_serialised_is_worth_a_note_with_the_way_out() -> None:
    (check,) = told(ManifestSession(kernel_mode=KernelMode.SERIALISED))
    assert check.status is Status.NOTE
    assert "TF_GPU_CUPTI_FORCE_CONCURRENT_KERNEL=1" in check.remedy


def test_what_could_not_be_had_is_told() -> None:
    (check,) = told(ManifestSession(not_known=("Power: the driver does not tell it.",)))
    assert (check.name, check.status, check.message) == (
        "not-recorded",
        Status.NOTE,
        "Power: the driver does not tell it",
    )


def test_nothing_is_told_without_a_manifest_or_of_a_simulation() -> None:
    assert told(None) == []
    assert told(ManifestSession()) == []
    assert told(ManifestSession(simulated=True, driver="1")) == []
