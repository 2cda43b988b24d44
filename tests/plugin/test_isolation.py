"""A request that fails, fails alone; a view whose analysis fails, fails alone and is not tried again before its input changes."""

import json
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from werkzeug.test import Client

from tb_contention.plugin import analysing, scanning, workspace
from tb_contention.plugin.plugin import ContentionPlugin
from tb_contention.plugin.responses import application
from tb_contention.plugin.routes import Routes

pytestmark = pytest.mark.injects


def apps_of(logdir: Path) -> dict[str, Any]:
    context = SimpleNamespace(logdir=str(logdir), flags=None, plugin_name_to_instance={})
    return ContentionPlugin(context).get_plugin_apps()


def routes() -> list[str]:
    return sorted(Routes(workspace.Workspace("", ""), has_xprof=lambda: False).table())


def summary(apps: dict[str, Any], **query: str) -> dict[str, Any]:
    """Ask like the panel does, until the view is ready or has failed."""
    for _ in range(1200):
        found: dict[str, Any] = json.loads(Client(apps["/api/summary"]).get("/", query_string=query).data)
        if found["state"] in ("ready", "failed"):
            return found
        time.sleep(0.05)
    raise AssertionError(found)


@pytest.mark.parametrize("route", routes())
def test_a_route_that_fails_answers_with_a_named_error(route: str) -> None:
    def broken(_: object) -> Any:
        raise ZeroDivisionError("injected")

    _, allowed = Routes(workspace.Workspace("", ""), has_xprof=lambda: False).table()[route]
    response = Client(application(broken, allowed)).get("/")

    assert response.status_code == 500
    assert json.loads(response.data)["error"]["slug"] == "internal-error"
    assert "ZeroDivisionError" not in response.get_data(as_text=True)


def test_a_view_that_fails_leaves_the_others_and_is_not_tried_again(
    demo_logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, tries = analysing.analyse_decoded, []  # type: ignore[attr-defined]

    def fails_when_shifted(decoded: Any, options: Any, **more: Any) -> Any:
        if options.shifts:
            tries.append(options)
            raise ZeroDivisionError("injected")
        return real(decoded, options, **more)

    monkeypatch.setattr(analysing, "analyse_decoded", fails_when_shifted)
    monkeypatch.setattr(scanning, "RESCAN_AFTER", 0.1)
    apps = apps_of(demo_logs / "simulated_time_slicing" / "together")
    whole = summary(apps)
    shift = whole["report"]["sessions"][0]["id"] + "=1000"

    failed = summary(apps, shift=shift)
    for _ in range(10):
        time.sleep(0.1)
        summary(apps, shift=shift)

    assert failed["state"] == "failed"
    assert "ZeroDivisionError: injected" in failed["message"]
    assert len(tries) == 1
    assert summary(apps)["report"] == whole["report"]
