"""Draws bills: what one is made of, what changed it, and how homes differ."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboards import theme
from dashboards.money.pairs import WITH_CAR, WITHOUT, group
from dashboards.thinning import kept_rows
from twin.analysis.bill_figures import component
from twin.analysis.case import Case
from twin.arrays import Bools

HEIGHT, SPREAD_HEIGHT = 430, 360
LEAST_USD = 0.005
TOTAL = "total_usd"
NAMES = {WITH_CAR: "homes with an EV", WITHOUT: "homes without an EV"}


def parts_figure(
    case: Case, other: Case | None, chosen: Bools, label: str, scheme: str
) -> go.Figure:
    """The mean bill part by part; beside it, from the other run's to this one's.

    chosen  which customers are meant [n_customer]
    """
    look = theme.palette(scheme)
    assert case.bills is not None
    mine = case.bills.per_month(chosen)
    base = (
        None if other is None or other.bills is None else other.bills.per_month(chosen)
    )
    titles = ["what it is made of"]
    titles += [] if base is None else [f"from {label} to this run"]
    figure = make_subplots(
        1,
        len(titles),
        shared_yaxes=False,
        subplot_titles=titles,
        horizontal_spacing=0.09,
    )
    figure.add_trace(_waterfall(["bill"], [], mine, look), row=1, col=1)
    if base is not None:
        moved = {
            name: mine.get(name, 0.0) - base.get(name, 0.0) for name in {**mine, **base}
        }
        bridge = _waterfall(["this run"], [(label, base[TOTAL])], moved, look)
        figure.add_trace(bridge, row=1, col=2)
    figure.update_yaxes(title="USD a month", col=1)
    theme.dressed(figure, scheme, HEIGHT)
    figure.update_xaxes(tickangle=-35)
    return figure.update_layout(showlegend=False, margin={"t": 44})


def spread_figure(
    case: Case, other: Case | None, home: int | None, label: str, scheme: str
) -> go.Figure:
    """Every home's bill, the cheapest first; dotted in the other run."""
    look = theme.palette(scheme)
    figure = go.Figure()
    for who, colour in ((WITH_CAR, look.charge), (WITHOUT, look.base)):
        for of, words, dash in ((case, "", "solid"), (other, f", {label}", "dot")):
            chosen = group(case, who, None)
            if of is None or of.bills is None or not chosen.any():
                continue
            usd = np.sort(of.bills.totals(chosen))
            rows = kept_rows(usd)
            figure.add_scatter(
                x=100 * (rows + 0.5) / len(usd),
                y=usd[rows],
                mode="lines",
                name=NAMES[who] + words,
                line={
                    "color": colour,
                    "dash": dash,
                    "width": 2.2 if not words else 1.4,
                },
                hovertemplate="%{x:.0f} % of homes below %{y:,.2f} USD a month",
            )
    _mark_home(figure, case, home, look)
    figure.add_hline(y=0, line={"color": look.grey, "width": 1})
    figure.update_xaxes(title="homes, the cheapest bill first [%]", range=[0, 100])
    figure.update_yaxes(title="bill [USD a month]")
    return theme.dressed(figure, scheme, SPREAD_HEIGHT)


def _mark_home(
    figure: go.Figure, case: Case, home: int | None, look: theme.Palette
) -> None:
    """Where the chosen home stands among its own kind."""
    if home is None or case.bills is None:
        return
    who = WITH_CAR if case.customers["evs"][home] > 0 else WITHOUT
    peers = group(case, who, None)
    if not peers[home]:
        return
    usd = case.bills.totals(np.arange(len(peers)) == home)[0]
    rank = float((case.bills.totals(peers) < usd).sum())
    figure.add_scatter(
        x=[100 * (rank + 0.5) / peers.sum()],
        y=[usd],
        mode="markers",
        name=str(case.customers["name"][home]),
        marker={"symbol": "diamond", "size": 12, "color": look.ink},
        hovertemplate="%{y:,.2f} USD a month",
    )


def _waterfall(
    last: list[str],
    first: list[tuple[str, float]],
    moved: Mapping[str, float],
    look: theme.Palette,
) -> go.Waterfall:
    """Parts that are seen, between what it begins with and what it comes to."""
    parts = {
        component(name): usd
        for name, usd in moved.items()
        if name != TOTAL and abs(usd) >= LEAST_USD
    }
    total = sum(usd for _, usd in first) + moved[TOTAL]
    values = [*(usd for _, usd in first), *parts.values(), total]
    kinds = [*["absolute"] * len(first), *["relative"] * len(parts), "total"]
    return go.Waterfall(
        x=[*(name for name, _ in first), *parts, *last],
        y=values,
        measure=kinds,
        text=[_usd(one) for one in values],
        textposition="outside",
        cliponaxis=False,
        increasing={"marker": {"color": look.low}},
        decreasing={"marker": {"color": look.give}},
        totals={"marker": {"color": look.base}},
        connector={"line": {"color": look.grey, "width": 1}},
        hovertemplate="%{x}: %{text} USD a month<extra></extra>",
        name=last[0],
    )


def _usd(value: float) -> str:
    return f"{value:,.2f}".replace("-", "−")
