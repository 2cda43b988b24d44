"""The reader against protobuf: the same bytes, read the plain way, give the same kernels."""

from pathlib import Path

import pytest
from google.protobuf import descriptor_pool, message_factory

from tb_contention.recorders.xspace.decoding.reader import decode_xspace
from tb_contention.recorders.xspace.proto import file_descriptor


@pytest.mark.parametrize("name", ["gpu_multi_worker", "mi300x_jax/conv_8gpu", "mi300x_jax/gemm", "mi355x_jax"])
def test_kernels_are_those_that_protobuf_reads(real_traces: Path, name: str) -> None:
    (path,) = (real_traces / name).rglob("*.xplane.pb")
    proto = file_descriptor()
    for field in (f for message in proto.message_type for f in message.field if f.type == 9):
        field.type = 12  # real files hold texts that are not UTF-8
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(proto.SerializeToString())
    space = message_factory.GetMessageClass(pool.FindMessageTypeByName("tb_contention.xplane.XSpace"))()
    space.ParseFromString(path.read_bytes())
    expected = [
        (line.timestamp_ns * 1000 + event.offset_ps, event.duration_ps, plane.event_metadata[event.metadata_id].name)
        for plane in space.planes
        if plane.name.startswith(b"/device:GPU:")
        for line in plane.lines
        if line.id >= 0
        for event in line.events
    ]
    trace = decode_xspace(path.read_bytes(), file="f")
    k = trace.kernels
    names = [trace.strings[row].encode() for row in k.name.tolist()]
    assert sorted(expected) == sorted(zip(k.start.tolist(), k.duration.tolist(), names, strict=True))
