"""How transformers aged, a row each, and what variants cost or save of their lives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from twin.analysis import page
from twin.analysis.case import Case
from twin.analysis.comparison import Comparison
from twin.arrays import Floats

MOST = 20
SCHEMA: dict[str, Any] = {
    "transformer": pl.Int64,
    "name": pl.String,
    "rating_kva": pl.Float64,
    "thermal_class": pl.String,
    "hot_spot_degc": pl.Float64,
    "time": pl.String,
    "rate": pl.Float64,
    "aged_h_per_day": pl.Float64,
    "aged_h": pl.Float64,
    "life_used": pl.Float64,
    "above_110_h": pl.Float64,
    "above_140_h": pl.Float64,
    "unknown_h": pl.Float64,
}


def table(case: Case) -> pl.DataFrame:
    """Every transformer, the quickest to age first; no rows without a course of loads.

    hot_spot_degc, time  the hottest and when, local
    rate                 mean ageing, 1 is normal
    aged_h, life_used    hours of normal ageing in the run; their share of a normal life
    unknown_h            hours left out: steps without a solution, no rating
    """
    life = case.life
    if life is None:
        return pl.DataFrame(schema=SCHEMA)
    steps = case.steps["time"]
    times = [
        case.local(steps[k]) if k >= 0 else None for k in life.hottest_step.tolist()
    ]
    columns = {
        "transformer": case.transformers["transformer"],
        "name": case.transformers["name"],
        "rating_kva": case.transformers["rating_kva"],
        "thermal_class": list(case.thermal.classes),
        "hot_spot_degc": life.hot_spot_degc,
        "time": times,
        "rate": life.rate,
        "aged_h_per_day": life.aged_h_per_day,
        "aged_h": life.aged_h,
        "life_used": life.life_used,
        "above_110_h": life.above_110_h,
        "above_140_h": life.above_140_h,
        "unknown_h": life.unknown_h,
    }
    frame = pl.DataFrame(columns, schema=SCHEMA, strict=False)
    return frame.with_columns(pl.col(pl.Float64).fill_nan(None)).sort(
        "rate", descending=True, nulls_last=True
    )


def section(comparison: Comparison) -> str:
    """The report's part: the worst of each variant, then variants side by side."""
    known = [label for label in comparison.labels if comparison.first(label).life]
    if not known:
        return page.paragraphs(
            ["Not told: it takes loadings and air of every interval, "
             "`output.level: all`, and steps that have a solution."], "note"
        )  # fmt: skip
    parts = [page.paragraphs([_basis(comparison.first(known[0]))], "note")]
    if len(known) > 1:
        parts.append(_side_by_side(comparison, known))
    alone = len(known) == 1
    for label in known:
        case = comparison.first(label)
        found = table(case)
        rows = [_row(row) for row in found.head(MOST).iter_rows(named=True)]
        more = found.height - len(rows)
        title = f"{label}, seed {case.called_seed}"
        title += f" ({more} more)" if more else ""
        body = page.details(title, page.table(_HEAD, rows, (0, 2, 4)))
        parts.append(body.replace("<details>", "<details open>") if alone else body)
    return "".join(parts)


def _basis(case: Case) -> str:
    if case.thermal.guide == "ieee":
        guide = "IEEE C57.91 with thermally upgraded paper (normal at 110 degC)"
    else:
        guide = "IEC 60076-7 with paper that is not upgraded (normal at 98 degC)"
    return (
        f"Hot spot and ageing by {guide}, from the current of the fullest phase and "
        "the outdoor temperature, with usual values for each class of rating, not of "
        "any nameplate. Ageing 1 is normal, a day of it 24 aged hours; a normal life "
        "is taken as 180,000 of them. It is told as ageing, not as money: what a "
        "lighter load saves is a replacement put off."
    )


_HEAD = [
    "transformer",
    "rating kVA",
    "class",
    "peak hot spot degC",
    "at (local time)",
    "ageing (1 is normal)",
    "aged h a day",
    "of a normal life, ‰",
    "above 110 degC h",
    "above 140 degC h",
    "not known h",
]


def _row(row: dict[str, Any]) -> list[str]:
    return [
        row["name"],
        _plain(row["rating_kva"], 0),
        row["thermal_class"],
        _plain(row["hot_spot_degc"], 1),
        row["time"] or "–",
        _few(row["rate"]),
        _few(row["aged_h_per_day"]),
        _few(1000 * row["life_used"]),
        _plain(row["above_110_h"], 2),
        _plain(row["above_140_h"], 2),
        _plain(row["unknown_h"], 2),
    ]


def _side_by_side(comparison: Comparison, known: Sequence[str]) -> str:
    """Aged hours of the run by variant, and what a variant costs or saves of them."""
    first = comparison.first(known[0])
    same = [x for x in known if _names(comparison.first(x)) == _names(first)]
    aged = {label: _aged_h(comparison, label) for label in same}
    pairs = [
        pair
        for pair in comparison.differences
        if pair.variant in aged and pair.against in aged
    ]
    columns = [
        *aged.values(),
        *(aged[pair.variant] - aged[pair.against] for pair in pairs),
    ]
    together = np.stack(columns, axis=1)
    worst = np.argsort(-together[:, : len(aged)].max(axis=1), kind="stable")[:MOST]
    names = first.transformers["name"].to_list()
    rows = [["all together", *_numbers(together.sum(axis=0), len(aged))]]
    rows += [[names[t], *_numbers(together[t], len(aged))] for t in worst.tolist()]
    head = ["aged hours in the run", *aged, *(pair.name for pair in pairs)]
    seeds = len(comparison.seeds)
    note = (
        f"Mean over {seeds} seeds. " if seeds > 1 else ""
    ) + "Differences: hours of normal ageing that the first costs (+) or saves (−)."
    return page.table(head, rows, (0,)) + page.paragraphs([note], "note")


def _names(case: Case) -> list[str]:
    return [str(name) for name in case.transformers["name"]]


def _aged_h(comparison: Comparison, label: str) -> Floats:
    """Mean over the seeds that know it. [n_transformer]"""
    lives = [case.life for case in comparison.of_label(label)]
    known = [life.aged_h for life in lives if life is not None]
    return np.asarray(np.mean(known, axis=0), dtype=np.float64)


def _numbers(values: Floats, n_plain: int) -> list[str]:
    plain = [f"{value:.3g}" for value in values[:n_plain]]
    return plain + [f"{value:+.3g}".replace("-", "−") for value in values[n_plain:]]


def _plain(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _few(value: float | None) -> str:
    """Three figures: the ageing of a cold transformer is thousandths."""
    return "–" if value is None else f"{value:.3g}"
