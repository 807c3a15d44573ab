"""A year's figures in words: a report's part, and lines for a terminal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from twin.analysis import page
from twin.analysis.annual import ANNUAL_FILE
from twin.analysis.measures import MEASURES, Measure
from twin.analysis.study import STUDY_FILE, fullest_week
from twin.errors import InputError

TITLE = "A year, from weighted weeks"
REFUSED = (
    "No figures of a year: the study's runs are neither weeks that stand for one nor a "
    "whole one, and a few days scaled by 365 would be wrong by their season. Say "
    "conditions: {use: [representative_weeks], weeks: 8}, or time.days: 365."
)
MISSING = "No figures of a year: weeks of it are missing, as runs failed; run it again."
SUMS = (
    "Energy, hours and what else adds up: the sum over the weeks, each times how many "
    "such weeks a year has; of a run of whole years, its own. Mean over seeds, in "
    "brackets the 95 % interval of that mean (Student's t). It tells chance apart, "
    "not how well the weeks stand for the year: docs/validation.md has that error. A "
    "week ends as it ends: what batteries hold less then than as it began (their "
    "change, below) was driven, and charged in no week. What is bought on the way is "
    "a few long trips: weeks meet them or do not."
)
BOUNDS = (
    "Peaks are the highest (voltages the lowest) of the weeks that were run. The "
    "year's own may be worse, never better: marked ≥ and ≤."
)
STORED = "stored_change_kwh"
THROUGH_BATTERIES = (
    "grid_import_kwh",
    "grid_export_kwh",
    "ev_charged_kwh",
    "ev_discharged_kwh",
    "ev_public_kwh",
)
DOUBTED = "≈ "
DOUBT = (
    "≈ A difference smaller than that of what batteries hold more or less when the "
    "weeks end: not even its sign is sure. More lead-in days "
    "(conditions.lead_in_days) make that less; time.days: 365 is the year itself."
)
NOT_AXES = ("variant", "against", "key", "figure", "unit", "over_time", "is_bound")
NUMBERS = ("n", "mean", "low_95", "high_95")
ADDED = ("sum", "month")
SHOWN_IN_TEXT = (
    "grid_import_kwh",
    "grid_export_kwh",
    "losses_kwh",
    "pv_kwh",
    "ev_charged_kwh",
    "ev_discharged_kwh",
    "ev_public_kwh",
    "driven_km",
    "wear_usd",
    "bill_ev_usd",
    "customer_hours_below",
    "transformer_h_over_normal",
    "peak_kw",
    "v_min_pu",
)
Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Annual:
    """What a study says of a year: a column a variant or difference, and notes."""

    columns: tuple[str, ...]
    cells: dict[tuple[str, str], Row]
    notes: tuple[str, ...]
    weeks: tuple[Row, ...] = ()
    shown: str = ""

    @property
    def elsewhere(self) -> str:
        """Which of the weeks all other parts are about; empty: there are none."""
        if not self.shown:
            return ""
        return (
            f"All else is told of {self.shown} alone, the fullest of the "
            f"{len(self.weeks)} weeks; each week's figures are in study.parquet."
        )

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The figures that any column knows, and that are not zero in all."""
        keys = {key for (key, _), row in self.cells.items() if row["mean"]}
        return tuple(one for one in MEASURES.values() if one.key in keys)

    def written(self, measure: Measure, column: str) -> tuple[str, str]:
        """Mean, then its interval if there is one."""
        row = self.cells.get((measure.key, column))
        if row is None:
            return "–", ""
        signed = row["against"] is not None
        mean, low, high = (
            measure.written(
                None if row[key] is None else row[key] / measure.scale, signed
            )
            for key in NUMBERS[1:]
        )
        mark = self._doubt(measure, column, row) if signed else _mark(row)
        return f"{mark}{mean}", "" if row["low_95"] is None else f"{low} to {high}"

    def _doubt(self, measure: Measure, column: str, row: Row) -> str:
        """Marks a difference of energy that batteries may have made by themselves."""
        stored = self.cells.get((STORED, column))
        if measure.key not in THROUGH_BATTERIES or stored is None or not row["mean"]:
            return ""
        moved_kwh = abs(stored["mean"] or 0.0) / MEASURES[STORED].scale
        return DOUBTED if abs(row["mean"]) / measure.scale < moved_kwh else ""

    @property
    def is_doubted(self) -> bool:
        """Whether any difference is."""
        pairs = [name for (_, name), row in self.cells.items() if row["against"]]
        return any(
            self.written(measure, column)[0].startswith(DOUBTED)
            for measure in self.measures
            for column in dict.fromkeys(pairs)
        )

    def unit(self, measure: Measure) -> str:
        """Of a year, where it is an amount."""
        rows = [row for (key, _), row in self.cells.items() if key == measure.key]
        unit = str(rows[0]["unit"])
        if measure.over_time not in ADDED:
            return unit
        return f"{unit}/year" if unit else "a year"


