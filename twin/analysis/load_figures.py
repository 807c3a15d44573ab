"""Figures of power: the substation over time and by duration, transformers, changes."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from twin.analysis.case import Case
from twin.analysis.comparison import Comparison, Difference
from twin.analysis.measures import MEASURES, Measure
from twin.analysis.theme import (
    BASE_FILL,
    GREY,
    INK,
    LIMIT,
    Window,
    dressed,
    local_time,
    looks,
    plain,
    spotlight,
    start_of,
    thinned,
    tint,
)
from twin.arrays import Floats

MOST_CURVES = 30
CHARACTER_PX = 7.5
PAGE_PX = 1100
BESIDE = "\u00a0" * 3
CHANGES = (
    "peak_kw",
    "v_min_pu",
    "customer_hours_below",
    "transformer_h_over_normal",
    "losses_kwh",
    "departures_short_share",
)


def substation_load(comparison: Comparison) -> go.Figure | None:
    """Power drawn at the substation over time, the load without EVs behind it."""
    if all(case.is_unsolved for case in comparison.cases):
        return None
    window = Window.of(comparison)
    figure = go.Figure()
    _base_area(figure, comparison, window)
    for label in comparison.labels:
        if label not in comparison.bases[:1]:
            _variant_lines(figure, comparison, label, window)
    figure.add_hline(y=0, line={"color": GREY, "width": 1})
    figure.update_yaxes(title="power from the substation [kW]")
    figure.update_xaxes(title="local time")
    local_time(figure, window, comparison.cases[0].step_h)
    return dressed(figure, 420)


def load_duration(comparison: Comparison) -> go.Figure | None:
    """Hours of the run above each power at the substation."""
    if all(case.is_unsolved for case in comparison.cases):
        return None
    figure = go.Figure()
    for label, look in looks(comparison).items():
        cases = [x for x in comparison.of_label(label) if not x.is_unsolved]
        if not cases:
            continue
        curves = [_sorted(case) for case in cases]
        shortest = min(len(curve) for curve in curves)
        rows = thinned(shortest)
        mean = np.mean([curve[:shortest][rows] for curve in curves], axis=0)
        figure.add_scatter(
            x=((rows + 0.5) * comparison.first(label).step_h).astype(np.float32),
            y=mean.astype(np.float32),
            mode="lines",
            name=plain(label),
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
        for label in spotlight(comparison)
        if _curves(comparison.first(label)) is not None
    ]
    if not labels:
        return None
    figure = make_subplots(
        1,
        len(labels),
        shared_yaxes=True,
        subplot_titles=[_most_loaded(comparison.first(label)) for label in labels],
        horizontal_spacing=0.03,
    )
    for column, label in enumerate(labels, 1):
        _duration_curves(figure, comparison, label, column)
    figure.add_hline(y=100, line={"color": LIMIT, "width": 1.5, "dash": "dash"})
    figure.update_yaxes(title="loading [% of normal rating]", col=1)
    figure.update_yaxes(rangemode="tozero")
    figure.update_xaxes(title="hours above")
    return dressed(figure, 380, titles=True)


def changes(comparison: Comparison) -> go.Figure | None:
    """What each variant changes against the baseline: mean and band over seeds."""
    pairs = [p for p in comparison.differences if p.against in comparison.bases]
    pairs = pairs or list(comparison.differences)
    known = [
        MEASURES[key]
        for key in CHANGES
        if not all(comparison.difference(key, pair).is_nothing for pair in pairs)
    ]
    if not known:
        return None
    columns = min(3, len(known))
    rows = -(-len(known) // columns)
    height = 76 + rows * (56 + 30 * len(pairs))
    figure = make_subplots(
        rows,
        columns,
        shared_yaxes=True,
        subplot_titles=[measure.name for measure in known],
        horizontal_spacing=0.04,
        vertical_spacing=64 / height if rows > 1 else 0,
    )
    for place, measure in enumerate(known):
        at = divmod(place, columns)
        _change_bars(figure, comparison, pairs, measure, at, columns)
    figure.update_yaxes(autorange="reversed")
    figure.update_layout(showlegend=False)
    figure = dressed(figure, height)
    figure.update_xaxes(zeroline=True)
    return figure


def _base_area(figure: go.Figure, comparison: Comparison, window: Window) -> None:
    label = (comparison.bases or comparison.labels)[0]
    cases = comparison.of_label(label)
    without = not cases[0].n_ev
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
    if comparison.bases and not without:
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
        name=plain(label),
        legendgroup=label,
        line={"color": look.colour, "dash": look.dash, "width": 2},
        hovertemplate="%{x|%a %d %b %H:%M}<br>%{y:.1f} kW",
    )


def _duration_curves(
    figure: go.Figure, comparison: Comparison, label: str, column: int
) -> None:
    case, look = comparison.first(label), looks(comparison)[label]
    curves = _curves(case)
    assert curves is not None
    hours = np.linspace(0, case.steps.height * case.step_h, len(curves))
    most = np.argsort(-curves[0], kind="stable")[:MOST_CURVES][::-1].tolist()
    for transformer in most:
        worst = transformer == most[-1]
        figure.add_scatter(
            x=hours.astype(np.float32),
            y=(100 * curves[:, transformer]).astype(np.float32),
            mode="lines",
            line={
                "color": look.colour if worst else GREY,
                "width": 2.5 if worst else 0.8,
            },
            name=plain(case.transformers["name"][transformer]),
            showlegend=False,
            hovertemplate="%{x:.1f} h above %{y:.0f} %",
            row=1,
            col=column,
        )


def _curves(case: Case) -> Floats | None:
    """Loading by duration. [201, n_transformer]"""
    if case.loadings is None or not case.transformers.height:
        return None
    return case.loadings.transformers.curve


def _change_bars(
    figure: go.Figure,
    comparison: Comparison,
    pairs: list[Difference],
    measure: Measure,
    place: tuple[int, int],
    columns: int,
) -> None:
    """Bars with whiskers, each with its number beyond the whisker's end."""
    cells = [comparison.difference(measure.key, pair) for pair in pairs]
    ends = [
        [(one or 0.0) * measure.scale for one in (c.low, c.mean, c.high)] for c in cells
    ]
    low, mean, high = (np.array(edge) for edge in zip(*ends, strict=True))
    names, found = [plain(pair.variant) for pair in pairs], looks(comparison)
    at = {"row": place[0] + 1, "col": place[1] + 1}
    figure.add_bar(
        x=mean,
        y=names,
        orientation="h",
        marker_color=[found[pair.variant].colour for pair in pairs],
        error_x={
            "type": "data",
            "array": high - mean,
            "arrayminus": mean - low,
            "color": INK,
            "thickness": 1.2,
            "width": 4,
            "visible": bool((high > low).any()),
        },
        hoverinfo="skip",
        **at,
    )
    figure.add_scatter(
        x=np.where(mean < 0, low, high),
        y=names,
        mode="text",
        text=[f"{BESIDE}{c.written(measure, signed=True)[0]}{BESIDE}" for c in cells],
        textposition=["middle left" if one < 0 else "middle right" for one in mean],
        cliponaxis=False,
        hoverinfo="skip",
        **at,
    )
    least, most = min(0.0, low.min()), max(0.0, high.max())
    left, right = bool((mean < 0).any()), bool((mean >= 0).any())
    longest = max(len(cell.written(measure, signed=True)[0]) for cell in cells)
    share = (longest + len(BESIDE)) * CHARACTER_PX / _panel_px(names, columns)
    room = (most - least) * share / (1 - min(share * (left + right), 0.8))
    figure.update_xaxes(range=[least - room * left, most + room * right], **at)


def _panel_px(names: list[str], columns: int) -> float:
    """About how wide a panel is beside the names of the variants."""
    return max(PAGE_PX - CHARACTER_PX * max(map(len, names)), 300.0) / columns - 40


def _most_loaded(case: Case) -> str:
    curves = _curves(case)
    if curves is None:
        return plain(case.label)
    worst = case.transformers["name"][int(curves[0].argmax())]
    return f"{plain(case.label)}<br><sup>{plain(worst)}</sup>"


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
