"""Figures that set runs against a baseline: over time, on the map, by transformer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dashboards import theme
from dashboards.contrast.differences import (
    Contrast,
    Quantity,
    Times,
    duration,
    highest_loadings,
    ladder,
    local_times,
    lowest_voltages,
    transformer_loadings,
)
from dashboards.thinning import thinned, window
from twin.analysis.case import Case
from twin.analysis.network import Network
from twin.analysis.theme import Look, plain
from twin.arrays import Bools, Floats, Ints

FINEST_PU, FINEST_PERCENT = 0.001, 1.0
MOST_TRANSFORMERS, MOST_POINTS = 25, 5000
NEAR_PU = 0.03
_LOADING_HOVER = (
    "%{text}<br>highest %{customdata[0]:.1f} % instead of "
    "%{customdata[1]:.1f} % (%{customdata[2]:+.1f})<extra></extra>"
)
TIME_AXIS = {
    "type": "date",
    "tickformatstops": [
        {"dtickrange": [None, 43_200_000], "value": "%H:%M\n%a %d %b"},
        {"dtickrange": [43_200_000, 604_800_000], "value": "%a<br>%d %b"},
        {"dtickrange": [604_800_000, "M1"], "value": "%d %b\n%Y"},
        {"dtickrange": ["M1", None], "value": "%b\n%Y"},
    ],
}
SYMBOLS = ("circle", "diamond", "square", "triangle-up", "x")
SHADES = {
    "light": (
        ("#e9b384", "#d98646", "#b8560f", "#6e2c00"),
        ("#a3c8e6", "#5b9fd3", "#1b6cb0", "#0b3763"),
    ),
    "dark": (
        ("#7c4a20", "#b8702f", "#f0974a", "#ffd3a6"),
        ("#275374", "#2f7fb5", "#5cb3ee", "#bfe4ff"),
    ),
}


def over_time(
    contrast: Contrast, quantity: Quantity, scheme: str, relayout: object = None
) -> go.Figure:
    """A quantity of every run on one axis, each over all that it has recorded."""
    if contrast.span is None:
        return _since_start(contrast, quantity, scheme)
    figure = go.Figure()
    for row, (name, case) in enumerate(
        zip(contrast.names, contrast.cases, strict=True)
    ):
        values = case.steps[quantity.key].fill_null(np.nan).to_numpy()
        times = local_times(case.steps["time"].to_numpy(), case)
        _line(figure, name, contrast.looks[row], times, values, quantity, relayout)
    if quantity.key == "v_min_pu":
        _limit(figure, contrast, contrast.cases[contrast.base].limits.low_pu, scheme)
    if quantity.key == "v_max_pu":
        _limit(figure, contrast, contrast.cases[contrast.base].limits.high_pu, scheme)
    figure.update_xaxes(title="local time", **TIME_AXIS)
    figure.update_yaxes(title=quantity.axis)
    return _finished(figure, scheme, 400, f"time {quantity.key}")


def _since_start(contrast: Contrast, quantity: Quantity, scheme: str) -> go.Figure:
    """The same by the hours since each run's own start, for runs of other days."""
    figure = go.Figure()
    for row, case in enumerate(contrast.cases):
        time = case.steps["time"].to_numpy()
        values = case.steps[quantity.key].fill_null(np.nan).to_numpy()
        kept, drawn = thinned(time, values)
        figure.add_scatter(
            x=((kept - time[0]) / np.timedelta64(1, "h")).astype(np.float32),
            y=drawn.round(5),
            name=plain(contrast.names[row]),
            mode="lines",
            line=_stroke(contrast.looks[row]),
            hovertemplate=f"%{{x:.2f}} h<br>%{{y:,.{quantity.digits}f}} "
            f"{quantity.unit}",
        )
    figure.update_xaxes(title="time since each run's start [h]")
    figure.update_yaxes(title=quantity.axis)
    return _finished(figure, scheme, 400, f"since start {quantity.key}")


def difference_over_time(
    contrast: Contrast, quantity: Quantity, scheme: str, relayout: object = None
) -> go.Figure:
    """Every other run less the baseline, over their common time."""
    if contrast.span is None:
        return theme.gap("These runs have no time in common.", scheme, 400)
    figure = go.Figure()
    base = contrast.names[contrast.base]
    for row in contrast.others:
        found = contrast.difference(row, quantity)
        times = local_times(found.time, contrast.cases[contrast.base])
        name = f"{contrast.names[row]} − {base}"
        look = contrast.looks[row]
        _line(figure, name, look, times, found.values, quantity, relayout, "+")
    figure.add_hline(y=0, line={"color": theme.palette(scheme).grey, "width": 1.2})
    figure.update_xaxes(title="local time", **TIME_AXIS)
    figure.update_yaxes(title=f"difference of {quantity.axis}", tickformat="+")
    return _finished(figure, scheme, 400, f"difference {quantity.key}")


