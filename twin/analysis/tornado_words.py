"""A tornado opened from a study's folder: questions, bars, and their words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from twin.analysis.measures import KEY_FIGURES, MEASURES, Measure
from twin.analysis.tornado import TORNADO_FILE
from twin.errors import InputError

MAIN_FIGURES = (
    "peak_kw",
    "v_min_pu",
    "worst_transformer_loading",
    "transformer_h_over_normal",
    "customer_hours_below",
    "losses_kwh",
    "ev_charged_kwh",
    "ev_discharged_kwh",
    "departures_short_share",
)
MOST_PANELS = 6
NOT_AXES = {
    "variant",
    "against",
    "key",
    "figure",
    "unit",
    "varied",
    "end",
    "values",
    "n",
    "effect",
    "low_95",
    "high_95",
    "span",
    "plain",
    "draws",
    "draws_low",
    "draws_high",
}
ONE_SEED = (
    "One seed: effects have no interval, and nothing tells them from chance; say "
    "seeds: [1, 2, 3] or more."
)
EXPLAINED = (
    "Effect of either end of a range, everything else as it is: the figure at that end "
    "less the figure as it is, at the same seed, mean over seeds; in brackets the 95 % "
    "interval of that mean (Student's t)."
)
Row = dict[str, Any]


@dataclass(frozen=True)
class Effect:
    """What one end of a range changes, in the unit that is shown; None: unknown."""

    values: str
    n: int
    mean: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Bar:
    """A range with the effects of its two ends."""

    varied: str
    low: Effect
    high: Effect
    span: float


@dataclass(frozen=True)
class Tornado:
    """One figure of one question: the widest bar first."""

    measure: Measure
    plain: float
    draws: int
    draws_low: float | None
    draws_high: float | None
    bars: tuple[Bar, ...]

    @property
    def is_moved(self) -> bool:
        """Whether any end changes it by what its digits show."""
        least = 0.5 * 10.0**-self.measure.digits
        return any(bar.span >= least for bar in self.bars)

    def written(self, value: float | None, signed: bool = False) -> str:
        """A value that is in the shown unit already."""
        known = None if value is None else value / self.measure.scale
        return self.measure.written(known, signed)

    @property
    def band(self) -> str:
        """Where single draws lie, in words; empty for one seed."""
        if self.draws_low is None or self.draws_high is None:
            return ""
        return f"{self.written(self.draws_low)} to {self.written(self.draws_high)}"


@dataclass(frozen=True, eq=False)
class Question:
    """A variant, alone or less the baseline, at a point of the axes."""

    variant: str
    against: str | None
    point: str
    table: pl.DataFrame

    @property
    def name(self) -> str:
        """``v2g_peak − valley, fleet.ev_share 0.4``."""
        pair = f"{self.variant} − {self.against}" if self.against else self.variant
        return ", ".join(filter(None, (pair, self.point)))

    @cached_property
    def tornados(self) -> tuple[Tornado, ...]:
        """Every figure, in the order of tables."""
        groups = self.table.partition_by("key", maintain_order=True)
        return tuple(_tornado(group) for group in groups)

    @property
    def main(self) -> tuple[Tornado, ...]:
        """The main figures that any end moves."""
        found = {one.measure.key: one for one in self.tornados if one.is_moved}
        return tuple(found[key] for key in MAIN_FIGURES if key in found)[:MOST_PANELS]

    @property
    def key_figures(self) -> tuple[Tornado, ...]:
        """The key figures that any end moves."""
        keys = dict.fromkeys([*MAIN_FIGURES, *(one.key for one in KEY_FIGURES)])
        return tuple(x for x in self.tornados if x.is_moved and x.measure.key in keys)


def questions_of(folder: Path) -> list[Question]:
    """As written beside a study: differences first; none where nothing is varied."""
    path = folder / TORNADO_FILE
    if not path.is_file():
        return []
    try:
        frame = pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError.of(f"cannot be read: {error}", where=str(path)) from None
    axes = [name for name in frame.columns if name not in NOT_AXES]
    groups = frame.partition_by("variant", "against", *axes, maintain_order=True)
    return [_question(group, axes) for group in groups]


def text(folder: Path) -> str:
    """For a terminal: each difference, or each variant where there is none."""
    found = questions_of(folder)
    asked = [one for one in found if one.against] or found
    if not asked:
        return ""
    single = max(one.draws for each in asked for one in each.tornados) < 2
    parts = ["\nWhat it depends on", *([ONE_SEED] if single else [])]
    for question in asked:
        parts.append(f"\n{question.name}")
        parts += [line for one in question.main for line in _lines(one)]
        if not question.main:
            parts.append("  no range changes a main figure")
    return "\n".join(parts)


def effect_words(of: Tornado, effect: Effect) -> str:
    """``−3.2 [−4.0 to −2.4]``."""
    said = of.written(effect.mean, signed=True)
    if effect.low is None or effect.high is None:
        return said
    low, high = (of.written(v, signed=True) for v in (effect.low, effect.high))
    return f"{said} [{low} to {high}]"


def _lines(one: Tornado) -> list[str]:
    band = f"; single draws {one.band}" if one.band else ""
    head = f"  {one.measure.name}: {one.written(one.plain)} as it is{band}"
    rows = [
        f"    {bar.varied:<24} "
        + ";  ".join(
            f"{effect.values}: {effect_words(one, effect)}"
            for effect in (bar.low, bar.high)
        )
        for bar in one.bars
    ]
    return [head, *rows]


def _question(group: pl.DataFrame, axes: Sequence[str]) -> Question:
    first = group.row(0, named=True)
    point = ", ".join(f"{axis} {first[axis]}" for axis in axes)
    return Question(first["variant"], first["against"], point, group)


def _tornado(group: pl.DataFrame) -> Tornado:
    rows = group.to_dicts()
    first = rows[0]
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return Tornado(
        MEASURES[first["key"]],
        first["plain"],
        first["draws"],
        first["draws_low"],
        first["draws_high"],
        tuple(
            Bar(low["varied"], _effect(low), _effect(high), low["span"])
            for low, high in pairs
        ),
    )


def _effect(row: Row) -> Effect:
    return Effect(row["values"], row["n"], row["effect"], row["low_95"], row["high_95"])
