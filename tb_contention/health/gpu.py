"""Check whether a GPU can be recorded on this machine. Reading traces needs no GPU."""

import re

from tb_contention.model.health import Check, Status

#: Bits of the effective capabilities: CAP_SYS_ADMIN and, for drivers from R565 on, CAP_PERFMON.
_SYS_ADMIN, _PERFMON = 1 << 21, 1 << 38


def driver(listing: str | None, trouble: str = "") -> Check:
    """List the GPUs. listing: lines `name, driver version` of nvidia-smi, None without it; trouble: why it failed."""
    if trouble:
        return Check(
            name="gpu", status=Status.NOTE, message=f"nvidia-smi failed: {trouble}",
            remedy="Repair the driver; until then nothing can be recorded on this GPU.",
        )  # fmt: skip
    rows = [line.strip() for line in (listing or "").splitlines() if line.strip()]
    if not rows:
        message = "no NVIDIA driver: traces can be read here, but no GPU can be recorded"
        return Check(name="gpu", status=Status.OK, message=message)
    return Check(name="gpu", status=Status.OK, message="; ".join(rows[:8]) + (" ..." if len(rows) > 8 else ""))


def rights(params: str | None, status: str | None) -> list[Check]:
    """Check whether the driver restricts performance counters to administrators.

    params: the text of /proc/driver/nvidia/params; status: that of /proc/self/status; None if missing. Many systems let everyone trace
    kernels even then, so only a capture settles it.
    """
    if params is None:
        return []
    setting = re.search(r"^RmProfilingAdminOnly:\s*(\d+)", params, re.MULTILINE)
    if setting is None:
        message = "the driver does not report who may profile the GPU"
        return [Check(name="gpu-rights", status=Status.NOTE, message=message, remedy="Record a capture to find out.")]
    if setting[1] == "0":
        return [Check(name="gpu-rights", status=Status.OK, message="the driver lets every user profile the GPU")]
    found = re.search(r"^CapEff:\s*([0-9a-fA-F]+)", status or "", re.MULTILINE)
    if found is not None and int(found[1], 16) & (_SYS_ADMIN | _PERFMON):
        message = "the driver lets administrators profile the GPU, and this process has that right"
        return [Check(name="gpu-rights", status=Status.OK, message=message)]
    return [
        Check(
            name="gpu-rights",
            status=Status.NOTE,
            message="the driver restricts GPU performance counters to administrators; tracing kernels may still work",
            remedy="If captures report CUPTI_ERROR_INSUFFICIENT_PRIVILEGES, load the driver with "
            "NVreg_RestrictProfilingToAdminUsers=0, or run the program (container) with CAP_SYS_ADMIN.",
        )
    ]


def serialising(tensorflow: str | None, setting: str | None) -> list[Check]:
    """Check for a TensorFlow that serialises the kernels of a process while it records, which releases up to 2.14 do by default.

    setting: the value of TF_GPU_CUPTI_FORCE_CONCURRENT_KERNEL.
    """
    major, minor = (tensorflow or "99.0").split(".")[:2]
    if (int(major), int(minor)) > (2, 14) or (setting or "").lower() in ("1", "true"):
        return []
    return [
        Check(
            name="serialising",
            status=Status.NOTE,
            message=f"tensorflow {tensorflow} serialises the kernels of a process while it records",
            remedy="In programs that use several streams, set TF_GPU_CUPTI_FORCE_CONCURRENT_KERNEL=1.",
        )
    ]
