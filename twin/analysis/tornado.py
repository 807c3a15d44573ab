"""What a study's figures depend on: the effect of each end of each range, by seed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from twin.analysis.interval import t_interval
from twin.analysis.measures import MEASURES, Measure
from twin.scenario.vary_words import End

TORNADO_FILE = "tornado.parquet"
MIDDLE = (0.025, 0.975)
BySeed = Mapping[int, float]
Row = dict[str, Any]


def as_they_are(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows of a study's table at no end of any range."""
    return frame.filter(pl.col("varied").is_null()) if "varied" in frame else frame


def tornado(
    frame: pl.DataFrame, axes: Sequence[str], ends: Sequence[End]
) -> pl.DataFrame:
    """A row a variant (alone, and less the baseline), point, figure, range and end.

    ``effect`` is F(end) − F(as it is), mean over the seeds that have both, with its
    95 % interval (``low_95``, ``high_95``; null for one seed); F is the figure, or its
    difference from the baseline's at the same end. ``span`` is from the lowest to the
    highest of both effects and zero. ``plain`` is the mean of F as it is over
    ``draws`` seeds, ``draws_low`` and ``draws_high`` hold the middle 95 % of them
    (null for one). The widest span comes first.

    frame   the study's table: variant, seed, baseline, varied, end, axes, figures
    """
    asked = _Asked(frame, axes)
    found = [
        row
        for question in asked.questions()
        for measure in MEASURES.values()
        if measure.key in frame and frame[measure.key].dtype.is_numeric()
        for row in _rows(asked, question, measure, ends)
    ]
    return pl.DataFrame(found, schema=_schema(frame, axes), orient="row")


@dataclass(frozen=True)
class _Question:
    """A variant at a point, alone or less a baseline's."""

    variant: str
    point: tuple[Any, ...]
    against: str | None = None
    base_point: tuple[Any, ...] = ()


class _Asked:
    """A study's table by variant, point and end; in each the seeds' figures."""

    def __init__(self, frame: pl.DataFrame, axes: Sequence[str]) -> None:
        self.axes = axes
        self._by: dict[tuple[Any, ...], dict[int, Row]] = {}
        self._bases: dict[str, list[tuple[Any, ...]]] = {}
        for row in frame.iter_rows(named=True):
            point = tuple(row[axis] for axis in axes)
            key = (row["variant"], point, row["varied"], row["end"])
            self._by.setdefault(key, {})[row["seed"]] = row
            points = self._bases.setdefault(row["variant"], [])
            if row["baseline"] and point not in points:
                points.append(point)

    def questions(self) -> Iterator[_Question]:
        """Differences from the baseline first, then each variant alone."""
        plain = [key[:2] for key in self._by if key[2] is None]
        base = next((name for name, points in self._bases.items() if points), None)
        points = self._bases.get(base or "", [])
        for variant, point in plain:
            at = point if point in points else points[0] if len(points) == 1 else None
            if base is not None and variant != base and at is not None:
                yield _Question(variant, point, base, at)
        for variant, point in plain:
            yield _Question(variant, point)

    def values(
        self, question: _Question, measure: Measure, end: End | None = None
    ) -> BySeed:
        """The figure by seed, in its own unit; where both know it."""
        mine = self._figure(question.variant, question.point, measure, end)
        if question.against is None:
            return mine
        base = self._figure(question.against, question.base_point, measure, end)
        return {seed: mine[seed] - base[seed] for seed in mine if seed in base}

    def _figure(
        self, variant: str, point: tuple[Any, ...], measure: Measure, end: End | None
    ) -> BySeed:
        side = (None, None) if end is None else (end.varied, end.end)
        rows = self._by.get((variant, point, *side), {})
        return {
            seed: measure.scale * row[measure.key]
            for seed, row in rows.items()
            if row[measure.key] is not None
        }


def _rows(
    asked: _Asked, question: _Question, measure: Measure, ends: Sequence[End]
) -> list[tuple[Any, ...]]:
    plain = asked.values(question, measure)
    if not plain:
        return []
    drawn = list(plain.values())
    band = np.quantile(drawn, MIDDLE).tolist() if len(drawn) > 1 else (None, None)
    head = (question.variant, *question.point, question.against)
    said = (measure.key, measure.title, measure.unit)
    told = (float(np.mean(drawn)), len(drawn), *band)
    found = []
    for pair in zip(ends[::2], ends[1::2], strict=True):
        effects = [_effect(plain, asked.values(question, measure, end)) for end in pair]
        means = [one[1] for one in effects if one[1] is not None]
        span = max(means, default=0.0) - min(means, default=0.0)
        span = max(span, *map(abs, means)) if means else 0.0
        found += [
            (*head, *said, end.varied, end.end, end.words, *one, span, *told)
            for end, one in zip(pair, effects, strict=True)
        ]
    place = len(head) + len(said) + 7
    return sorted(found, key=lambda row: -row[place])


def _effect(plain: BySeed, moved: BySeed) -> tuple[int, float | None, Any, Any]:
    """n, mean and interval of what an end changes, paired by seed."""
    one = t_interval([moved[seed] - plain[seed] for seed in plain if seed in moved])
    return one.n, one.mean, one.low, one.high


def _schema(frame: pl.DataFrame, axes: Sequence[str]) -> dict[str, Any]:
    return {
        "variant": pl.String,
        **{axis: frame.schema[axis] for axis in axes},
        "against": pl.String,
        "key": pl.String,
        "figure": pl.String,
        "unit": pl.String,
        "varied": pl.String,
        "end": pl.String,
        "values": pl.String,
        "n": pl.Int64,
        "effect": pl.Float64,
        "low_95": pl.Float64,
        "high_95": pl.Float64,
        "span": pl.Float64,
        "plain": pl.Float64,
        "draws": pl.Int64,
        "draws_low": pl.Float64,
        "draws_high": pl.Float64,
    }
