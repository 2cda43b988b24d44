"""Rules on time: did sessions have work on a device at the same instants, and what did that cost them?"""

from tb_contention.diagnose.scene import Scene
from tb_contention.model.contention import Mechanism, Slowdown
from tb_contention.model.findings import Finding, Severity
from tb_contention.model.report import DeviceReport

_CAPTURE = "Capture each session alone as well, and give it as --baseline SESSION=RUN to learn the cost."


def overlap_in_time(scene: Scene) -> list[Finding]:
    """Say how much of the window two or more sessions had work on the device at once, between whom, and what it cost."""
    aligned, device = scene.aligned, scene.device
    time, shares = device.overlap.time, device.overlap.shares
    if len(shares) < 2 or time.window == 0:
        return []
    names = {s.session: aligned.session(s.session).name for s in shares}
    # Where the mechanism is known, a rule of its own says what to do.
    unexplained = bool(scene.slowed(Mechanism.UNKNOWN))
    return [
        Finding(
            rule="overlap-in-time",
            severity=Severity.WARNING if unexplained else Severity.INFO,
            title=_title(device),
            detail=_detail(device, {key: str(name) for key, name in names.items()}),
            advice=_CAPTURE if unexplained else _open_question(device),
            verify="The contended time falls when a session is moved, shifted or stopped." if time.contended else "",
            evidence={
                "contended_ns": int(time.contended),
                "window_ns": int(time.window),
                "clock_error_ns": device.group.max_error,
                "mechanism": device.cost.mechanism.value,
                "slowdowns": {r.session: r.slowdown.estimate for r in device.cost.losses},
            },
            device=device.group.id,
            sessions=tuple(names),
        )
    ]


def _title(device: DeviceReport) -> str:
    time = device.overlap.time
    if time.contended == 0:
        return f"The sessions on {device.group.device.id} never had work on it at the same instant"
    share = time.contended / time.window
    return f"{len(device.overlap.shares)} sessions had work on {device.group.device.id} at once for {share:.0%} of the window"


def _detail(device: DeviceReport, names: dict[str, str]) -> str:
    """Give the overlap, and the slowdowns as far as they are known."""
    time = device.overlap.time
    known = [r for r in device.cost.losses if r.slowdown.low is not None]
    costs = "; ".join(f"{names[r.session]} {_words(r.slowdown)}" for r in known)
    cost = f" Step time against alone: {costs}." if costs else ""
    if time.contended == 0:
        return f"In {time.window / 1e6:.1f} ms of common capture no work of one session overlaps any of another.{cost}"
    worst = max(device.overlap.pairs, key=lambda pair: pair.overlap)
    overlap = (
        f"{time.contended / 1e6:.1f} of {time.window / 1e6:.1f} ms; most between {names[worst.a]} and {names[worst.b]} "
        f"({worst.overlap / 1e6:.1f} ms)."
    )
    if device.group.device.device.is_host:
        return f"{overlap} On a processor with several cores that need not cost anything.{cost}"
    return (
        f"{overlap} Under time slicing a kernel's span contains the other session's slices, so overlap in time is not "
        f"concurrency.{cost}"
    )


def _words(slowdown: Slowdown) -> str:
    low, high = slowdown.low or 0.0, slowdown.high or 0.0
    if slowdown.estimate is None:
        return f"between {low:.2f}x and {high:.2f}x (bounds only)"
    return f"{slowdown.estimate:.2f}x ({low:.2f} to {high:.2f})"


def _open_question(device: DeviceReport) -> str:
    """Say which capture would settle what is not known."""
    return next((r.slowdown.settle for r in device.cost.losses if r.slowdown.settle), "")
