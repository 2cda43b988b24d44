"""Prove that the installation of the Python that runs this works: entry points, a report, the tab.

    python .ci/smoke.py LOGDIR

Run it outside the checkout, so that the installed package is what it finds.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from importlib.metadata import entry_points, version
from pathlib import Path

BIN = Path(sys.executable).parent
LOADER_MAY_LOAD = (
    "tb_contention",
    "tb_contention._version",
    "tb_contention.plugin",
    "tb_contention.plugin.loader",
    "tb_contention.plugin.metadata",
)


def check(ok: object, message: str) -> None:
    if not ok:
        raise SystemExit(message)


def check_loader() -> None:
    """TensorBoard dies of an entry point that fails, and waits for one that is slow: it must import next to nothing."""
    program = (
        "import sys; from importlib.metadata import entry_points\n"
        "found = entry_points(group='tensorboard_plugins')['tb_contention'].load()\n"
        "print(found.__name__); print(*sys.modules, sep='\\n')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    check(done.returncode == 0, f"the entry point does not load:\n{done.stderr}")
    name, *modules = done.stdout.splitlines()
    check(name == "ContentionLoader", f"the entry point loads {name}")
    own = {module for module in modules if module.split(".")[0] == "tb_contention"}
    check(own <= set(LOADER_MAY_LOAD), f"the entry point also loads {sorted(own - set(LOADER_MAY_LOAD))}")
    for module in ("numpy", "numba", "google.protobuf", "werkzeug", "tensorflow"):
        check(module not in modules, f"the entry point loads {module}")


def check_report(logdir: Path) -> str:
    """The command line reports on the demo logs."""
    command = [BIN / "tb-contention", "report", logdir, "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    check(done.returncode == 0, f"tb-contention report: exit {done.returncode}\n{done.stderr}")
    report = json.loads(done.stdout)
    check(report["sessions"], "the report names no session")
    return f"{len(report['sessions'])} sessions, {len(report['devices'])} devices, {len(report['findings'])} findings"


def fetch(url: str) -> bytes:
    """Bypass proxies of the surroundings: the server is on this machine."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=10) as answer:
        return bytes(answer.read())


def fetch_json_until(url: str, accept, process: subprocess.Popen[bytes], log: Path):
    """Ask until the answer is accepted; give up after a minute or when the server ends."""
    answer: object = None
    until = time.monotonic() + 60
    while time.monotonic() < until:
        check(process.poll() is None, f"TensorBoard ended:\n{log.read_text(errors='replace')[-3000:]}")
        try:
            answer = json.loads(fetch(url))
        except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
            answer = error
        else:
            if accept(answer):
                return answer
        time.sleep(0.3)
    raise SystemExit(f"{url}: {answer}\n{log.read_text(errors='replace')[-3000:]}")


def check_tab(logdir: Path) -> str:
    """TensorBoard lists the plugin as active, serves its bundle, and the analysis ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    base = f"http://127.0.0.1:{port}/data"
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "tensorboard.log"
        command = [
            sys.executable,
            "-m",
            "tensorboard.main",
            "--logdir",
            logdir,
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
        ]
        with log.open("wb") as sink:
            process = subprocess.Popen(command, stdout=sink, stderr=sink, stdin=subprocess.DEVNULL)
        try:
            listed = lambda plugins: plugins.get("tb_contention", {}).get("enabled")  # noqa: E731
            fetch_json_until(f"{base}/plugins_listing", listed, process, log)
            bundle = fetch(f"{base}/plugin/tb_contention/index.js")
            check(b"render" in bundle, "index.js exports no render()")
            settled = lambda summary: summary["state"] in ("ready", "failed")  # noqa: E731
            summary = fetch_json_until(f"{base}/plugin/tb_contention/api/summary", settled, process, log)
            check(summary["state"] == "ready", f"the analysis failed: {summary}")
        finally:
            process.terminate()
            process.wait(10)
    return f"listed, index.js {len(bundle)} bytes, analysis ready"


def main() -> None:
    logdir = Path(sys.argv[1]).resolve()
    os.chdir(tempfile.gettempdir())
    scripts = {point.name for point in entry_points(group="console_scripts")}
    check("tb-contention" in scripts, "the command tb-contention is not installed")
    shown = ("tb_contention", "tensorboard", "protobuf", "numpy", "numba")
    print("   ", "  ".join(f"{name} {version(name)}" for name in shown))
    check_loader()
    print("    entry point: light")
    print("    report:", check_report(logdir))
    print("    tab:", check_tab(logdir))


if __name__ == "__main__":
    main()
