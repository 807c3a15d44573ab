"""The command line, thin: reads what is asked, calls a room, prints what it says."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twin.errors import InputError, RunFailed, TwinError, nearest

if TYPE_CHECKING:
    from twin.simulation.run import Progress

INTERRUPTED = 130
STOPPED = (
    "stopped; what was simulated is kept in the folder that ends in .part, "
    "and running it again begins anew"
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


class Format(StrEnum):
    """What a run can be exported to."""

    CSV = "csv"
    XLSX = "xlsx"
    GEOJSON = "geojson"


class Objective(StrEnum):
    """What a yardstick makes as small as possible."""

    PEAK = "peak"
    BILL = "bill"


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

    if is_study(file):
        if override:
            raise InputError.of("a study has no overrides", key="--set")
        print(f"{file}: ok, {len(read_study(file).runs())} runs")
        return
    scenario = read(file, override)
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
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list it.")] = False,
    quiet: Quiet = False,
) -> None:
    """Run every variant of a study; the last line is the study's folder."""
    from twin.scenario.study import read_study

    words = read_study(file)
    if dry_run:
        for variant, seed, overrides in words.runs():
            said = " ".join(f"{key}={value}" for key, value in overrides.items())
            print(f"{variant} seed {seed}: {said}")
        return
    from twin.studies.runner import run_study

    with _stoppable():
        folder = run_study(words, out, _study_watch(quiet))
    _write_timeline(folder)
    if not quiet:
        from twin.analysis.compare import text
        from twin.studies.runner import labelled_runs

        print(text(labelled_runs(folder), words.baseline))
    print(folder)


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
    runs: Annotated[list[Path], typer.Argument(help="Folders of runs.")],
) -> None:
    """Compare runs, the first being the baseline."""
    from twin.analysis.compare import labels, text
    from twin.results.record import Run

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
    to: Annotated[Format, typer.Option(help="Format of the files.")] = Format.CSV,
    out: Annotated[Path | None, typer.Option("-o", help="Where to.")] = None,
) -> None:
    """Export a run with the names of its assets."""
    from twin.analysis.accounts import accounts_of
    from twin.analysis.case import Case
    from twin.results.export import export as export_run
    from twin.results.record import Run

    place, opened = out or path / "export", Run.open(path)
    try:
        more = {} if to is Format.GEOJSON else accounts_of(Case(opened))
        files = export_run(opened, to.value, place, more)
    except OSError as error:
        raise RunFailed(f"cannot write {place}: {error.strerror or error}") from error
    print("\n".join(str(file) for file in files))


@app.command()
def yardstick(
    path: Annotated[Path, typer.Argument(help="Folder of a run.")],
    objective: Annotated[
        Objective, typer.Option(help="What is made as small as possible.")
    ] = Objective.PEAK,
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

    goal: Any = objective.value
    with _stoppable("stopped; nothing was changed"):
        print(text(solved(Run.open(path), goal, transformer, tell), goal))


@app.command()
def catalogue(
    kind: Annotated[
        str,
        typer.Argument(help="feeders, vehicles, tariffs, policies or data."),
    ] = "",
) -> None:
    """Tell what can be named in a scenario."""
    from twin.catalogue import KINDS, lines

    if kind and kind not in KINDS:
        allowed = ", ".join(KINDS)
        raise InputError.of(
            f"'{kind}'; allowed: {allowed}{nearest(kind, KINDS)}", key="KIND"
        )
    for one in [kind] if kind else KINDS:
        print(f"{one}:")
        print("\n".join(f"  {line}".rstrip() for line in lines(one)))


def _write_timeline(folder: Path) -> None:
    """A study of years ahead tells beside its table what is too small when."""
    from twin.analysis.timeline import write

    write(folder)


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
