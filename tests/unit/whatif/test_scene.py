"""Which sessions predictions are about."""

from lanes import device_report, drawn

from tb_contention.model.prediction import Schedule
from tb_contention.whatif import predict
from tb_contention.whatif.scene import matters


def test_of_very_many_equal_sessions_each_matters_and_one_can_be_moved() -> None:
    aligned, group = drawn("\n".join(f"s{n} |.AAAAAA.|" for n in range(60)))
    device = device_report(aligned, group)
    found = {one.schedule: one for one in predict(device, aligned)}

    assert all(matters(device, loss) for loss in device.cost.losses)
    assert found[Schedule.MOVED].setting.startswith("move s")


def test_a_session_that_hardly_does_anything_does_not_matter() -> None:
    aligned, group = drawn(f"busy |{'A' * 99}.|\nidle |{'.' * 99}B|")
    device = device_report(aligned, group)

    assert [matters(device, loss) for loss in device.cost.losses] == [True, False]
