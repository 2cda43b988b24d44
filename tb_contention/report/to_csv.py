"""A report -> CSV tables, safe to open in a spreadsheet: a text that a program would take for a formula gets an apostrophe in front."""

import csv
import io
from typing import Any

from tb_contention.model.names import clean
from tb_contention.model.report import Report
from tb_contention.report.to_json import to_dict

#: What a spreadsheet takes for the start of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|")


_ALLOCATOR = [
    "session", "allocator", "peak_bytes", "peak_at_ns", "at_combined_peak_bytes", "limit_bytes", "before_capture_bytes",
    "lifetime_peak_bytes", "suggested_limit_bytes", "rounding_at_peak_bytes", "fragmentation_at_peak", "fragmentation_most",
    "events", "repeated_events",
    "missing_events", "unpaired_frees",
]  # fmt: skip
_HOLDER = [
    "session", "allocator", "kind", "op", "scope", "bytes", "requested_bytes", "count", "region", "data_type", "shape", "age_ns",
]  # fmt: skip
_PROCESS = [
    "process_id", "name", "session", "peak_bytes", "at_fullest_bytes", "in_use_bytes", "beside_least_bytes", "beside_most_bytes",
]  # fmt: skip
_CHANGE = [
    "session", "neighbour", "op", "before", "after", "count_before", "count_after", "mean_before_ns", "mean_after_ns",
    "workspace_before_bytes", "workspace_after_bytes", "at_ns", "cost_ns",
]  # fmt: skip


def to_csv_files(report: Report) -> dict[str, str]:
    """Return the tables by file name."""
    return {f"{name}.csv": _text(rows) for name, rows in _tables(report).items()}


def to_csv(report: Report) -> str:
    """Return all tables as one text: each under a line `# name`, with an empty line between."""
    return "\n".join(f"# {name}\n{_text(rows)}" for name, rows in _tables(report).items())


