"""Serve a log directory to agents over the Model Context Protocol, on stdin and stdout; needs `pip install "tb_contention[mcp]"`.

Its tools only read, and only this log directory: list groups, explain one, list findings, compare two groups, predict another schedule.
"""

import argparse
import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tb_contention._version import __version__
from tb_contention.cli.arguments import add_logdir, add_no_cache
from tb_contention.cli.tools import INSTRUCTIONS, TITLES, Tools, words_of
from tb_contention.errors import ContentionError, MissingLibraryError

if TYPE_CHECKING:
    from mcp.server import MCPServer

NAME = "mcp"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_logdir(parser)
    add_no_cache(parser)


def run(arguments: argparse.Namespace) -> int:
    """Serve until stdin is closed."""
    server_of(Tools(arguments.logdir, use_cache=not arguments.no_cache)).run("stdio")
    return 0


def server_of(tools: Tools) -> "MCPServer[Any]":
    """Return a server of these tools; raise MissingLibraryError without the package `mcp`."""
    try:
        from mcp.server import MCPServer
        from mcp.types import ToolAnnotations
    except ImportError as error:
        raise MissingLibraryError(
            "Serving agents needs the package mcp, version 2 or newer.",
            slug="missing-library",
            advice='Install it: pip install "tb_contention[mcp]".',
        ) from error
    server: MCPServer[Any] = MCPServer(
        "tb_contention", title="GPU contention", instructions=INSTRUCTIONS, version=__version__, log_level="ERROR"
    )
    reads = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
    for name, title in TITLES.items():
        server.tool(name=name, title=title, annotations=reads)(_answering(getattr(tools, name)))
    return server


def _answering(tool: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Turn what a user can set right into an answer that the agent reads."""
    from mcp.server.mcpserver.exceptions import ToolError

    @functools.wraps(tool)
    def answer(*args: Any, **kwargs: Any) -> dict[str, Any]:
        try:
            return tool(*args, **kwargs)
        except ContentionError as error:
            raise ToolError(words_of(error)) from None

    return answer
