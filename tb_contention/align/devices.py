"""Which planes of which sessions are one physical GPU: by manifest, by the user's word, or assumed from what they state."""

import re
from dataclasses import dataclass, replace

from tb_contention.align.place import Placed
from tb_contention.model.alignment import DeviceRef, Identity, PhysicalDevice
from tb_contention.model.findings import Origin, Problem, Severity
from tb_contention.model.manifest import ManifestDevice
from tb_contention.model.trace import Device
from tb_contention.units import DeviceId

#: A UUID as drivers make them, which no two GPUs or MIG instances share; its prefix is the recorder's.
_UUID = re.compile(r"(?:GPU-|MIG-)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plane:
    """A plane with work. key: what makes two planes one device; name: what people call it; uuid: of the GPU, where it is a real one."""

    ref: DeviceRef
    session: Placed
    device: Device
    identity: Identity
    key: str
    name: str
    host: str
    uuid: str | None = None


@dataclass(frozen=True, slots=True)
class _Machine:
    """What a session states of its machine, the surest first. A container does not know the name of its machine."""

    node: str | None
    host: str | None
    boot_id: str | None

    def is_another_than(self, other: "_Machine") -> bool:
        """Return whether both state the same kind of fact, and differ in the first such."""
        pairs = ((self.node, other.node), (self.host, other.host), (self.boot_id, other.boot_id))
        return next((mine != theirs for mine, theirs in pairs if mine and theirs), False)


def _machine(session: Placed) -> _Machine:
    stated = session.manifest
    if stated is None:
        return _Machine(None, session.host, None)
    inside = stated.container is not None or stated.pod is not None
    return _Machine(stated.node, stated.host or (None if inside else session.host), stated.boot_id)


def physical_devices(
    sessions: tuple[Placed, ...],
    stated: dict[tuple[str, int], ManifestDevice],
    words: dict[tuple[str, int], str],
) -> tuple[tuple[PhysicalDevice, ...], tuple[Problem, ...]]:
    """Put planes with work together by the physical device they are on.

    stated: what manifests say, by (session id, ordinal); words: the user's names, likewise. Planes with different capabilities are never
    put together, whoever says so.
    """
    planes = [
        _plane(session, use.device, session.sketch.devices[use.device], stated, words)
        for session in sessions
        for use in session.sketch.use
    ]
    keyed: dict[tuple[str, Identity], list[_Plane]] = {}
    for plane in _by_machine(_kept_apart(planes)):
        keyed.setdefault((plane.key, plane.identity), []).append(plane)
    devices: list[PhysicalDevice] = []
    problems: list[Problem] = []
    taken: set[str] = set()
    for (_, identity), members in keyed.items():
        kinds = _by_capabilities(members)
        devices += [_physical(_free_name(members[0].name, taken), identity, kind) for kind in kinds]
        if len(kinds) > 1 and identity is not Identity.ASSUMED:
            problems += [_conflict(members[0].name, plane) for kind in kinds[1:] for plane in kind]
    return tuple(devices), tuple(problems)


def _kept_apart(planes: list[_Plane]) -> list[_Plane]:
    """Key planes apart that only seem to be on one GPU: of one ordinal among several GPUs, or of several ranks of one job."""
    ranks: dict[tuple[str, int], set[int]] = {}
    for plane in planes:
        if plane.identity is Identity.ASSUMED and plane.device.rank is not None:
            ranks.setdefault((plane.key, plane.device.rank[1]), set()).add(plane.device.rank[0])
    several = {key for (key, _), found in ranks.items() if len(found) > 1}
    apart = []
    for plane in planes:
        key = plane.key
        if plane.identity is Identity.ASSUMED and plane.device.unplaced:
            key = f"{key} of {plane.session.id}"
        elif plane.identity is Identity.ASSUMED and key in several:
            key = f"{key} of rank {plane.device.rank}"
        apart.append(plane if key == plane.key else replace(plane, key=key))
    return apart


def _by_machine(planes: list[_Plane]) -> list[_Plane]:
    """Key planes of one UUID alike, whatever their sessions call the machine, unless they state that it is another one."""
    machines: dict[str, list[set[_Machine]]] = {}
    keyed = []
    for plane in planes:
        if plane.uuid is None:
            keyed.append(plane)
            continue
        mine, known = _machine(plane.session), machines.setdefault(plane.uuid, [])
        number = next((n for n, each in enumerate(known) if not any(map(mine.is_another_than, each))), len(known))
        if number == len(known):
            known.append(set())
        known[number].add(mine)
        keyed.append(replace(plane, key=f"{plane.uuid} of machine {number}"))
    return keyed


def _free_name(name: str, taken: set[str]) -> str:
    """Separate two GPUs of the same name: they differ in capabilities, or in UUID under one ordinal."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}~{number}"
    taken.add(free)
    return free


def _plane(
    session: Placed,
    row: int,
    device: Device,
    stated: dict[tuple[str, int], ManifestDevice],
    words: dict[tuple[str, int], str],
) -> _Plane:
    key = (session.id, device.ordinal)
    manifest = stated.get(key)
    if manifest is not None:
        device = replace(
            device, model=device.model or manifest.model, memory_size=device.memory_size or manifest.memory_bytes
        )
    host, uuid, unit = session.host, None, "CPU" if device.is_host else f"GPU:{device.ordinal}"
    node = session.manifest.node if session.manifest is not None else None
    identity, name = Identity.ASSUMED, f"{host}/{unit}"
    place = f"{node} {name}" if node else name  # pods of one name on two nodes
    if key in words:
        identity, name, place = Identity.USER, words[key], words[key]
    elif manifest is not None and (manifest.uuid or manifest.pci_bus_id):
        real = _UUID.fullmatch(manifest.uuid or "")
        uuid = real[1].lower() if real else None
        identity, place = Identity.MANIFEST, f"{node or host}/{manifest.uuid or manifest.pci_bus_id}"
        if node:
            host, name = node, f"{node}/{unit}"
    ref = DeviceRef(session=session.id, device=row)
    return _Plane(
        ref=ref, session=session, device=device, identity=identity, key=place, name=name, host=host, uuid=uuid
    )


def _by_capabilities(planes: list[_Plane]) -> list[list[_Plane]]:
    """Split planes that state different things; one that states less joins the only ones that it does not contradict."""
    kinds: dict[tuple[object, ...], list[int]] = {}
    for row, plane in enumerate(planes):
        kinds.setdefault((plane.session.sketch.era, *_compared(plane).capabilities), []).append(row)
    joined: list[list[list[int]]] = []
    # Stable, so that of kinds that state equally much the one that came first stays first.
    for key in sorted(kinds, key=lambda k: sum(c is None for c in k)):
        rows = kinds[key]
        fitting = [group for group in joined if not any(_differ(planes[rows[0]], planes[kind[0]]) for kind in group)]
        if len(fitting) == 1:
            fitting[0].append(rows)
        else:
            joined.append([rows])
    groups = [sorted(row for kind in group for row in kind) for group in joined]
    return [[planes[row] for row in group] for group in sorted(groups)]


def _compared(plane: _Plane) -> Device:
    """Return a device without what a client of MPS states of its cap or partition instead of the GPU: the number of multiprocessors."""
    return plane.device if plane.identity is Identity.ASSUMED else replace(plane.device, core_count=None)


def _differ(a: _Plane, b: _Plane) -> bool:
    """Return whether two planes contradict each other; one recorder always words the same GPU alike, two may not."""
    mine, theirs = _compared(a), _compared(b)
    if a.session.sketch.era is not b.session.sketch.era:
        return mine.differs_from(theirs)
    pairs = zip(mine.capabilities, theirs.capabilities, strict=True)
    return any(one != other for one, other in pairs if one is not None and other is not None)


def _physical(name: str, identity: Identity, planes: list[_Plane]) -> PhysicalDevice:
    telling = next((p for p in planes if any(c is not None for c in p.device.capabilities)), planes[0])
    cores = max((p.device.core_count for p in planes if p.device.core_count is not None), default=None)
    return PhysicalDevice(
        id=DeviceId(name),
        host=planes[0].host,
        identity=identity,
        device=telling.device if telling.device.core_count == cores else replace(telling.device, core_count=cores),
        planes=tuple(p.ref for p in planes),
    )


def _conflict(name: str, plane: _Plane) -> Problem:
    return Problem(
        file=plane.session.file.relative,
        slug="capability-conflict",
        severity=Severity.ERROR,
        origin=Origin.READING,
        message=f"{plane.session.id}: {plane.device.name} was said to be {name}, but states other capabilities than that GPU; kept apart.",
        advice="Correct the manifest or the --gpu option.",
    )
