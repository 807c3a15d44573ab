"""Figures of bills: what the mean home's is made of, and how homes differ."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from twin.analysis.case import Case
from twin.analysis.comparison import Comparison
from twin.analysis.theme import GREY, LIMIT, dressed, looks, plain, spotlight, thinned
from twin.arrays import Bools

KINDS = (("with an EV", True), ("without an EV", False))


def homes(case: Case, with_car: bool) -> Bools:
    """Which customers are homes with, or without, a car [n_customer]."""
    kind = (case.customers["kind"] == "home").to_numpy()
    chosen: Bools = kind & ((case.customers["evs"].to_numpy() > 0) == with_car)
    return chosen


def component(name: str) -> str:
    """``energy_on_peak_usd`` as words: ``energy on peak``."""
    return name.removesuffix("_usd").replace("_", " ")


def bill_parts(comparison: Comparison) -> go.Figure | None:
    """The mean home's monthly bill, component by component, for V2G or the last."""
    case = comparison.first(_shown(comparison))
    if case.bills is None:
        return None
    figure = make_subplots(
        1, 2, shared_yaxes=True, subplot_titles=[f"homes {kind}" for kind, _ in KINDS]
    )
    for column, (_, with_car) in enumerate(KINDS, start=1):
        chosen = homes(case, with_car)
        if not chosen.any():
            continue
        means = case.bills.per_month(chosen)
        total = means.pop("total_usd")
        parts = {name: usd for name, usd in means.items() if abs(usd) >= 0.005}
        figure.add_trace(
            go.Waterfall(
                x=[*map(component, parts), "total"],
                y=[*parts.values(), total],
                measure=[*["relative"] * len(parts), "total"],
                increasing={"marker": {"color": "#D55E00"}},
                decreasing={"marker": {"color": "#009E73"}},
                totals={"marker": {"color": GREY}},
                connector={"line": {"color": GREY, "width": 1}},
                hovertemplate="%{x}: %{delta:.2f} USD a month<extra></extra>",
                showlegend=False,
            ),
            row=1,
            col=column,
        )
    figure.update_yaxes(title="USD a month", col=1)
    figure.update_xaxes(tickangle=-40)
    return dressed(figure, 440, titles=True)


def parts_caption(comparison: Comparison) -> str:
    """Of which variant the parts are shown, in words."""
    case = comparison.first(_shown(comparison))
    by = case.bills.tariff if case.bills is not None else ""
    return (
        f"{case.label}, seed {case.called_seed}, tariff {by}: "
        "means over homes, scaled to a "
        "month of 30.4 days. Credits are below zero."
    )


def bill_spread(comparison: Comparison) -> go.Figure | None:
    """Every home, the cheapest bill first; a line a variant with and without an EV."""
    figure = go.Figure()
    for label in spotlight(comparison):
        case, look = comparison.first(label), looks(comparison)[label]
        for kind, with_car in KINDS:
            chosen = homes(case, with_car)
            if case.bills is None or not chosen.any():
                continue
            usd = np.sort(case.bills.totals(chosen))
            rows = thinned(len(usd))
            figure.add_scatter(
                x=(100 * (rows + 0.5) / len(usd)).astype(np.float32),
                y=usd[rows].astype(np.float32),
                mode="lines",
                name=f"{plain(label)}, {kind}",
                line={
                    "color": look.colour,
                    "dash": look.dash if with_car else "dot",
                    "width": 2 if with_car else 1,
                },
                hovertemplate="%{x:.0f} % of homes below %{y:.2f} USD a month",
            )
    if not figure.data:
        return None
    figure.update_xaxes(title="homes, the cheapest bill first [%]", range=[0, 100])
    figure.update_yaxes(title="bill [USD a month]")
    figure.add_hline(y=0, line={"color": LIMIT, "width": 1, "dash": "dot"})
    return dressed(figure, 380)


def _shown(comparison: Comparison) -> str:
    """The V2G variant, else the last with cars, else the last."""
    v2g = [label for label, _ in comparison.v2g_against_clever]
    cars = [label for label in comparison.labels if comparison.first(label).n_ev]
    return [*comparison.labels, *cars, *v2g][-1]
