"""What TensorBoard imports at its start: nothing here may fail, or TensorBoard would not start at all.

Only the standard library and TensorBoard's base class are imported; the rest comes when the plugin is loaded, and if that fails the tab
shows why instead of vanishing.
"""

import argparse
import contextlib
import json
import logging
from collections.abc import Callable, Iterable
from typing import Any

from tensorboard.plugins import base_plugin

from tb_contention.plugin.metadata import NAME, TAB_NAME


class ContentionLoader(base_plugin.TBLoader):
    """Load the plugin, or one that explains why it cannot be loaded."""

    def define_flags(self, parser: Any) -> None:
        """Add the option of the tab; another plugin may have one of the same name."""
        with contextlib.suppress(argparse.ArgumentError):
            parser.add_argument_group("contention plugin").add_argument(
                "--contention_memory",
                metavar="SIZE",
                default="",
                help="memory for decoded traces, like 2GiB or 500MB (default: a quarter of the memory)",
            )

    def fix_flags(self, flags: Any) -> None:
        """Refuse a size that is none, as TensorBoard refuses its own options."""
        word = getattr(flags, "contention_memory", "")
        if not word:
            return
        from tb_contention.model.sizes import bytes_in

        if bytes_in(word) is None:
            raise base_plugin.FlagsError(
                f"--contention_memory: {word[:64]!r} is not a memory size; write it like 2GiB or 500MB"
            )

    def load(self, context: Any) -> Any:
        """Return the plugin for TensorBoard's context."""
        try:
            flags = getattr(context, "flags", None)
            if getattr(context, "logdir", "") or getattr(flags, "logdir_spec", ""):
                from tb_contention._beside import begin_tab

                begin_tab()
            from tb_contention.plugin.plugin import ContentionPlugin

            return ContentionPlugin(context)
        except Exception as error:
            logging.getLogger(__name__).exception("tb_contention cannot be loaded")
            return BrokenPlugin(context, f"{type(error).__name__}: {error}")


class BrokenPlugin(base_plugin.TBPlugin):
    """A tab that says what is wrong with the installation."""

    plugin_name = NAME

    def __init__(self, context: Any, reason: str) -> None:
        super().__init__(context)
        self._reason = reason

    def get_plugin_apps(self) -> dict[str, Any]:
        """Serve one page."""
        return {"/index.js": self._page}

    def is_active(self) -> bool:
        """Show the tab, so that the reason is found."""
        return True

    def frontend_metadata(self) -> Any:
        """Name the page."""
        return base_plugin.FrontendMetadata(es_module_path="/index.js", tab_name=TAB_NAME)

    def _page(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        text = (
            f"tb_contention could not be loaded: {self._reason}. "
            "Install it again in TensorBoard's environment: pip install --force-reinstall tb_contention"
        )
        body = (
            "export function render() { const p = document.createElement('p'); p.style.font = '14px sans-serif'; "
            f"p.textContent = {json.dumps(text)}; document.body.append(p); }}"
        ).encode()
        start_response(
            "200 OK", [("Content-Type", "text/javascript; charset=utf-8"), ("Content-Length", str(len(body)))]
        )
        return [body]
