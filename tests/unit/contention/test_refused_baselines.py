"""A baseline that the user names and that is refused changes nothing but that the report says why."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from captures_alone import (
    analysed,
    as_other_gpu,
    at_another_time,
    evidence,
    notes,
    other_batch,
    other_program,
    scaled,
    shared,
    twice_as_often,
    write_alone,
    write_in_company,
    written,
)

from tb_contention.model.baseline import Found, Use
from tb_contention.model.contention import Evidence
from tb_contention.model.report import Report
from tb_contention.report.to_json import to_dict
from tb_contention.words.baselines import baseline_hint
from tb_contention.words.names import names_of

Write = Callable[[Path], str]
WRONG = "quiet/session_a"


def wrong(change: Callable[..., Any]) -> Write:
    """Write session_a alone, changed."""

    def write(folder: Path) -> str:
        write_alone(folder, change, place=WRONG, seed=2)
        at_another_time(folder / "quiet")
        return WRONG

    return write


def other_gpu(folder: Path) -> str:
    write_alone(folder, place=WRONG, seed=2)
    at_another_time(folder / "quiet")
    as_other_gpu(folder / "quiet")
    return WRONG


def itself(folder: Path) -> str:
    (session,) = (s.id for s in analysed(folder).sessions if s.id.startswith("together/session_a"))
    return session


KINDS: dict[str, tuple[Write, str]] = {
    "batch": (wrong(other_batch), "with other launch sizes"),
    "counts": (wrong(twice_as_often), "kernels per step"),
    "slower clock": (wrong(lambda spec: scaled(spec, 1.25)), "at another clock"),
    "faster clock": (wrong(lambda spec: scaled(spec, 0.6)), "at another clock"),
    "program": (wrong(other_program), "it runs other kernels"),
    "GPU": (other_gpu, "it ran on another GPU"),
    "company": (write_in_company, "which slowed it"),
    "itself": (itself, "it is the session itself"),
}


def without(report: Report, baseline: str, label: str) -> Any:
    """Return all that a report says, except on one capture as a baseline."""
    document = to_dict(report)
    for device in document["devices"]:
        for row in device["per_session"]:
            row["baselines"] = [each for each in row["baselines"] if each["session"] != baseline]
        device["verdict"]["trust"] = [
            line
            for line in device["verdict"]["trust"]
            if not line.startswith(f"{label} is not used as the baseline of")
        ]
    return document


@pytest.mark.parametrize(
    ("kind", "is_found"),
    [*((kind, True) for kind in KINDS), *((kind, False) for kind in ("batch", "company", "itself"))],
)
def test_nothing_else_changes(kind: str, is_found: bool, tmp_path: Path) -> None:
    """With another baseline that is found, without one (whatever the kind, since then none is looked for), and with none at all."""
    folder = written(tmp_path)
    if not is_found:
        shutil.rmtree(folder / "alone")
    write, reason = KINDS[kind]
    run = write(folder)
    plain = analysed(folder)
    (session,) = (s.id for s in plain.sessions if s.id.startswith("together/session_a"))

    refused = analysed(folder, {session: run})

    (note,) = (n for n in notes(refused) if n.found is Found.USER)
    assert note.use is Use.REFUSED
    assert reason in note.reason
    assert evidence(refused) is evidence(plain)
    assert (evidence(refused) is Evidence.A) == is_found
    assert without(refused, note.baseline, note.label) == without(plain, note.baseline, note.label)
    quiet = analysed(folder, find=False), analysed(folder, {session: run}, find=False)
    assert without(quiet[0], note.baseline, note.label) == without(quiet[1], note.baseline, note.label)
    assert evidence(quiet[1]) is not Evidence.A


def test_one_refused_of_several_leaves_the_others(tmp_path: Path) -> None:
    folder = written(tmp_path, place="quiet/good")
    write_alone(folder, other_batch, place="quiet/bad", seed=2)
    at_another_time(folder / "quiet" / "bad")

    report = analysed(folder, {"session_a": "quiet"})

    assert {note.label: note.use for note in notes(report)} == {"good": Use.USED, "bad": Use.REFUSED}
    assert evidence(report) is Evidence.A


def test_what_is_said_of_a_sessions_id_counts_before_patterns(tmp_path: Path) -> None:
    folder = written(tmp_path)
    (session,) = (s.id for s in analysed(folder).sessions if s.id.startswith("together/session_a"))

    assert evidence(analysed(folder, {"*": "alone", session: ""})) is not Evidence.A
    assert evidence(analysed(folder, {"*": "", session: "alone/session_a"})) is Evidence.A


def test_reports_say_how_to_choose_another_one(tmp_path: Path) -> None:
    report = analysed(written(tmp_path))
    captures, names = shared(report).cost.baselines, names_of(report)

    assert baseline_hint((), names) == ""
    assert baseline_hint(captures, names) == (
        "To choose the baseline yourself, add --baseline together/session_a=RUN; --no-baseline uses none."
    )
    assert "--baseline" not in str(to_dict(report)["devices"][0]["per_session"][0]["baselines"])
