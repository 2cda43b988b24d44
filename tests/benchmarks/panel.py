"""The panel in a browser, beside xprof's trace viewers and Perfetto on the same files in the same run: `python tests/benchmarks/panel.py`.

Simulates three sessions of a million kernels each, starts a real TensorBoard, and measures in headless Chromium (1440x900, no GPU):

- first paint, from the start of the view's own document, opened by its own address, without the pages around it: for the panel the
  verdict, with its answers, and tiles on the canvas, of all sessions; for xprof slices of the first session on the canvas of its trace
  viewer; for its second viewer (v2) the first frame that it hands to WebGPU with the trace, in xprof's page: it has no own address.
  Warm: the server has shown it before. New server: started just now, with what the last one left on disk. Cold: with nothing on disk but
  the captures. Compiled code is in place, the browser's HTTP cache is empty. Medians of the rounds. In TensorBoard: the panel inside of
  TensorBoard's page, warm.
- frames: intervals between animation frames while W, D, A, S are held, the wheel zooms, and dragging pans.
- hover: script per pointer move over the tracks, all of the main thread; heap: of the whole page, for the panel with TensorBoard's own.
- hidden: animation frames and requests of the view while another tab of TensorBoard, and another tab of the browser, is in front.
- Perfetto: from the start of `trace_processor_shell`, as the `perfetto` package runs it, until it has answered which slices the tracks
  hold, of the same sessions as the tab exports them. That is the engine of ui.perfetto.dev, without its page.

Ratios above 1 are in our favour. Peers are taken from the running Python, or from the one of --peer-python.
"""

import argparse
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlencode

from panel_rows import Results, render, rows
from serving import CannotMeasureError, check_browser, drive, tensorboard
from timing import processor

from tb_contention.simulate import write_large

PLACE = "plugins/profile/2026_03_05_10_00_00/simulated-host.xplane.pb"
PACKAGES = (
    "tb_contention", "tensorboard", "xprof", "tensorboard-plugin-profile", "perfetto", "numpy", "numba", "protobuf",
)  # fmt: skip
#: Prints the seconds until the slices of a trace are there, and how many they are.
PERFETTO = """\
import sys, time
from perfetto.trace_processor import TraceProcessor, TraceProcessorConfig
began = time.perf_counter()
with TraceProcessor(trace=sys.argv[1], config=TraceProcessorConfig(load_timeout=300)) as processor:
    query = "select count(*) as slices, count(distinct track_id) as tracks, min(ts) as first from slice"
    (row,) = processor.query(query)
print(time.perf_counter() - began, row.slices)
"""


#: First paints of each server that is warm.
WARM = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One of the three: `python` runs its TensorBoard; `name` is also that of the view in panel.mjs."""

    name: str
    python: str

    def url(self, base: str, logdir: Path) -> str:
        """Its own address, without the pages around it."""
        if self.name == "panel":
            return f"{base}/data/plugin_entry.html?name=tb_contention"
        return base + (trace_viewer(logdir) if self.name == "xprof" else second_viewer(logdir))

    def in_page(self, base: str, logdir: Path) -> str:
        """Where people use it."""
        return f"{base}/#tb_contention" if self.name == "panel" else self.url(base, logdir)


def first_session(logdir: Path) -> tuple[str, str]:
    """What xprof calls the run and the host of the first session."""
    file = min(logdir.rglob("*.xplane.pb"))
    relative = file.relative_to(logdir)
    return "/".join([*relative.parts[:-4], relative.parts[-2]]), file.name.removesuffix(".xplane.pb")


def second_viewer(logdir: Path) -> str:
    """Address of the page in which xprof shows its second trace viewer, on the first session."""
    run, host = first_session(logdir)
    query = {"run": run, "tag": "trace_viewer@", "host": host, "use_trace_viewer_v2": "true"}
    return f"/data/plugin/profile/index.html?{urlencode(query)}#/trace_viewer"


def trace_viewer(logdir: Path) -> str:
    """Address of xprof's trace viewer on the first session."""
    run, host = first_session(logdir)
    data = urlencode({"run": run, "tag": "trace_viewer@", "host": host, "hosts": host})
    query = {"is_streaming": "true", "is_oss": "true", "trace_data_url": f"/data/plugin/profile/data?{data}"}
    return f"/data/plugin/profile/trace_viewer_index.html?{urlencode(query)}"


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201


