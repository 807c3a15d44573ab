"""The command that tells how many cars a grid hosts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from twin.cli.app import app, one_of
from twin.errors import InputError

METHODS = ("screen", "iterative")


@app.command()
def hosting(
    path: Annotated[
        Path, typer.Argument(help="Folder of a study, or a scenario for --method.")
    ],
    method: Annotated[
        str,
        typer.Option(
            metavar="|".join(METHODS),
            help="Node by node: by sensitivities, or by full power flows.",
        ),
    ] = "",
    out: Annotated[
        Path | None,
        typer.Option("-o", help="The table: .csv, with --profile .parquet."),
    ] = None,
    profile: Annotated[
        str,
        typer.Option(
            metavar="576",
            help="Node by node for each month, day type and hour of a year.",
        ),
    ] = "",
    node: Annotated[
        list[str],
        typer.Option(help="Only this bus, with --profile; may be repeated."),
    ] = [],  # noqa: B006
    percentile: Annotated[
        float | None,
        typer.Option(
            min=50,
            max=100,
            help="With --profile: of each class's load; default: its mean.",
        ),
    ] = None,
    check: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="N",
            help="With --method screen: so many connections in full, too. Default: 12.",
        ),
    ] = None,
) -> None:
    """Tell how many cars a grid hosts: by a study's draws, or node by node."""
    if check is not None and method != "screen":
        raise InputError.of("only with --method screen", key="--check")
    if profile:
        _by_hours(path, profile, method, out, node, percentile)
        return
    if node or percentile is not None:
        key = "--node" if node else "--percentile"
        raise InputError.of("only with --profile 576", key=key)
    if not method:
        print(_of_study(path, out))
        return
    _by_node(path, method, out, check)


def _by_node(path: Path, method: str, out: Path | None, check: int | None) -> None:
    one_of(METHODS, method, "--method")
    from twin.scenario.read import read
    from twin.studies.screen import screened, text
    from twin.studies.screen_check import CHECKED_CONNECTIONS

    if path.is_dir():
        message = f"{path} is a folder; --method needs a scenario"
        raise InputError.of(message, key="PATH")
    scenario = read(path, ["fleet.ev_share=0"])
    how: Any = method
    n_checked = CHECKED_CONNECTIONS if check is None else check
    found = screened(scenario, how, n_checked)
    target = out or Path(f"{scenario.name}_{method}.csv")
    try:
        found.table.write_csv(target)
    except OSError as error:
        reason = error.strerror or error
        raise InputError.of(f"cannot write {target}: {reason}", key="-o") from error
    print(text(found))
    print(target)


def _by_hours(
    path: Path,
    profile: str,
    method: str,
    out: Path | None,
    node: Sequence[str],
    percentile: float | None,
) -> None:
    one_of(("576",), profile, "--profile")
    if method:
        raise InputError.of("a profile is screened; leave it out", key="--method")
    if path.is_dir():
        message = f"{path} is a folder; --profile needs a scenario"
        raise InputError.of(message, key="PATH")
    from twin.scenario.read import read
    from twin.studies.hours import profiled
    from twin.studies.hours_text import text, write_figure, write_table

    scenario = read(path, ["fleet.ev_share=0"])
    found = profiled(scenario, percentile, node)
    target = out or Path(f"{scenario.name}_576.parquet")
    write_table(found, target)
    picture = target.with_suffix(".html")
    write_figure(found, picture)
    print(text(found))
    print(target)
    print(picture)


def _of_study(folder: Path, out: Path | None) -> str:
    from twin.analysis.hosting import Hosting
    from twin.analysis.hosting_text import text

    if out is not None:
        raise InputError.of("only with --method; a study has its own files", key="-o")
    if not folder.is_dir():
        message = f"{folder} is no study's folder; a scenario needs --method screen"
        raise InputError.of(message, key="PATH")
    found = Hosting.open(folder)
    if found is None:
        raise InputError.of(
            "has no hosting.json: run a study that has `hosting:`", where=str(folder)
        )
    return text(found)
