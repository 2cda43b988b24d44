"""Installed distributions -> what is there, and whose requirements are not met."""

import importlib
import importlib.metadata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tb_contention.model.health import Check, Status

OWN = "tb_contention"
#: What the tab and the traces depend on; the others are told when they are there.
NEEDED = ("tensorboard", "protobuf", "numpy", "numba")
BESIDE = (
    "tensorflow", "tensorflow-cpu", "tf-nightly", "jax", "jaxlib", "xprof", "tensorboard-plugin-profile", "setuptools",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """An installed distribution by its metadata; requires: as written there."""

    name: str
    version: str
    requires: tuple[str, ...] = ()


def installed(names: Iterable[str] = (OWN, *NEEDED, *BESIDE)) -> dict[str, Package]:
    """Read metadata; nothing is imported."""
    return {name: package for name in names for package in _package(name)}


def _package(name: str) -> tuple[Package, ...]:
    try:
        metadata = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return ()
    return (Package(name=name, version=metadata.version, requires=tuple(metadata.requires or ())),)


def versions(packages: Mapping[str, Package], python: str) -> Check:
    """List versions."""
    told = [f"python {python}", *(f"{p.name} {p.version}" for p in packages.values())]
    return Check(name="versions", status=Status.OK, message=", ".join(told))


def requirements(packages: Mapping[str, Package]) -> list[Check]:
    """Compare versions with the ranges that the metadata of these packages ask for.

    An unmet requirement of this package is a fault; one of another package is told, as its own metadata may be stricter than need be.
    """
    if OWN not in packages:
        message = "tb_contention is not installed as a package here, so its requirements are not known"
        return [_requirement(Status.NOTE, message, "pip install it, or pip install -e . in a checkout.")]
    try:
        importlib.import_module("packaging.requirements")
    except ImportError:
        return [_requirement(Status.NOTE, "ranges cannot be compared: packaging is missing", "pip install packaging")]
    found = [check for package in packages.values() for check in _unmet(package, packages)]
    return found or [_requirement(Status.OK, "the versions are in the ranges that these packages ask of each other")]


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
            message = (
                f"{package.name} {package.version} asks for {asked.name}{asked.specifier}, and {other.version} is there"
            )
            status = Status.FAULT if own else Status.NOTE
            found.append(_requirement(status, message, f'pip install "{asked.name}{asked.specifier}"'))
        elif other is None and own and asked.name in NEEDED:
            message = f"{asked.name}{asked.specifier} is missing"
            found.append(_requirement(Status.FAULT, message, f'pip install "{asked.name}{asked.specifier}"'))
    return found


def _requirement(status: Status, message: str, remedy: str = "") -> Check:
    return Check(name="requirements", status=status, message=message, remedy=remedy)


def imports(modules: Iterable[str]) -> Check:
    """Import modules: a package can be installed in the right version and not work, as numba with a newer numpy."""
    names = tuple(modules)
    for name in names:
        trouble = _trouble(name)
        if trouble:
            return Check(
                name="imports",
                status=Status.FAULT,
                message=f"{name} cannot be imported: {trouble}",
                remedy="Install it again in versions that fit: pip install --upgrade --force-reinstall tb_contention",
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
    """Tell a TensorBoard that cannot start: up to 2.20 it imports pkg_resources, which setuptools 82 no longer has."""
    board = packages.get("tensorboard")
    if board is None or has_pkg_resources or _pair(board.version) >= (2, 21):
        return []
    return [
        Check(
            name="tensorboard-starts",
            status=Status.FAULT,
            message=f"tensorboard {board.version} imports pkg_resources, which is not there",
            remedy='pip install "setuptools<82", or tensorboard 2.21 or later.',
        )
    ]


def _pair(version: str) -> tuple[int, int]:
    major, _, rest = version.partition(".")
    minor = rest.partition(".")[0]
    return (int(major), int(minor)) if major.isdecimal() and minor.isdecimal() else (0, 0)
