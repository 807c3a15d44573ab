"""The table that compares runs: as a frame, and as text for a terminal."""

from __future__ import annotations

import io
from collections.abc import Sequence
from textwrap import wrap
from typing import Any

import polars as pl
from rich.console import Console
from rich.table import Table

from twin.analysis import facevalidity
from twin.analysis.compact import compact
from twin.analysis.comparison import Cell, Comparison, Labelled
from twin.analysis.labels import labels
from twin.analysis.measures import GROUPS, Measure
from twin.analysis.reference_words import reference_told
from twin.analysis.unsettled import unsettled
from twin.analysis.verdict import cautions
from twin.analysis.wording import warnings

__all__ = ["frame_of", "labels", "table", "text", "text_of"]

USUAL_WIDTH = 100
UNBOUNDED = 1000


def table(runs: Labelled, baseline: str | None = None) -> pl.DataFrame:
    """Figures in rows; a column a variant, its band over seeds, and differences.

    Numbers are in the units of ``unit``; a figure in words has them in ``<label>
    (text)``. Differences are paired by seed: mean, then lowest and highest.
    """
    return frame_of(Comparison.of(runs, baseline))


def frame_of(comparison: Comparison) -> pl.DataFrame:
    """The same of a comparison."""
    return pl.DataFrame(
        [_row(comparison, measure) for measure in comparison.measures],
        infer_schema_length=None,
    )


def text(runs: Labelled, baseline: str | None = None, width: int | None = None) -> str:
    """The table for a terminal: bold in a terminal, plain text otherwise."""
    return text_of(Comparison.of(runs, baseline), width)


def _row(comparison: Comparison, measure: Measure) -> dict[str, Any]:
    row: dict[str, Any] = {
        "key": measure.key,
        "figure": measure.title,
        "unit": measure.unit,
    }
    for label in comparison.labels:
        row |= _columns(label, comparison.cell(measure.key, label), measure)
    for pair in comparison.differences:
        cell = comparison.difference(measure.key, pair)
        columns = _columns(pair.name, cell, measure)
        columns.pop(f"{pair.name} (text)")
        row |= columns
    return row


def _columns(name: str, cell: Cell, measure: Measure) -> dict[str, Any]:
    numbers = (cell.mean, cell.low, cell.high)
    mean, low, high = (None if n is None else n * measure.scale for n in numbers)
    return {
        name: mean,
        f"{name} (low)": low,
        f"{name} (high)": high,
        f"{name} (text)": cell.text,
    }


def text_of(comparison: Comparison, width: int | None = None) -> str:
    """The same of a comparison: all of it if that fits, else the compact sheet."""
    console = Console()
    terminal = console.is_terminal and width is None
    room = width or (console.width if terminal else USUAL_WIDTH)
    whole = _whole(comparison, room)
    if max(map(len, _lines_of(whole, room, False)), default=0) > room:
        return compact(comparison, room)
    return "\n".join(_lines_of(whole, room, terminal))


def _whole(comparison: Comparison, width: int) -> list[Table | str]:
    """Values, differences, face validity, and what is zero everywhere."""
    told = [
        *warnings(comparison),
        *unsettled(comparison),
        *cautions(comparison),
    ]
    said = [line for words in told for line in wrap(words, width)]
    parts: list[Table | str] = [*map(_plain, said), _values(comparison)]
    if comparison.differences:
        parts += ["", _changes(comparison)]
    if any(comparison.first(label).n_ev for label in comparison.labels):
        parts += ["", _face_validity(comparison)]
    zero = [m.title for m in comparison.measures if comparison.is_zero(m)]
    if zero:
        nothing = f"Zero everywhere: {', '.join(zero)}."
        parts += ["", *map(_plain, wrap(nothing, width))]
    beside = [
        line for words in reference_told(comparison) for line in wrap(words, width)
    ]
    return [*parts, *([""] if beside else []), *map(_plain, beside)]


def _lines_of(parts: Sequence[Table | str], width: int, terminal: bool) -> list[str]:
    """Every line as long as it is; bold only in a terminal."""
    buffer = io.StringIO()
    sheet = Console(
        file=buffer,
        force_terminal=terminal,
        width=max(width, UNBOUNDED),
        highlight=False,
    )
    for part in parts:
        sheet.print(part)
    return [line.rstrip() for line in buffer.getvalue().splitlines()]


def _values(comparison: Comparison) -> Table:
    """A column a variant; the band over seeds below the mean."""
    shown = _sheet("", comparison.labels)
    for group, measures in GROUPS.items():
        known = [
            m
            for m in measures
            if m in comparison.measures and not comparison.is_zero(m)
        ]
        if known:
            shown.add_row(f"[bold]{group}[/bold]")
        for measure in known:
            cells = [comparison.cell(measure.key, label) for label in comparison.labels]
            shown.add_row("  " + _plain(measure.name), *_lines(cells, measure, False))
    return shown


def _changes(comparison: Comparison) -> Table:
    """A column a difference; only figures that a planner weighs, and that differ."""
    names = [pair.name for pair in comparison.differences]
    shown = _sheet("Differences, paired by seed", names)
    for measure in comparison.measures:
        cells = [comparison.difference(measure.key, p) for p in comparison.differences]
        if measure.is_weighed and not all(c.is_nothing for c in cells):
            shown.add_row("  " + _plain(measure.name), *_lines(cells, measure, True))
    return shown


def _face_validity(comparison: Comparison) -> Table:
    """Each quantity of the variants with cars, lowest seed, and what was published."""
    labels = [x for x in comparison.labels if comparison.first(x).n_ev]
    found = [facevalidity.table_of(comparison.first(label)) for label in labels]
    shown = _sheet("Face validity", [*labels, "published", "of"])
    for number, row in enumerate(found[0].iter_rows(named=True)):
        rows = [frame.row(number, named=True) for frame in found]
        values = [
            "–" if one["value"] is None else f"{one['value']:.2f}{_mark(one)}"
            for one in rows
        ]
        name = f"{row['quantity']} [{row['unit']}]" if row["unit"] else row["quantity"]
        published = facevalidity.range_of(row)
        shown.add_row("  " + _plain(name), *values, published, row["region"])
    shown.caption = "* beyond the published range: the report tells what may explain it"
    shown.caption_justify = "left"
    return shown


def _mark(row: dict[str, Any]) -> str:
    return "*" if row["verdict"] == facevalidity.ODD else " "


def _sheet(title: str, columns: Sequence[str]) -> Table:
    shown = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    shown.add_column(title, no_wrap=True)
    for name in columns:
        shown.add_column(_plain(name), justify="right", no_wrap=True)
    return shown


def _lines(cells: Sequence[Cell], measure: Measure, signed: bool) -> list[str]:
    written = [cell.written(measure, signed) for cell in cells]
    return [_plain("\n".join(part for part in parts if part)) for parts in written]


def _plain(words: str) -> str:
    """Words of a user's, so that brackets in them are not taken for mark-up."""
    return words.replace("[", "\\[")
