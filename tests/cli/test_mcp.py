"""Agents reach the tools through the package's own client, over stdio."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tb_contention.cli.main import main
from tb_contention.cli.tools import TITLES


def test_without_the_package_it_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "mcp.server", None)
    assert main(["mcp", str(tmp_path)]) == 1
    assert "tb_contention[mcp]" in capsys.readouterr().err


@pytest.mark.full
def test_a_client_lists_and_calls_the_tools(demo_logs: Path) -> None:
    mcp: Any = pytest.importorskip("mcp", reason="needs mcp of the extra [mcp]")
    logs = str(demo_logs / "simulated_time_slicing")
    program = mcp.StdioServerParameters(
        command=sys.executable, args=["-m", "tb_contention", "mcp", logs], cwd=str(demo_logs.parent)
    )

    async def talk() -> None:
        async with mcp.Client(program) as client:
            listed = {tool.name: tool for tool in (await client.list_tools()).tools}
            assert set(listed) == set(TITLES)
            assert all(tool.annotations.read_only_hint for tool in listed.values())
            groups = (await client.call_tool("list_groups", {"limit": 1})).structured_content["groups"]
            found = await client.call_tool("explain", {"group": groups[0]["id"]})
            assert not found.is_error
            assert found.structured_content["answer"] == "yes"
            assert json.loads(found.content[0].text) == found.structured_content
            asked = await client.call_tool("what_if", {"group": groups[0]["id"], "changes": ["cap:trainer=40"]})
            assert len(asked.structured_content["what_if"]) == 1
            refused = await client.call_tool("explain", {"group": "0000000000"})
            assert refused.is_error
            assert "0000000000" in refused.content[0].text
            assert "Traceback" not in refused.content[0].text

    asyncio.run(talk())