def duration_curves(contrast: Contrast, quantity: Quantity, scheme: str) -> go.Figure:
    """How long each run was at or above a value, in its share of the common time."""
    if contrast.span is None:
        return theme.gap("These runs have no time in common.", scheme, 400)
    figure = go.Figure()
    for row, name in enumerate(contrast.names):
        look = contrast.looks[row]
        share, values = duration(contrast.course(row, quantity).values)
        figure.add_scatter(
            x=share.round(3),
            y=values.round(5),
            name=plain(name),
            mode="lines",
            line=_stroke(look),
            hovertemplate="%{x:.1f} % of the time at or above<br>"
            f"%{{y:,.{quantity.digits}f}} {quantity.unit}",
        )
    figure.update_xaxes(title="share of the time [%]", range=[0, 100])
    figure.update_yaxes(title=quantity.axis)
    return _finished(figure, scheme, 400, f"duration {quantity.key}")


def transformer_dots(contrast: Contrast, scheme: str) -> go.Figure:
    """Each transformer's highest loading in every run, the most loaded on top."""
    known = {
        row: loadings
        for row, case in enumerate(contrast.shared)
        if (loadings := transformer_loadings(case)) is not None and len(loadings)
    }
    if not known:
        return theme.gap("No run tells how its transformers were loaded.", scheme)
    table = np.stack(list(known.values()))
    order = shown_transformers(table)
    names = transformer_names(contrast.cases[next(iter(known))])
    labels = [names[index] for index in order]
    figure = go.Figure()
    _stems(figure, table[:, order], labels, scheme)
    for place, row in enumerate(known):
        figure.add_scatter(
            x=table[place, order].round(2),
            y=labels,
            customdata=[[int(index), row] for index in order],
            name=plain(contrast.names[row]),
            mode="markers",
            marker={
                "color": contrast.looks[row].colour,
                "symbol": SYMBOLS[row],
                "size": 12,
                "line": {"color": theme.palette(scheme).surface, "width": 1},
            },
            hovertemplate="%{y}: %{x:.1f} %",
        )
    limit = {"color": theme.palette(scheme).limit, "dash": "dash", "width": 1.5}
    figure.add_vline(x=100, line=limit)
    figure.update_xaxes(title="highest loading [% of the rating]", rangemode="tozero")
    figure.update_yaxes(title="transformer", autorange="reversed", type="category")
    height = max(300, 130 + 26 * len(order))
    return _finished(figure, scheme, height, "transformers")


def shown_transformers(loadings: Floats) -> Ints:
    """Rows to show, the most loaded in any run first. [n_run, n_transformer]"""
    highest = np.fmax.reduce(loadings, axis=0)
    order = np.argsort(-np.nan_to_num(highest, nan=-np.inf), kind="stable")
    shown: Ints = order[np.isfinite(highest[order])][:MOST_TRANSFORMERS]
    return shown


def transformer_names(case: Case) -> list[str]:
    """Names for an axis; those that several share get their row."""
    names = [plain(str(name)) for name in case.transformers["name"]]
    return [
        f"{name} ({row})" if names.count(name) > 1 else name
        for row, name in enumerate(names)
    ]


def voltage_differences(
    contrast: Contrast, row: int, scheme: str, height: int = 520
) -> go.Figure:
    """The network, coloured by the difference of each place's lowest voltage."""
    case, base = contrast.shared[row], contrast.shared[contrast.base]
    mine, theirs = lowest_voltages(case), lowest_voltages(base)
    if mine is None or theirs is None:
        return theme.gap("One of the runs does not tell its voltages.", scheme, height)
    network = Network.of(case.nodes, case.branches)
    low, base_low = (
        joined(np.fmin, values, network.site, len(network.x))
        for values in (mine, theirs)
    )
    difference = low - base_low
    edges = ladder(_largest(difference), FINEST_PU)
    colours = _diverging(scheme, len(edges) - 1, more_is_better=True)
    figure = go.Figure()
    _classes(figure, network, difference[network.to_site], edges, colours, "pu")
    _points(figure, case, network, low, base_low)
    return _mapped(figure, network, scheme, height, "difference [pu]")


def loading_differences(
    contrast: Contrast, row: int, scheme: str, height: int = 520
) -> go.Figure:
    """The network, coloured by the difference of each line's highest loading."""
    case, base = contrast.shared[row], contrast.shared[contrast.base]
    mine, theirs = highest_loadings(case), highest_loadings(base)
    if mine is None or theirs is None:
        return theme.gap("One of the runs does not tell its loadings.", scheme, height)
    network = Network.of(case.nodes, case.branches)
    high, base_high = (
        joined(np.fmax, values, network.span, len(network.branch))
        for values in (mine, theirs)
    )
    difference = high - base_high
    edges = ladder(_largest(difference), FINEST_PERCENT)
    colours = _diverging(scheme, len(edges) - 1, more_is_better=False)
    figure = go.Figure()
    _classes(figure, network, difference, edges, colours, "%")
    _midpoints(figure, case, network, high, base_high)
    _transformer_marks(figure, case, network, (high, base_high), edges, colours, scheme)
    return _mapped(figure, network, scheme, height, "difference [% of the rating]")


