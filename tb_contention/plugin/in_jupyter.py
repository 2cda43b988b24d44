"""The entry for jupyter-server-proxy: a tile in Jupyter's launcher that serves the panel behind Jupyter's own address and login.

Jupyter imports this at its start: only the standard library is imported.
"""

import os
import sys
from typing import Any


def entry() -> dict[str, Any]:
    """Tell how to start the server. The log directory is TB_CONTENTION_LOGDIR, or else the folder in which Jupyter was started."""
    logdir = os.environ.get("TB_CONTENTION_LOGDIR") or "."
    words = (sys.executable, "-m", "tb_contention", "serve", "--host", "127.0.0.1", "--port", "{port}", "--", logdir)
    return {
        # All words are templates, in which a brace stands for itself where it is doubled.
        "command": [w if w == "{port}" else w.replace("{", "{{").replace("}", "}}") for w in words],
        "timeout": 60,
        # Jupyter cuts its own prefix off, and the panel asks for everything relative to its page.
        "absolute_url": False,
        # Jupyter passes on the name by which the browser knows it, which the server does not answer to.
        "request_headers_override": {"Host": "127.0.0.1:{port}"},
        "new_browser_tab": True,
        "launcher_entry": {"enabled": True, "title": "GPU contention"},
    }
