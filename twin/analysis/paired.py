"""Differences of a study's variants from its baseline, paired by seed and point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from twin.analysis import page
from twin.analysis.comparison import Comparison, Difference
from twin.analysis.interval import Interval, t_interval
from twin.analysis.measures import KEY_FIGURES, MEASURES, Measure

Row = Mapping[str, Any]
EXPLAINED = (
    "Each variant less the baseline at the same seed and point, so that what chance "
    "gives to both does not count. Mean over seeds, in brackets the 95 % interval of "
    "that mean (Student's t, n − 1 degrees of freedom), starred if zero is outside."
)
NOTHING = "Intervals need several seeds and a baseline, so that variants can be paired."


def differences(frame: pl.DataFrame, axes: Sequence[str]) -> pl.DataFrame:
    """The tidy table: a row a variant, point of the axes and figure.

    frame   the study's table: variant, seed, baseline, the axes, headline figures
    """
    rows = frame.unique([*axes, "variant", "seed"], maintain_order=True).to_dicts()
    bases = [row for row in rows if row["baseline"]]
    by_point: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        if not row["baseline"]:
            at = (row["variant"], *(row[axis] for axis in axes))
            by_point.setdefault(at, []).append(row)
    measures = [m for m in MEASURES.values() if m.key in frame.columns]
    found = [
        _row(mine, against, axes, measure)
        for mine in by_point.values()
        if (against := _baseline(mine[0], bases, axes))
        for measure in measures
        if frame[measure.key].dtype.is_numeric()
    ]
    return pl.DataFrame(found, schema=_schema(frame, axes), orient="row")


def section(comparison: Comparison) -> str:
    """The report's part."""
    pairs, n = comparison.differences, len(comparison.seeds)
    rows = [
        [measure.name, *(_cell(comparison, measure, pair) for pair in pairs)]
        for measure in KEY_FIGURES
        if any(_interval(comparison, measure, pair).mean for pair in pairs)
    ]
    if n < 2 or not rows:
        return page.paragraphs([NOTHING], "gap")
    heads = ["", *(pair.name for pair in pairs)]
    return page.paragraphs([f"{EXPLAINED} {n} seeds."]) + page.table(heads, rows)


def text(comparison: Comparison) -> str:
    """The same for a terminal; empty with a single seed."""
    if len(comparison.seeds) < 2:
        return ""
    parts = []
    for pair in comparison.differences:
        known = [
            (measure, one)
            for measure in KEY_FIGURES
            if (one := _interval(comparison, measure, pair)).mean
        ]
        if known:
            parts.append(f"\n{pair.name}: mean over seeds [95 % interval]")
        parts += [f"  {m.name:<44} {_written(m, one)}, n {one.n}" for m, one in known]
    return "\n".join(parts)


def _interval(comparison: Comparison, measure: Measure, pair: Difference) -> Interval:
    return t_interval(comparison.by_seed(measure.key, pair))


def _cell(comparison: Comparison, measure: Measure, pair: Difference) -> str:
    one = _interval(comparison, measure, pair)
    return _written(measure, one) + (" *" if one.is_clear else "")


def _written(measure: Measure, one: Interval) -> str:
    if one.mean is None:
        return "–"
    band = _band(measure, one)
    return measure.written(one.mean, signed=True) + (f" [{band}]" if band else "")


def _band(measure: Measure, one: Interval) -> str:
    if one.low is None:
        return ""
    low, high = (measure.written(v, signed=True) for v in (one.low, one.high))
    return f"{low} to {high}"


def _baseline(row: Row, bases: Sequence[Row], axes: Sequence[str]) -> list[Row]:
    """The baseline's rows at the same point; where it has one point only, there."""
    same = [b for b in bases if all(b[axis] == row[axis] for axis in axes)]
    points = {tuple(b[axis] for axis in axes) for b in bases}
    return same or (list(bases) if len(points) == 1 else [])


def _row(
    mine: Sequence[Row], against: Sequence[Row], axes: Sequence[str], measure: Measure
) -> tuple[Any, ...]:
    base = {row["seed"]: row[measure.key] for row in against}
    values = [
        measure.scale * (row[measure.key] - base[row["seed"]])
        for row in mine
        if row[measure.key] is not None and base.get(row["seed"]) is not None
    ]
    one = t_interval(values)
    at = [mine[0][axis] for axis in axes]
    said = (against[0]["variant"], measure.key, measure.title, measure.unit)
    return (mine[0]["variant"], *at, *said, one.n, one.mean, one.low, one.high)


def _schema(frame: pl.DataFrame, axes: Sequence[str]) -> dict[str, Any]:
    return {
        "variant": pl.String,
        **{axis: frame.schema[axis] for axis in axes},
        "against": pl.String,
        "key": pl.String,
        "figure": pl.String,
        "unit": pl.String,
        "n": pl.Int64,
        "mean": pl.Float64,
        "low_95": pl.Float64,
        "high_95": pl.Float64,
    }
