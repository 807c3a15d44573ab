"""Commands about one scenario: begin, check, look at its feeder, run it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from twin.cli.app import File, Out, Override, Quiet, app, one_of
from twin.cli.watching import progress, stoppable
from twin.errors import InputError

PACKAGED = Path(__file__).parents[1] / "data" / "starter"
CHECKED_OUT = Path(__file__).parents[2] / "scenarios"


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
    from twin.scenario.study_notes import notes_on_study
    from twin.studies.checking import refuse_tables, refuse_tables_of_study

    if is_study(file):
        if override:
            raise InputError.of("a study has no overrides", key="--set")
        words = read_study(file)
        refuse_tables_of_study(words, file)
        each = " for each of its conditions" if words.conditions else ""
        print(f"{file}: ok, {words.n_run} runs{each}")
        _print_notes(notes_on_study(words))
        return
    scenario = read(file, override)
    refuse_tables(scenario, file, override)
    print(f"{file}: ok")
    _print_notes(notes(scenario))


def _print_notes(notes: Iterable[str]) -> None:
    for note in notes:
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
        with stoppable(), progress(scenario.name, quiet) as watch:
            folder = run_scenario(scenario, out, watch=watch, force=force)
    except InputError as error:
        raise placed(error, file, words) from error
    if not quiet:
        if folder.stat().st_mtime < began:
            print("complete already: nothing was run (--force repeats it)")
        _print_summary(folder)
    print(folder)


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
        one_of(KINDS, kind, "KIND")
    for one in [kind] if kind else KINDS:
        print(f"{one}:")
        print("\n".join(f"  {line}".rstrip() for line in lines(one)))