def measure(view: View, logs: Path, work: Path, options: argparse.Namespace) -> dict[str, Any]:
    """All figures of one view; the captures are copied, as xprof writes beside what it reads. Of its second viewer first paints only."""
    results: dict[str, Any] = {"cold": [], "new_server": [], "warm": [], "in_page": []}
    rehearse(view, work)
    for left in range(options.rounds, 0, -1):
        copy, cache = work / f"{view.name}-logs", work / f"{view.name}-cache"
        for folder in (copy, cache):
            shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(logs, copy)
        say(f"{view.name}: first paint")
        with tensorboard(view.python, copy, work / "log", cache) as base:
            results["cold"].append(drive("paint", view.name, view.url(base, copy)))
        with tensorboard(view.python, copy, work / "log", cache) as base:
            url, in_page = view.url(base, copy), view.in_page(base, copy)
            results["new_server"].append(drive("paint", view.name, url))
            results["warm"] += [drive("paint", view.name, url) for _ in range(WARM)]
            if view.name == "panel":
                results["in_page"].append(drive("paint", view.name, in_page))
            if left == 1 and view.name != "xprof2":
                say(f"{view.name}: frames, hover, heap")
                results["use"] = drive("use", view.name, in_page, options.gesture)
                say(f"{view.name}: hidden")
                results["hidden"] = drive("hidden", view.name, in_page, options.hidden)
    return results


def export(logs: Path, work: Path) -> Path:
    """Write the sessions as Perfetto's trace, as the panel offers it."""
    file = work / "contention.pftrace"
    command = [sys.executable, "-m", "tb_contention", "report", str(logs), "--format", "perfetto", "-o", str(file)]
    environment = {**os.environ, "TB_CONTENTION_CACHE_DIR": str(work / "panel-cache")}
    subprocess.run(command, check=True, capture_output=True, timeout=600, env=environment)
    return file


def perfetto(python: str, trace: Path, rounds: int) -> dict[str, Any] | str:
    """Seconds of each round, or why there are none: the package fetches its program when it is first used."""
    times, slices = [], 0
    for _ in range(rounds):
        done = subprocess.run(
            [python, "-c", PERFETTO, str(trace)], capture_output=True, text=True, timeout=900, check=False
        )
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            return f"did not run: {last[:300]}"
        seconds, found = done.stdout.split()
        times.append(float(seconds))
        slices = int(found)
    return {"seconds": times, "slices": slices, "bytes": trace.stat().st_size}


def rehearse(view: View, work: Path) -> None:
    """Show a small log once: compiled code and the programs' files are then where a user has them from the second day on."""
    logs = work / f"{view.name}-small"
    simulate(logs, 2, 2_000)
    with tensorboard(view.python, logs, work / "log", work / "small-cache") as base:
        drive("paint", view.name, view.url(base, logs))


def simulate(folder: Path, sessions: int, kernels: int) -> None:
    for k in range(sessions):
        write_large(folder / f"s{k}" / PLACE, kernels, seed=k)


