"""Figures of power: the substation over time and by duration, transformers, changes."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from twin.analysis.case import Case
from twin.analysis.compare import Comparison, Difference
from twin.analysis.measures import MEASURES, Measure
from twin.analysis.theme import (
    BASE_FILL,
    GREY,
    INK,
    LIMIT,
    Window,
    dressed,
    looks,
    spotlight,
    start_of,
    thinned,
    tint,
)
from twin.arrays import Floats

MOST_CURVES = 30
CHANGES = (
    "peak_kw",
    "v_min_pu",
    "customer_hours_below",
    "transformer_h_over_normal",
    "losses_kwh",
    "departures_short_share",
)


def substation_load(comparison: Comparison) -> go.Figure:
    """Power drawn at the substation over time, the load without EVs behind it."""
    window = Window.of(comparison)
    figure = go.Figure()
    _base_area(figure, comparison, window)
    for label in comparison.labels:
        if label != comparison.baseline:
            _variant_lines(figure, comparison, label, window)
    figure.add_hline(y=0, line={"color": GREY, "width": 1})
    figure.update_yaxes(title="power from the substation [kW]")
    figure.update_xaxes(title="local time", type="date")
    return dressed(figure, 420)


def load_duration(comparison: Comparison) -> go.Figure:
    """Hours of the run above each power at the substation."""
    figure = go.Figure()
    for label, look in looks(comparison).items():
        curves = [_sorted(case) for case in comparison.of_label(label)]
        shortest = min(len(curve) for curve in curves)
        rows = thinned(shortest)
        mean = np.mean([curve[:shortest][rows] for curve in curves], axis=0)
        figure.add_scatter(
            x=((rows + 0.5) * comparison.first(label).step_h).astype(np.float32),
            y=mean.astype(np.float32),
            mode="lines",
            name=label,
            line={"color": look.colour, "dash": look.dash, "width": 2},
            hovertemplate="%{x:.1f} h above %{y:.1f} kW",
        )
    figure.update_xaxes(title="hours of the run", rangemode="tozero")
    figure.update_yaxes(title="power at least [kW]")
    return dressed(figure, 360)


def transformer_duration(comparison: Comparison) -> go.Figure | None:
    """Each transformer's loading by duration; the most loaded one in colour."""
    labels = [
        label
        for label in spotlight(comparison, 4)
        if comparison.first(label).transformer_loading is not None
        and comparison.first(label).transformers.height
    ]
    if not labels:
        return None
    figure = make_subplots(
        1,
        len(labels),
        shared_yaxes=True,
        subplot_titles=labels,
        horizontal_spacing=0.03,
    )
    for column, label in enumerate(labels, 1):
        _duration_curves(figure, comparison, label, column)
    figure.add_hline(y=100, line={"color": LIMIT, "width": 1.5, "dash": "dash"})
    figure.update_yaxes(title="loading [% of normal rating]", col=1)
    figure.update_yaxes(rangemode="tozero")
    figure.update_xaxes(title="hours above")
    return dressed(figure, 380)