def joined(join: np.ufunc, values: Floats, group: Ints, count: int) -> Floats:
    """The phases of each place or joint as one: the lowest, or the highest. [count]"""
    found = np.full(count, np.nan)
    join.at(found, group, values)
    return found


def _apart(network: Network) -> Bools:
    """Joints whose two ends stand at different places."""
    x, y = network.x, network.y
    near, far = network.from_site, network.to_site
    return np.asarray((x[near] != x[far]) | (y[near] != y[far]))


def _lines(network: Network, which: Bools) -> tuple[Floats, Floats]:
    """Some joints as one line parted by gaps."""
    gap = np.full(int(which.sum()), np.nan)
    ends = network.from_site[which], network.to_site[which]
    return (
        np.stack([*(network.x[end] for end in ends), gap], axis=1).ravel(),
        np.stack([*(network.y[end] for end in ends), gap], axis=1).ravel(),
    )


def class_of(difference: Floats, edges: Floats) -> Ints:
    """0: too small to be told; 1, 2, ...: more by so many classes; -1, ...: less."""
    sizes = np.searchsorted(edges[:-1], np.abs(difference), side="right")
    return np.where(np.isfinite(difference), np.sign(difference) * sizes, 0).astype(
        np.int64
    )


def _classes(
    figure: go.Figure,
    network: Network,
    difference: Floats,
    edges: Floats,
    colours: Mapping[int, str],
    unit: str,
) -> None:
    """One trace a class; the largest differences on top."""
    classes, apart = class_of(difference, edges), _apart(network)
    for number in sorted(colours, key=abs):
        mine = (classes == number) & apart
        x, y = _lines(network, mine)
        figure.add_scatter(
            x=x.astype(np.float32),
            y=y.astype(np.float32),
            mode="lines",
            line={"color": colours[number], "width": 2 + 0.6 * abs(number)},
            name=class_name(number, edges, unit),
            legendrank=1000 - number,
            showlegend=bool(mine.any()),
            hoverinfo="none",
        )


def class_name(number: int, edges: Floats, unit: str) -> str:
    """``+0.010 to +0.020``."""
    digits = 3 if unit == "pu" else 0
    if number == 0:
        return f"below ±{edges[0]:.{digits}f}"
    sign = "+" if number > 0 else "−"
    low, high = edges[abs(number) - 1], edges[abs(number)]
    return f"{sign}{low:.{digits}f} to {sign}{high:.{digits}f}"


def _points(
    figure: go.Figure, case: Case, network: Network, low: Floats, base_low: Floats
) -> None:
    """Invisible points that tell a customer's voltages; else every place's."""
    some = 0 < case.customers.height <= MOST_POINTS
    if some:
        site = network.site[case.customers["node"].to_numpy()]
        names = case.customers["name"]
    else:
        site = np.arange(min(len(network.node), MOST_POINTS))
        names = case.nodes["bus"].gather(network.node[site])
    figure.add_scatter(
        x=network.x[site].astype(np.float32),
        y=network.y[site].astype(np.float32),
        mode="markers",
        marker={"size": 8, "color": theme.CLEAR},
        customdata=_both(low, base_low)[site],
        text=[plain(str(name)) for name in names],
        name="customers" if some else "nodes",
        hovertemplate="%{text}<br>lowest %{customdata[0]:.4f} pu instead of "
        "%{customdata[1]:.4f} pu (%{customdata[2]:+.4f})<extra></extra>",
        showlegend=False,
    )


def _midpoints(
    figure: go.Figure, case: Case, network: Network, high: Floats, base_high: Floats
) -> None:
    """Invisible points that tell a line's loadings under the pointer."""
    span = np.flatnonzero(_apart(network))[:MOST_POINTS]
    near, far = network.from_site[span], network.to_site[span]
    names = case.branches["name"].gather(network.branch[span])
    figure.add_scatter(
        x=((network.x[near] + network.x[far]) / 2).astype(np.float32),
        y=((network.y[near] + network.y[far]) / 2).astype(np.float32),
        mode="markers",
        marker={"size": 8, "color": theme.CLEAR},
        customdata=_both(high, base_high)[span],
        text=[plain(str(name)) for name in names],
        name="lines",
        hovertemplate=_LOADING_HOVER,
        showlegend=False,
    )


