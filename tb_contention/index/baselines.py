"""Which captures of a log directory may show the work of others alone, judged by what the index knows of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import islice

from tb_contention.align.place import Placed, says_alone
from tb_contention.index.candidates import Candidates
from tb_contention.index.likeness import PART_OF_IT, leaf, on_gpu, rank
from tb_contention.index.snapshot import Snapshot
from tb_contention.model.baseline import Found
from tb_contention.model.capture import CaptureFile
from tb_contention.units import SessionId

#: Captures that are looked at for one session, and in all; no more bytes than that.
MOST_EACH, MOST, MOST_BYTES = 3, 24, 1 << 30
#: Captures that are looked at for the sessions inside one process.
_MOST_INSIDE = 8


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
    def _said(self) -> Candidates:
        """Those of which a manifest or a folder says that they ran alone."""
        return Candidates(filter(says_alone, self._eligible), self.snapshot.names)

    @cached_property
    def _quiet(self) -> Candidates:
        """These, and those beside which no other was captured."""
        quiet = (p for p in self._eligible if not self.beside.get(p.id) or says_alone(p))
        return Candidates(quiet, self.snapshot.names)

    def propose(self, files: Iterable[CaptureFile]) -> dict[SessionId, tuple[Proposal, ...]]:
        """Propose captures as baselines of those in some files, the best first; few enough to be decoded."""
        wanted = set(files)
        made: dict[SessionId, tuple[Proposal, ...]] = {}
        for victim in (p for file in wanted for p in self._eligible_in_file.get(file, ())):
            if not says_alone(victim):
                # One capture alone says nothing of another one alone, unless it is said which of them had company.
                made[victim.id] = self._of_one(victim, self._quiet if self.beside.get(victim.id) else self._said)
        return _bounded(made, wanted)

    def _of_one(self, victim: Placed, others: Candidates) -> tuple[Proposal, ...]:
        found: list[tuple[int, Placed]] = []
        beside = {victim.id, *self.beside.get(victim.id, ())}
        for place, near in others.of(victim):
            # Of those that are like the whole capture the best, and those that may be of one session inside it.
            most = _MOST_INSIDE if place == PART_OF_IT else MOST_EACH - len(found)
            fit = (p for p in near if p.id not in beside and rank(victim, p, self.snapshot.names) == place)
            found += [(place, placed) for placed in islice(fit, most)]
        return tuple(
            self.proposal(placed, Found.MANIFEST if place == 0 else Found.KERNELS, is_named=place < 3)
            for place, placed in found
        )

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
