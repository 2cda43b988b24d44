"""Check the installation (packages, TensorBoard tab, caches, GPU driver) and, with LOGDIR, its traces.

A fault is something that does not work. A note is something that works less well than it could, or that could not be determined.
"""

import argparse
import importlib
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from tb_contention._version import __version__
from tb_contention.cli.analysis import analyse_logdir
from tb_contention.cli.arguments import add_logdir, add_no_cache, add_selection, add_steps, selection_of
from tb_contention.cli.output import write_verdict
from tb_contention.cli.terminal import Progress, printable

if TYPE_CHECKING:
    from tb_contention.health.packages import Package
    from tb_contention.model.health import Check

NAME = "doctor"
FAULTY = 3
EXIT_CODES = ((0, "no faults"), (FAULTY, "at least one fault"))
_PACKAGE = Path(__file__).resolve().parent.parent
_PATIENCE_S = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_logdir(parser, is_optional=True, text="also check the traces in this log directory")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="output format (default text)")
    add_selection(parser)
    add_steps(parser)
    add_no_cache(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the checks and return 0 or 3."""
    from tb_contention.model.health import Status, count_by_status

    with Progress("Checking"):
        checks = installation()
    if arguments.logdir is not None:
        checks += _traces(arguments, checks)
    counts = count_by_status(checks)
    if arguments.format == "json":
        found = {
            "format_version": 1,
            "tool": {"name": "tb_contention", "version": __version__},
            "logdir": arguments.logdir,
            "healthy": not counts[Status.FAULT],
            "counts": {status.value: counts[status] for status in Status},
            "checks": [_as_json(check) for check in checks],
        }
        write_verdict(json.dumps(found, indent=1) + "\n")
    else:
        write_verdict(printable(_text(checks)))
    return FAULTY if counts[Status.FAULT] else 0


def installation() -> "list[Check]":
    """Check this environment; a package that fails becomes a fault, not an exception."""
    from tb_contention.health import caches, gpu, packages, plugin

    there = packages.installed()
    entries = plugin.entry_points()
    has_pkg_resources = importlib.util.find_spec("pkg_resources") is not None
    found = [
        packages.versions(there, platform.python_version()),
        *packages.requirements(there),
        *packages.old_tensorboard(there, has_pkg_resources=has_pkg_resources),
        packages.imports(("numpy", "numba", "google.protobuf")),
        plugin.entry_point(entries, __version__),
        *plugin.loads(entries),
        plugin.bundle(_PACKAGE / "static"),
        plugin.command(shutil.which("tensorboard"), sys.executable),
        plugin.profiler(entries),
        gpu.driver(*_driver()),
        *gpu.rights(_read("/proc/driver/nvidia/params"), _read("/proc/self/status")),
        *gpu.serialising(_tensorflow(there), os.environ.get("TF_GPU_CUPTI_FORCE_CONCURRENT_KERNEL")),
    ]
    return found + _caches(caches)


def _caches(caches: ModuleType) -> "list[Check]":
    """Check the caches; without numpy and numba there are none, and the import check reports that."""
    try:
        from tb_contention._warming import functions, missing_of, place_of
        from tb_contention.cache import default_cache_directory, stored

        compiled = functions()
    except Exception:
        return []
    return [
        caches.trace_cache(stored(default_cache_directory())),
        caches.compiled_cache(place_of(compiled), missing_of(compiled), len(compiled)),
    ]


def _driver() -> tuple[str | None, str]:
    """Return the GPUs that nvidia-smi lists, and why it failed if it did."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return None, ""
    words = [program, "--query-gpu=name,driver_version", "--format=csv,noheader"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, errors="replace", timeout=_PATIENCE_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return None, type(error).__name__
    if done.returncode:
        return None, " ".join((done.stdout + done.stderr).split())[:200] or f"exit code {done.returncode}"
    return done.stdout, ""


def _tensorflow(there: "dict[str, Package]") -> str | None:
    """Return the version of the installed TensorFlow, not of tensorflow-cpu, which records no GPU."""
    return there["tensorflow"].version if "tensorflow" in there else None


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None


def _traces(arguments: argparse.Namespace, before: "list[Check]") -> "list[Check]":
    from tb_contention.model.health import Check, Status

    if any(check.name == "imports" and check.status is Status.FAULT for check in before):
        message = "the traces cannot be read until the imports work"
        return [Check(name="captures", status=Status.FAULT, about=arguments.logdir, message=message)]
    analysis = analyse_logdir(
        arguments.logdir, select=selection_of(arguments), steps=arguments.steps, use_cache=not arguments.no_cache
    )
    from tb_contention.health.traces import trace_checks

    return trace_checks(analysis.report, analysis.aligned)


def _as_json(check: "Check") -> dict[str, str]:
    return {
        "name": check.name,
        "status": check.status.value,
        "about": check.about,
        "message": check.message,
        "remedy": check.remedy,
    }


def _text(checks: "list[Check]") -> str:
    """Return a line per check and per remedy, without numpy, which may be what is broken."""
    from tb_contention.model.health import Status, count_by_status
    from tb_contention.model.names import clean

    width = max(len(check.name) for check in checks)
    lines = []
    for check in checks:
        about = f"{clean(check.about)}: " if check.about else ""
        lines.append(f"{check.status.value:5}  {check.name:{width}}  {about}{clean(check.message)}")
        if check.remedy:
            lines.append(f"{'':5}  {'':{width}}  -> {clean(check.remedy)}")
    counts = count_by_status(checks)
    summary = ", ".join(
        f"{counts[status]} {status.value}{'' if counts[status] == 1 else 's'}" for status in (Status.FAULT, Status.NOTE)
    )
    return "\n".join([*lines, f"{summary}, {counts[Status.OK]} ok."]) + "\n"
