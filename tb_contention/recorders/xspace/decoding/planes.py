"""Planes of a file -> devices and their properties, the host's lines, and the lines that hold device work."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from tb_contention.model.trace import Device
from tb_contention.recorders.xspace.decoding import names, skeleton, wire
from tb_contention.recorders.xspace.decoding.matching import KnownNames
from tb_contention.recorders.xspace.decoding.stats import find_key
from tb_contention.recorders.xspace.decoding.structure import Structure, text
from tb_contention.units import U8

_CAPABILITIES = (
    "clock_rate", "core_count", "memory_bandwidth", "memory_size", "compute_cap_major", "compute_cap_minor", "device_vendor",
    "gpu_device_name", "process_id", "profile_start_time", "profile_stop_time",
)  # fmt: skip
_STATED = KnownNames({name.encode(): i for i, name in enumerate(_CAPABILITIES)})
MAX_NAME = 4096
#: No process has more GPUs; a file with a hundred thousand of them is meant to exhaust its reader.
MAX_DEVICES = 256


@dataclass(slots=True, kw_only=True)
class Planes:
    """The planes of a file. device_lines: per device, its work lines as rows of the structure; host_lines: the host's, in file order."""

    devices: list[Device] = field(default_factory=list)
    device_lines: list[list[int]] = field(default_factory=list)
    step_lines: list[int] = field(default_factory=list)
    host_lines: list[int] = field(default_factory=list)
    process_id: int | None = None
    start_ns: int | None = None
    stop_ns: int | None = None
    devices_left_out: int = 0


def read_planes(data: U8, structure: Structure) -> Planes:
    """Classify the planes of a file, and join chunks of one plane (same name)."""
    found = Planes()
    lines_of = _lines_by_plane(structure)
    stats = _plane_stats(data, structure)
    device_row: dict[str, int] = {}
    for plane in _named_planes(data, structure):
        row = structure.planes[plane]
        name = text(data, row[skeleton.PLANE_NAME], min(int(row[skeleton.PLANE_NAME_LEN]), MAX_NAME))
        stated = stats.get(plane, {})
        _note_times(found, name, stated)
        match = names.DEVICE_PLANE.fullmatch(name)
        if match:
            if name not in device_row and len(found.devices) >= MAX_DEVICES:
                found.devices_left_out += 1
                continue
            if name not in device_row:
                device_row[name] = len(found.devices)
                found.devices.append(Device(name=name, ordinal=int(match[1])))
                found.device_lines.append([])
            at = device_row[name]
            if stated:
                found.devices[at] = _device(name, int(match[1]), stated)
            for line in lines_of(plane):
                _sort_line(data, structure, line, found, at)
        elif names.HOST_PLANE.fullmatch(name):
            found.host_lines += lines_of(plane)
    return found


def _named_planes(data: U8, structure: Structure) -> list[int]:
    """Pick the planes whose name begins with a slash or is `Task Environment`; a file may hold a million others."""
    at, length = structure.planes[:, skeleton.PLANE_NAME], structure.planes[:, skeleton.PLANE_NAME_LEN]
    first = np.where(length > 0, data[np.minimum(at, max(0, len(data) - 1))] if len(data) else 0, 0)
    rows: list[int] = np.flatnonzero((first == ord("/")) | ((first == ord("T")) & (length == 16))).tolist()
    return rows


def _lines_by_plane(structure: Structure) -> Callable[[int], list[int]]:
    planes = structure.lines[:, skeleton.LINE_PLANE]
    return lambda plane: list(
        range(int(np.searchsorted(planes, plane, "left")), int(np.searchsorted(planes, plane, "right")))
    )


def _sort_line(data: U8, structure: Structure, line: int, found: Planes, device: int) -> None:
    record = structure.lines[line]
    name = text(data, record[skeleton.LINE_NAME], min(int(record[skeleton.LINE_NAME_LEN]), MAX_NAME))
    if names.is_work_line(int(record[skeleton.LINE_ID]), name):
        found.device_lines[device].append(line)
    elif name == "Steps":
        found.step_lines.append(line)


def _plane_stats(data: U8, structure: Structure) -> dict[int, dict[str, int | str]]:
    which = _STATED.look_up(data, structure.stat_names.names)
    stated: dict[int, dict[str, int | str]] = {}
    low, high, keys = structure.stat_names.low, structure.stat_names.high, structure.stat_names.keys
    if not (which >= 0).any():
        return stated
    for plane, key, code in structure.stats.tolist():
        if code < 0:
            continue
        row = int(np.searchsorted(keys[low[plane] : high[plane]], key)) + int(low[plane])
        if row < high[plane] and keys[row] == key and which[row] >= 0:
            value = _value(data, structure, plane, code)
            if value is not None:
                stated.setdefault(plane, {})[_CAPABILITIES[which[row]]] = value
    return stated


def _value(data: U8, structure: Structure, plane: int, code: int) -> int | str | None:
    _, start, end, value = wire.field(data, code >> 3, len(data), 0)
    number = code & 7
    if number == 7:
        low, high = structure.stat_names.low[plane], structure.stat_names.high[plane]
        row = find_key(value, structure.stat_names.keys, low, high)
        if not low <= row < high or structure.stat_names.keys[row] != value:
            return None
        at, length = structure.stat_names.names[row].tolist()
        return text(data, at, min(length, MAX_NAME))
    if number in (5, 6):
        return text(data, start, min(end - start, MAX_NAME))
    if number == 2:
        real = float(np.frombuffer(data[start:end].tobytes(), "<f8")[0])
        return int(real) if abs(real) < 2**62 else None
    return int(value)


def _note_times(found: Planes, name: str, stated: dict[str, int | str]) -> None:
    process = _integer(stated, "process_id")
    if process is not None and found.process_id is None:
        found.process_id = process
    if name == "Task Environment":
        start, stop = _integer(stated, "profile_start_time"), _integer(stated, "profile_stop_time")
        if start is not None and 0 < start < 2**62:
            found.start_ns = start
            found.stop_ns = stop if stop is not None and start <= stop < 2**62 else None


def _integer(stated: dict[str, int | str], key: str) -> int | None:
    value = stated.get(key)
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() and len(value) < 20 else None
    return value


def _device(name: str, ordinal: int, stated: dict[str, int | str]) -> Device:
    def positive(key: str) -> int | None:
        value = _integer(stated, key)
        return value if value is not None and value > 0 else None

    major, minor = _integer(stated, "compute_cap_major"), _integer(stated, "compute_cap_minor")
    model, vendor = stated.get("gpu_device_name"), stated.get("device_vendor")
    return Device(
        name=name,
        ordinal=ordinal,
        model=str(model) if model else None,
        vendor=str(vendor) if vendor else None,
        clock_rate_khz=positive("clock_rate"),
        core_count=positive("core_count"),
        memory_size=positive("memory_size"),
        memory_bandwidth=positive("memory_bandwidth"),
        compute_capability=(major, minor) if major is not None and minor is not None else None,
    )
