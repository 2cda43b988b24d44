"""What may serve as baselines of some captures: proposed by the index and by the user, before anything is decoded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tb_contention.errors import LogdirError, OptionError
from tb_contention.index.baselines import Alone, Proposal
from tb_contention.model.baseline import Found
from tb_contention.model.capture import CaptureFile
from tb_contention.recorders.discover import discover
from tb_contention.units import SessionId


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposals:
    """What may be a baseline of what. automatic: by capture, found without the user; named: by what the user wrote.

    files: all that they are in, and what ran beside them. typed: by a user, for whom a name of nothing is a mistake; else it was chosen
    from a list, and the capture may be gone since.
    """

    automatic: Mapping[SessionId, tuple[Proposal, ...]] = field(default_factory=dict)
    named: Mapping[str, tuple[Proposal, ...]] = field(default_factory=dict)
    files: tuple[CaptureFile, ...] = ()
    typed: bool = True


def proposed(
    alone: Alone, files: Sequence[CaptureFile], wanted: Mapping[str, str], *, automatic: bool, typed: bool
) -> Proposals:
    """Propose baselines for the captures in some files of a log directory. wanted: session -> run, as the user wrote them; "" for none.

    typed: a run is a name, a pattern or a place outside the log directory; else an id. Raises OptionError where a place cannot be read.
    """
    steps = next((file.steps for file in files), "")
    by_word = {
        word: (alone.named(word) or _outside(word, steps)) if typed else alone.known(word)
        for word in dict.fromkeys(wanted.values())
        if word
    }
    found = alone.propose(files) if automatic else {}
    every = [one for group in (*found.values(), *by_word.values()) for one in group]
    beside = {neighbour for one in every for neighbour in one.beside}
    places = [placed.file.whole for placed in map(alone.placed, sorted(beside)) if placed is not None]
    return Proposals(
        automatic=found, named=by_word, files=tuple(dict.fromkeys((*(one.file for one in every), *places))), typed=typed
    )


def _outside(word: str, steps: str) -> tuple[Proposal, ...]:
    """Find captures at a place outside the log directory."""
    try:
        is_there = "://" in word or Path(word).expanduser().exists()
        files = discover(word, steps=steps).files if is_there else ()
    except (LogdirError, OSError, ValueError) as error:
        raise OptionError(f"--baseline: {word} cannot be read ({error}).", slug="bad-option") from None
    place = word.rstrip("/")
    return tuple(
        Proposal(
            id=SessionId(f"{place}/{file.id}"),
            file=replace(file, run=f"{place}/{file.run}"),
            label=place if len(files) == 1 else f"{place}/{file.run}",
            found=Found.USER,
            is_named=True,
        )
        for file in files
    )
