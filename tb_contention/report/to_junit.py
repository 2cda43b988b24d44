"""Verdicts -> JUnit XML as Jenkins, GitLab and others read it: a test case per limit, device and session.

A limit that is exceeded is a failure of type `over`. A limit that cannot be judged is a failure of type `not_known`, or skipped with
`--unknown pass`. A limit that does not apply is skipped. Names are hostile: what XML cannot hold is made visible or left out.
"""

import re

from tb_contention.model.gate import Gate, Outcome, Verdict
from tb_contention.model.names import clean
from tb_contention.report.gate_text import described, summary

#: Characters that XML 1.0 cannot hold, not even as a reference.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"}


def to_junit(gate: Gate, *, logdir: str) -> str:
    """Print the verdicts; times are 0 and there is no date, so that one input gives the same bytes."""
    failed = sum(gate.fails(verdict) for verdict in gate.verdicts)
    skipped = sum(_is_skipped(gate, verdict) for verdict in gate.verdicts)
    counts = f'tests="{len(gate.verdicts)}" failures="{failed}" errors="0" skipped="{skipped}" time="0"'
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="tb-contention check" tests="{len(gate.verdicts)}" failures="{failed}" errors="0" time="0">',
        f' <testsuite name="{_text(logdir)}" {counts}>',
        *(_case(gate, verdict) for verdict in gate.verdicts),
        f"  <system-out>{_text(summary(gate))}</system-out>",
        " </testsuite>",
        "</testsuites>",
    ]
    return "\n".join(lines) + "\n"


def _case(gate: Gate, verdict: Verdict) -> str:
    device = "" if verdict.device is None else f".{clean(verdict.device)}"
    name = f"{verdict.gauge.value}: {clean(verdict.subject)}" if verdict.subject else verdict.gauge.value
    start = f'  <testcase classname="{_text(f"tb_contention{device}")}" name="{_text(name)}" time="0">'
    words = _text(described(verdict))
    if gate.fails(verdict):
        kind = verdict.outcome.value
        return f'{start}\n   <failure message="{words}" type="{kind}">{words}</failure>\n  </testcase>'
    if _is_skipped(gate, verdict):
        return f'{start}\n   <skipped message="{words}"/>\n  </testcase>'
    return f"{start}\n   <system-out>{words}</system-out>\n  </testcase>"


def _is_skipped(gate: Gate, verdict: Verdict) -> bool:
    return verdict.outcome in (Outcome.NOT_KNOWN, Outcome.NOT_APPLICABLE) and not gate.fails(verdict)


def _text(text: str) -> str:
    """Write hostile text as the content of an element or of an attribute."""
    kept = _NOT_XML.sub("", clean(text))
    return "".join(_ESCAPES.get(character, character) for character in kept)
