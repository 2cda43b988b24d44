"""The order of the stages: who may stop it, what is decoded once, and what is known first."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tb_contention.analysis import Analysis, Options, analyse_decoded, first_look, measured
from tb_contention.errors import LogdirError
from tb_contention.model.capture import Decoded, DecodedFile
from tb_contention.model.contention import Mechanism
from tb_contention.model.findings import Severity
from tb_contention.pipeline import analyse_logdir, decode
from tb_contention.recorders.discover import discover
from tb_contention.words.answers import Answer, is_contended


@pytest.fixture
def together(demo_logs: Path) -> Path:
    return demo_logs / "simulated_time_slicing" / "together"


def test_a_caller_can_refuse_what_was_decoded(together: Path) -> None:
    steps: list[str] = []

    def refuse(decoded: Decoded) -> None:
        raise LogdirError(f"{len(decoded.captures)} captures", slug="refused")

    with pytest.raises(LogdirError, match="2 captures"):
        analyse_logdir(together, accept=refuse, progress=lambda message, _: steps.append(message))

    assert steps == [
        "Looking for captures",
        "Looked through 1 of 2 files",
        "Looked through 2 of 2 files",
        "Decoded 1 of 2 traces",
        "Decoded 2 of 2 traces",
    ]


def test_a_known_file_is_not_decoded_again(together: Path) -> None:
    discovery = discover(str(together))
    first, second = discovery.files
    held = DecodedFile()
    steps: list[str] = []

    decoded = decode(discovery, known={first: held}, progress=lambda message, _: steps.append(message))

    assert decoded.files[first] is held
    assert [capture.file for capture in decoded.captures] == [second]
    assert steps == ["Decoded 1 of 1 traces"]


def test_a_file_that_cannot_be_read_leaves_the_others(together: Path, tmp_path: Path) -> None:
    shutil.copytree(together / "trainer", tmp_path / "trainer")
    bad = tmp_path / "bad" / "plugins" / "profile" / "2026_01_01_00_00_00" / "host.xplane.pb"
    bad.parent.mkdir(parents=True)
    bad.write_bytes(b"\x1f\x8b not a trace")

    decoded = decode(discover(str(tmp_path)))

    assert len(decoded.captures) == 1
    assert [(p.slug, p.severity) for p in decoded.problems] == [("gzip-file", Severity.ERROR)]


def test_the_first_look_knows_the_overlap_and_not_the_cost(together: Path) -> None:
    looks: list[Analysis] = []

    whole = analyse_decoded(decode(discover(str(together))), Options(), first=looks.append)

    (look,) = looks
    before, after = look.report.devices[0], whole.report.devices[0]
    assert before.overlap.time == after.overlap.time
    assert (before.cost.mechanism, after.cost.mechanism) == (Mechanism.UNKNOWN, Mechanism.TIME_SLICING)


def test_a_device_where_a_session_is_slower_answers_for_the_report(demo_logs: Path) -> None:
    look = first_look(decode(discover(str(demo_logs / "simulated_time_slicing"))), Options())
    report = replace(look.analysis.report, devices=look.analysis.report.devices[::-1])

    after = measured(replace(look, analysis=replace(look.analysis, report=report))).report

    assert [is_contended(device) for device in after.devices] == [Answer.YES, Answer.UNKNOWN, Answer.UNKNOWN]
    assert [d.id for d in after.devices[1:]] == [d.id for d in report.devices if d.id != after.devices[0].id]