def versions(python: str) -> dict[str, str]:
    """Versions of the packages that matter, in another Python."""
    code = (
        "import importlib.metadata as m, json, sys\n"
        "found = {}\n"
        "for name in sys.argv[1:]:\n"
        "    try: found[name] = m.version(name)\n"
        "    except m.PackageNotFoundError: pass\n"
        "print(json.dumps({'python': sys.version.split()[0], **found}))"
    )
    try:
        done = subprocess.run([python, "-c", code, *PACKAGES], capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise CannotMeasureError(f"{python} does not run as a Python: {error}") from None
    found: dict[str, str] = json.loads(done.stdout)
    return found


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Benchmark the panel in headless Chromium, beside xprof.")
    parser.add_argument("--kernels", type=int, default=1_000_000, help="kernels of each session")
    parser.add_argument("--sessions", type=int, default=3)
    parser.add_argument("--logdir", type=Path, help="take these logs, not simulated ones; they are copied")
    parser.add_argument("--peer-python", default=sys.executable, help="a Python with TensorBoard, xprof and perfetto")
    parser.add_argument("--no-peer", action="store_true", help="leave xprof and Perfetto out")
    parser.add_argument("--json", type=Path, help="write everything that was measured to this file")
    parser.add_argument("--rounds", type=int, default=3, help="first paints of each kind; the median counts")
    parser.add_argument("--gesture", type=float, default=5, help="seconds of each gesture")
    parser.add_argument("--hidden", type=float, default=25, help="seconds that the view is hidden")
    return parser.parse_args(arguments)


def run(options: argparse.Namespace, work: Path) -> dict[str, Any]:
    check_browser()
    own, peer = versions(sys.executable), versions(options.peer_python)
    logs = options.logdir
    if logs is None:
        logs = work / "logs"
        simulate(logs, options.sessions, options.kernels)
    elif next(logs.rglob("*.xplane.pb"), None) is None:
        raise CannotMeasureError(f"{logs} holds no *.xplane.pb.")
    load = os.getloadavg()[0]
    ours = measure(View(name="panel", python=sys.executable), logs, work, options)
    has_xprof = "xprof" in peer or "tensorboard-plugin-profile" in peer
    peers: dict[str, Results | str] = {}
    for name in ("xprof", "xprof2"):
        if options.no_peer or not has_xprof:
            peers[name] = "left out" if options.no_peer else "not installed"
            continue
        try:
            peers[name] = measure(View(name=name, python=options.peer_python), logs, work, options)
        except CannotMeasureError as error:
            peers[name] = f"failed: {error}"
    if options.no_peer or "perfetto" not in peer:
        peers["perfetto"] = "left out" if options.no_peer else "not installed"
    else:
        say("perfetto: load")
        peers["perfetto"] = perfetto(options.peer_python, export(logs, work), options.rounds)
    machine = {
        "cores": os.cpu_count(),
        "processor": processor(),
        "platform": platform.platform(),
        "load_before": load,
        "chromium": ours["use"]["chromium"],
        "ours": own,
        "peer": peer,
    }
    files = sorted(file.stat().st_size for file in logs.rglob("*.xplane.pb"))
    found = {"machine": machine, "file_bytes": files, "ours": ours, **peers}
    return {**found, "rows": rows(ours, peers["xprof"], peers["xprof2"], peers["perfetto"])}


def stop(*_: object) -> NoReturn:
    """End by way of the blocks that end processes and remove folders."""
    raise SystemExit(143)


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse(arguments)
    signal.signal(signal.SIGTERM, stop)
    try:
        with tempfile.TemporaryDirectory(prefix="panel-benchmark-") as folder:
            found = run(options, Path(folder))
    except CannotMeasureError as error:
        say(str(error))
        return 1
    sys.stdout.write(f"{describe(found)}\n\n{render(found['rows'])}\n")
    for peer in ("xprof", "xprof2", "perfetto"):
        if isinstance(found[peer], str) and ":" in found[peer]:
            sys.stdout.write(f"\n{peer} {found[peer]}\n")
    if options.json is not None:
        options.json.write_text(json.dumps({**found, "rows": [asdict(row) for row in found["rows"]]}, indent=1))
    return 0


def describe(found: Mapping[str, Any]) -> str:
    """Say on what this was measured."""
    machine, sizes = found["machine"], found["file_bytes"]
    xprof = machine["peer"].get("xprof") or machine["peer"].get("tensorboard-plugin-profile")
    return (
        f"{len(sizes)} files of {sizes[0] / 1e6:.0f} to {sizes[-1] / 1e6:.0f} MB; {machine['cores']} cores of "
        f"{machine['processor']}, load before "
        f"{machine['load_before']:.1f}; Chromium {machine['chromium']}, TensorBoard {machine['ours'].get('tensorboard')}, "
        f"xprof {xprof or 'not installed'}, perfetto {machine['peer'].get('perfetto', 'not installed')}"
    )


if __name__ == "__main__":
    raise SystemExit(main())
