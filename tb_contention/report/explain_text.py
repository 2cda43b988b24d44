"""The short answer -> plain text for a terminal, from the same values as its JSON."""

from collections.abc import Iterator

from tb_contention.report.contract.explanation import ExplainedDevice, Explanation, NextStep
from tb_contention.words.numbers import count


def to_text(found: Explanation) -> str:
    """Print the answer, what it rests on and what to do next, device by device."""
    lines = [] if found.devices else [_sentence(found.headline), found.meaning]
    for device in found.devices:
        lines += [*_device(device), ""]
    lines += [f"{count(found.more_devices, 'more device')}: choose with --group, --run or --host."] * (
        found.more_devices > 0
    )
    lines += [f"{each.severity.value}: {each.title} ({each.rule}{_alike(each.alike)})" for each in found.findings]
    lines += [f"{count(found.more_findings, 'more kind')} of findings in the report."] * (found.more_findings > 0)
    lines += [f"input: {each.file}: {each.message} ({each.slug}{_alike(each.alike)})" for each in found.problems]
    lines += [f"{count(found.more_problems, 'more kind')} of problems in the report."] * (found.more_problems > 0)
    return "\n".join(lines).rstrip("\n") + "\n"


def _alike(more: int) -> str:
    return f", {more} more" if more else ""


def _sentence(text: str) -> str:
    return f"{text.rstrip('.')}."


def _device(device: ExplainedDevice) -> Iterator[str]:
    yield _sentence(device.headline)
    yield from (f"  {row.question} {row.answer}" for row in device.answers)
    yield f"  Trust: {device.trust.level.value}; {' · '.join(device.trust.rests_on)}"
    if device.next is not None:
        yield from _next(device.next)


def _next(found: NextStep) -> Iterator[str]:
    yield f"  What to do first: {_sentence(found.what)} {found.why}"
    parts = (
        ("Record", found.command),
        ("Setting", found.setting),
        ("What it brings", found.brings),
        ("How sure", found.sure),
        ("Verify", found.verify),
    )
    yield from (f"    {name}: {words}" for name, words in parts if words)
