"""Who can take part and what can be counted on: a sentence a variant, over seeds."""

from __future__ import annotations

from twin.analysis.comparison import Comparison
from twin.analysis.measures import MEASURES
from twin.analysis.participation import Called, funnel, got
from twin.analysis.participation import headline as of_one_run


def headlines(comparison: Comparison) -> list[str]:
    """A sentence for each variant that asks who can take part."""
    return [
        _headline(comparison, label)
        for label in comparison.labels
        if funnel(comparison.first(label)) is not None
    ]


def _headline(comparison: Comparison, label: str) -> str:
    """Means as tables have them, and how many seeds they are of."""
    first, seeds = comparison.first(label), len(comparison.of_label(label))
    if seeds == 1:
        return of_one_run(first)
    evs, joined = (
        MEASURES[key].written(comparison.cell(key, label).mean)
        for key in ("n_ev", "participants")
    )
    kw, median = (
        comparison.cell(key, label).mean
        for key in ("dependable_kw", "dependable_median_kw")
    )
    return (
        f"{label}: {evs} EVs, {joined} take part, "
        f"{got(Called.of(first), kw, median)}, means over {seeds} seeds"
        f"{_lost(comparison, label)}."
    )


def _lost(comparison: Comparison, label: str) -> str:
    cell = comparison.cell("funnel_loses_most", label)
    seed = comparison.first(label).called_seed
    varies = f" (seed {seed}; elsewhere at other stages)" if cell.varies else ""
    return f"; most is lost at: {cell.text}{varies}" if cell.text else ""