def changes(comparison: Comparison) -> go.Figure | None:
    """What each variant changes against the baseline: mean and band over seeds."""
    pairs = [
        pair for pair in comparison.differences if pair.against == comparison.baseline
    ]
    pairs = pairs or list(comparison.differences)
    known = [
        MEASURES[key]
        for key in CHANGES
        if any(comparison.difference(key, pair).mean is not None for pair in pairs)
    ]
    if not known:
        return None
    columns = 3
    rows = -(-len(known) // columns)
    figure = make_subplots(
        rows,
        columns,
        shared_yaxes=True,
        subplot_titles=[_headed(measure) for measure in known],
        horizontal_spacing=0.05,
        vertical_spacing=0.22 if rows > 1 else 0,
    )
    for place, measure in enumerate(known):
        _change_bars(figure, comparison, pairs, measure, divmod(place, columns))
    figure.update_yaxes(autorange="reversed")
    figure.update_layout(showlegend=False)
    return dressed(figure, 90 + rows * (60 + 32 * len(pairs)))


def _base_area(figure: go.Figure, comparison: Comparison, window: Window) -> None:
    label = comparison.baseline or comparison.labels[0]
    cases = comparison.of_label(label)
    without = not cases[0].evs.height
    values = [_grid(c, window) if without else _homes(c, window) for c in cases]
    figure.add_scatter(
        x0=start_of(cases[0], window.first),
        dx=cases[0].step_h * 3.6e6,
        y=np.mean(values, axis=0).astype(np.float32),
        mode="lines",
        name=f"{label} (no EVs)" if without else "homes less PV, without EVs",
        line={"color": INK, "width": 1},
        fill="tozeroy",
        fillcolor=BASE_FILL,
        hovertemplate="%{x|%a %d %b %H:%M}<br>%{y:.1f} kW",
    )
    if comparison.baseline and not without:
        _variant_lines(figure, comparison, label, window)


def _variant_lines(
    figure: go.Figure, comparison: Comparison, label: str, window: Window
) -> None:
    """Mean over seeds, and a band from the lowest to the highest seed."""
    look = looks(comparison)[label]
    cases = comparison.of_label(label)
    values = _stacked([_grid(case, window) for case in cases])
    time = {"x0": start_of(cases[0], window.first), "dx": cases[0].step_h * 3.6e6}
    if len(cases) > 1:
        for edge, fill in ((values.max(axis=0), None), (values.min(axis=0), "tonexty")):
            figure.add_scatter(
                **time,
                y=edge.astype(np.float32),
                mode="lines",
                line={"width": 0, "color": look.colour},
                fill=fill,
                fillcolor=tint(look.colour, 0.2),
                legendgroup=label,
                showlegend=False,
                hoverinfo="skip",
            )
    figure.add_scatter(
        **time,
        y=values.mean(axis=0).astype(np.float32),
        mode="lines",
        name=label,
        legendgroup=label,
        line={"color": look.colour, "dash": look.dash, "width": 2},
        hovertemplate="%{x|%a %d %b %H:%M}<br>%{y:.1f} kW",
    )


def _duration_curves(
    figure: go.Figure, comparison: Comparison, label: str, column: int
) -> None:
    case = comparison.first(label)
    loading = case.transformer_loading
    assert loading is not None
    ordered = -np.sort(-np.nan_to_num(100 * loading, nan=0.0), axis=0)
    most = np.argsort(-ordered[0], kind="stable")[:MOST_CURVES][::-1]
    rows = thinned(len(ordered), 200)
    names = case.transformers["name"].to_list()
    for transformer in most.tolist():
        worst = transformer == most[-1]
        look = looks(comparison)[label]
        figure.add_scatter(
            x=((rows + 0.5) * case.step_h).astype(np.float32),
            y=ordered[rows, transformer].astype(np.float32),
            mode="lines",
            line={
                "color": look.colour if worst else GREY,
                "width": 2.5 if worst else 0.8,
            },
            name=names[transformer],
            showlegend=False,
            hovertemplate="%{x:.1f} h above %{y:.0f} %",
            row=1,
            col=column,
        )


def _change_bars(
    figure: go.Figure,
    comparison: Comparison,
    pairs: list[Difference],
    measure: Measure,
    place: tuple[int, int],
) -> None:
    cells = [comparison.difference(measure.key, pair) for pair in pairs]
    scale = measure.scale
    means = [None if c.mean is None else c.mean * scale for c in cells]
    up = [((c.high or 0) - (c.mean or 0)) * scale for c in cells]
    down = [((c.mean or 0) - (c.low or 0)) * scale for c in cells]
    found = looks(comparison)
    figure.add_bar(
        x=means,
        y=[pair.variant for pair in pairs],
        orientation="h",
        marker_color=[found[pair.variant].colour for pair in pairs],
        error_x={"type": "data", "array": up, "arrayminus": down, "color": INK},
        text=[c.written(measure, signed=True).split(" (")[0] for c in cells],
        textposition="auto",
        hovertemplate="%{y}: %{text} " + measure.unit + "<extra></extra>",
        row=place[0] + 1,
        col=place[1] + 1,
    )


def _headed(measure: Measure) -> str:
    return f"{measure.title} [{measure.unit}]" if measure.unit else measure.title


def _grid(case: Case, window: Window) -> Floats:
    return window.rows(case.steps)["grid_kw"].fill_null(np.nan).to_numpy()


def _homes(case: Case, window: Window) -> Floats:
    steps = window.rows(case.steps)
    base = steps["homes_kw"] - steps["pv_kw"] - steps["generation_kw"]
    return base.fill_null(np.nan).to_numpy()


def _stacked(values: list[Floats]) -> Floats:
    shortest = min(len(one) for one in values)
    return np.stack([one[:shortest] for one in values])


def _sorted(case: Case) -> Floats:
    return -np.sort(-case.steps["grid_kw"].drop_nulls().to_numpy())
