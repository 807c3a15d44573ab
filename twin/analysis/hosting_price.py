"""What hosting costs those who charge: departures short, energy put off, by variant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from twin.analysis.comparison import Comparison
from twin.analysis.hosting import Hosting

HEAD = (
    "variant",
    "cars per 100 homes",
    "departures short of target %",
    "missing at departures kWh per car",
    "put off by the operator kWh per car",
    "departures the operator left short",
    "dimming h",
)
ABOUT = (
    "Means over draws, of the days that were studied. A departure is short of target "
    "if the battery lacks more than 1 % of its capacity. Put off: what cars were, at "
    "the most, behind what they would have taken; left short: departures at which more "
    "than 1 % of the capacity was still lacking of that."
)


def price_rows(hosting: Hosting, comparison: Comparison) -> list[list[object]]:
    """A row a variant and penetration with cars."""
    by_run = {case.run.run_id: case for case in comparison.cases}
    runs = hosting.table.filter(pl.col("evs") > 0).unique(
        ["variant", "seed", "penetration"], maintain_order=True
    )
    rows: list[list[object]] = []
    for variant in hosting.variants:
        own = runs.filter(variant=variant).sort("penetration", "seed")
        for (point,), some in own.group_by("penetration", maintain_order=True):
            cases = [by_run[one] for one in some["run_id"] if one in by_run]
            if cases:
                figures = [comparison.answers[c.label, c.seed] for c in cases]
                evs = some["evs"].to_list()
                rows.append([variant, _share(hosting, point), *_row(figures, evs)])
    return rows


def _row(figures: Sequence[Mapping[str, object]], evs: Sequence[int]) -> list[str]:
    per_car = [
        [_over(one.get(key), n) for one, n in zip(figures, evs, strict=False)]
        for key in ("shortfall_kwh", "put_off_kwh")
    ]
    short = [_over(one.get("departures_short_share"), 0.01) for one in figures]
    left = [_over(one.get("departures_held_short"), 1) for one in figures]
    hours = [_over(one.get("held_h"), 1) for one in figures]
    return [
        _mean(short, 1),
        _mean(per_car[0], 2),
        _mean(per_car[1], 2),
        _mean(left, 1),
        _mean(hours, 2),
    ]


def _over(value: object, n: float) -> float:
    return float(value) / n if isinstance(value, int | float) else float("nan")


def _mean(values: Sequence[float], digits: int) -> str:
    known = [one for one in values if not np.isnan(one)]
    return f"{np.mean(known):.{digits}f}" if known else "–"


def _share(hosting: Hosting, point: object) -> str:
    value = float(str(point))
    return (
        f"{100 * value:g}" if hosting.penetration == "fleet.ev_share" else f"{value:g}"
    )