def annual_of(folder: Path) -> Annual | None:
    """As written beside a study; None where none of its runs stands for a year."""
    path = folder / ANNUAL_FILE
    if not path.is_file():
        return None
    try:
        frame = pl.read_parquet(path)
        record = json.loads((folder / STUDY_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, pl.exceptions.PolarsError) as error:
        raise InputError.of(f"cannot be read: {error}", where=str(path)) from None
    axes = [x for x in frame.columns if x not in (*NOT_AXES, *NUMBERS)]
    cells = {(row["key"], _column(row, axes)): row for row in frame.to_dicts()}
    levels = [name for (_, name), row in cells.items() if row["against"] is None]
    pairs = [name for (_, name), row in cells.items() if row["against"] is not None]
    notes = (record.get("annual") or {}).get("notes") or ()
    weeks = [one for one in record.get("conditions") or () if one.get("weight")]
    columns = tuple(dict.fromkeys([*levels, *pairs]))
    return Annual(columns, cells, tuple(notes), tuple(weeks), fullest_week(record))


def section(folder: Path) -> str:
    """Sums, then bounds; or why there are none."""
    found = annual_of(folder)
    if found is None:
        return page.paragraphs([REFUSED], "gap")
    if not found.cells:
        return page.paragraphs([MISSING, *found.notes], "gap")
    added = [one for one in found.measures if one.over_time in ADDED]
    bounds = [one for one in found.measures if one.over_time not in ADDED]
    return "".join(
        [
            page.paragraphs(found.notes, "gap"),
            page.paragraphs([SUMS]),
            _table(found, added),
            page.paragraphs([DOUBT] * found.is_doubted, "note"),
            "<h3>The worst of the weeks</h3>",
            page.paragraphs([BOUNDS]),
            _table(found, bounds),
            _weeks(found),
            page.paragraphs([found.elsewhere], "note"),
        ]
    )


def text(folder: Path) -> str:
    """For a terminal: a line a figure and column."""
    found = annual_of(folder)
    if found is None:
        return f"\n{REFUSED}"
    parts = [f"\n{TITLE}", *found.notes]
    for measure in found.measures:
        if measure.key not in SHOWN_IN_TEXT:
            continue
        parts.append(f"  {measure.title} [{found.unit(measure)}]")
        for column in found.columns:
            mean, band = found.written(measure, column)
            parts.append(f"    {column:<30} {mean}" + (f" [{band}]" if band else ""))
    doubt = DOUBT if found.is_doubted else ""
    more = [line for line in (doubt, BOUNDS, found.elsewhere) if line]
    return "\n".join([*parts, *(f"  {line}" for line in more)])


def _weeks(found: Annual) -> str:
    """Which weeks, and how many of each a year has."""
    if not found.weeks:
        return ""
    head = ["week", "from", "of them in a year", "highest demand without cars kW"]
    rows = [
        [one["name"], one["start"], f"{one['weight']:.1f}", f"{one['demand_kw']:,.0f}"]
        for one in found.weeks
    ]
    return page.details("The weeks", page.table(head, rows, (0, 1)))


def _table(found: Annual, measures: Sequence[Measure]) -> str:
    rows: list[Sequence[object] | str] = [
        [
            f"{one.title} [{found.unit(one)}]",
            *(found.written(one, column) for column in found.columns),
        ]
        for one in measures
    ]
    return page.table(["", *found.columns], rows)


def _mark(row: Row) -> str:
    if not row["is_bound"]:
        return ""
    return "≥ " if row["over_time"] == "highest" else "≤ "


def _column(row: Row, axes: Sequence[str]) -> str:
    pair = f"{row['variant']} − {row['against']}" if row["against"] else row["variant"]
    return ", ".join([pair, *(f"{axis} {row[axis]}" for axis in axes)])