def _text(rows: list[list[Any]]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerows([[_cell(value) for value in row] for row in rows])
    return stream.getvalue()


def _cell(value: Any) -> Any:
    """Keep numbers numbers, leave out what is unknown, and disarm text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return value
    text = str(value)
    dangerous = text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA[:4])
    return ("'" if dangerous else "") + clean(text)


def _tables(report: Report) -> dict[str, list[list[Any]]]:
    whole = to_dict(report)
    devices = whole["devices"]
    return {
        "sessions": _sessions(whole),
        "devices": _devices(devices),
        "per_session": _under(
            devices,
            "per_session",
            ["session", "kernels", "copies", "busy_ns", "exclusive_ns", "contended_ns", "lost_ns"],
        ),
        "losses": _losses(devices),
        "pairs": _under(devices, "pairs", ["a", "b", "overlap_ns"]),
        "blame": _under(devices, "blame", ["victim", "culprit", "lost_ns"]),
        "blame_kernels": _under(
            devices, "blame_kernels", ["victim", "victim_kernel", "culprit", "culprit_kernel", "lost_ns"]
        ),
        "kernels": _under(devices, "kernels", ["session", "name", "count", "total_ns", "alone_ns", "lost_ns"]),
        "steps": _steps(devices),
        "scopes": _under(devices, "scopes", ["session", "scope", "kernels", "total_ns", "peak_bytes"]),
        "threads": _under(
            devices,
            "threads",
            ["session", "thread", "runs", "busy_ns", "waited_ns", "waits_for", "kernels", "total_ns"],
        ),
        "memory": _of_memory(devices, "per_session", _ALLOCATOR),
        "host_allocators": _of_memory(devices, "host_allocators", _ALLOCATOR),
        "holders": _of_memory(devices, "holders", _HOLDER),
        "holder_scopes": _of_memory(devices, "holder_scopes", ["session", "kind", "scope", "bytes", "count"]),
        "memory_growth": _of_memory(
            devices,
            "growth",
            ["session", "allocator", "op", "first_bytes", "last_bytes", "steps", "bytes_per_step", "rising"],
        ),
        "memory_steps": _step_memory(devices),
        "kernel_changes": _of_memory(devices, "kernel_changes", _CHANGE),
        "memory_stalls": _of_memory(
            devices, "stalls", ["session", "kind", "what", "count", "total_ns", "longest_ns", "longest_at_ns"]
        ),
        "driver_processes": _driver_processes(devices),
        "findings": [
            ["rule", "severity", "device", "sessions", "title", "detail", "advice"],
            *(
                [f["rule"], f["severity"], f["device"], " ".join(f["sessions"]), f["title"], f["detail"], f["advice"]]
                for f in whole["findings"]
            ),
        ],
        "problems": _flat(
            whole["problems"], ["file", "slug", "severity", "origin", "message", "advice", "count", "offset"]
        ),
    }


def _flat(items: list[dict[str, Any]], columns: list[str]) -> list[list[Any]]:
    return [columns, *([item[column] for column in columns] for item in items)]


def _under(devices: list[dict[str, Any]], key: str, columns: list[str]) -> list[list[Any]]:
    """Put a list that every device has below each other, with the device in front."""
    return [["device", *columns], *([d["id"], *(i[c] for c in columns)] for d in devices for i in d[key])]


def _losses(devices: list[dict[str, Any]]) -> list[list[Any]]:
    parts = ["stretch_ns", "stall_ns", "absorbed_ns", "lost_ns"]
    slowdown = ["estimate", "low", "high", "evidence", "coverage", "settle"]
    step = {"step_shared_ns": "shared_ns", "step_alone_ns": "alone_ns", "steps": "count"}
    rows = [
        [
            *(d["id"], item["session"]),
            *(item[part] for part in parts),
            *(item["slowdown"][key] for key in slowdown),
            *(item["step"][key] for key in step.values()),
        ]
        for d in devices
        for item in d["per_session"]
    ]
    return [["device", "session", *parts, *slowdown, *step], *rows]


def _steps(devices: list[dict[str, Any]]) -> list[list[Any]]:
    columns = ["number", "start_ns", "end_ns", "own_ns", "host_ns", "lost_ns"]
    rows = []
    for d in devices:
        for times in d["step_times"]:
            head = [d["id"], times["session"], times["merged"]]
            lost = times["lost_ns"] if times["known"] else [None] * len(times["lost_ns"])
            rows += [[*head, *row] for row in zip(*(times[c] for c in columns[:-1]), lost, strict=True)]
    return [["device", "session", "merged", *columns], *rows]


def _sessions(whole: dict[str, Any]) -> list[list[Any]]:
    columns = ["id", "name", "run", "file", "host", "process_id", "kind", "process", "simulated"]
    header = [*columns, "clock_source", "clock_error_ns", "start_ns", "end_ns", "steps", "mean_step_ns"]
    header += ["attribution_rule", "attribution", "attributed_kernels", "unattributed_kernels"]
    rows = []
    for item in whole["sessions"]:
        steps = item["steps"] or {"count": None, "mean_ns": None}
        clock, window = item["clock"], item["window"]
        rule = item["attribution"] or dict.fromkeys(("rule", "detail", "kernels", "unattributed"))
        rows.append(
            [
                *(item[c] for c in columns),
                *(clock["source"], clock["error_ns"], window["start_ns"], window["end_ns"]),
                *(steps["count"], steps["mean_ns"]),
                *(rule[key] for key in ("rule", "detail", "kernels", "unattributed")),
            ]
        )
    return [header, *rows]


def _devices(devices: list[dict[str, Any]]) -> list[list[Any]]:
    columns = [
        "id",
        "host",
        "model",
        "capacity_bytes",
        "identity",
        "mechanism",
        "mechanism_detail",
        "slice_ns",
        "progress_sum",
    ]
    metrics = ["antt", "stp", "fairness", "jain"]
    times = ["window_ns", "idle_ns", "exclusive_ns", "contended_ns"]
    memory = ["combined_peak_bytes", "combined_peak_at_ns", "headroom_bytes", "sum_of_peaks_bytes"]
    memory += ["safe_bytes", "sum_of_limits_bytes"]
    rows = [
        [
            *(d[c] for c in columns),
            *(d["window"]["start_ns"], d["window"]["end_ns"], d["alignment"]["max_error_ns"]),
            *(d["time"][t] for t in times),
            *((d["metrics"] or dict.fromkeys(metrics))[m] for m in metrics),
            *((d["memory"] or dict.fromkeys(memory))[m] for m in memory),
        ]
        for d in devices
    ]
    return [[*columns, "start_ns", "end_ns", "max_error_ns", *times, *metrics, *memory], *rows]


def _of_memory(devices: list[dict[str, Any]], key: str, columns: list[str]) -> list[list[Any]]:
    """Put a list that the memory of a device has below each other, with the device in front."""
    known = [d for d in devices if d["memory"] is not None]
    return [["device", *columns], *([d["id"], *(i[c] for c in columns)] for d in known for i in d["memory"][key])]


def _driver_processes(devices: list[dict[str, Any]]) -> list[list[Any]]:
    known = [d for d in devices if d["driver"] is not None]
    rows = ([d["id"], *(p[c] for c in _PROCESS)] for d in known for p in d["driver"]["processes"])
    return [["device", *_PROCESS], *rows]


def _step_memory(devices: list[dict[str, Any]]) -> list[list[Any]]:
    columns = [
        "session",
        "allocator",
        "steps",
        "allocations",
        "allocated_bytes",
        "rise_bytes",
        "temporary_median_bytes",
    ]
    table = _of_memory(devices, "steps", [*columns, "temporary"])
    parts = ["bytes", "op", "shape", "step"]
    rows = [[*row[:-1], *((row[-1] or dict.fromkeys(parts))[part] for part in parts)] for row in table[1:]]
    return [["device", *columns, *(f"temporary_{part}" for part in parts)], *rows]
