"""`serve` as a process of its own, asked over HTTP as a browser, a proxy and an attacker would."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from werkzeug.test import Client

from tb_contention.cli.main import main
from tb_contention.plugin.alone import _is_local
from tb_contention.plugin.in_jupyter import entry
from tb_contention.plugin.plugin import ContentionPlugin

ROOT = Path(__file__).resolve().parents[2]
#: Seconds that reading a log directory and compiling may take on a busy machine.
PATIENCE = 240


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass(frozen=True)
class Served:
    """A running server. page: the address that it printed."""

    process: subprocess.Popen[str]
    page: str

    @property
    def port(self) -> int:
        found = re.match(r"http://[^/]+:(\d+)/", self.page)
        assert found is not None
        return int(found[1])

    @property
    def token(self) -> str:
        return self.page.partition("?token=")[2]

    def ask(self, path: str, method: str = "GET", **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def summary(self, path: str = "/api/summary", **headers: str) -> dict[str, Any]:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            found: dict[str, Any] = json.loads(self.ask(path, **headers).body)
            if found["state"] in ("ready", "failed"):
                return found
            time.sleep(0.1)
        raise AssertionError(found)


def started(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tb_contention", "serve", *words],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def serving(*words: str) -> Iterator[Served]:
    with started("--port", "0", *words) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.fullmatch(r"Contention: (http://\S+) \(press Ctrl-C to stop\)\n", line)
            assert found is not None, process.communicate(timeout=30)
            yield Served(process, found[1])
        finally:
            process.terminate()
            process.communicate(timeout=30)


@pytest.fixture(scope="module")
def logs(demo_logs: Path) -> str:
    return str(demo_logs / "simulated_time_slicing")


@pytest.fixture(scope="module")
def here(logs: str) -> Iterator[Served]:
    """Only this machine can ask."""
    with serving(logs) as served:
        yield served


@pytest.fixture(scope="module")
def open_to_all(logs: str) -> Iterator[Served]:
    with serving(logs, "--host", "0.0.0.0", "--path-prefix", "/deep/down/") as served:
        yield served


def test_it_answers_as_the_tab_does(here: Served, logs: str) -> None:
    flags = SimpleNamespace(logdir_spec="")
    plugin = ContentionPlugin(SimpleNamespace(logdir=logs, flags=flags, plugin_name_to_instance={}))
    apps = plugin.get_plugin_apps()
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        expected = json.loads(Client(apps["/api/summary"]).get("/").data)
        if expected["state"] == "ready":
            break
        time.sleep(0.1)

    assert here.summary() == expected
    assert expected["report"]["devices"][0]["time"]["contended_ns"] == 309_763_450
    for path in apps:
        if not path.startswith("/api/"):
            mine, its = here.ask(path), Client(apps[path]).get("/")
            assert (mine.status, mine.headers["Content-Type"], mine.body) == (200, its.content_type, its.data), path
    report = here.ask("/api/report?format=markdown")
    assert report.headers["Content-Disposition"] == 'attachment; filename="contention-report.md"'
    assert here.ask("/api/tile").status == 400


def test_the_page_loads_the_bundle_and_nothing_of_others(here: Served) -> None:
    page = here.ask("/")

    assert page.status == 200
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert 'import("./index.js")' in page.text
    assert "http" not in page.text
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]
    assert here.ask("/", "HEAD").body == b""
    assert here.ask("/", "HEAD").headers["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("path", ["/", "/index.js", "/api/summary", "/elsewhere"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_it_only_reads(here: Served, path: str, method: str) -> None:
    answer = here.ask(path, method)

    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    "path", ["/elsewhere", "/api", "/api/", "/static/index.js", "/../setup.py", "/%2e%2e/setup.py"]
)
def test_other_paths_lead_nowhere(here: Served, path: str) -> None:
    answer = here.ask(path)

    assert answer.status == 404
    assert json.loads(answer.body)["error"]["slug"] == "not-found"


@pytest.mark.parametrize("path", ["/", "/index.js", "/api/summary"])
def test_a_name_that_a_stranger_points_here_is_refused(here: Served, path: str) -> None:
    answer = here.ask(path, Host="evil.example:6007")

    assert answer.status == 403
    assert "localhost, 127.0.0.1 or [::1]" in answer.text
    assert "X-Frame" not in str(answer.headers)
    assert here.ask(path, Host=f"localhost:{here.port}").status == 200


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True),
        ("LOCALHOST:1", True),
        ("127.0.0.1", True),
        ("127.0.0.1:6007", True),
        ("[::1]", True),
        ("[::1]:6007", True),
        ("", False),
        ("example.org", False),
        ("localhost.example.org", False),
        ("127.0.0.1.example.org:6007", False),
        ("localhost@example.org", False),
        ("192.168.0.1", False),
        ("0.0.0.0:6007", False),
        ("[::]:6007", False),
        ("[::1", False),
    ],
)
def test_a_host_header_names_this_machine_or_not(host: str, local: bool) -> None:
    assert _is_local(host) is local


def test_without_the_token_nothing_is_served(open_to_all: Served) -> None:
    for path in (
        "/",
        "/deep/down",
        "/deep/down/",
        "/deep/down/index.js",
        "/deep/down/?token=wrong",
        "/deep/down/?token=",
    ):
        answer = open_to_all.ask(path)
        assert answer.status == 403, path
        assert (
            answer.text
            == "Open the address that tb-contention serve printed; it holds a token that this request lacks.\n"
        )
        assert "Set-Cookie" not in answer.headers
    refusal = open_to_all.ask("/deep/down/api/summary", Cookie="tb_contention_00000000=wrong")
    assert (refusal.status, json.loads(refusal.body)["error"]["slug"]) == (403, "forbidden")
    # A token counts in the address of the page only, where it does not stay.
    assert open_to_all.ask(f"/deep/down/api/summary?token={open_to_all.token}").status == 403


def test_the_token_becomes_a_cookie_that_only_this_site_sends(open_to_all: Served) -> None:
    assert len(open_to_all.token) == 32
    entered = open_to_all.ask(f"/deep/down/?token={open_to_all.token}")
    cookie, *attributes = (part.strip() for part in entered.headers["Set-Cookie"].split(";"))

    assert entered.status == 200
    assert "location.replace(location.pathname + location.hash)" in entered.text
    assert open_to_all.token not in entered.text
    assert set(attributes) == {"HttpOnly", "Path=/deep/down/", "SameSite=Strict"}
    assert entered.headers["Cache-Control"] == "no-store"
    assert entered.headers["Referrer-Policy"] == "no-referrer"
    assert 'import("./index.js")' in open_to_all.ask("/deep/down/", Cookie=cookie).text
    wrong = cookie[:-1] + ("a" if cookie[-1] != "a" else "b")
    assert open_to_all.ask("/deep/down/", Cookie=wrong).status == 403
    # Where the token is asked for, any name of the machine is good.
    assert open_to_all.ask("/deep/down/index.js", Cookie=cookie, Host="gpu-7.cluster").status == 200
    assert open_to_all.ask("/deep/down/", "POST", Cookie=cookie).status == 405


def test_everything_lies_below_the_prefix(open_to_all: Served) -> None:
    entered = open_to_all.ask(f"/deep/down/?token={open_to_all.token}")
    cookie = entered.headers["Set-Cookie"].partition(";")[0]

    found = open_to_all.summary("/deep/down/api/summary", Cookie=cookie)
    assert found["report"]["devices"][0]["time"]["contended_ns"] == 309_763_450
    for path in ("/", "/index.js", "/api/summary", "/deep", "/deep/downwards", "/deep/down/deep/down/"):
        assert open_to_all.ask(path, Cookie=cookie).status == 404, path
    folder = open_to_all.ask("/deep/down?a=b", Cookie=cookie)
    assert (folder.status, folder.headers["Location"]) == (308, "/deep/down/?a=b")


def test_neither_tensorboard_nor_tensorflow_is_imported(logs: str) -> None:
    code = (
        "import sys; from tb_contention.cli.serve import _application; "
        f"app = _application({logs!r}, None, '', ''); "
        "print({'tensorboard', 'tensorflow', 'jax'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)

    assert done.stdout == "set()\n"


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with serving(str(tmp_path)) as served:
        served.process.send_signal(number)
        assert served.process.wait(30) == 0
        assert served.process.stderr is not None
        assert served.process.stderr.read() == "\nStopped.\n"


def test_a_taken_port_that_was_named_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", str(tmp_path), "--port", str(port)]) == 1
    assert capsys.readouterr().err == (
        f"tb-contention: error: Port {port} on 127.0.0.1 is taken. "
        "Name another one with --port, or leave it out to take any free port.\n"
    )


def test_what_cannot_be_served_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "missing"
    assert main(["serve", str(missing)]) == 1
    assert capsys.readouterr().err == (
        f"tb-contention: error: {missing}: the log directory cannot be opened (No such file or directory). "
        "Name the directory that TensorBoard gets as --logdir.\n"
    )
    assert main(["serve", str(tmp_path), "--host", "no-such-host.invalid"]) == 1
    assert "Cannot listen on port 6007 of no-such-host.invalid" in capsys.readouterr().err
    assert main(["serve", str(tmp_path), "--path-prefix", "/a/../b"]) == 2
    assert "'/a/../b' is not a path" in capsys.readouterr().err


def test_without_the_package_it_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "waitress", None)
    assert main(["serve", str(tmp_path)]) == 1
    assert 'pip install "tb_contention[serve]"' in capsys.readouterr().err


def test_jupyter_starts_it_on_a_port_of_its_choice(monkeypatch: pytest.MonkeyPatch, logs: str, tmp_path: Path) -> None:
    declared = re.search(r'"tb-contention = (tb_contention\.plugin\.\w+:\w+)"', (ROOT / "setup.py").read_text("utf-8"))
    assert declared is not None
    assert EntryPoint("tb-contention", declared[1], "jupyter_serverproxy_servers").load() is entry
    monkeypatch.delenv("TB_CONTENTION_LOGDIR", raising=False)
    assert entry()["command"][-1] == "."
    odd = tmp_path / "{port} of {base_url}"
    odd.symlink_to(logs)
    monkeypatch.setenv("TB_CONTENTION_LOGDIR", str(odd))

    told = entry()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = [word.format(port=port, base_url="/user/ada/") for word in told["command"]]
    headers = {name: value.format(port=port) for name, value in told["request_headers_override"].items()}
    assert words[:4] == [sys.executable, "-m", "tb_contention", "serve"]
    assert not told["absolute_url"]
    assert told["launcher_entry"]["title"] == "GPU contention"
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            served = Served(process, process.stdout.readline().split()[1])
            assert (served.port, served.ask("/", **headers).status) == (port, 200)
            assert served.ask("/", Host="hub.example.org").status == 403
            assert served.summary(**headers)["logdir"] == str(odd)
        finally:
            process.terminate()
            process.communicate(timeout=30)
