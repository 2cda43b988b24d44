"""Show the demo logs that come with this package, in TensorBoard or, with `--standalone`, without it.

Some logs are recorded, others simulated; their README says which.
"""

import argparse
import errno
import hashlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from tb_contention._version import __version__
from tb_contention.cli.parsing import parse_port
from tb_contention.cli.serving import end_on_sigterm, instead_of
from tb_contention.errors import ContentionError, LogdirError

NAME = "demo"
_DEFAULT_PORT = 6006
_ADDRESS = re.compile(r"https?://\S+")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--host",
        default="localhost",
        help="address to listen on (default localhost); with --standalone, any that other machines reach needs the token in the printed "
        "address",
    )
    parser.add_argument(
        "--port",
        type=parse_port,
        default=None,
        help=f"port to listen on, which must be free; 0: any free port; default {_DEFAULT_PORT}, or any free port if that is taken",
    )
    way = parser.add_mutually_exclusive_group()
    way.add_argument(
        "--standalone",
        action="store_true",
        help='show the panel without TensorBoard, as serve does; needs pip install "tb_contention[serve]"; not with --logdir-only',
    )
    way.add_argument("--logdir-only", action="store_true", help="print the path of the logs and exit")


def demo_logs() -> Path:
    """Find the demo logs at the root of a checkout, or else a copy of those in the installed package."""
    package = Path(__file__).resolve().parent.parent
    if (package / "_demo_logs").is_dir():
        return own_copy(package / "_demo_logs")
    if (package.parent / "demo_logs").is_dir():
        return package.parent / "demo_logs"
    raise LogdirError(
        "The demo logs are not installed.",
        slug="logdir-no-demo",
        advice="Install tb_contention from its wheel or source distribution, or run from a checkout.",
    )


def own_copy(packaged: Path) -> Path:
    """Copy logs out of the package into the user's cache, once for each content; return the logs themselves where that cannot be done.

    TensorBoard's profile tab writes into a log directory that it shows, and an uninstallation would leave that behind in the package.
    """
    from tb_contention._user_cache import make
    from tb_contention.cache import default_cache_directory

    sizes = sorted((str(f.relative_to(packaged)), f.stat().st_size) for f in packaged.rglob("*") if f.is_file())
    digest = hashlib.blake2b(repr(sizes).encode("utf-8", "surrogateescape"), digest_size=4).hexdigest()
    above = default_cache_directory()
    place = above / "demo" / f"{__version__}-{digest}"
    try:
        if not (make(above) and make(place.parent)):
            return packaged
        if not place.is_dir():
            with tempfile.TemporaryDirectory(dir=place.parent) as folder:
                shutil.copytree(packaged, Path(folder) / "logs")
                (Path(folder) / "logs").rename(place)
    except OSError:
        return place if place.is_dir() else packaged  # another process may have been first
    return place


def run(arguments: argparse.Namespace) -> int:
    """Serve the demo logs until interrupted."""
    logs = demo_logs()
    if arguments.logdir_only:
        print(logs)
        return 0
    if arguments.standalone:
        from tb_contention.cli.serve import serve

        name = "Contention demo"
        return serve(str(logs), name=name, host=arguments.host, port=arguments.port, default_port=_DEFAULT_PORT)
    port = _usable_port(arguments.host, arguments.port)
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(logs)]
    command += ["--host", arguments.host, "--port", str(port)]
    end_on_sigterm()  # TensorBoard must not outlive this process
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, errors="replace") as server:
        try:
            return _follow(server)
        except KeyboardInterrupt:
            print("\nStopped.", file=sys.stderr)
            return 0
        finally:
            _end(server)


def _usable_port(host: str, wanted: int | None) -> int:
    """Return the port that the user wants, or the default; what is taken is replaced as `instead_of` does."""
    port = _DEFAULT_PORT if wanted is None else wanted
    taken = port and _is_taken(host, port)
    return instead_of(port, host, named=wanted is not None) if taken else port


def _is_taken(host: str, port: int) -> bool:
    """Return whether somebody listens on a port of any address of the host, or holds it without listening."""
    try:
        with socket.create_connection((host, port), timeout=0.5):
            return True
    except OSError:
        pass
    try:
        with socket.create_server((host, port)):
            return False
    except OSError as error:
        return error.errno == errno.EADDRINUSE


def _follow(server: subprocess.Popen[str]) -> int:
    """Print the address once TensorBoard serves, then wait until it exits; its last line explains a failure."""
    lines: list[str] = []
    assert server.stderr is not None
    for line in server.stderr:
        address = _ADDRESS.search(line)
        if address and "Press CTRL+C" in line:
            print(f"Contention demo: {address[0].rstrip('/')}/#tb_contention (press Ctrl-C to stop)", flush=True)
        lines = [*lines[-20:], line.strip()]
    code = server.wait()
    if code:
        reason = next((line for line in reversed(lines) if line), "it printed no reason")
        raise ContentionError(
            f"TensorBoard exited with code {code}: {reason.rstrip('.')}.",
            slug="tensorboard-failed",
            advice="Run tb-contention doctor to check the installation.",
        )
    return 0


def _end(server: subprocess.Popen[str]) -> None:
    if server.poll() is None:
        server.terminate()
        try:
            server.wait(timeout=5)
        except subprocess.TimeoutExpired:
            server.kill()
