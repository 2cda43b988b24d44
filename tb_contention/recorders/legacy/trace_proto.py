"""`.trace` of TensorFlow 1.15 to 2.1, a small protobuf message -> Trace.

Trace {1: map<uint32, Device {1 name, 2 id, 3: map<uint32, Resource {1 name, 2 id}>}>,
       4: repeated Event {1 device_id, 2 resource_id, 3 name, 9 timestamp_ps, 10 duration_ps, 11: map<string, string> args}}
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from tb_contention.errors import TraceFileError
from tb_contention.model.trace import Era, Trace
from tb_contention.recorders.common.advice import COPY_AGAIN, RECORD_AGAIN
from tb_contention.recorders.common.plausible import THREADS, Most, refuse_beyond
from tb_contention.recorders.legacy.old_trace import Columns, OldEvents, old_trace

_DEVICE = Most("bytes about one device", 1 << 24, 0)
#: A time that no trace has.
_FAR = 1 << 62
_UINT32, _UINT64, _STRING, _MESSAGE = 13, 4, 9, 11


@lru_cache(maxsize=1)
def trace_messages() -> tuple[Any, Any]:
    """Build the message classes, of an event and of a device, at run time, in a pool of their own."""
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
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(proto.SerializeToString())
    event, device = (
        message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.{name}"))
        for name in ("Event", "DeviceEntry")
    )
    return event, device


def decode_trace_proto(data: bytes, *, file: str, steps: str = "") -> Trace:
    """Decode the bytes of a `.trace` file; steps: what the user calls a step. Raises TraceFileError if it is something else."""
    if not data:
        raise TraceFileError(f"{file}: the file is empty.", slug="empty-file", advice=RECORD_AGAIN, offset=0)
    found = _Columns(file)
    try:
        for number, part in _fields(data):
            found.add(number, part)
    except TraceFileError:
        raise
    except Exception as error:  # DecodeError, by whichever implementation protobuf has
        raise TraceFileError(
            f"{file}: the file is not a TensorFlow trace, or it is damaged ({type(error).__name__}).",
            slug="not-a-trace",
            advice=COPY_AGAIN,
        ) from None
    if not found.names and not found.devices:
        raise TraceFileError(
            f"{file}: the file holds neither devices nor events.", slug="not-a-trace", advice=RECORD_AGAIN
        )
    return old_trace(file, Era.TRACE_PROTO, found.events(), [], steps=steps)


def _fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Return the messages of a file, each with the number of its field, one at a time. Raises ValueError where the bytes are none."""
    at, end = 0, len(data)
    while at < end:
        tag, at = _varint(data, at)
        if tag & 7 == 2:
            length, at = _varint(data, at)
            if length > end - at:
                raise ValueError("cut")
            yield tag >> 3, data[at : at + length]
            at += length
        elif tag & 7 == 0:
            _, at = _varint(data, at)
        elif tag & 7 in (1, 5):
            at += 8 if tag & 7 == 1 else 4
        else:
            raise ValueError("group")
        if at > end or tag < 8:
            raise ValueError("cut")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value, shift = 0, 0
    for byte in data[at : at + 10]:
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
    raise ValueError("varint")


class _Columns(Columns):
    """Columns of start and duration."""

    def __init__(self, file: str) -> None:
        super().__init__(file, 2)
        self.event, self.device = (message() for message in trace_messages())
        self.devices: dict[int, str] = {}

    def add(self, number: int, part: bytes) -> None:
        """Read a message. Raises whatever protobuf does where it is none."""
        if number == 1:
            self._add_device(part)
        elif number == 4:
            self._add_event(part)

    def _add_device(self, part: bytes) -> None:
        refuse_beyond(_DEVICE, len(part), 0, self.file)
        self.device.ParseFromString(part)
        key, device = self.device.key, self.device.value
        self.devices[key] = device.name
        self.threads.update({(key, resource.key): resource.value.name for resource in device.resources})
        refuse_beyond(THREADS, max(len(self.threads), len(self.devices)), 0, self.file)

    def _add_event(self, part: bytes) -> None:
        event = self.event
        event.ParseFromString(part)
        name = event.name.partition(":")[0] if event.name.startswith("SessionRun") else event.name
        place = event.device_id, event.resource_id
        self.put(place, name, min(event.timestamp_ps, _FAR), min(event.duration_ps, _FAR))

    def events(self) -> OldEvents:
        """Return the columns."""
        table = self.table
        none = np.full(len(table), -1, np.int64)
        return OldEvents(
            lines=[(self.devices.get(d, ""), self.threads.get((d, r), ""), r) for d, r in self.lines],
            line=table[:, 0],
            name=self.names,
            start=table[:, 1],
            duration=table[:, 2],
            correlation=none,
            step=none.copy(),
        )
