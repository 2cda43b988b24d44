"""Split the words after `--` into commands and give each a unique name."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

_SEPARATOR = "--"
_PYTHON = re.compile(r"python[\d.]*(\.exe)?|pypy[\d.]*", re.IGNORECASE)
#: Python options that take the next word as their value.
_WITH_VALUE = ("-W", "-X", "--check-hash-based-pycs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A program to start. name: the name of its session and of its directory."""

    name: str
    words: tuple[str, ...]


def split(words: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Split the words at each `--`; drop empty parts."""
    parts: list[list[str]] = [[]]
    for word in words:
        if word == _SEPARATOR:
            parts.append([])
        else:
            parts[-1].append(word)
    return tuple(tuple(part) for part in parts if part)


def named(parts: Sequence[Sequence[str]], names: Sequence[str]) -> tuple[Command, ...]:
    """Name each command as given, in order, else after its program; add a number if the name is taken."""
    taken = set(names)
    commands = []
    for index, words in enumerate(parts):
        name = names[index] if index < len(names) else _free(program_name(words), taken)
        taken.add(name)
        commands.append(Command(name=name, words=tuple(words)))
    return tuple(commands)


def _free(name: str, taken: set[str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free


def program_name(words: Sequence[str]) -> str:
    """Return the name of the Python script or module, else of the executable, in characters fit for a directory."""
    program = PurePath(words[0]).name
    chosen = (_script(words[1:]) or program) if _PYTHON.fullmatch(program) else program
    return re.sub(r"[^\w.+@=-]+", "_", chosen)[:60].strip("._") or "command"


def _script(words: Sequence[str]) -> str:
    rest = iter(words)
    for word in rest:
        if word == "-m":
            return next(rest, "").rpartition(".")[2]
        if word in _WITH_VALUE:
            next(rest, None)
        elif word == "-c" or word == "-":
            return ""
        elif not word.startswith("-"):
            return PurePath(word).stem
    return ""
