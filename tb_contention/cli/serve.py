"""Serve the panel of a log directory alone, without TensorBoard; needs `pip install "tb_contention[serve]"`.

The routes and the panel are those of the tab. Only this machine can ask, unless `--host` names another address: then the address that is
printed holds a token, and whoever lacks it is refused.
"""

import argparse
import errno
import logging
import re
import socket
import sys
from collections.abc import Callable
from typing import Any

from tb_contention.cli.arguments import add_logdir
from tb_contention.cli.parsing import parse_port, parse_size
from tb_contention.cli.serving import end_on_sigterm, instead_of
from tb_contention.cli.terminal import printable
from tb_contention.errors import ContentionError, MissingLibraryError

NAME = "serve"
_DEFAULT_PORT = 6007
#: Requests that are answered at once; one for a report may wait for it.
_THREADS = 16
#: Bytes of a request's body, which no route takes.
_MOST_BODY = 1 << 16
_FOLDER = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9_.~-]*")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_logdir(parser)
    parser.add_argument(
        "--host", default="127.0.0.1",
        help="address to listen on (default 127.0.0.1); any that other machines reach needs the token in the printed address",
    )  # fmt: skip
    parser.add_argument(
        "--port", type=parse_port, default=None,
        help=f"port to listen on, which must be free; 0: any free port; default {_DEFAULT_PORT}, or any free port if that is taken",
    )  # fmt: skip
    parser.add_argument(
        "--path-prefix", type=_prefix, default="", metavar="PATH",
        help="path below which everything is served, like /contention, behind a proxy that passes it on (default: none)",
    )  # fmt: skip
    parser.add_argument(
        "--memory", type=parse_size, default=None, metavar="SIZE",
        help="memory for decoded traces, like 2GiB or 500MB (default: a quarter of the memory)",
    )  # fmt: skip


def _prefix(word: str) -> str:
    folders = [folder for folder in word.split("/") if folder]
    if not all(map(_FOLDER.fullmatch, folders)):
        raise argparse.ArgumentTypeError(f"{word[:64]!r} is not a path of letters, digits, '.', '_', '~' and '-'")
    return "".join(f"/{folder}" for folder in folders)


def run(arguments: argparse.Namespace) -> int:
    """Serve until interrupted."""
    return serve(
        arguments.logdir,
        name="Contention",
        host=arguments.host,
        port=arguments.port,
        default_port=_DEFAULT_PORT,
        prefix=arguments.path_prefix,
        memory=arguments.memory,
    )


def serve(
    logdir: str,
    *,
    name: str,
    host: str,
    port: int | None,
    default_port: int,
    prefix: str = "",
    memory: int | None = None,
) -> int:
    """Serve a log directory until interrupted; print a name before the address. The rest is what the options of this command state."""
    create_server = _waitress()
    from tb_contention.recorders.discover import check_places

    check_places(logdir)
    with _listening(host, port, default_port) as listener:
        end_on_sigterm()
        token = "" if _is_loopback(listener) else _new_token()
        server = create_server(
            _application(logdir, memory, prefix, token),
            sockets=[listener],
            threads=_THREADS,
            max_request_body_size=_MOST_BODY,
            ident=None,
        )
        page = f"{_address(host, listener)}{prefix}/{f'?token={token}' if token else ''}"
        try:
            print(f"{name}: {page} (press Ctrl-C to stop)", flush=True)
            server.run()  # returns where it is interrupted
        except KeyboardInterrupt:  # just before or after
            pass
        finally:
            server.close()
    print("\nStopped.", file=sys.stderr)
    return 0


def _waitress() -> Callable[..., Any]:
    try:
        from waitress import create_server
    except ImportError as error:
        raise MissingLibraryError(
            "Serving without TensorBoard needs the package waitress.",
            slug="missing-library",
            advice='Install it: pip install "tb_contention[serve]".',
        ) from error
    # A page asks for many tiles at once, and some of them wait a moment: that is no news.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    made: Callable[..., Any] = create_server
    return made


def _application(logdir: str, memory: int | None, prefix: str, token: str) -> Any:
    """Return the application, once its log directory is being looked through."""
    from tb_contention._beside import begin_tab

    begin_tab()
    from tb_contention.plugin.alone import panel_alone
    from tb_contention.plugin.routes import Routes
    from tb_contention.plugin.workspace import Workspace

    workspace = Workspace(logdir, "", memory)
    workspace.has_captures(0.0)
    return panel_alone(Routes(workspace, has_xprof=lambda: False), prefix=prefix, token=token)


def _listening(host: str, wanted: int | None, default_port: int) -> socket.socket:
    """Return a socket on the port that the user wants, or on the default; what is taken is replaced as `instead_of` does."""
    port = default_port if wanted is None else wanted
    try:
        try:
            return _bound(host, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
        return _bound(host, instead_of(port, host, named=wanted is not None))
    except OSError as error:
        raise ContentionError(
            f"Cannot listen on port {port} of {printable(host)}: {error.strerror or error}.",
            slug="cannot-listen",
            advice="Name an address of this machine with --host, and a port that you may use with --port.",
        ) from None
    except UnicodeError:
        raise ContentionError(
            f"--host {printable(host)[:64]!r} is no name of a machine.",
            slug="cannot-listen",
            advice="Name an address of this machine.",
        ) from None


def _bound(host: str, port: int) -> socket.socket:
    family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    return socket.create_server((str(address[0]), port), family=family, backlog=128)


def _is_loopback(listener: socket.socket) -> bool:
    import ipaddress

    return ipaddress.ip_address(listener.getsockname()[0].partition("%")[0]).is_loopback


def _new_token() -> str:
    import secrets

    return secrets.token_urlsafe(24)


def _address(host: str, listener: socket.socket) -> str:
    """Return the address under which a browser finds the server: by the machine's name where it listens on all of its addresses."""
    place, port = listener.getsockname()[:2]
    name = socket.gethostname() if place in ("0.0.0.0", "::") else host
    return f"http://{f'[{name}]' if ':' in name else name}:{port}"
