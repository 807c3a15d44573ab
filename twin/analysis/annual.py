"""Figures of a year: weighted sums over weeks that stand for it, or a whole year's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from twin.analysis.bills import DAYS_PER_MONTH
from twin.analysis.interval import t_interval
from twin.analysis.measures import MEASURES, Measure

ANNUAL_FILE = "annual.parquet"
DAYS_PER_YEAR = 365.25
WHOLE = 0.01
Row = Mapping[str, Any]
Point = tuple[Any, ...]


@dataclass(frozen=True)
class Stretch:
    """What a run stands for: so many stretches of so many days make a year.

    is_linear  its bills add up: no demand charge, no minimum, no allowance
    """

    weight: float
    days: float
    is_linear: bool = False

    @property
    def share(self) -> float:
        """Of a year."""
        return self.weight * self.days / DAYS_PER_YEAR


def annual(
    frame: pl.DataFrame, axes: Sequence[str], stretches: Sequence[Stretch | None]
) -> pl.DataFrame:
    """A row a variant (alone, and less the baseline), point of the axes and figure.

    F(year) = sum_i w_i F_i, of figures that are declared to add up; the highest or
    lowest of all stretches, of those declared so: not beyond the year's own, as what
    was not simulated may be worse (``is_bound``). Mean over seeds with its 95 %
    interval; a seed of which a stretch is missing is left out.

    frame      the study's table
    axes       its axes, less the one of the stretches
    stretches  of each row, what it stands for; None: for no year
    """
    rows = frame.to_dicts()
    by = _by_seed(rows, axes, stretches)
    base = next((row["variant"] for row in rows if row["baseline"]), None)
    found = []
    for variant, point in by:
        mine = by[variant, point]
        found += _told(variant, point, None, mine, {})
        against = _against(base, variant, point, by)
        if against is not None:
            found += _told(variant, point, base, mine, by[against])
    return pl.DataFrame(found, schema=_schema(frame, axes), orient="row")


@dataclass(frozen=True)
class _Year:
    """One seed's figures of a year."""

    values: Mapping[str, float | None]
    is_bound: bool


Seeds = dict[int, _Year]


def _by_seed(
    rows: Sequence[Row], axes: Sequence[str], stretches: Sequence[Stretch | None]
) -> dict[tuple[str, Point], Seeds]:
    parts: dict[tuple[str, Point], dict[int, list[tuple[Row, Stretch]]]] = {}
    for row, stretch in zip(rows, stretches, strict=True):
        if stretch is None or row.get("varied") is not None:
            continue
        key = row["variant"], tuple(row[axis] for axis in axes)
        parts.setdefault(key, {}).setdefault(row["seed"], []).append((row, stretch))
    return {
        key: {seed: _year(found) for seed, found in seeds.items() if _is_whole(found)}
        for key, seeds in parts.items()
    }


def _is_whole(rows: Sequence[tuple[Row, Stretch]]) -> bool:
    return abs(sum(stretch.share for _, stretch in rows) - 1.0) < WHOLE


def _year(rows: Sequence[tuple[Row, Stretch]]) -> _Year:
    values = {
        measure.key: _value(measure, rows)
        for measure in MEASURES.values()
        if measure.over_time
    }
    return _Year(values, is_bound=len(rows) > 1)


def _value(measure: Measure, rows: Sequence[tuple[Row, Stretch]]) -> float | None:
    """In the unit that is shown; None where a stretch does not know it."""
    known = [row.get(measure.key) for row, _ in rows]
    if not all(isinstance(one, int | float) for one in known):
        return None
    values = [measure.scale * float(one) for one in known if one is not None]
    if measure.over_time == "highest":
        return max(values)
    if measure.over_time == "lowest":
        return min(values)
    weights = [stretch.weight for _, stretch in rows]
    if measure.over_time == "month":
        if not all(stretch.is_linear for _, stretch in rows):
            return None
        weights = [one.weight * one.days / DAYS_PER_MONTH for _, one in rows]
    return sum(w * value for w, value in zip(weights, values, strict=True))


def _against(
    base: str | None,
    variant: str,
    point: Point,
    by: Mapping[tuple[str, Point], Seeds],
) -> tuple[str, Point] | None:
    """The baseline at the same point; where it has one point only, there."""
    if base is None or base == variant:
        return None
    if (base, point) in by:
        return base, point
    points = [key for key in by if key[0] == base]
    return points[0] if len(points) == 1 else None


def _told(
    variant: str, point: Point, against: str | None, mine: Seeds, other: Seeds
) -> list[tuple[Any, ...]]:
    found = []
    for measure in MEASURES.values():
        if not measure.over_time:
            continue
        values = []
        for seed, year in mine.items():
            value = year.values[measure.key]
            if against is not None:
                base = other[seed].values[measure.key] if seed in other else None
                value = None if value is None or base is None else value - base
            if value is not None:
                values.append(value)
        if values:
            one = t_interval(values)
            unit = measure.unit.replace("/month", "")
            bound = measure.over_time in ("highest", "lowest") and any(
                year.is_bound for year in mine.values()
            )
            said = (measure.key, measure.title, unit, measure.over_time, bound)
            found.append(
                (variant, *point, against, *said, one.n, one.mean, one.low, one.high)
            )
    return found


def _schema(frame: pl.DataFrame, axes: Sequence[str]) -> dict[str, Any]:
    return {
        "variant": pl.String,
        **{axis: frame.schema[axis] for axis in axes},
        "against": pl.String,
        "key": pl.String,
        "figure": pl.String,
        "unit": pl.String,
        "over_time": pl.String,
        "is_bound": pl.Boolean,
        "n": pl.Int64,
        "mean": pl.Float64,
        "low_95": pl.Float64,
        "high_95": pl.Float64,
    }
