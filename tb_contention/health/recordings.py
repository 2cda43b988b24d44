"""Report from manifests how the GPU was shared during recordings, and what could not be recorded."""

from collections.abc import Iterator

from tb_contention.model.alignment import Session
from tb_contention.model.health import Check, Status
from tb_contention.model.manifest import KernelMode, ManifestSession, MpsState
from tb_contention.words.numbers import count, share

_MODES = {
    KernelMode.CONCURRENT: "kernels of the process could overlap",
    KernelMode.SERIALISED: "the profiler serialised the kernels of the process",
}
_CONCURRENT = "Set TF_GPU_CUPTI_FORCE_CONCURRENT_KERNEL=1 in the profiled program and record again."


def recording_checks(sessions: list[Session]) -> Iterator[Check]:
    """Yield what the manifest states about each recorded process; skip sessions without a manifest and simulated ones."""
    for session in sessions:
        manifest = session.manifest
        if manifest is None or manifest.simulated:
            continue
        facts = _facts(manifest)
        is_serialised = manifest.kernel_mode is KernelMode.SERIALISED
        if facts:
            yield Check(
                name="recording",
                status=Status.NOTE if is_serialised else Status.OK,
                about=session.id,
                message="; ".join(facts),
                remedy=_CONCURRENT if is_serialised else "",
            )
        for line in manifest.not_known:
            yield Check(name="not-recorded", status=Status.NOTE, about=session.id, message=line.rstrip("."))


def _facts(manifest: ManifestSession) -> list[str]:
    facts = [f"driver {manifest.driver}"] if manifest.driver else []
    if manifest.mps.state is not MpsState.UNKNOWN:
        facts.append(_mps(manifest))
    if manifest.kernel_mode in _MODES:
        facts.append(_MODES[manifest.kernel_mode])
    if manifest.container:
        facts.append("in a container")
    samples = sum(len(d.samples.time) for d in manifest.devices.values() if d.samples is not None)
    if samples:
        facts.append(f"{count(samples, 'sample')} from the driver")
    return facts


def _mps(manifest: ManifestSession) -> str:
    if manifest.mps.state is MpsState.OFF:
        return "without MPS"
    threads, memory = manifest.mps.active_thread_percentage, manifest.mps.pinned_memory_limit
    caps = [f"{share(threads / 100)} of the threads"] if threads is not None else []
    caps += [f"device memory {memory}"] if memory else []
    return "under MPS" + (f" ({', '.join(caps)})" if caps else "")
