"""A file that ends within the work of a device: beyond the cut the device is not idle, but unknown."""

import pytest

from tb_contention.recorders.xspace.decoding.reader import decode_xspace
from tb_contention.recorders.xspace.proto import XSpace
from tb_contention.simulate import write_scenario


@pytest.fixture(scope="module")
def planes(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """The planes of the host and those of the device, in bytes."""
    folder = write_scenario("time_slicing", tmp_path_factory.mktemp("cut"), alone=False)
    space = XSpace()
    space.ParseFromString(next(folder.rglob("trainer/plugins/profile/*/*.xplane.pb")).read_bytes())
    parts = [[p for p in space.planes if p.name.startswith("/device") is which] for which in (False, True)]
    host, device = (XSpace(planes=part).SerializeToString() for part in parts)
    return host, device


def test_the_window_ends_where_the_work_of_a_device_was_cut(planes: tuple[bytes, bytes]) -> None:
    host, device = planes
    whole = decode_xspace(host + device, file="x")
    cut = decode_xspace(host + device[: len(device) // 3], file="x")
    last = int((cut.kernels.start + cut.kernels.duration).max())

    assert 0 < len(cut.kernels) < len(whole.kernels)
    assert (cut.complete, cut.work_end) == (False, last)
    assert last < 0.6 * whole.span[1]
    assert len(cut.steps) == len(whole.steps)
    assert "Work of a device is lost after" in cut.problems[0].message


def test_the_window_is_whole_where_only_the_host_was_cut(planes: tuple[bytes, bytes]) -> None:
    host, device = planes
    whole = decode_xspace(device + host, file="x")
    cut = decode_xspace(device + host[: len(host) // 3], file="x")

    assert len(cut.kernels) == len(whole.kernels)
    assert cut.work_end is None
    assert cut.problems[0].message == "x: the file is truncated; the events before the cut are used."
