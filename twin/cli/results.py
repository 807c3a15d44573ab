"""Commands about results: show, verify, hand on, hold against the best possible."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from twin.cli.app import Folder, Quiet, app, one_of
from twin.cli.watching import stoppable
from twin.errors import InputError

FORMATS = ("csv", "xlsx", "geojson")
OBJECTIVES = ("peak", "bill")


@app.command()
def report(
    path: Folder,
    out: Annotated[Path | None, typer.Option("-o", help="The HTML file.")] = None,
    tariff: Annotated[
        str, typer.Option(help="Make the bills by this tariff, not by the run's.")
    ] = "",
) -> None:
    """Write one self-contained HTML file about a run or a study."""
    from twin.analysis.report import write
    from twin.surroundings.tariffs import tariff as known_tariff

    if tariff:
        known_tariff(tariff)
    _warn_if_changed(path)
    print(write(path, out, tariff))


def _warn_if_changed(path: Path) -> None:
    """A run whose files are not as they were written is told, then still shown."""
    from twin.results.verify import verify as problems_of

    if (path / "run.json").is_file():
        for problem in problems_of(path):
            print(f"attention: {problem}", file=sys.stderr)


@app.command()
def dash(
    results: Annotated[Path, typer.Option(help="Folder of the results.")] = Path(
        "results"
    ),
    host: Annotated[
        str, typer.Option(help="Where to listen; beyond loopback asks for a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8050,
) -> None:
    """Open the dashboard over a folder of results."""
    if not results.is_dir():
        raise InputError.of(
            f"{results} is not a folder; `twin run FILE` makes results", key="--results"
        )
    from dashboards.app import serve

    serve(results, host, port)


@app.command()
def verify(path: Folder) -> None:
    """Check a run's files against their checksums."""
    from twin.results.verify import verify as problems_of

    problems = problems_of(path)
    if problems:
        raise InputError(problems)
    print(f"{path}: every file is as it was written")


@app.command()
def export(
    path: Folder,
    to: Annotated[
        str, typer.Option(metavar="|".join(FORMATS), help="Format of the files.")
    ] = FORMATS[0],
    out: Annotated[Path | None, typer.Option("-o", help="Where to.")] = None,
) -> None:
    """Export a run with the names of its assets."""
    from twin.analysis.accounts import accounts_of
    from twin.analysis.case import Case
    from twin.results.disk import written
    from twin.results.export import export as export_run
    from twin.results.export import left_out
    from twin.results.record import Run

    one_of(FORMATS, to, "--to")
    place, opened = out or path / "export", Run.open(path)
    more = {} if to == "geojson" else accounts_of(Case(opened))
    with written("the tables", place):
        files = export_run(opened, to, place, more)
    for what in left_out(opened):
        print(f"attention: {what}", file=sys.stderr)
    print("\n".join(str(file) for file in files))


@app.command()
def yardstick(
    path: Annotated[Path, typer.Argument(help="Folder of a run.")],
    objective: Annotated[
        str,
        typer.Option(
            metavar="|".join(OBJECTIVES), help="What is made as small as possible."
        ),
    ] = OBJECTIVES[0],
    transformer: Annotated[
        str, typer.Option(help="This one alone, not the head and the fullest.")
    ] = "",
    quiet: Quiet = False,
) -> None:
    """Tell how far a run's policy is from the best possible; reports show it."""
    from twin.analysis.yardstick import yardstick as solved
    from twin.analysis.yardstick_section import text
    from twin.results.record import Run

    def tell(place: str) -> None:
        if not quiet:
            print(f"solving {place}", file=sys.stderr, flush=True)

    one_of(OBJECTIVES, objective, "--objective")
    goal: Any = objective
    with stoppable("stopped; nothing was changed"):
        print(text(solved(Run.open(path), goal, transformer, tell), goal))
