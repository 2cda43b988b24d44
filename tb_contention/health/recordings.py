"""What manifests say of recordings -> how the GPU was shared, and what could not be had when they were made."""

from collections.abc import Iterator

from tb_contention.model.alignment import Session
from tb_contention.model.health import Check, Status
from tb_contention.model.manifest import KernelMode, ManifestSession, MpsState

_MODES = {
    KernelMode.CONCURRENT: "kernels of the process could run at once",
    KernelMode.SERIALISED: "the profiler ran one kernel of the process after another",
}
_CONCURRENT = "Set TF_GPU_CUPTI_FORCE_CONCURRENT_KERNEL=1 in the profiled program and record again."


def recording_checks(sessions: list[Session]) -> Iterator[Check]:
    """Tell what is written down of each recorded process; nothing of one without a manifest, or of simulated ones."""
    for session in sessions:
        said = session.manifest
        if said is None or said.simulated:
            continue
        words = _words(said)
        serial = said.kernel_mode is KernelMode.SERIALISED
        if words:
            yield Check(
                name="recording",
                status=Status.NOTE if serial else Status.OK,
                about=session.id,
                message="; ".join(words),
                remedy=_CONCURRENT if serial else "",
            )
        for line in said.not_known:
            yield Check(name="not-recorded", status=Status.NOTE, about=session.id, message=line.rstrip("."))


def _words(said: ManifestSession) -> list[str]:
    words = [f"driver {said.driver}"] if said.driver else []
    if said.mps.state is not MpsState.UNKNOWN:
        words.append(_mps(said))
    if said.kernel_mode in _MODES:
        words.append(_MODES[said.kernel_mode])
    if said.container:
        words.append("in a container")
    samples = sum(len(d.samples.time) for d in said.devices.values() if d.samples is not None)
    if samples:
        words.append(f"{samples:,} samples of the driver")
    return words


def _mps(said: ManifestSession) -> str:
    if said.mps.state is MpsState.OFF:
        return "without MPS"
    share, memory = said.mps.active_thread_percentage, said.mps.pinned_memory_limit
    caps = [f"{share:g} % of the threads"] if share is not None else []
    caps += [f"device memory {memory}"] if memory else []
    return "under MPS" + (f" ({', '.join(caps)})" if caps else "")
