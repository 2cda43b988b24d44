"""Words -> commands with names."""

import pytest

from tb_contention.capture.commands import named, program_name, split


def test_commands_are_taken_apart_at_each_separator() -> None:
    assert split(["--", "a", "-x", "--", "b", "--"]) == (("a", "-x"), ("b",))
    assert split(["a"]) == (("a",),)
    assert split(["--", "--"]) == ()


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("python train.py --x 1", "train"),
        ("/usr/bin/python3.11 -u -X dev dir/eval.py", "eval"),
        ("python -m package.trainer -c x", "trainer"),
        ("python -c pass", "python"),
        ("python", "python"),
        ("./serve.sh now", "serve.sh"),
        ("torchrun train.py", "torchrun"),
        ("../..", "command"),
    ],
)
def test_a_command_is_named_after_its_program(line: str, name: str) -> None:
    assert program_name(line.split()) == name


def test_names_are_unique() -> None:
    parts = (("python", "a.py"), ("python", "a.py"), ("b",), ("python", "a.py"))
    assert [command.name for command in named(parts, ["first"])] == ["first", "a", "b", "a_2"]
    assert [command.name for command in named(parts, ["x", "a_2"])] == ["x", "a_2", "b", "a"]
