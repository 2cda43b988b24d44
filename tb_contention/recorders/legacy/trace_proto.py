"""`.trace` of TensorFlow 1.15 to 2.1, a small protobuf message -> Trace.

Trace {1: map<uint32, Device {1 name, 2 id, 3: map<uint32, Resource {1 name, 2 id}>}>,
       4: repeated Event {1 device_id, 2 resource_id, 3 name, 9 timestamp_ps, 10 duration_ps, 11: map<string, string> args}}
"""

from functools import lru_cache
from typing import Any

import numpy as np

from tb_contention.errors import TraceFileError
from tb_contention.model.trace import Era, Trace
from tb_contention.recorders.common.advice import COPY_AGAIN, RECORD_AGAIN
from tb_contention.recorders.legacy.old_trace import OldEvents, old_trace

_UINT32, _UINT64, _STRING, _MESSAGE = 13, 4, 9, 11


@lru_cache(maxsize=1)
def trace_message() -> Any:
    """Build the message class at run time, in a pool of its own."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    package = "tb_contention.old_trace"
    proto = descriptor_pb2.FileDescriptorProto(name="tb_contention/old_trace.proto", package=package, syntax="proto3")

    def message(name: str, *described: tuple[str, int, int, str | None, bool]) -> None:
        made = proto.message_type.add(name=name)
        for label, number, kind, type_name, repeated in described:
            field = made.field.add(name=label, number=number, type=kind, label=3 if repeated else 1)
            if type_name:
                field.type_name = f".{package}.{type_name}"

    # On the wire a map is a repeated message of key and value; declared as such, it needs no map support.
    message("Resource", ("name", 1, _STRING, None, False), ("id", 2, _UINT32, None, False))
    message("ResourceEntry", ("key", 1, _UINT32, None, False), ("value", 2, _MESSAGE, "Resource", False))
    message(
        "Device",
        ("name", 1, _STRING, None, False),
        ("id", 2, _UINT32, None, False),
        ("resources", 3, _MESSAGE, "ResourceEntry", True),
    )
    message("DeviceEntry", ("key", 1, _UINT32, None, False), ("value", 2, _MESSAGE, "Device", False))
    message(
        "Event", ("device_id", 1, _UINT32, None, False), ("resource_id", 2, _UINT32, None, False), ("name", 3, _STRING, None, False),
        ("timestamp_ps", 9, _UINT64, None, False), ("duration_ps", 10, _UINT64, None, False),
    )  # fmt: skip
    message("Trace", ("devices", 1, _MESSAGE, "DeviceEntry", True), ("events", 4, _MESSAGE, "Event", True))
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(proto.SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.Trace"))


def decode_trace_proto(data: bytes, *, file: str) -> Trace:
    """Decode the bytes of a `.trace` file. Raises TraceFileError if it is something else."""
    if not data:
        raise TraceFileError(f"{file}: the file is empty.", slug="empty-file", advice=RECORD_AGAIN, offset=0)
    message = trace_message()()
    try:
        message.ParseFromString(data)
    except Exception as error:  # DecodeError, by whichever implementation protobuf has
        raise TraceFileError(
            f"{file}: the file is not a TensorFlow trace, or it is damaged ({type(error).__name__}).",
            slug="not-a-trace",
            advice=COPY_AGAIN,
        ) from None
    if not len(message.events) and not len(message.devices):
        raise TraceFileError(
            f"{file}: the file holds neither devices nor events.", slug="not-a-trace", advice=RECORD_AGAIN
        )
    return old_trace(file, Era.TRACE_PROTO, _columns(message), [])


def _columns(message: Any) -> OldEvents:
    planes = {entry.key: entry.value.name for entry in message.devices}
    threads = {(entry.key, r.key): r.value.name for entry in message.devices for r in entry.value.resources}
    lines: dict[tuple[int, int], int] = {}
    rows = []
    names = []
    far = 1 << 62
    for event in message.events:
        line = lines.setdefault((event.device_id, event.resource_id), len(lines))
        rows.append((line, min(event.timestamp_ps, far), min(event.duration_ps, far)))
        names.append(event.name.partition(":")[0] if event.name.startswith("SessionRun") else event.name)
    table = np.array(rows, np.int64).reshape(-1, 3)
    none = np.full(len(table), -1, np.int64)
    described = [(planes.get(d, ""), threads.get((d, r), ""), r) for d, r in lines]
    return OldEvents(
        lines=described,
        line=table[:, 0],
        name=names,
        start=table[:, 1],
        duration=table[:, 2],
        correlation=none,
        step=none.copy(),
    )
