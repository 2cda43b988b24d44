"""`xplane.proto` as message classes, built at run time from the text beside this file.

A generated module would be bound to one major version of protobuf, and users have 4 to 7. The descriptors live in a pool of their own, so
that they cannot clash with TensorFlow's.
"""

import re
from functools import lru_cache
from importlib.resources import files
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_TYPES = {"int64": 3, "uint64": 4, "double": 1, "string": 9, "bytes": 12}
_MESSAGE, _OPTIONAL, _REPEATED = 11, 1, 3
_FIELD = re.compile(r"(repeated\s+)?(map<int64,\s*(\w+)>|\w+)\s+(\w+)\s*=\s*(\d+);")


def file_descriptor() -> Any:
    """Read `xplane.proto` into a FileDescriptorProto; only the subset of the language that this file uses is understood."""
    text = re.sub(r"//[^\n]*", "", (files(__package__) / "xplane.proto").read_text("utf-8"))
    package = re.search(r"package\s+([\w.]+);", text)
    assert package is not None
    proto = descriptor_pb2.FileDescriptorProto(name="tb_contention/xplane.proto", package=package[1], syntax="proto3")
    for name, body in re.findall(r"message\s+(\w+)\s*\{((?:[^{}]|\{[^{}]*\})*)\}", text):
        _add_message(proto.message_type.add(name=name), body, package[1])
    return proto


def _add_message(message: Any, body: str, package: str) -> None:
    choice = re.search(r"oneof\s+(\w+)\s*\{([^}]*)\}", body)
    inside = choice[2] if choice else ""
    if choice:
        message.oneof_decl.add(name=choice[1])
    for found in _FIELD.finditer(body):
        repeated, kind, value, name, number = found.groups()
        field = message.field.add(name=name, number=int(number), label=_REPEATED if repeated or value else _OPTIONAL)
        if value:
            entry = _add_entry(message, name, f".{package}.{value}")
            field.type, field.type_name = _MESSAGE, f".{package}.{message.name}.{entry}"
        elif kind in _TYPES:
            field.type = _TYPES[kind]
        else:
            field.type, field.type_name = _MESSAGE, f".{package}.{kind}"
        if re.search(rf"\b{name}\s*=", inside):
            field.oneof_index = 0


def _add_entry(message: Any, field: str, value: str) -> str:
    """Declare the nested message of a map field, named as protoc names it."""
    name = "".join(part.capitalize() for part in field.split("_")) + "Entry"
    entry = message.nested_type.add(name=name)
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, label=_OPTIONAL, type=_TYPES["int64"])
    entry.field.add(name="value", number=2, label=_OPTIONAL, type=_MESSAGE, type_name=value)
    return name


@lru_cache(maxsize=1)
def _xspace() -> Any:
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file_descriptor().SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("tb_contention.xplane.XSpace"))


def __getattr__(name: str) -> Any:
    if name == "XSpace":
        return _xspace()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
