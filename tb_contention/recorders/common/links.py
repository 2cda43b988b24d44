"""How far a link out of the log directory is followed: as long as it leads to captures, and never into what the kernel makes up."""

import os
from dataclasses import dataclass, field

from tb_contention.model.findings import Origin, Problem, Severity
from tb_contention.model.names import clean

#: Folders that are looked through behind a link, and how many more for each capture that was found behind it.
_FOLDERS, _MORE = 2000, 20
#: Places whose folders have no end, or are no files at all.
_MADE_UP = ("/proc", "/sys", "/dev")


@dataclass(slots=True)
class _Link:
    folders: int = 0
    captures: int = 0
    is_left: bool = False


@dataclass(slots=True)
class Links:
    """The links out of one log directory that were followed. top: its real path; device: the file system that it is on."""

    top: str
    device: int
    found: dict[str, _Link] = field(default_factory=dict)
    _made_up: frozenset[int] | None = None

    def behind(self, entry: os.DirEntry[str], via: str) -> str:
        """Return the link through which a folder is reached, "" for none; `via` is that of the folder above."""
        if via or not entry.is_symlink():
            return via
        place = os.path.realpath(entry.path)
        return "" if place == self.top or place.startswith(self.top.rstrip(os.sep) + os.sep) else entry.path

    def goes_on(self, via: str, folder: str) -> bool:
        """Count a folder behind a link; return whether it is looked through."""
        if not via:
            return True
        link = self.found.setdefault(via, _Link())
        link.folders += 1
        if link.folders > _FOLDERS + _MORE * link.captures or self._is_made_up(folder):
            link.is_left = True
        return not link.is_left

    def count(self, via: str, captures: int) -> None:
        """Count captures that were found behind a link."""
        if via and captures:
            self.found.setdefault(via, _Link()).captures += captures

    def problems(self) -> list[Problem]:
        """Name the links that were not followed to their end."""
        places = [clean(os.path.relpath(via, self.top)) for via, link in self.found.items() if link.is_left]
        return [
            Problem(
                file=place, slug="link-left", severity=Severity.WARNING, origin=Origin.READING,
                message=f"{place}: the link leads out to many folders without captures; they are not all looked through.",
                advice="Link the folder of the captures itself, or name it as a log directory too.", affects_numbers=False,
            )
            for place in places
        ]  # fmt: skip

    def _is_made_up(self, folder: str) -> bool:
        if self._made_up is None:
            self._made_up = frozenset(_devices()) - {self.device}
        try:
            return os.stat(folder).st_dev in self._made_up  # noqa: PTH116 - thousands of times
        except OSError:
            return False


def _devices() -> list[int]:
    return [os.stat(place).st_dev for place in _MADE_UP if os.path.isdir(place)]  # noqa: PTH112, PTH116