def _transformer_marks(
    figure: go.Figure,
    case: Case,
    network: Network,
    loadings: tuple[Floats, Floats],
    edges: Floats,
    colours: Mapping[int, str],
    scheme: str,
) -> None:
    """Squares where transformers stand, in the colour of their difference."""
    kept = [row for row, of in enumerate(case.transformer_branches) if len(of)]
    if not kept:
        return
    span = network.span[[case.transformer_branches[row][0] for row in kept]]
    said = _both(*loadings)[span]
    names = transformer_names(case)
    site = network.to_site[span]
    figure.add_scatter(
        x=network.x[site].astype(np.float32),
        y=network.y[site].astype(np.float32),
        mode="markers",
        marker={
            "symbol": "square",
            "size": 13,
            "color": [colours[number] for number in class_of(said[:, 2], edges)],
            "line": {"color": theme.palette(scheme).ink, "width": 1.3},
        },
        customdata=said,
        text=[names[row] for row in kept],
        name="transformers",
        hovertemplate=_LOADING_HOVER,
        showlegend=False,
    )


def _both(mine: Floats, base: Floats) -> Floats:
    """A value, the baseline's, and their difference. [n, 3]"""
    return np.stack([mine, base, mine - base], axis=1).astype(np.float32)


def _mapped(
    figure: go.Figure, network: Network, scheme: str, height: int, title: str
) -> go.Figure:
    """Where it lies, a kilometre east as long as a kilometre north; no axes."""
    theme.dressed(figure, scheme, height)
    figure.update_xaxes(visible=False, constrain="domain")
    figure.update_yaxes(visible=False)
    if network.kind != "schematic":
        figure.update_yaxes(scaleanchor="x", scaleratio=1, constrain="domain")
    figure.update_layout(
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        legend={
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": -0.01,
            "yanchor": "top",
            "title": {"text": title, "side": "top", "font": {"size": 13}},
        },
        hovermode="closest",
    )
    return figure


def _diverging(scheme: str, classes: int, more_is_better: bool) -> dict[int, str]:
    """Orange is worse, blue is better, the further the stronger; grey is neither."""
    worse, better = SHADES["dark" if scheme == "dark" else "light"]
    more, less = (better, worse) if more_is_better else (worse, better)
    first = len(worse) - classes
    return {
        0: theme.palette(scheme).parked,
        **{number: more[first + number - 1] for number in range(1, classes + 1)},
        **{-number: less[first + number - 1] for number in range(1, classes + 1)},
    }


def _line(
    figure: go.Figure,
    name: str,
    look: Look,
    times: Times,
    values: Floats,
    quantity: Quantity,
    relayout: object,
    sign: str = "",
) -> None:
    first, last = window(relayout, times)
    time, kept = thinned(times[first:last], values[first:last])
    figure.add_scatter(
        x=time,
        y=kept.round(5),
        name=plain(name),
        mode="lines",
        line=_stroke(look),
        hovertemplate="%{x|%a %d %b %H:%M}<br>"
        f"%{{y:{sign},.{quantity.digits}f}} {quantity.unit}",
    )


def _stroke(look: Look) -> dict[str, Any]:
    return {"color": look.colour, "dash": look.dash, "width": 1.8}


def _limit(figure: go.Figure, contrast: Contrast, limit_pu: float, scheme: str) -> None:
    """The baseline's limit, where a run comes near it."""
    lows = [case.steps["v_min_pu"].min() for case in contrast.cases]
    highs = [case.steps["v_max_pu"].max() for case in contrast.cases]
    known = [float(v) for v in [*lows, *highs] if isinstance(v, int | float)]
    if known and min(known) - NEAR_PU < limit_pu < max(known) + NEAR_PU:
        line = {"color": theme.palette(scheme).limit, "dash": "dash", "width": 1.5}
        figure.add_hline(y=limit_pu, line=line)


def _stems(
    figure: go.Figure, table: Floats, labels: Sequence[str], scheme: str
) -> None:
    """From the lowest to the highest dot of each transformer."""
    low, high = np.fmin.reduce(table, axis=0), np.fmax.reduce(table, axis=0)
    figure.add_scatter(
        x=np.stack([low, high, np.full(len(low), np.nan)], axis=1).ravel(),
        y=[label for label in labels for _ in range(3)],
        mode="lines",
        line={"color": theme.palette(scheme).grey, "width": 2},
        showlegend=False,
        hoverinfo="none",
    )


def _largest(difference: Floats) -> float:
    known = np.abs(difference[np.isfinite(difference)])
    return float(known.max(initial=0.0))


def _finished(figure: go.Figure, scheme: str, height: int, kept: str) -> go.Figure:
    """Dressed; a zoom is kept as long as the axes mean the same."""
    theme.dressed(figure, scheme, height)
    figure.update_layout(uirevision=kept, hovermode="closest")
    return theme.recoloured(figure, scheme)
