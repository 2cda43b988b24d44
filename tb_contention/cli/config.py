"""Options of a command from `pyproject.toml`: the nearest one, from the current directory upwards, that has a table for it.

Each key is the long name of an option without the dashes, each value what the option takes: a text or a number, a list where it may be
repeated, true or false where it takes none. What is given on the command line wins.
"""

import argparse
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tb_contention.errors import OptionError

_FILE, _TOOL = "pyproject.toml", "tb_contention"
_MAX_BYTES = 1 << 20
#: Options whose value is a place, which is meant from the folder of the file.
_PLACES = frozenset(("logdir", "junit"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Configurable:
    """The options of one command that a file may set. options: by key; defaults: by destination, for what nobody gives."""

    command: str
    options: Mapping[str, argparse.Action]
    defaults: Mapping[str, Any]

    @classmethod
    def of(cls, command: str, parser: argparse.ArgumentParser) -> "Configurable":
        """Hold back the defaults of all arguments declared so far, to tell options that were given from those that were not."""
        parser.add_argument(
            "--config", metavar="FILE",
            help=f"read options from [tool.{_TOOL}.{command}] of this TOML file; default: the nearest {_FILE} that has this table",
        )  # fmt: skip
        parser.add_argument("--no-config", action="store_true", help="read options from no file")
        options, defaults = {}, {}
        for action in parser._actions:
            if isinstance(action, argparse._HelpAction):
                continue
            defaults[action.dest] = action.default
            action.default = argparse.SUPPRESS
            if action.dest not in ("config", "no_config"):
                options[action.option_strings[-1].lstrip("-") if action.option_strings else action.dest] = action
        return cls(command=command, options=options, defaults=defaults)

    def completed(self, given: argparse.Namespace) -> argparse.Namespace:
        """Return what is given, else what the file sets, else the defaults. Raises OptionError for a file that cannot be understood."""
        given = argparse.Namespace(**vars(given))
        found = None if getattr(given, "no_config", False) else self._table(getattr(given, "config", None))
        if found is not None:
            path, table = found
            for dest, value in self._values(path, table):
                if dest not in given:
                    setattr(given, dest, value)
        for dest, default in self.defaults.items():
            if dest not in given:
                setattr(given, dest, list(default) if isinstance(default, list) else default)
        given.config_file = None if found is None else found[0]
        return given

    def _table(self, named: str | None) -> tuple[Path, Mapping[str, Any]] | None:
        """Return the file and its table; None without any. Raises OptionError for a file that is named and has none."""
        if named is not None:
            path = Path(named).expanduser()
            table = self._read(path, is_named=True)
            if table is None:
                raise OptionError(
                    f"--config: {named} has no table [tool.{_TOOL}.{self.command}].",
                    slug="bad-option",
                    advice="Add it, or name another file.",
                )
            return path, table
        here = Path.cwd()
        for folder in (here, *here.parents):
            table = self._read(folder / _FILE, is_named=False)
            if table is not None:
                return folder / _FILE, table
        return None

    def _read(self, path: Path, *, is_named: bool) -> Mapping[str, Any] | None:
        """Read the table of one file; None where it has none. A broken file concerns this program only if it mentions it."""
        try:
            with path.open("rb") as stream:
                data = stream.read(_MAX_BYTES)
        except OSError as error:
            if not is_named:
                return None
            raise OptionError(
                f"--config: {path} cannot be read ({error.strerror or error}).", slug="bad-option", file=str(path)
            ) from None
        if not is_named and _TOOL.encode() not in data:
            return None
        try:
            found = _parsed(data.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            raise OptionError(
                f"{path} is not valid TOML: {str(error)[:200]}.", slug="bad-option", file=str(path)
            ) from None
        for key in ("tool", _TOOL, self.command):
            found = found.get(key) if isinstance(found, dict) else None
        if found is not None and not isinstance(found, dict):
            raise OptionError(f"{path}: tool.{_TOOL}.{self.command} is not a table.", slug="bad-option")
        return found

    def _values(self, path: Path, table: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """Yield the destination and value of each key, read as the option itself reads it."""
        from tb_contention.words.typed import unnamed

        for written, value in table.items():
            key = written.replace("_", "-")
            where = f"{path}, [tool.{_TOOL}.{self.command}]"
            if key not in self.options:
                raise unnamed(where, written, {name: (name,) for name in self.options}, "key")
            action = self.options[key]
            try:
                yield action.dest, _value(action, value, path.parent)
            except (argparse.ArgumentTypeError, TypeError, ValueError) as error:
                raise OptionError(f"{where}: {key}: {error}.", slug="bad-option") from None


def _parsed(text: str) -> Any:
    """Parse TOML, which Python 3.10 cannot by itself."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return tomllib.loads(text)


def _value(action: argparse.Action, value: Any, folder: Path) -> Any:
    """Read a value as the words of an option. Raises ArgumentTypeError, TypeError or ValueError for what it does not take."""
    if action.nargs == 0:
        if not isinstance(value, bool):
            raise ValueError("it takes true or false")
        return value
    repeats = isinstance(action, argparse._AppendAction) or action.nargs in ("*", "+")
    if isinstance(value, dict) and repeats:
        value = [f"{name}={_word(word)}" for name, word in value.items()]
    words = value if isinstance(value, list) and repeats else [value]
    read = [_read_word(action, _word(word), folder) for word in words]
    if action.nargs in ("*", "+"):
        return ",".join(read)
    return read if repeats else read[0]


def _word(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError(f"it takes a text or a number, not {type(value).__name__}")
    return str(value)


def _read_word(action: argparse.Action, word: str, folder: Path) -> Any:
    if action.dest in _PLACES and "://" not in word:
        word = str(folder / Path(word).expanduser())
    if action.choices is not None and word not in action.choices:
        raise ValueError(f"it takes {', '.join(map(str, action.choices))}, not {word!r}")
    return action.type(word) if callable(action.type) else word
