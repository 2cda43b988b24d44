"""Advice that rests on a mechanism needs a sure one."""

import pytest
from scenes.diagnose.cases import Make
from scenes.diagnose.scenes import side_by_side, time_sliced, with_cost

from tb_contention.diagnose import RULES
from tb_contention.diagnose.scene import Scene
from tb_contention.model.contention import Confidence
from tb_contention.model.findings import Severity
from tb_contention.model.prediction import Schedule
from tb_contention.whatif import predict

RUN = {rule.slug: rule.run for rule in RULES}


def unsure(scene: Scene) -> Scene:
    return with_cost(scene, confidence=Confidence.LIKELY)


@pytest.mark.parametrize(("slug", "make"), [("time-slice-waiting", time_sliced), ("slowed-side-by-side", side_by_side)])
def test_a_mechanism_that_is_only_likely_gives_no_advice(slug: str, make: Make) -> None:
    scene = make()
    assert RUN[slug](scene)
    assert not RUN[slug](unsure(scene))


def test_a_likely_mechanism_is_named_as_such_beside_the_overlap() -> None:
    sure, found = (RUN["overlap-in-time"](scene)[0] for scene in (time_sliced(), unsure(time_sliced())))
    assert (sure.severity, found.severity) == (Severity.INFO, Severity.WARNING)
    assert "not sure; time slicing is likely" in found.cause


def test_no_other_way_to_share_is_predicted_from_a_mechanism_that_is_only_likely() -> None:
    scene = time_sliced()
    sure, found = (
        {p.schedule: p.unknown for p in predict(each.device, each.aligned)} for each in (scene, unsure(scene))
    )
    assert not sure[Schedule.MPS]
    assert "could not be determined for sure" in found[Schedule.MPS]
    assert not found[Schedule.ONE_AFTER_ANOTHER]  # needs only what each takes alone
