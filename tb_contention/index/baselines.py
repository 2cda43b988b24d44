"""Which captures of a log directory may show the work of others alone, judged by what the index knows of them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property

from tb_contention.align.place import Placed, says_alone
from tb_contention.index.snapshot import Snapshot
from tb_contention.model.baseline import Found
from tb_contention.model.capture import CaptureFile
from tb_contention.model.manifest import model_of
from tb_contention.model.sketch import MOST_NAMES
from tb_contention.units import SessionId

#: Captures that are looked at for one session, and in all; no more bytes than that.
MOST_EACH, MOST, MOST_BYTES = 3, 24, 1 << 30
#: Captures that are looked at for the sessions inside one process, and the part of the kernels' names of one that the process has, too.
_MOST_INSIDE, _INSIDE = 8, 0.9
#: By how much the kernels per step of two captures of the same work differ at most, beside what the edges of the captures cut off.
_PER_STEP = 0.05
#: The rank of what may show one of the sessions inside a process.
PART_OF_IT = 4
#: A process id at the end of a name.
_PROCESS = re.compile(r"-\d+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A capture that may show the work of another one alone.

    is_named: by the user, the manifest, or a session's name that is the same, so that it is worth saying why it is not used. beside:
    names of captures that ran at the same time on one device, by their clocks.
    """

    id: SessionId
    file: CaptureFile
    label: str
    found: Found
    is_named: bool
    beside: Mapping[SessionId, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Alone:
    """The captures of a whole log directory that may have run alone, looked up often."""

    snapshot: Snapshot

    @cached_property
    def beside(self) -> Mapping[SessionId, tuple[SessionId, ...]]:
        """What ran beside each capture."""
        found: dict[SessionId, tuple[SessionId, ...]] = {}
        for group in self.snapshot.groups:
            for member in group.members:
                others = tuple(m.id for m in group.members if m.id != member.id)
                found[member.id] = tuple(dict.fromkeys((*found.get(member.id, ()), *others)))
        return found

    @cached_property
    def _eligible(self) -> tuple[Placed, ...]:
        """Those that may be baselines or need one: what ran on a GPU, and what `tb-contention run` recorded, on whatever device."""
        placed = self.snapshot.arranged.placed
        return tuple(p for p in placed if on_gpu(p) or (p.manifest is not None and p.manifest.recorded is not None))

    @cached_property
    def in_file(self) -> Mapping[CaptureFile, tuple[Placed, ...]]:
        """The captures in each file."""
        return _by_file(self.snapshot.arranged.placed)

    @cached_property
    def _eligible_in_file(self) -> Mapping[CaptureFile, tuple[Placed, ...]]:
        return _by_file(self._eligible)

    @cached_property
    def _said(self) -> tuple[Placed, ...]:
        """Those of which a manifest or a folder says that they ran alone."""
        return tuple(filter(says_alone, self._eligible))

    @cached_property
    def _quiet(self) -> tuple[Placed, ...]:
        """These, and those beside which no other was captured."""
        return tuple(p for p in self._eligible if not self.beside.get(p.id) or says_alone(p))

    def propose(self, files: Iterable[CaptureFile]) -> dict[SessionId, tuple[Proposal, ...]]:
        """Propose captures as baselines of those in some files, the best first; few enough to be decoded."""
        wanted = set(files)
        made: dict[SessionId, tuple[Proposal, ...]] = {}
        for victim in (p for file in wanted for p in self._eligible_in_file.get(file, ())):
            if not says_alone(victim):
                # One capture alone says nothing of another one alone, unless it is said which of them had company.
                others = self._quiet if self.beside.get(victim.id) else self._said
                made[victim.id] = self._of_one(victim, others)
        return _bounded(made, wanted)

    def _of_one(self, victim: Placed, others: Iterable[Placed]) -> tuple[Proposal, ...]:
        beside, model, ranked = self.beside.get(victim.id, ()), model_used(victim), []
        for placed in others:
            if placed.id == victim.id or placed.id in beside or (model and (model_used(placed) or model) != model):
                continue
            place = rank(victim, placed, self.snapshot.names)
            if place is not None:
                ranked.append((place, time_apart(victim, placed), placed.id, placed))
        ranked.sort(key=lambda each: each[:3])
        return tuple(
            self.proposal(placed, Found.MANIFEST if place == 0 else Found.KERNELS, is_named=place < 3)
            for place, _, _, placed in self._few(ranked)
        )

    @staticmethod
    def _few(ranked: list[tuple[int, int, SessionId, Placed]]) -> list[tuple[int, int, SessionId, Placed]]:
        """Keep the first of those that are like the whole capture, and of those that may be of one session inside it."""
        whole = [each for each in ranked if each[0] < PART_OF_IT]
        return whole[:MOST_EACH] + [each for each in ranked if each[0] == PART_OF_IT][:_MOST_INSIDE]

    def proposal(self, placed: Placed, found: Found, *, is_named: bool) -> Proposal:
        """Propose a capture."""
        names = self.snapshot.names
        return Proposal(
            id=placed.id,
            file=placed.file.whole,
            label=names[placed.id],
            found=found,
            is_named=is_named,
            beside={other: names[other] for other in self.beside.get(placed.id, ())},
        )

    def named(self, word: str) -> tuple[Proposal, ...]:
        """Find the captures that a word names: an id, a name or its end, a run, a directory of runs, or a pattern of these."""
        folded = word.rstrip("/").partition("#")[0]
        fit = [p for p in self.snapshot.arranged.placed if fits(folded, p.id, self.snapshot.names[p.id], p.file.run)]
        return tuple(self.proposal(p, Found.USER, is_named=True) for p in fit)

    def known(self, session: str) -> tuple[Proposal, ...]:
        """Return the capture with an id, or the one that holds the session with this id; empty for none."""
        placed = self.placed(session)
        return () if placed is None else (self.proposal(placed, Found.USER, is_named=True),)

    def placed(self, session: str) -> Placed | None:
        """Return the capture with an id, or the one that holds the session with this id."""
        process, _, inside = session.rpartition("#")
        return self._by_id.get(session) or (self._by_id.get(process) if inside else None)

    @cached_property
    def _by_id(self) -> Mapping[str, Placed]:
        return {placed.id: placed for placed in self.snapshot.arranged.placed}


def _by_file(captures: Iterable[Placed]) -> dict[CaptureFile, tuple[Placed, ...]]:
    found: dict[CaptureFile, tuple[Placed, ...]] = {}
    for placed in captures:
        found[placed.file.whole] = (*found.get(placed.file.whole, ()), placed)
    return found


def rank(victim: Placed, placed: Placed, names: Mapping[str, str]) -> int | None:
    """Return how good a candidate is, 0 for the best; None for none."""
    if _same_command(victim, placed):
        return 0
    if not (on_gpu(victim) and on_gpu(placed)):  # operations of a processor are no likeness
        return None
    is_same_name = leaf(names[victim.id]) == leaf(names[placed.id])
    if is_same_name and says_alone(placed):
        return 1
    if as_often(victim, placed):
        return 2 if is_same_name else 3
    return PART_OF_IT if says_alone(placed) and _contains(victim, placed) else None


def on_gpu(placed: Placed) -> bool:
    """Return whether a capture holds work of a GPU."""
    return any(not placed.sketch.devices[use.device].is_host for use in placed.sketch.use)


def _same_command(victim: Placed, placed: Placed) -> bool:
    """Return whether one `tb-contention run` recorded the same command in company and alone."""
    here, there = victim.manifest, placed.manifest
    if here is None or there is None or here.recorded is None or there.recorded is None:
        return False
    same = (here.recorded.run, here.recorded.command) == (there.recorded.run, there.recorded.command)
    return same and there.recorded.alone and not here.recorded.alone


def leaf(name: str) -> str:
    """Return the end of a name, without the id of a process."""
    return _PROCESS.sub("", name.rsplit("/", 1)[-1])


def model_used(placed: Placed) -> str | None:
    """Return the GPU model of the device with most work."""
    use = max(placed.sketch.use, key=lambda u: (not placed.sketch.devices[u.device].is_host, u.kernels))
    return model_of(placed.sketch.devices[use.device], placed.manifest)


def as_often(victim: Placed, placed: Placed) -> bool:
    """Return whether captures have equally many kernels per step, and much the same kernels."""
    if not same_names(victim, placed):
        return False
    a, b = kernels_per_step(victim), kernels_per_step(placed)
    if a is None or b is None:
        return a is b
    return abs(a - b) <= (_PER_STEP + 2 / min(victim.sketch.steps, placed.sketch.steps)) * max(a, b)


def same_names(victim: Placed, placed: Placed) -> bool:
    """Return whether captures have much the same kernels, as far as both show their names."""
    here, there = victim.sketch.names, placed.sketch.names
    return not here or not there or _overlap(here, there)


def kernels_per_step(placed: Placed) -> float | None:
    """Return how many kernels run per step; None without steps."""
    sketch = placed.sketch
    return sum(use.kernels for use in sketch.use) / sketch.steps if sketch.steps else None


def _overlap(here: tuple[int, ...], there: tuple[int, ...]) -> bool:
    """Return whether half of the names that both signatures can show are in both."""
    a, b = _comparable(here, there)
    return 2 * len(a & b) >= len(a | b)


def _contains(victim: Placed, placed: Placed) -> bool:
    """Return whether a capture may hold the work of another one beside that of other sessions in its process."""
    a, b = _comparable(victim.sketch.names, placed.sketch.names)
    return bool(b) and len(a & b) >= _INSIDE * len(b)


def _comparable(here: tuple[int, ...], there: tuple[int, ...]) -> tuple[set[int], set[int]]:
    """Return the names of two captures that both signatures can show."""
    least = min((max(names) for names in (here, there) if len(names) == MOST_NAMES), default=1 << 32)
    return {name for name in here if name <= least}, {name for name in there if name <= least}


def time_apart(victim: Placed, placed: Placed) -> int:
    """Return how long after or before the other a capture was made, ns."""
    if victim.clock.origin_ns is None or placed.clock.origin_ns is None:
        return 1 << 62
    return abs(victim.start - placed.start)


def _bounded(
    made: Mapping[SessionId, tuple[Proposal, ...]], there: set[CaptureFile]
) -> dict[SessionId, tuple[Proposal, ...]]:
    """Keep the best of each session, then the second, as long as not too much has to be decoded beside what is analysed anyway."""
    kept: dict[SessionId, list[Proposal]] = {}
    files: set[CaptureFile] = set()
    for place in range(MOST_EACH + _MOST_INSIDE):
        for victim, proposals in made.items():
            if place < len(proposals):
                one = proposals[place]
                more = files | ({one.file} - there)
                if len(more) <= MOST and sum(file.size for file in more) <= MOST_BYTES:
                    files = more
                    kept.setdefault(victim, []).append(one)
    return {victim: tuple(found) for victim, found in kept.items()}


def fits(word: str, key: str, name: str, run: str = "") -> bool:
    """Return whether a word names a session."""
    places = (key, name, run)
    if any(word == place or (place and place.startswith(f"{word}/")) for place in places):
        return True
    if name.endswith(f"/{word}") or leaf(name) == word:
        return True
    if not any(c in word for c in "*?["):
        return False
    levels = run.split("/")
    above = ("/".join(levels[:depth]) for depth in range(1, len(levels)))
    return any(fnmatchcase(place, word) for place in (*places, leaf(name), *above) if place)
