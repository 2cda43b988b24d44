"""Rules on time: did sessions have work on a device at the same instants?"""

from tb_contention.model.alignment import AlignedTraces
from tb_contention.model.findings import Finding, Severity
from tb_contention.model.report import DeviceReport

#: Below this share of the window an overlap is noted, not warned of.
NOTEWORTHY = 0.05


def overlap_in_time(aligned: AlignedTraces, device: DeviceReport) -> "list[Finding]":
    """Say how much of the window two or more sessions had work on the device at once, and between whom."""
    time, shares = device.overlap.time, device.overlap.shares
    if len(shares) < 2 or time.window == 0:
        return []
    share = time.contended / time.window
    names = {s.session: aligned.session(s.session).name for s in shares}
    worst = max(device.overlap.pairs, key=lambda pair: pair.overlap)
    title = f"{len(shares)} sessions had work on {device.group.device.id} at once for {share:.0%} of the window"
    detail = (
        f"{time.contended / 1e6:.1f} of {time.window / 1e6:.1f} ms; most between {names[worst.a]} and {names[worst.b]} "
        f"({worst.overlap / 1e6:.1f} ms). This is overlap in time: under time slicing a kernel's span contains the other "
        "session's slices, so it does not show that they ran concurrently, nor what the overlap cost."
    )
    on_host = device.group.device.device.is_host
    if on_host:
        detail = (
            f"{time.contended / 1e6:.1f} of {time.window / 1e6:.1f} ms; most between {names[worst.a]} and {names[worst.b]} "
            f"({worst.overlap / 1e6:.1f} ms). On a processor with several cores that need not cost anything."
        )
    if time.contended == 0:
        title = f"The sessions on {device.group.device.id} never had work on it at the same instant"
        detail = f"In {time.window / 1e6:.1f} ms of common capture no work of one session overlaps any of another."
    return [
        Finding(
            rule="overlap-in-time",
            severity=Severity.WARNING if share >= NOTEWORTHY and not on_host else Severity.INFO,
            title=title,
            detail=detail,
            advice="Capture each session alone as well and compare its step time with the shared one to learn the cost."
            if time.contended
            else "",
            evidence={
                "contended_ns": int(time.contended),
                "window_ns": int(time.window),
                "clock_error_ns": device.group.max_error,
            },
            device=device.group.id,
            sessions=tuple(names),
        )
    ]
