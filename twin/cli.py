"""The command line, thin: reads what is asked, calls a room, prints what it says."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twin.errors import InputError, RunFailed, TwinError, nearest

if TYPE_CHECKING:
    from twin.simulation.run import Progress
    from twin.studies.pools import Pool

INTERRUPTED = 130
FORMATS = ("csv", "xlsx", "geojson")
OBJECTIVES = ("peak", "bill")
METHODS = ("screen", "iterative")
STOPPED = (
    "stopped; what was simulated is kept in the folder that ends in .part, "
    "and running it again begins anew"
)
STUDY_STOPPED = (
    "stopped; runs that are complete are kept, and the same command goes on with "
    "the others"
)
PACKAGED = Path(__file__).parent / "data" / "starter"
CHECKED_OUT = Path(__file__).parents[1] / "scenarios"

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


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")],
) -> None:
    """Make a folder with starter scenarios."""
    source = CHECKED_OUT if CHECKED_OUT.is_dir() else PACKAGED
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError.of(f"{folder} exists and is not an empty folder", key="DIR")
    try:
        shutil.copytree(source, folder, dirs_exist_ok=True)
    except OSError as error:
        raise InputError.of(f"{folder}: {error.strerror}", key="DIR") from error
    print(f"Starter scenarios are in {folder}. Now try:")
    print(f"  twin check {folder / 'first.yaml'}")
    print(f"  twin run {folder / 'first.yaml'}")


@app.command()
def check(file: File, override: Override = []) -> None:  # noqa: B006
    """Read and check a scenario or a study; run nothing."""
    from twin.scenario.check import notes
    from twin.scenario.read import read
    from twin.scenario.study import is_study, read_study
    from twin.simulation.user_files import of_study, refuse_unreadable

    if is_study(file):
        if override:
            raise InputError.of("a study has no overrides", key="--set")
        words = read_study(file)
        refuse_unreadable(of_study(words), file)
        each = " for each of its conditions" if words.conditions else ""
        print(f"{file}: ok, {words.n_run} runs{each}")
        return
    scenario = read(file, override)
    refuse_unreadable([scenario], file, override)
    print(f"{file}: ok")
    for note in notes(scenario):
        print(f"note: {note}")


@app.command()
def inspect(
    source: Annotated[
        str, typer.Argument(help="A feeder as scenarios name it, or a scenario.")
    ],
    voltage: Annotated[
        float | None, typer.Option(help="Voltage of every source, pu.")
    ] = None,
    root: Annotated[
        Path | None, typer.Option(help="Folder that OpenDSS files may come from.")
    ] = None,
) -> None:
    """Tell a feeder's health before any electric car."""
    from twin.simulation.grids import inspected, named

    if not source.endswith((".yaml", ".yml")):
        grid = named(source, voltage, root)
        print("\n".join(inspected(grid).lines()))
        return
    from twin.scenario.read import read
    from twin.simulation.grids import grid_of
    from twin.simulation.households import households

    scenario = read(Path(source))
    words = scenario.feeder
    if voltage is not None:
        words = words.model_copy(update={"source_voltage_pu": voltage})
    grid = grid_of(words)
    print("\n".join(inspected(grid).lines()))
    print("\n".join(households(scenario, grid.feeder, grid.loads).lines()))


@app.command()
def run(
    file: File,
    out: Out = Path("results"),
    seed: Annotated[int | None, typer.Option(help="In place of the file's.")] = None,
    override: Override = [],  # noqa: B006
    force: Annotated[bool, typer.Option("--force", help="Repeat it.")] = False,
    quiet: Quiet = False,
) -> None:
    """Run a scenario; the last line is the run's folder."""
    from twin.scenario.read import placed, read

    words = [*override, *([] if seed is None else [f"seed={seed}"])]
    scenario = read(file, words)
    from twin.simulation.run import run as run_scenario

    began = time.time()
    try:
        with _stoppable(), _progress(scenario.name, quiet) as watch:
            folder = run_scenario(scenario, out, watch=watch, force=force)
    except InputError as error:
        raise placed(error, file, words) from error
    if not quiet:
        if folder.stat().st_mtime < began:
            print("complete already: nothing was run (--force repeats it)")
        _print_summary(folder)
    print(folder)


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
    with _stoppable(STUDY_STOPPED):
        from twin.scenario.study import read_study

        words = read_study(file)
        n_workers = _cpu_count() if workers is None else max(1, workers)
        if dry_run:
            from twin.studies.runner import dry_run as told

            print("\n".join(told(words, out, n_workers)))
            return
        from twin.studies.runner import run_study

        pool = _pool(workers, scheduler, (tls_ca, tls_cert, tls_key))
        folder = run_study(words, out, _study_watch(quiet), pool, n_workers)
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
    from twin.results.export import export as export_run
    from twin.results.export import left_out
    from twin.results.record import Run

    _one_of(FORMATS, to, "--to")
    place, opened = out or path / "export", Run.open(path)
    try:
        more = {} if to == "geojson" else accounts_of(Case(opened))
        files = export_run(opened, to, place, more)
    except OSError as error:
        raise RunFailed(f"cannot write {place}: {error.strerror or error}") from error
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

    _one_of(OBJECTIVES, objective, "--objective")
    goal: Any = objective
    with _stoppable("stopped; nothing was changed"):
        print(text(solved(Run.open(path), goal, transformer, tell), goal))


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
) -> None:
    """Tell how many cars a grid hosts: by a study's draws, or node by node."""
    if profile:
        _hosting_by_hours(path, profile, method, out, node, percentile)
        return
    if node or percentile is not None:
        key = "--node" if node else "--percentile"
        raise InputError.of("only with --profile 576", key=key)
    if not method:
        print(_hosting_of_study(path, out))
        return
    _one_of(METHODS, method, "--method")
    from twin.scenario.read import read
    from twin.studies.screen import screened, text

    if path.is_dir():
        message = f"{path} is a folder; --method needs a scenario"
        raise InputError.of(message, key="PATH")
    scenario = read(path, ["fleet.ev_share=0"])
    how: Any = method
    found = screened(scenario, how)
    target = out or Path(f"{scenario.name}_{method}.csv")
    try:
        found.table.write_csv(target)
    except OSError as error:
        reason = error.strerror or error
        raise InputError.of(f"cannot write {target}: {reason}", key="-o") from error
    print(text(found))
    print(target)


