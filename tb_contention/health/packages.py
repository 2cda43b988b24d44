"""Check the installed distributions: their versions, their requirements, and whether they can be imported."""

import importlib
import importlib.metadata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tb_contention.model.health import Check, Status

OWN = "tb_contention"
#: What the tab and the traces depend on; BESIDE are only listed if installed.
NEEDED = ("tensorboard", "protobuf", "numpy", "numba")
BESIDE = (
    "tensorflow", "tensorflow-cpu", "tf-nightly", "jax", "jaxlib", "xprof", "tensorboard-plugin-profile", "setuptools",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """An installed distribution, from its metadata. requires: as written there."""

    name: str
    version: str
    requires: tuple[str, ...] = ()


def installed(names: Iterable[str] = (OWN, *NEEDED, *BESIDE)) -> dict[str, Package]:
    """Read the metadata of distributions; import nothing."""
    return {name: package for name in names for package in _package(name)}


def _package(name: str) -> tuple[Package, ...]:
    try:
        metadata = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return ()
    return (Package(name=name, version=metadata.version, requires=tuple(metadata.requires or ())),)


def versions(packages: Mapping[str, Package], python: str) -> Check:
    """List the versions."""
    listed = [f"python {python}", *(f"{p.name} {p.version}" for p in packages.values())]
    return Check(name="versions", status=Status.OK, message=", ".join(listed))


def requirements(packages: Mapping[str, Package]) -> list[Check]:
    """Compare versions with the ranges that the packages' metadata require.

    An unmet requirement of this package is a fault; one of another package is a note, as its metadata may be stricter than necessary.
    """
    if OWN not in packages:
        message = "tb_contention is not installed as a package, so its requirements are unknown"
        return [
            _requirement(
                Status.NOTE, message, "Install it: pip install tb_contention, or pip install -e . in a checkout."
            )
        ]
    try:
        importlib.import_module("packaging.requirements")
    except ImportError:
        return [
            _requirement(
                Status.NOTE, "requirements cannot be checked: the package packaging is missing", "pip install packaging"
            )
        ]
    found = [check for package in packages.values() for check in _unmet(package, packages)]
    return found or [_requirement(Status.OK, "all installed versions meet the requirements")]


def _unmet(package: Package, packages: Mapping[str, Package]) -> list[Check]:
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    there = {canonicalize_name(p.name): p for p in packages.values()}
    found = []
    for text in package.requires:
        try:
            asked = Requirement(text)
        except InvalidRequirement:
            continue
        if asked.marker is not None and not asked.marker.evaluate({"extra": ""}):
            continue
        other = there.get(canonicalize_name(asked.name))
        own = package.name == OWN
        if other is not None and not asked.specifier.contains(other.version, prereleases=True):
            message = f"{package.name} {package.version} requires {asked.name}{asked.specifier}, but {other.version} is installed"
            status = Status.FAULT if own else Status.NOTE
            found.append(_requirement(status, message, f'pip install "{asked.name}{asked.specifier}"'))
        elif other is None and own and asked.name in NEEDED:
            message = f"{asked.name}{asked.specifier} is not installed"
            found.append(_requirement(Status.FAULT, message, f'pip install "{asked.name}{asked.specifier}"'))
    return found


def _requirement(status: Status, message: str, remedy: str = "") -> Check:
    return Check(name="requirements", status=status, message=message, remedy=remedy)


def imports(modules: Iterable[str]) -> Check:
    """Import modules: a package of the right version can still be broken, such as numba with a newer numpy."""
    names = tuple(modules)
    for name in names:
        trouble = _trouble(name)
        if trouble:
            return Check(
                name="imports",
                status=Status.FAULT,
                message=f"{name} cannot be imported: {trouble}",
                remedy="Reinstall it with compatible versions: pip install --upgrade --force-reinstall tb_contention",
            )
    return Check(name="imports", status=Status.OK, message=f"{', '.join(names)} can be imported")


def _trouble(module: str) -> str:
    try:
        importlib.import_module(module)
    except Exception as error:
        return f"{type(error).__name__}: {_one_line(error)}"
    return ""


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]


def old_tensorboard(packages: Mapping[str, Package], *, has_pkg_resources: bool) -> list[Check]:
    """Check for a TensorBoard that cannot start: releases up to 2.20 import pkg_resources, which setuptools 82 removed."""
    board = packages.get("tensorboard")
    if board is None or has_pkg_resources or _pair(board.version) >= (2, 21):
        return []
    return [
        Check(
            name="tensorboard-starts",
            status=Status.FAULT,
            message=f"tensorboard {board.version} cannot start: it imports pkg_resources, which is not installed",
            remedy='pip install "setuptools<82", or "tensorboard>=2.21"',
        )
    ]


def _pair(version: str) -> tuple[int, int]:
    major, _, rest = version.partition(".")
    minor = rest.partition(".")[0]
    return (int(major), int(minor)) if major.isdecimal() and minor.isdecimal() else (0, 0)
