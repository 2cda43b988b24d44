"""Run the README's first command as a person would: wait for the printed address, look at it, press Ctrl-C.

    python .ci/show.py 'pip install . && tb-contention demo'

Passes when the address serves the tab with the demo logs analysed, and the command ends on the interrupt.
"""

import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request

PATIENCE_S = 300


def fetch(url: str) -> bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=20) as answer:
        return bytes(answer.read())


def wait_for_address(process: subprocess.Popen[str]) -> str:
    """Print what the command prints, until an address is among it."""
    lines: queue.Queue[str | None] = queue.Queue()

    def pump() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=pump, daemon=True).start()
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            line = lines.get(timeout=max(0.1, until - time.monotonic()))
        except queue.Empty:
            raise SystemExit(f"no address within {PATIENCE_S} s") from None
        if line is None:
            raise SystemExit(f"the command ended without an address, exit {process.wait()}")
        print("   ", line, end="")
        found = re.search(r"http://[\w.\-]+:\d+[^\s)#]*", line)
        if found:
            return found.group(0).rstrip("/")


def look(address: str) -> None:
    """The tab is enabled and the analysis of the demo logs ends well."""
    until = time.monotonic() + 120
    while True:
        listing = json.loads(fetch(f"{address}/data/plugins_listing"))
        summary = json.loads(fetch(f"{address}/data/plugin/tb_contention/api/summary"))
        if listing["tb_contention"]["enabled"] and summary["state"] == "ready":
            break
        if summary["state"] == "failed" or time.monotonic() > until:
            raise SystemExit(f"the tab shows nothing: {summary}")
        time.sleep(0.5)
    report = summary["report"]
    print(f"    the tab has {len(report['sessions'])} sessions and {len(report['findings'])} findings")
    if len(report["sessions"]) < 2 or not report["findings"]:
        raise SystemExit("the demo logs show no contention")


def main() -> None:
    process = subprocess.Popen(
        ["bash", "-c", sys.argv[1]],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    try:
        look(wait_for_address(process))
        os.killpg(process.pid, signal.SIGINT)
        print("    after Ctrl-C: exit", process.wait(20))
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
