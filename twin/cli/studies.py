"""Commands about many runs: study them, say who owns what, compare."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twin.cli.app import File, Out, Override, Quiet, app
from twin.cli.watching import stoppable, study_watch
from twin.errors import InputError

if TYPE_CHECKING:
    from twin.studies.pools import Pool

STOPPED = (
    "stopped; runs that are complete are kept, and the same command goes on with "
    "the others"
)


@app.command()
def study(
    file: File,
    out: Out = Path("results"),
    workers: Annotated[
        int | None,
        typer.Option(min=0, help="Processes; 0: this one. Default: one a processor."),
    ] = None,
    scheduler: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Of a Dask cluster: tls:// or tcp://")
    ] = "",
    tls_ca: Annotated[Path | None, typer.Option(help="Its authority.")] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="Your certificate.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Your key.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list it.")] = False,
    quiet: Quiet = False,
) -> None:
    """Run every variant of a study; the last line is the study's folder."""
    with stoppable(STOPPED):
        from twin.scenario.study import read_study

        words = read_study(file)
        n_workers = _cpu_count() if workers is None else max(1, workers)
        if dry_run:
            from twin.studies.runner import dry_run as told

            for line in told(words, out, n_workers):
                print(line)
            return
        from twin.studies.runner import run_study

        pool = _pool(workers, scheduler, (tls_ca, tls_cert, tls_key))
        folder = run_study(words, out, study_watch(quiet), pool, n_workers)
    if not quiet:
        _print_study(folder)
    print(folder)


def _print_study(folder: Path) -> None:
    """What it was made to ask; its variants side by side where that is not all."""
    from twin.analysis import paired
    from twin.analysis.compare import text_of
    from twin.analysis.questions import answers
    from twin.analysis.study import Subject

    found = answers(folder, lambda: Subject.open(folder).comparison)
    whole = [one for one in found if one.is_whole]
    if whole:
        print("\n\n".join(one.text() for one in whole))
        return
    comparison = Subject.open(folder).comparison
    print(text_of(comparison))
    said = [paired.text(comparison), *(one.text() for one in found)]
    for more in filter(None, said):
        print(f"\n{more.strip()}")


def _cpu_count() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0))


def _pool(workers: int | None, scheduler: str, tls: tuple[Path | None, ...]) -> Pool:
    """Who does a study's runs: this process, processes of its own, or a cluster."""
    if scheduler and workers is not None:
        raise InputError.of("a cluster has its own workers", key="--workers")
    if not scheduler and any(tls):
        raise InputError.of("certificates are for --scheduler", key="--tls-...")
    if workers == 0:
        from twin.studies.pools import serial

        return serial
    from twin.studies import cluster

    if scheduler:
        return cluster.remote(scheduler, cluster.Tls(*tls))
    return cluster.local(workers or _cpu_count())


@app.command()
def adopt(
    file: File,
    out: Annotated[Path, typer.Option("--out", help="Folder of the tables.")] = Path(
        "adoption"
    ),
    override: Override = [],  # noqa: B006
) -> None:
    """Tell who owns an EV, PV or a heat pump in which year; simulate no day."""
    from twin.scenario.read import placed
    from twin.studies.ownership import write, years_of

    try:
        years = years_of(file, override)
    except InputError as error:
        raise placed(error, file, override) from error
    print("\n\n".join("\n".join(one.lines()) for one in years))
    print("clustering: pairs of neighbours who both own an EV, over those by chance")
    print("\n".join(map(str, write(years, out))))


@app.command()
def compare(
    runs: Annotated[list[Path], typer.Argument(help="Folders of runs, or of a study.")],
) -> None:
    """Compare runs, the first being the baseline; or the variants of a study."""
    from twin.analysis.compare import labels, text
    from twin.analysis.study import STUDY_FILE
    from twin.results.record import Run

    if len(runs) == 1 and (runs[0] / STUDY_FILE).is_file():
        _print_study(runs[0])
        return
    opened = [Run.open(folder) for folder in runs]
    names = labels(opened)
    print(text(list(zip(names, opened, strict=True)), names[0]))
