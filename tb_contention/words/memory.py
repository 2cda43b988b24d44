"""Memory and the driver's samples, in sentences: does it fit, what is held, what other processes hold."""

from tb_contention.model.driver_view import DriverView
from tb_contention.model.memory import CombinedMemory
from tb_contention.model.report import DeviceReport
from tb_contention.words.numbers import count, duration, percent, size


def memory_answer(device: DeviceReport) -> str:
    """Answer whether the memory fits, by the capacity and what of it is safe; '' where nothing is known.

    A lower bound where a session's memory is unknown.
    """
    memory, driver = device.memory, device.driver
    if memory is None or memory.capacity is None:
        used = "" if driver is None else _used(driver)
        return f"Undecided: the driver reports {used}, which need not be in use." if used else ""
    figures = (
        f"{'≥ ' if memory.sessions_without_data else ''}{size(memory.peak)} of {size(memory.capacity)} at the peak"
    )
    if device.cannot_be_one_gpu:
        return f"Undecided: {figures} is impossible, so these processes were not on one GPU. State which GPU each used (--gpu)."
    if memory.peak > memory.capacity:
        return f"No: {figures}, {size(memory.peak - memory.capacity)} over capacity."
    if memory.safe is not None and memory.peak > memory.safe:
        return f"Barely: {figures}, and only {size(memory.safe)} is safe."
    if memory.sessions_without_data:
        return (
            f"Undecided: {figures}, and the memory of {count(len(memory.sessions_without_data), 'session')} is unknown."
        )
    reserve = _reserve(memory, device.driver)
    return f"For now: {figures}, but {reserve}." if reserve else f"Yes: {figures}."


def _reserve(memory: CombinedMemory, driver: DriverView | None) -> str:
    """Say what could still make memory that fits overflow; '' where nothing could."""
    if memory.sum_of_limits is not None and memory.sum_of_limits > (memory.capacity or 0):
        return f"the allocators' limits add up to {size(memory.sum_of_limits)}"
    if memory.safe is not None and memory.sum_of_peaks > memory.safe:
        return f"their own peaks, if they coincide, need {size(memory.sum_of_peaks)}, more than the {size(memory.safe)} that is safe"
    others = 0 if driver is None else driver.untraced_peak or 0
    return f"processes without a capture held up to {size(others)}" if others else ""


def memory_sentence(device: DeviceReport) -> str:
    """Say how much all sessions held together, and how that compares with the GPU; or why it is unknown."""
    memory = device.memory
    if memory is None:
        return " ".join(filter(None, (device.memory_note, driver_sentence(device.driver))))
    if device.cannot_be_one_gpu:
        impossible = (
            f"The allocators held {size(memory.peak)} at once, more than the {size(memory.capacity)} of one GPU: these processes cannot be "
            "on one GPU, and what each of several GPUs held is unknown."
        )
        return " ".join(filter(None, (impossible, device.memory_note, driver_sentence(device.driver))))
    parts = [_peak_sentence(memory), _limits_sentence(memory)]
    saved = memory.sum_of_peaks - memory.peak
    if len(memory.allocators) > 1:
        own = f"The sessions' own peaks add up to {size(memory.sum_of_peaks)}"
        parts.append(
            f"{own}; {size(saved)} less is needed because they do not coincide." if saved else f"{own}: they coincide."
        )
    return " ".join(filter(None, (*parts, device.memory_note, driver_sentence(device.driver))))


def _peak_sentence(memory: CombinedMemory) -> str:
    text = f"The combined peak is {size(memory.peak)}"
    if memory.capacity is None:
        return f"{text}."
    text += f" of {size(memory.capacity)} ({percent(memory.peak, memory.capacity)}), headroom {size(memory.headroom)}"
    if memory.safe is not None and memory.peak > memory.safe:
        text += f", which is more than the {size(memory.safe)} that the system and the processes' contexts leave"
    return f"{text}."


def _limits_sentence(memory: CombinedMemory) -> str:
    if memory.sum_of_limits is None or memory.capacity is None:
        return ""
    text = f"The allocators' limits add up to {size(memory.sum_of_limits)}"
    return text + (
        f", more than the capacity of {size(memory.capacity)}." if memory.sum_of_limits > memory.capacity else "."
    )


def driver_sentence(driver: DriverView | None) -> str:
    """Say how much of the GPU was allocated in total, and how much by processes without a capture; '' where no manifest has samples."""
    used = "" if driver is None else _used(driver)
    if driver is None or not used:
        return ""
    free = "" if driver.capacity is None else f", at least {size(driver.free_least)} free"
    how = f"{driver.samples:,} samples, one every {duration(driver.period)}" if driver.period else "one sample"
    return f"The driver reports {used}{free} ({how}). {_untraced_sentence(driver)}"


def _used(driver: DriverView) -> str:
    if driver.used_peak is None:
        return ""
    return (
        f"at most {size(driver.used_peak)}"
        + ("" if driver.capacity is None else f" of {size(driver.capacity)}")
        + " allocated"
    )


def _untraced_sentence(driver: DriverView) -> str:
    if driver.untraced_peak is not None:
        if not driver.untraced_peak:
            return "No other process held memory."
        return f"Processes without a capture held up to {size(driver.untraced_peak)} of that."
    if not driver.processes:
        return "It does not report usage per process."
    return (
        "The captured sessions could not be matched to its process list, so memory held by other processes is unknown."
    )


def gaps_sentence(missing: int, repeated: int) -> str:
    """Say what is wrong with the events of an allocator; '' if nothing is."""
    parts = []
    if missing:
        parts.append(f"{count(missing, 'change')} of its bytes in use that no event explains")
    if repeated:
        parts.append(f"{count(repeated, 'event')} reported twice and left out")
    return " and ".join(parts)
