"""How sessions share a device, in words."""

from tb_contention.model.contention import Confidence, Cost, Mechanism
from tb_contention.words.numbers import duration

_NAMES = {
    Mechanism.NONE: "no sharing",
    Mechanism.TIME_SLICING: "time slicing",
    Mechanism.CONCURRENT: "concurrent kernels",
    Mechanism.SINGLE_STREAM: "a single stream",
    Mechanism.UNKNOWN: "unknown",
}
_MEANINGS = {
    Mechanism.NONE: "the sessions never have work on the device at once",
    Mechanism.TIME_SLICING: "the sessions take turns",
    Mechanism.CONCURRENT: "kernels of several sessions run side by side",
    Mechanism.SINGLE_STREAM: "kernels queue behind each other",
}


def mechanism_name(mechanism: Mechanism) -> str:
    """Name a mechanism: 'time slicing'."""
    return _NAMES[mechanism]


def is_sure(cost: Cost) -> bool:
    """Return whether advice may rest on the mechanism."""
    return cost.confidence is Confidence.SURE and cost.mechanism is not Mechanism.UNKNOWN


def mechanism_brief(cost: Cost) -> str:
    """Name the mechanism of a device, how sure it is and its slice: 'time slicing (likely), slices of about 2.30 ms'."""
    name = _NAMES[cost.mechanism]
    if not is_sure(cost) and cost.mechanism is not Mechanism.UNKNOWN:
        name = f"{name} ({cost.confidence.value})"
    return name if cost.slice is None else f"{name}, slices of about {duration(cost.slice)}"


def mechanism_sentence(cost: Cost) -> str:
    """Say by which mechanism sessions share a device, and what that means; how it is known stands in `Cost.detail`."""
    brief = mechanism_brief(cost)
    meaning = _MEANINGS.get(cost.mechanism)
    return f"{brief[0].upper()}{brief[1:]}: {meaning}." if meaning else f"Unknown. {cost.detail}".strip()


def mechanism_clause(cost: Cost, where: str) -> str:
    """Write the mechanism as the end of a headline: '; GPU 0 is time-sliced in slices of about 2.30 ms'."""
    doubt = "" if is_sure(cost) else " probably"
    if cost.mechanism is Mechanism.TIME_SLICING:
        about = "" if cost.slice is None else f" in slices of about {duration(cost.slice)}"
        return f"; {where} is{doubt} time-sliced{about}"
    clauses = {
        Mechanism.CONCURRENT: f"; kernels{doubt} run side by side on {where}",
        Mechanism.SINGLE_STREAM: f"; kernels{doubt} queue behind each other on {where}",
        Mechanism.UNKNOWN: f"; how {where} is shared is unknown",
    }
    return clauses.get(cost.mechanism, "")
