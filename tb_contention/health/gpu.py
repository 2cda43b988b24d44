"""The driver of this machine -> whether a GPU can be recorded here. To read traces no GPU is needed."""

import re

from tb_contention.model.health import Check, Status

#: Bits of the effective capabilities: of an administrator, and, for drivers from R565 on, of who may measure performance.
_SYS_ADMIN, _PERFMON = 1 << 21, 1 << 38


def driver(listing: str | None, trouble: str = "") -> Check:
    """Tell the GPUs. listing: lines `name, driver version` of nvidia-smi, None where there is none; trouble: why it failed."""
    if trouble:
        return Check(
            name="gpu", status=Status.NOTE, message=f"nvidia-smi fails: {trouble}", remedy="Recording on this GPU will fail too."
        )  # fmt: skip
    rows = [line.strip() for line in (listing or "").splitlines() if line.strip()]
    if not rows:
        message = "no NVIDIA driver here: traces can be read, not recorded on a GPU"
        return Check(name="gpu", status=Status.OK, message=message)
    return Check(name="gpu", status=Status.OK, message="; ".join(rows[:8]) + (" ..." if len(rows) > 8 else ""))


def rights(params: str | None, status: str | None) -> list[Check]:
    """Tell whether the driver keeps performance counters for administrators.

    params: text of /proc/driver/nvidia/params, status: of /proc/self/status; None where they are not there. Tracing of kernels is allowed
    to all on many systems even then, so that only a capture tells for certain.
    """
    if params is None:
        return []
    setting = re.search(r"^RmProfilingAdminOnly:\s*(\d+)", params, re.MULTILINE)
    if setting is None:
        message = "the driver does not say who may profile the GPU"
        return [Check(name="gpu-rights", status=Status.NOTE, message=message, remedy="A capture will tell.")]
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
            message="the driver keeps GPU performance counters for administrators; kernels may be traced all the same",
            remedy="If captures say CUPTI_ERROR_INSUFFICIENT_PRIVILEGES: load the driver with "
            "NVreg_RestrictProfilingToAdminUsers=0, or run the program (container) with CAP_SYS_ADMIN.",
        )
    ]


def serialising(tensorflow: str | None, setting: str | None) -> list[Check]:
    """Tell a TensorFlow here that lets one kernel of a process run at a time while it records, unless the environment says otherwise.

    Which releases do so is known from their source up to 2.14; setting: TF_GPU_CUPTI_FORCE_CONCURRENT_KERNEL.
    """
    major, minor = (tensorflow or "99.0").split(".")[:2]
    if (int(major), int(minor)) > (2, 14) or (setting or "").lower() in ("1", "true"):
        return []
    return [
        Check(
            name="serialising",
            status=Status.NOTE,
            message=f"tensorflow {tensorflow} lets one kernel of a process run at a time while it records",
            remedy="Where a program uses several streams, set TF_GPU_CUPTI_FORCE_CONCURRENT_KERNEL=1 in it.",
        )
    ]