def _hosting_by_hours(
    path: Path,
    profile: str,
    method: str,
    out: Path | None,
    node: Sequence[str],
    percentile: float | None,
) -> None:
    _one_of(("576",), profile, "--profile")
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


def _hosting_of_study(folder: Path, out: Path | None) -> str:
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


@app.command()
def catalogue(
    kind: Annotated[
        str,
        typer.Argument(help="feeders, vehicles, tariffs, policies or data."),
    ] = "",
) -> None:
    """Tell what can be named in a scenario."""
    from twin.catalogue import KINDS, lines

    if kind:
        _one_of(KINDS, kind, "KIND")
    for one in [kind] if kind else KINDS:
        print(f"{one}:")
        print("\n".join(f"  {line}".rstrip() for line in lines(one)))


def _one_of(allowed: Sequence[str], word: str, key: str) -> None:
    """Refuse another word, with the nearest that is allowed."""
    if word not in allowed:
        words = ", ".join(allowed)
        raise InputError.of(
            f"'{word}'; allowed: {words}{nearest(word, allowed)}", key=key
        )


def _warn_if_changed(path: Path) -> None:
    """A run whose files are not as they were written is told, then still shown."""
    from twin.results.verify import verify as problems_of

    if (path / "run.json").is_file():
        for problem in problems_of(path):
            print(f"attention: {problem}", file=sys.stderr)


def _print_summary(folder: Path) -> None:
    from twin.analysis.compare import labels, text
    from twin.results.record import Run

    record = Run.open(folder)
    print(text([(labels([record])[0], record)], None))
    for change in record.record.get("feeder", {}).get("changes", []):
        print(f"changed in the grid: {change['words']}")
    for warning in record.record.get("warnings", []):
        print(f"attention: {warning}")
    others = len(record.record["notes"]) - len(record.record.get("warnings", []))
    print(f"{others} notes on data and assumptions are in run.json and in the report")


@contextmanager
def _stoppable(words: str = STOPPED) -> Iterator[None]:
    """Ctrl-C ends a command with a word and the exit code of an interruption."""
    try:
        yield
    except KeyboardInterrupt:
        logging.disable(logging.CRITICAL)  # what libraries say of being cut short
        print(words, file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None


@contextmanager
def _progress(name: str, quiet: bool) -> Iterator[Callable[[Progress], None] | None]:
    """A bar on a terminal, plain lines elsewhere, both on stderr."""
    if quiet:
        yield None
    elif sys.stderr.isatty():
        with _bar(name) as watch:
            yield watch
    else:
        yield _plain(name)


def _plain(name: str) -> Callable[[Progress], None]:
    def tell(progress: Progress) -> None:
        every = max(1, progress.days // 10)
        if progress.day % every == 0 or progress.day == progress.days:
            print(
                f"{name}: day {progress.day} of {progress.days} ({progress.date}), "
                f"{progress.steps_per_s:,.0f} steps/s, {progress.left_s:,.0f} s left",
                file=sys.stderr,
                flush=True,
            )

    return tell


@contextmanager
def _bar(name: str) -> Iterator[Callable[[Progress], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns: list[Any] = [
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[said]}"),
        TimeRemainingColumn(),
    ]
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=None, said="reading the feeder and the data")

        def tell(progress: Progress) -> None:
            said = f"{progress.date}  {progress.steps_per_s:,.0f} steps/s"
            bar.update(task, total=progress.days, completed=progress.day, said=said)

        yield tell


def _study_watch(quiet: bool) -> Callable[[str], None]:
    def tell(line: str) -> None:
        if not quiet:
            print(line, file=sys.stderr, flush=True)

    return tell
