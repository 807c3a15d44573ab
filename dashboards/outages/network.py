"""What an outage cut off, on the network: dead lines, homes dark and alight."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import plotly.graph_objects as go
import polars as pl

from dashboards import theme
from twin.analysis.case import Case
from twin.analysis.network import Network
from twin.analysis.theme import plain
from twin.arrays import Bools, Floats

HEIGHT = 460


def network_figure(
    case: Case, rows: pl.DataFrame, chosen: int | None, scheme: str
) -> go.Figure:
    """The network during an outage.

    rows    of ``outages``, of that outage
    chosen  the customer that is looked at
    """
    look = theme.palette(scheme)
    network = Network.of(case.nodes, case.branches)
    dead = dead_spans(case, network, rows)
    figure = go.Figure()
    for which, name, colour, dash in (
        (~dead, "with supply", look.grey, "solid"),
        (dead, "cut off", look.low, "dot"),
    ):
        x, y = _ways(network, which)
        if len(x):
            figure.add_scatter(
                x=x,
                y=y,
                mode="lines",
                name=name,
                line={"color": colour, "width": 1.4, "dash": dash},
                hoverinfo="none",
            )
    _homes(figure, case, network, rows, chosen, look)
    hidden = {"visible": False, "showgrid": False}
    theme.dressed(figure, scheme, HEIGHT)
    figure.update_xaxes(**hidden)
    figure.update_yaxes(**hidden)
    if network.kind != "schematic":
        figure.update_yaxes(scaleanchor="x")
    return figure.update_layout(hovermode="closest", margin={"l": 12, "r": 12, "b": 12})


def dead_spans(case: Case, network: Network, rows: pl.DataFrame) -> Bools:
    """Joints whose far end had no voltage in the first whole interval. [n_span]

    None where voltages are not kept, or supply is back before such an interval ends.
    """
    none = np.zeros(len(network.branch), np.bool_)
    start = rows["start"].min()
    if not case.run.has("voltages") or not isinstance(start, datetime):
        return none
    step = timedelta(hours=case.step_h)
    later = case.steps.filter(pl.col("time") >= start).head(1)
    until = rows["until"].min()
    if not later.height or (
        isinstance(until, datetime) and later["time"][0] + step > until
    ):
        return none
    volts = case.run.at("voltages", later["time"][0])["v_pu"].to_numpy()[0]
    dark = ~np.isfinite(volts[network.node])
    found: Bools = dark[network.to_site]
    return found


def lit_share(case: Case, rows: pl.DataFrame) -> Mapping[int, float]:
    """Share of its time without supply that each home was on its own car."""
    ended = rows.select("customer", "hours", "alight_h").iter_rows()
    return {
        int(customer): alight / hours if hours else 0.0
        for customer, hours, alight in ended
    }


def _homes(
    figure: go.Figure,
    case: Case,
    network: Network,
    rows: pl.DataFrame,
    chosen: int | None,
    look: theme.Palette,
) -> None:
    """Every home by what it had; shapes tell it as well as colours."""
    site = network.site[case.customers["node"].to_numpy().astype(np.int64)]
    names = case.customers["name"].to_list()
    alight = lit_share(case, rows)
    kinds: dict[str, list[int]] = {"kept supply": [], "dark": [], "alight": []}
    for customer in range(len(names)):
        if customer not in alight:
            kinds["kept supply"].append(customer)
        elif alight[customer] > 0:
            kinds["alight"].append(customer)
        else:
            kinds["dark"].append(customer)
    for kind, symbol, colour, words in (
        ("kept supply", "circle-open", look.grey, "home that kept its supply"),
        ("dark", "x", look.low, "home that went dark"),
        (
            "alight",
            "triangle-up",
            look.give,
            "home on its own car, for a time or all of it",
        ),
    ):
        mine = kinds[kind]
        if mine:
            figure.add_scatter(
                x=network.x[site[mine]],
                y=network.y[site[mine]],
                mode="markers",
                name=words,
                marker={"symbol": symbol, "size": 10, "color": colour},
                text=[_told(names, customer, alight) for customer in mine],
                customdata=[str(one) for one in mine],
                hovertemplate="%{text}<extra></extra>",
            )
    if chosen is not None and chosen < len(site):
        figure.add_scatter(
            x=[network.x[site[chosen]]],
            y=[network.y[site[chosen]]],
            mode="markers",
            name="the home below",
            marker={
                "symbol": "circle-open",
                "size": 20,
                "color": look.ink,
                "line": {"width": 2},
            },
            hoverinfo="skip",
        )


def _told(names: list[Any], customer: int, alight: Mapping[int, float]) -> str:
    name = plain(str(names[customer]))
    if customer not in alight:
        return name
    share = alight[customer]
    return (
        f"{name}: on its own car {100 * share:.0f} % of the time"
        if share
        else (f"{name}: dark")
    )


def _ways(network: Network, which: Bools) -> tuple[Floats, Floats]:
    """Both ends of some joints, with a gap after each."""
    near, far = network.from_site[which], network.to_site[which]
    gap = np.full(len(near), np.nan)
    x, y = (
        np.stack([of[near], of[far], gap], axis=1).ravel()
        for of in (network.x, network.y)
    )
    return x, y
