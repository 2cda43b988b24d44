"""What keeps a device busy, in words."""

from tb_contention.model.contention import SessionShare
from tb_contention.model.report import DeviceReport
from tb_contention.words.numbers import listing, percent

#: From this part of the busy time on it is worth a line what a session had the device for instead of kernels.
_NOTABLE = 0.005


def busy_words(device: DeviceReport, share: SessionShare) -> str:
    """Divide the window by what a session had the device for: '2.3 % kernels, 97 % copies alone and 0.7 % idle'; "" for kernels alone."""
    if share.collective + share.copying <= _NOTABLE * share.busy:
        return ""
    window = device.time.window
    parts = {
        "kernels": share.computing,
        "collectives alone": share.collective,
        "copies alone": share.copying,
        "idle" if len(device.sessions) == 1 else "without work": window - share.busy,
    }
    return listing([f"{percent(part, window)} {what}" for what, part in parts.items() if part > 0])
