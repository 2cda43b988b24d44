"""Look whether everything is in place: packages, the tab, caches, the GPU, and with LOGDIR what its traces lack.

Exit 0 without faults, 3 with one or more. Notes tell what works less well than it could, or what cannot be told.
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
from tb_contention.cli.analysis import analysed
from tb_contention.cli.output import write_verdict
from tb_contention.cli.terminal import Progress, printable

if TYPE_CHECKING:
    from tb_contention.health.packages import Package
    from tb_contention.model.health import Check

NAME = "doctor"
FAULTY = 3
EXIT_CODES = ((0, "no fault"), (FAULTY, "one fault or more"))
_PACKAGE = Path(__file__).resolve().parent.parent
_PATIENCE_S = 10
#: A module with compiled functions, and one of them.
_COMPILED = ("tb_contention.contention.sweep", "sweep")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("logdir", nargs="?", metavar="LOGDIR", help="look at the traces of this log directory too")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="of stdout (default text)")
    parser.add_argument("--no-cache", action="store_true", help="neither read nor write the cache of decoded traces")


def run(arguments: argparse.Namespace) -> int:
    """Print the checks and return 0 or 3."""
    from tb_contention.model.health import Status, count_by_status

    with Progress("Looking (compiles on the first run)"):
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
    """Look at this environment; what other packages break is a fault of theirs, told and not raised."""
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
    """Look at the caches; where numpy or numba cannot be imported nothing is cached, and the faults above say so."""
    try:
        from tb_contention.cache import BUDGET, default_cache_directory

        function = getattr(importlib.import_module(_COMPILED[0]), _COMPILED[1])
    except Exception:
        return []
    stats = function.stats
    return [
        caches.trace_cache(default_cache_directory(), BUDGET),
        caches.compiled_cache(stats.cache_path, sum(stats.cache_hits.values())),
    ]


def _driver() -> tuple[str | None, str]:
    """Ask nvidia-smi for the GPUs, and why it cannot tell where it cannot."""
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
    """Return the version of the TensorFlow that is installed; one for the CPU alone records no GPU."""
    return there["tensorflow"].version if "tensorflow" in there else None


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None


def _traces(arguments: argparse.Namespace, before: "list[Check]") -> "list[Check]":
    from tb_contention.model.health import Check, Status

    if any(check.name == "imports" and check.status is Status.FAULT for check in before):
        message = "the traces cannot be read until the packages can be imported"
        return [Check(name="captures", status=Status.FAULT, about=arguments.logdir, message=message)]
    looked = analysed(arguments.logdir, shifts={}, gpus={}, baselines={}, use_cache=not arguments.no_cache)
    from tb_contention.health.traces import trace_checks

    return trace_checks(looked.report, looked.aligned)


def _as_json(check: "Check") -> dict[str, str]:
    return {
        "name": check.name,
        "status": check.status.value,
        "about": check.about,
        "message": check.message,
        "remedy": check.remedy,
    }


def _text(checks: "list[Check]") -> str:
    """Print a line per check and one per remedy; nothing here may need numpy, which may be what is broken."""
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
    told = ", ".join(
        f"{counts[status]} {status.value}{'' if counts[status] == 1 else 's'}" for status in (Status.FAULT, Status.NOTE)
    )
    return "\n".join([*lines, f"{told}, {counts[Status.OK]} in order."]) + "\n"
