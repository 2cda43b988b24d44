"""Does TensorBoard find the tab, can it be loaded, is its page whole, and is xprof's tab beside it."""

import hashlib
import importlib
import importlib.metadata
import json
from collections.abc import Sequence
from pathlib import Path

from tb_contention.model.health import Check, Status

GROUP = "tensorboard_plugins"
NAME = "tb_contention"
#: Names under which the profiler's own tab announces itself: now, and before it was called xprof.
_PROFILERS = ("profile", "profile_plugin")
_INSTALL = "Install it where TensorBoard is: pip install tb_contention, or pip install -e . in a checkout."
_AGAIN = "pip install --force-reinstall tb_contention"


def entry_points() -> tuple[importlib.metadata.EntryPoint, ...]:
    """Return what TensorBoard would look through."""
    return tuple(importlib.metadata.entry_points(group=GROUP))


def entry_point(found: Sequence[importlib.metadata.EntryPoint], version: str) -> Check:
    """Check that TensorBoard finds this package, once, in the version that runs here."""
    own = [entry for entry in found if entry.name == NAME]
    if not own:
        message = "TensorBoard does not find the tab: this environment has no entry point of it"
        return Check(name="entry-point", status=Status.FAULT, message=message, remedy=_INSTALL)
    places = sorted({f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.value for entry in own})
    if len(own) > 1:
        message = f"the tab is announced {len(own)} times ({', '.join(places)}): TensorBoard takes one or refuses both"
        return Check(name="entry-point", status=Status.FAULT, message=message, remedy="pip uninstall all but one.")
    announced = own[0].dist.version if own[0].dist else ""
    if announced and announced != version:
        message = f"TensorBoard finds the metadata of {announced}, and the code here is {version}"
        return Check(
            name="entry-point", status=Status.NOTE, message=message, remedy="Install it again, so that they agree."
        )
    return Check(
        name="entry-point", status=Status.OK, message=f"TensorBoard finds the tab ({places[0]}, {own[0].value})"
    )


def loads(found: Sequence[importlib.metadata.EntryPoint]) -> list[Check]:
    """Load what the entry point names, and the plugin behind it, as TensorBoard does at its start."""
    own = [entry for entry in found if entry.name == NAME]
    if not own:
        return []
    try:
        loader = own[0].load()
        importlib.import_module(f"{loader.__module__.rpartition('.')[0]}.plugin")
    except Exception as error:
        told = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        return [Check(name="loads", status=Status.FAULT, message=f"the tab cannot be loaded: {told}", remedy=_AGAIN)]
    return [Check(name="loads", status=Status.OK, message="the tab can be loaded")]


def bundle(folder: Path) -> Check:
    """Compare the files of the page with the hashes that were written when it was built."""
    try:
        stated = json.loads((folder / "MANIFEST.json").read_text(encoding="utf-8"))["files"]
        wrong = [name for name, digest in stated.items() if not _is_whole(folder / name, digest)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"the list of the page's files cannot be read: {type(error).__name__}"
        return Check(name="bundle", status=Status.FAULT, message=message, remedy=_AGAIN)
    if wrong or not stated:
        message = f"files of the page are missing or not as built: {', '.join(sorted(wrong)) or 'all'}"
        return Check(name="bundle", status=Status.FAULT, message=message, remedy=_AGAIN)
    return Check(name="bundle", status=Status.OK, message=f"the page is whole ({len(stated)} files)")


def _is_whole(path: Path, digest: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == digest


def profiler(found: Sequence[importlib.metadata.EntryPoint]) -> Check:
    """Say whether the profiler's own tab is beside this one; neither needs the other."""
    there = [entry for entry in found if entry.name in _PROFILERS]
    if not there:
        message = "xprof's Profile tab is not installed, which is fine: this tab does without it"
    else:
        named = ", ".join(f"{e.dist.name} {e.dist.version}" if e.dist else e.value for e in there)
        message = f"the Profile tab is beside this one ({named})"
    return Check(name="xprof", status=Status.OK, message=message)


def command(tensorboard: str | None, python: str) -> Check:
    """Compare the environment of the `tensorboard` on PATH with that of the interpreter that runs here."""
    remedy = f"Start it with: {python} -m tensorboard.main --logdir LOGDIR"
    if tensorboard is None:
        message = "no tensorboard command is on PATH"
        return Check(name="tensorboard-command", status=Status.NOTE, message=message, remedy=remedy)
    if Path(tensorboard).parent != Path(python).parent:
        message = (
            f"the tensorboard on PATH, {tensorboard}, is not of the environment of {python}: it may not have this tab"
        )
        return Check(name="tensorboard-command", status=Status.NOTE, message=message, remedy=remedy)
    return Check(name="tensorboard-command", status=Status.OK, message=f"{tensorboard} is of this environment")
