"""What one sees of a command that takes its time, and how it is stopped."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from twin.simulation.run import Progress

INTERRUPTED = 130
STOPPED = (
    "stopped; what was simulated is kept in the folder that ends in .part, "
    "and running it again begins anew"
)


@contextmanager
def stoppable(words: str = STOPPED) -> Iterator[None]:
    """Ctrl-C ends a command with a word and the exit code of an interruption."""
    try:
        yield
    except KeyboardInterrupt:
        logging.disable(logging.CRITICAL)  # what libraries say of being cut short
        print(words, file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None


@contextmanager
def progress(name: str, quiet: bool) -> Iterator[Callable[[Progress], None] | None]:
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


def study_watch(quiet: bool) -> Callable[[str], None]:
    def tell(line: str) -> None:
        if not quiet:
            print(line, file=sys.stderr, flush=True)

    return tell
