"""The tab as TensorBoard sees it: its routes, whether it is shown, and the module of its panel."""

from typing import Any

from tensorboard.plugins import base_plugin

from tb_contention.model.sizes import bytes_in
from tb_contention.plugin.metadata import NAME, TAB_NAME
from tb_contention.plugin.responses import Application
from tb_contention.plugin.routes import Routes
from tb_contention.plugin.workspace import Workspace

_FIRST_WAIT = 0.3  # seconds that the first `is_active` may hold up TensorBoard's list of tabs


class ContentionPlugin(base_plugin.TBPlugin):
    """The Contention tab. Nothing is read before TensorBoard asks for it, and then in the background."""

    plugin_name = NAME

    def __init__(self, context: Any) -> None:
        super().__init__(context)
        flags = getattr(context, "flags", None)
        logdir = getattr(context, "logdir", None) or ""
        spec = "" if logdir else (getattr(flags, "logdir_spec", "") or "")
        memory = bytes_in(getattr(flags, "contention_memory", "") or "")
        self._workspace = Workspace(logdir, spec, memory)
        self._context = context
        self._workspace.has_captures(0.0)  # so that the log directory is looked through before the first page asks

    def get_plugin_apps(self) -> dict[str, Application]:
        """Name the routes."""
        return Routes(self._workspace, has_xprof=self._has_xprof).applications()

    def is_active(self) -> bool:
        """Return whether there are captures; looks in the background and waits a moment at the first call only."""
        return self._workspace.has_captures(_FIRST_WAIT)

    def frontend_metadata(self) -> Any:
        """Name the panel's module; the panel reloads itself."""
        return base_plugin.FrontendMetadata(es_module_path="/index.js", tab_name=TAB_NAME, disable_reload=True)

    def _has_xprof(self) -> bool:
        return "profile" in (getattr(self._context, "plugin_name_to_instance", None) or {})
