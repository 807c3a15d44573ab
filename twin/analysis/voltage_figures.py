"""Figures of voltage: its band over time, along the feeder, and on the map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
import polars as pl
from plotly.colors import sample_colorscale
from plotly.subplots import make_subplots

from twin.analysis.case import Case
from twin.analysis.comparison import Comparison
from twin.analysis.digest import Voltages
from twin.analysis.theme import (
    DAY_MS,
    LIMIT,
    Window,
    dressed,
    local_time,
    looks,
    plain,
    spotlight,
    start_of,
    tint,
)
from twin.arrays import Floats, Ints

MOST_CLASSES = 7
NEAR_PU = 0.03
NARROW_PU = 0.01


def voltage_band(comparison: Comparison) -> go.Figure | None:
    """Lowest, 5 %, median, 95 % and highest voltage of all customers over time."""
    labels = [
        label
        for label in _with_voltages(comparison)
        if len(_kept(comparison.first(label)).band_pu) > 1
    ]
    if not labels:
        return None
    columns = min(2, len(labels))
    rows = -(-len(labels) // columns)
    window = Window.of(comparison)
    figure = make_subplots(
        rows,
        columns,
        shared_xaxes="all",
        shared_yaxes="all",
        subplot_titles=[plain(label) for label in labels],
        horizontal_spacing=0.03,
        vertical_spacing=0.16 / rows,
    )
    for place, label in enumerate(labels):
        row, column = divmod(place, columns)
        _band(figure, comparison, label, window, (row + 1, column + 1))
    _limits(figure, [comparison.first(label) for label in labels])
    values = [_kept(comparison.first(label)).band_pu for label in labels]
    _pu_axes(figure, np.concatenate(values))
    local_time(figure, window, comparison.cases[0].step_h, columns)
    _below_each_column(figure, "local time", len(labels), columns)
    return dressed(figure, 110 + 210 * rows, titles=True)


def voltage_along(comparison: Comparison) -> go.Figure | None:
    """Every node's voltage against its distance, when the voltage was lowest."""
    labels = [
        x for x in _with_voltages(comparison) if _has_distance(comparison.first(x))
    ]
    if not labels:
        return None
    columns = 2 if len(labels) == 4 else min(3, len(labels))
    rows = -(-len(labels) // columns)
    figure = make_subplots(
        rows,
        columns,
        shared_xaxes="all",
        shared_yaxes="all",
        subplot_titles=[_instant(comparison.first(label)) for label in labels],
        horizontal_spacing=0.03,
        vertical_spacing=0.2 / rows,
    )
    profiles: list[Floats] = []
    for place, label in enumerate(labels):
        row, column = divmod(place, columns)
        case, kept = comparison.first(label), _kept(comparison.first(label))
        profile = kept.node_min_pu if kept.profile_pu is None else kept.profile_pu
        profiles.append(profile)
        figure.add_scatter(
            x=case.nodes["distance_km"].to_numpy().astype(np.float32),
            y=profile.astype(np.float32),
            mode="markers",
            marker={"size": 3.5, "color": tint(looks(comparison)[label].colour, 0.55)},
            text=[plain(bus) for bus in case.nodes["bus"]],
            name=plain(label),
            showlegend=False,
            hovertemplate="node %{text}<br>%{x:.2f} km, %{y:.4f} pu",
            row=row + 1,
            col=column + 1,
        )
    _limits(figure, [comparison.first(label) for label in labels])
    _pu_axes(figure, np.concatenate(profiles))
    _below_each_column(figure, "distance from the source [km]", len(labels), columns)
    return dressed(figure, 120 + 260 * rows, titles=True)


def voltage_map(comparison: Comparison) -> go.Figure | None:
    """The grid where it lies, coloured by each node's lowest voltage."""
    labels = [
        label
        for label in _with_voltages(comparison)
        if _has_place(comparison.first(label))
    ]
    if not labels:
        return None
    columns = 2 if len(labels) == 4 else min(3, len(labels))
    rows = -(-len(labels) // columns)
    figure = make_subplots(
        rows,
        columns,
        subplot_titles=[plain(label) for label in labels],
        horizontal_spacing=0.02,
        vertical_spacing=0.14 / rows,
    )
    lows = [_drawn(comparison.first(label)).low_pu for label in labels]
    edges = class_edges(np.concatenate(lows), comparison.first(labels[0]).limits.low_pu)
    colours = _colours(edges, comparison.first(labels[0]).limits.low_pu)
    for number, label in enumerate(labels):
        row, column = divmod(number, columns)
        place = (row + 1, column + 1)
        _lines(figure, comparison.first(label), edges, colours, place)
    height = _equal_aspect(figure, comparison.first(labels[0]), rows, columns)
    figure = dressed(figure, height, titles=True)
    hidden = {"showgrid": False, "showticklabels": False, "ticks": "", "mirror": True}
    figure.update_xaxes(**hidden).update_yaxes(**hidden)
    title = {"text": "lowest voltage [pu]", "font": {"size": 13}}
    return figure.update_layout(legend_title=title)


def class_edges(values: Floats, limit_pu: float) -> Floats:
    """Rounded class borders over all values; the limit is one of them if crossed."""
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (1.0, 1.0)
    steps = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
    width = next((s for s in steps if (high - low) / s <= MOST_CLASSES - 1), 0.5)
    first, last = np.floor(low / width), np.floor(high / width) + 1
    edges = np.arange(first, last + 1) * width
    if low < limit_pu:
        edges = np.concatenate([edges, [limit_pu]])
    return np.unique(np.round(edges, 4))


def _with_voltages(comparison: Comparison) -> list[str]:
    labels = spotlight(comparison)
    return [label for label in labels if comparison.first(label).voltages is not None]


def _kept(case: Case) -> Voltages:
    assert case.voltages is not None
    return case.voltages


def _band(
    figure: go.Figure,
    comparison: Comparison,
    label: str,
    window: Window,
    place: tuple[int, int],
) -> None:
    case, kept = comparison.first(label), _kept(comparison.first(label))
    colour = looks(comparison)[label].colour
    rows = slice(None) if kept.daily else slice(window.first, window.last)
    band = kept.band_pu[rows].astype(np.float32)
    time = {
        "x0": start_of(case, 0 if kept.daily else window.first),
        "dx": DAY_MS if kept.daily else case.step_h * 3.6e6,
    }
    at = {"row": place[0], "col": place[1]}
    line = {"width": 0, "color": colour}
    first = place == (1, 1)
    for low, high, opacity, name in (
        (0, 4, 0.18, "lowest to highest customer"),
        (1, 3, 0.35, "90 % of customers"),
    ):
        figure.add_scatter(
            **time,
            **at,
            y=band[:, high],
            mode="lines",
            line=line,
            showlegend=False,
            hoverinfo="skip",
        )
        figure.add_scatter(
            **time,
            **at,
            y=band[:, low],
            mode="lines",
            line=line,
            fill="tonexty",
            fillcolor=tint(colour, opacity),
            name=name,
            showlegend=first,
            hovertemplate="%{x|%a %d %b %H:%M}<br>%{y:.4f} pu",
        )
    figure.add_scatter(
        **time,
        **at,
        y=band[:, 2],
        mode="lines",
        name="median",
        showlegend=first,
        line={"color": colour, "width": 1.6},
        hovertemplate="%{x|%a %d %b %H:%M}<br>%{y:.4f} pu",
    )


def _limits(figure: go.Figure, cases: list[Case]) -> None:
    """The standard's limits, where they are near what is drawn."""
    low = min(float(np.nanmin(_kept(case).node_min_pu)) for case in cases)
    high = max(float(np.nanmax(_kept(case).node_max_pu)) for case in cases)
    for limit in (cases[0].limits.low_pu, cases[0].limits.high_pu):
        if low - NEAR_PU < limit < high + NEAR_PU:
            line = {"color": LIMIT, "width": 1.5, "dash": "dash"}
            figure.add_hline(y=limit, line=line)


def _pu_axes(figure: go.Figure, values: Floats) -> None:
    """Voltage upwards, with as many digits as tell its ticks apart."""
    known = values[np.isfinite(values)]
    fine = len(known) > 0 and np.ptp(known) < NARROW_PU
    figure.update_yaxes(tickformat=".4f" if fine else ".3f")
    figure.update_yaxes(title="voltage [pu]", col=1)


def _instant(case: Case) -> str:
    if _kept(case).profile_pu is None:
        return f"{plain(case.label)}<br>each node's own lowest"
    steps = case.steps
    row = steps["v_min_pu"].arg_min()
    when = "" if row is None else case.local(steps["time"][row])
    return f"{plain(case.label)}<br>{when}"


def _has_distance(case: Case) -> bool:
    return bool(case.nodes["distance_km"].is_finite().any())


def _has_place(case: Case) -> bool:
    return bool((case.nodes["x"].is_finite() & case.nodes["y"].is_finite()).any())


@dataclass(frozen=True)
class _Drawn:
    """Branches with two places, and the lowest voltage at their far ends."""

    start: Ints
    end: Ints
    low_pu: Floats


def _drawn(case: Case) -> _Drawn:
    """A row a branch, its lowest phase for all; none between two points in one."""
    x, y = _places(case)
    start, end = (case.branches[name].to_numpy() for name in ("from_node", "to_node"))
    low = _kept(case).node_min_pu[end]
    apart = (x[start] != x[end]) | (y[start] != y[end])
    here = np.isfinite(x[start] + y[start] + x[end] + y[end] + low) & apart
    rows = np.flatnonzero(here)
    if (case.branches["phase"].to_numpy() > 0).any():
        rows = rows[np.argsort(low[rows], kind="stable")]
        bus = case.nodes["bus"].cast(pl.Categorical).to_physical().to_numpy()
        ends = np.stack([bus[start[rows]], bus[end[rows]]], axis=1)
        rows = np.sort(rows[np.unique(ends, axis=0, return_index=True)[1]])
    return _Drawn(start[rows], end[rows], low[rows])


def _places(case: Case) -> tuple[Floats, Floats]:
    x, y = (case.nodes[name].fill_null(np.nan).to_numpy() for name in ("x", "y"))
    return x, y


def _lines(
    figure: go.Figure,
    case: Case,
    edges: Floats,
    colours: list[str],
    place: tuple[int, int],
) -> None:
    """One trace a class of voltage, lines parted by NaN; the lowest class on top."""
    drawn, (x, y) = _drawn(case), _places(case)
    of = np.searchsorted(edges, drawn.low_pu, side="right") - 1
    of = np.clip(of, 0, len(colours) - 1)
    told = {trace.name for trace in figure.data if trace.showlegend}
    for number in range(len(colours) - 1, -1, -1):
        mine = of == number
        ends, gap = (drawn.start[mine], drawn.end[mine]), np.full(mine.sum(), np.nan)
        name = f"{edges[number]:.3f} to {edges[number + 1]:.3f}"
        figure.add_scatter(
            x=np.stack([*(x[end] for end in ends), gap], axis=1).ravel(),
            y=np.stack([*(y[end] for end in ends), gap], axis=1).ravel(),
            mode="lines",
            line={"color": colours[number], "width": 2.5},
            name=name,
            legendgroup=name,
            showlegend=bool(mine.any()) and name not in told,
            hoverinfo="skip",
            row=place[0],
            col=place[1],
        )
    _customers(figure, case, place)


def _customers(figure: go.Figure, case: Case, place: tuple[int, int]) -> None:
    """Invisible points that tell a customer's lowest voltage under the pointer."""
    if not 0 < case.customers.height <= 5000:
        return
    node = case.customers["node"].to_numpy()
    x, y = (axis[node] for axis in _places(case))
    figure.add_scatter(
        x=x,
        y=y,
        mode="markers",
        marker={"size": 7, "color": "rgba(0,0,0,0)"},
        customdata=_kept(case).node_min_pu[node].astype(np.float32),
        text=[plain(name) for name in case.customers["name"]],
        hovertemplate="%{text}<br>lowest %{customdata:.4f} pu<extra></extra>",
        showlegend=False,
        row=place[0],
        col=place[1],
    )


def _colours(edges: Floats, limit_pu: float) -> list[str]:
    """Viridis, dark is low; vermilion below the limit."""
    count = len(edges) - 1
    scale = sample_colorscale(
        "viridis", np.linspace(0.05, 0.85, max(count, 2)).tolist()
    )
    return [
        "#D55E00" if edges[number + 1] <= limit_pu + 1e-9 else scale[number]
        for number in range(count)
    ]


def _equal_aspect(figure: go.Figure, case: Case, rows: int, columns: int) -> int:
    """A kilometre east as long as a kilometre north, no tiles; the height to suit."""
    x, y = (place[np.isfinite(place)] for place in _places(case))
    ratio = 1 / np.cos(np.radians(y.mean())) if case.nodes["geographic"].all() else 1.0
    figure.update_xaxes(matches="x").update_yaxes(matches="y")
    figure.update_xaxes(matches=None, row=1, col=1)
    figure.update_yaxes(matches=None, scaleanchor="x", scaleratio=ratio, row=1, col=1)
    wide, tall = max(float(np.ptp(x)), 1e-9), float(np.ptp(y)) * ratio
    panel = np.clip(1130 / columns * tall / wide * 1.1, 150, 570 if rows == 1 else 360)
    return int(110 + rows * (panel + 20))


def _below_each_column(
    figure: go.Figure, title: str, panels: int, columns: int
) -> None:
    """Axis titles and ticks under the last panel of each column."""
    for place in range(max(0, panels - columns), panels):
        row, column = divmod(place, columns)
        figure.update_xaxes(
            title=title, showticklabels=True, row=row + 1, col=column + 1
        )
