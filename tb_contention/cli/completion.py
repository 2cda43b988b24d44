"""Print a script that completes commands and options in a shell; needs `pip install "tb_contention[completion]"`.

For bash, once: `tb-contention completion bash > ~/.local/share/bash-completion/completions/tb-contention`. Print it again after an update.
"""

import argparse

from tb_contention.cli.output import write_stdout
from tb_contention.errors import MissingLibraryError

NAME = "completion"
EXIT_CODES = ((1, "the package shtab is missing, or stdout cannot be written; stderr says why"),)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "shell", choices=("bash", "zsh", "fish"), metavar="SHELL", help="the shell that reads the script"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the script."""
    try:
        from shtab import complete
    except ImportError as error:
        raise MissingLibraryError(
            "Shell completion needs the package shtab.",
            slug="missing-library",
            advice='Install it: pip install "tb_contention[completion]".',
        ) from error
    from tb_contention.cli.main import parser

    write_stdout(complete(parser(), arguments.shell).rstrip("\n") + "\n")
    return 0
