"""The command line's one application, and the words that its commands share."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from twin.errors import InputError, TwinError, nearest

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="What electric cars, V2G and V2H do to a distribution feeder.",
)

Override = Annotated[
    list[str], typer.Option("--set", metavar="KEY=VALUE", help="Override a key.")
]
Out = Annotated[Path, typer.Option("--out", help="Folder of the results.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Only the last line.")]
File = Annotated[Path, typer.Argument(help="A YAML file.")]
Folder = Annotated[Path, typer.Argument(help="Folder of a run or a study.")]


def main() -> None:
    """Run a command; what the user got wrong is told without a traceback."""
    try:
        app()
    except TwinError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)


def one_of(allowed: Sequence[str], word: str, key: str) -> None:
    """Refuse another word, with the nearest that is allowed."""
    if word not in allowed:
        words = ", ".join(allowed)
        raise InputError.of(
            f"'{word}'; allowed: {words}{nearest(word, allowed)}", key=key
        )
