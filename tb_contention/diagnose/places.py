"""Where on the panel the evidence of a rule is, as far as a device has it."""

from tb_contention.diagnose.rule import Remark
from tb_contention.model.places import Place
from tb_contention.model.report import DeviceReport
from tb_contention.units import Nanoseconds

KERNELS, KERNEL_PAIRS, MEMORY, SESSIONS = map(Place.table, ("Kernels", "Kernel pairs", "Memory", "Sessions"))
WHAT_IF = Place.section("what-if")


def contended(device: DeviceReport, _: Remark) -> Place | None:
    """Point to the longest contended interval."""
    return Place.contended() if device.time.contended > 0 else None


def contended_near(device: DeviceReport, _: Remark) -> Place | None:
    """Point to the longest contended interval, so near that single kernels show."""
    return Place.contended(near=True) if device.time.contended > 0 else None


def blame(device: DeviceReport, _: Remark) -> Place | None:
    """Point to who delays whom."""
    return Place.section("blame") if device.blame else None


def steps(device: DeviceReport, _: Remark) -> Place | None:
    """Point to the step times."""
    return Place.section("steps") if device.cost.steps else None


def memory_peak(device: DeviceReport, _: Remark) -> Place | None:
    """Point to the combined peak."""
    return None if device.memory is None else Place.memory(device.memory.peak_at)


def refusal(device: DeviceReport, remark: Remark) -> Place | None:
    """Point to when memory was refused to the session concerned."""
    refused = () if device.memory is None else device.memory.refused
    return next((Place.memory(each.at) for each in refused if each.session in remark.sessions), None)


def untraced_peak(device: DeviceReport, _: Remark) -> Place:
    """Point to when processes without a capture held most."""
    return _sampled(device, None if device.driver is None else device.driver.untraced_peak_at)


def driver_peak(device: DeviceReport, _: Remark) -> Place:
    """Point to when the driver reports most memory in use."""
    return _sampled(device, None if device.driver is None else device.driver.used_peak_at)


def _sampled(device: DeviceReport, at: Nanoseconds | None) -> Place:
    """Point to an instant of the driver's samples; who holds what then is known only where allocators were recorded too."""
    return MEMORY if at is None or device.memory is None else Place.memory(at)


def longest_stall(device: DeviceReport, remark: Remark) -> Place:
    """Point to the longest wait for memory of the first session concerned."""
    stalls = () if device.memory is None else device.memory.stalls
    at = next((each.longest_at for each in stalls if each.session in remark.sessions), None)
    return MEMORY if at is None else Place.time(at, "Memory")


def kernel_change(device: DeviceReport, remark: Remark) -> Place:
    """Point to when the first session concerned began to run other kernels."""
    changes = () if device.memory is None else device.memory.kernel_changes
    at = next((each.at for each in changes if each.session in remark.sessions), None)
    return MEMORY if at is None else Place.time(at, "Memory")
