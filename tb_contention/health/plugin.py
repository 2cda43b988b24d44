"""Check whether TensorBoard finds and loads the tab, whether its page is complete, and whether xprof's tab is installed."""

import hashlib
import importlib
import importlib.metadata
import json
from collections.abc import Sequence
from pathlib import Path

from tb_contention.model.health import Check, Status

GROUP = "tensorboard_plugins"
NAME = "tb_contention"
#: Entry points of the profiler's own tab: the current one, and that from before it was called xprof.
_PROFILERS = ("profile", "profile_plugin")
_INSTALL = "Install it in TensorBoard's environment: pip install tb_contention, or pip install -e . in a checkout."
_AGAIN = "pip install --force-reinstall tb_contention"


def entry_points() -> tuple[importlib.metadata.EntryPoint, ...]:
    """Return the entry points that TensorBoard loads plugins from."""
    return tuple(importlib.metadata.entry_points(group=GROUP))


def entry_point(found: Sequence[importlib.metadata.EntryPoint], version: str) -> Check:
    """Check that TensorBoard finds this package once, in the running version."""
    own = [entry for entry in found if entry.name == NAME]
    if not own:
        message = "TensorBoard does not find the tab: its entry point is missing in this environment"
        return Check(name="entry-point", status=Status.FAULT, message=message, remedy=_INSTALL)
    places = sorted({f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.value for entry in own})
    if len(own) > 1:
        message = f"{len(own)} packages provide the tab ({', '.join(places)}): TensorBoard loads one or refuses both"
        return Check(
            name="entry-point", status=Status.FAULT, message=message, remedy="Uninstall all but one with pip uninstall."
        )
    announced = own[0].dist.version if own[0].dist else ""
    if announced and announced != version:
        message = f"TensorBoard finds version {announced} in the metadata, but the code is version {version}"
        return Check(
            name="entry-point", status=Status.NOTE, message=message, remedy="Reinstall it, so that the two agree."
        )
    return Check(
        name="entry-point", status=Status.OK, message=f"TensorBoard finds the tab ({places[0]}, {own[0].value})"
    )


def loads(found: Sequence[importlib.metadata.EntryPoint]) -> list[Check]:
    """Load the entry point and the plugin behind it, as TensorBoard does when it starts."""
    own = [entry for entry in found if entry.name == NAME]
    if not own:
        return []
    try:
        loader = own[0].load()
        importlib.import_module(f"{loader.__module__.rpartition('.')[0]}.plugin")
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        return [Check(name="loads", status=Status.FAULT, message=f"the tab cannot be loaded: {reason}", remedy=_AGAIN)]
    return [Check(name="loads", status=Status.OK, message="the tab can be loaded")]


def bundle(folder: Path) -> Check:
    """Compare the files of the page with their hashes from the build."""
    try:
        stated = json.loads((folder / "MANIFEST.json").read_text(encoding="utf-8"))["files"]
        wrong = [name for name, digest in stated.items() if not _is_whole(folder / name, digest)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"the page's MANIFEST.json cannot be read: {type(error).__name__}"
        return Check(name="bundle", status=Status.FAULT, message=message, remedy=_AGAIN)
    if wrong or not stated:
        message = f"files of the page are missing or modified: {', '.join(sorted(wrong)) or 'all'}"
        return Check(name="bundle", status=Status.FAULT, message=message, remedy=_AGAIN)
    return Check(name="bundle", status=Status.OK, message=f"the page is complete ({len(stated)} files)")


def _is_whole(path: Path, digest: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == digest


def profiler(found: Sequence[importlib.metadata.EntryPoint]) -> Check:
    """Report whether the profiler's own tab is installed; neither tab needs the other."""
    there = [entry for entry in found if entry.name in _PROFILERS]
    if not there:
        message = "xprof's Profile tab is not installed; this tab does not need it"
    else:
        named = ", ".join(f"{e.dist.name} {e.dist.version}" if e.dist else e.value for e in there)
        message = f"xprof's Profile tab is installed ({named})"
    return Check(name="xprof", status=Status.OK, message=message)


def command(tensorboard: str | None, python: str) -> Check:
    """Check that the `tensorboard` on PATH belongs to the environment of the running interpreter."""
    remedy = f"Start TensorBoard with: {python} -m tensorboard.main --logdir LOGDIR"
    if tensorboard is None:
        message = "no tensorboard command is on PATH"
        return Check(name="tensorboard-command", status=Status.NOTE, message=message, remedy=remedy)
    if Path(tensorboard).parent != Path(python).parent:
        message = f"the tensorboard on PATH, {tensorboard}, is not in the environment of {python} and may lack this tab"
        return Check(name="tensorboard-command", status=Status.NOTE, message=message, remedy=remedy)
    return Check(name="tensorboard-command", status=Status.OK, message=f"{tensorboard} belongs to this environment")
