"""Line up the GPU kernels of several profiled sessions on one clock per GPU, and show where they contend.

The public names are loaded when they are first asked for, so that `import tb_contention` costs nothing inside TensorBoard.
"""

from typing import TYPE_CHECKING, Any

from tb_contention._version import __version__

if TYPE_CHECKING:
    from tb_contention.analysis import Options as Options
    from tb_contention.annotate import session as session
    from tb_contention.capture.profile import manifest as manifest
    from tb_contention.capture.profile import profile as profile
    from tb_contention.dataset.running import batch as batch
    from tb_contention.errors import ContentionError as ContentionError
    from tb_contention.index.selection import Selection as Selection
    from tb_contention.model.face import Face
    from tb_contention.model.report import Report as Report
    from tb_contention.pipeline import analyse as analyse
    from tb_contention.pipeline import listing as listing

__all__ = [
    "ContentionError",
    "Options",
    "Report",
    "Selection",
    "__version__",
    "analyse",
    "batch",
    "listing",
    "manifest",
    "profile",
    "session",
]

_HOMES = {
    "analyse": "tb_contention.pipeline",
    "batch": "tb_contention.dataset.running",
    "Options": "tb_contention.analysis",
    "listing": "tb_contention.pipeline",
    "Selection": "tb_contention.index.selection",
    "Report": "tb_contention.model.report",
    "ContentionError": "tb_contention.errors",
    "session": "tb_contention.annotate",
    "profile": "tb_contention.capture.profile",
    "manifest": "tb_contention.capture.profile",
}


def face() -> "Face":
    """Say who answers when a report is to show itself (`tb_contention.model.face.Face`); imported when it is asked for."""
    from tb_contention import notebook

    return notebook


def __dir__() -> list[str]:
    """List what is meant for users; the rest of the package is its own affair."""
    return sorted(__all__)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'tb_contention' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
