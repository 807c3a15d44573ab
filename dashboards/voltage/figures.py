"""Figures of voltage: along the feeder, over time, by customer, by phase."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import plotly.graph_objects as go

from dashboards import theme
from dashboards.thinning import Times, Values, kept_rows
from dashboards.voltage.colours import Colours
from dashboards.voltage.limits import bounded
from dashboards.voltage.profiles import (
    NO_TRANSFORMER,
    Groups,
    distance_km,
    real_nodes,
)
from dashboards.voltage.sweeps import Sheet
from twin.analysis.case import Case
from twin.analysis.digest import Limits
from twin.analysis.theme import plain, tint
from twin.arrays import Bools, Floats, Ints

MOST_COLOURED, MOST_BRANCHES, MOST_NODES = 6, 8_000, 6_000
MOST_BAND_POINTS = 2_400
HEIGHT = {"profile": 440, "map": 420, "band": 330, "customer": 340}
INSTANT = "%{x|%a %d %b %Y %H:%M}"
DAY_MS, MONTH_MS = 86_400_000, 28 * 86_400_000


@dataclass(frozen=True)
class Drawn:
    """What of a profile is drawn.

    groups  what is of one colour        chosen  the only group in colour, if any
    span    each node's lowest and highest of the run, if asked for
    """

    groups: Groups
    chosen: int | None = None
    span: tuple[Floats, Floats] | None = None


def profile(case: Case, values: Floats, drawn: Drawn, scheme: str) -> go.Figure:
    """Every node's voltage against its distance, joined along the branches."""
    figure = go.Figure()
    distance = distance_km(case)
    here = real_nodes(case) & np.isfinite(distance) & np.isfinite(values)
    shown = [values[here]]
    if drawn.span is not None:
        shown += [part[real_nodes(case)] for part in drawn.span]
        _spans(figure, case, drawn.span, scheme)
    colours = group_colours(drawn.groups, values, drawn.chosen, scheme)
    rest = [group for group in range(len(colours)) if not colours[group]]
    _others(figure, case, values, drawn.groups, rest, here, scheme)
    for group in sorted(
        (one for one in range(len(colours)) if colours[one]),
        key=lambda one: _least(values[drawn.groups.of_node == one]),
    ):
        mine = here & (drawn.groups.of_node == group)
        name = plain(drawn.groups.names[group])
        _lines(figure, case, values, mine, here, colours[group], name)
        _points(figure, case, values, mine, colours[group], name, 5)
    figure.update_xaxes(title="distance from the source [km]", rangemode="tozero")
    figure = theme.dressed(figure, scheme, HEIGHT["profile"])
    return bounded(figure, case.limits, shown, scheme)


def group_colours(
    groups: Groups, values: Floats, chosen: int | None, scheme: str
) -> list[str]:
    """A colour for the chosen group, or the worst few; none for the others."""
    sequence = theme.palette(scheme).sequence
    names = range(len(groups.names))
    if chosen is not None:
        return [sequence[0] if group == chosen else "" for group in names]
    lowest = {group: _least(values[groups.of_node == group]) for group in names}
    real = [group for group in names if groups.names[group] != NO_TRANSFORMER]
    worst = sorted(real or names, key=lambda group: lowest[group])[:MOST_COLOURED]
    if len(real) == len(groups.names) <= MOST_COLOURED:
        worst = real
    place = {group: sequence[index] for index, group in enumerate(worst)}
    return [place.get(group, "") for group in names]


def _others(
    figure: go.Figure,
    case: Case,
    values: Floats,
    groups: Groups,
    rest: Sequence[int],
    here: Bools,
    scheme: str,
) -> None:
    """What is not in colour, in grey, behind."""
    mine = here & ~np.isin(groups.of_node, np.setdiff1d(range(len(groups.names)), rest))
    if not mine.any():
        return
    colour = tint(theme.palette(scheme).grey, 0.45)
    alone = len(rest) == 1
    name = plain(groups.names[rest[0]]) if alone else "all others"
    _lines(figure, case, values, mine, here, colour, name)
    _points(figure, case, values, mine, colour, name, 4)


def _points(
    figure: go.Figure,
    case: Case,
    values: Floats,
    mine: Bools,
    colour: str,
    name: str,
    size: int,
) -> None:
    bus, phase = case.nodes["bus"].to_list(), case.nodes["phase"].to_list()
    distance = distance_km(case)
    nodes = np.flatnonzero(mine)
    nodes = nodes[np.argsort(distance[nodes], kind="stable")]
    most = max(1, MOST_NODES * len(nodes) // max(case.nodes.height, 1))
    if case.nodes.height > MOST_NODES:
        nodes = nodes[kept_rows(values[nodes], most)]
    words = [
        plain(bus[node]) + (f", phase {phase[node]}" if phase[node] else "")
        for node in nodes.tolist()
    ]
    figure.add_scatter(
        x=distance[nodes].astype(np.float32),
        y=values[nodes].astype(np.float32),
        mode="markers",
        marker={"size": size, "color": colour},
        name=name,
        legendgroup=name,
        text=words,
        hovertemplate="node %{text}<br>%{x:.3f} km, %{y:.4f} pu",
    )


def _lines(
    figure: go.Figure,
    case: Case,
    values: Floats,
    mine: Bools,
    here: Bools,
    colour: str,
    name: str,
) -> None:
    """Branches whose far end is one of mine, parted by NaN."""
    if case.branches.height > MOST_BRANCHES:
        return
    start, end = (case.branches[key].to_numpy() for key in ("from_node", "to_node"))
    joined = mine[end] & here[start]
    distance, gap = distance_km(case), np.full(int(joined.sum()), np.nan)
    ends: tuple[Ints, Ints] = (start[joined], end[joined])
    figure.add_scatter(
        x=np.stack([*(distance[one] for one in ends), gap], axis=1).ravel(),
        y=np.stack([*(values[one] for one in ends), gap], axis=1).ravel(),
        mode="lines",
        line={"color": tint(colour, 0.55) if colour.startswith("#") else colour},
        name=name,
        legendgroup=name,
        showlegend=False,
        hoverinfo="none",
    )


def _spans(
    figure: go.Figure, case: Case, span: tuple[Floats, Floats], scheme: str
) -> None:
    """A thin upright from each node's lowest voltage of the run to its highest."""
    distance = distance_km(case)
    mine = real_nodes(case) & np.isfinite(distance + span[0] + span[1])
    gap = np.full(int(mine.sum()), np.nan)
    figure.add_scatter(
        x=np.stack([distance[mine], distance[mine], gap], axis=1).ravel(),
        y=np.stack([span[0][mine], span[1][mine], gap], axis=1).ravel(),
        mode="lines",
        line={"color": tint(theme.palette(scheme).grey, 0.3), "width": 2},
        name="each node's range over the run",
        hoverinfo="skip",
    )


def heat(
    sheet: Sheet, groups: Groups, colours: Colours, step_min: int, scheme: str
) -> go.Figure:
    """Voltage by distance or transformer (upwards) over local time."""
    step = np.timedelta64(sheet.minutes, "m")
    is_instant = sheet.minutes == step_min and sheet.minutes < 1440
    shift = np.timedelta64(0, "m") if is_instant else step // 2
    named = not groups.is_axis
    place = [plain(name) for name in groups.names] if named else groups.place
    figure = go.Figure(
        go.Heatmap(
            x0=str((sheet.first + shift).astype("datetime64[s]")).replace("T", " "),
            dx=sheet.minutes * 60_000,
            y=place,
            z=sheet.values,
            zmin=1 - colours.span_pu,
            zmax=1 + colours.span_pu,
            colorscale=colours.scale,
            name="voltage",
            hoverongaps=False,
            hovertemplate=_map_words(sheet.minutes, named),
            colorbar={
                "title": {"text": "voltage [pu]", "side": "right"},
                "tickvals": [pu for pu, _ in colours.ticks],
                "ticktext": [words for _, words in colours.ticks],
                "thickness": 14,
                "outlinewidth": 0,
            },
        )
    )
    if named:
        figure.update_yaxes(autorange="reversed")
    else:
        half = np.diff(groups.place)[-1:].sum() / 2 or 0.5
        top = float(groups.place[-1] + half)
        figure.update_yaxes(title="distance from the source [km]", range=[0, top])
    figure = theme.dressed(figure, scheme, HEIGHT["map"])
    _local_time(figure)
    return figure.update_layout(margin={"t": 12})


def _map_words(minutes: int, named: bool) -> str:
    when = "%{x|%a %d %b %Y}" if minutes >= 1440 else INSTANT
    where = "%{y}" if named else "%{y:.3f} km"
    return f"{when}<br>{where}<br>%{{z:.4f}} pu<extra></extra>"


def band(
    local: Times, band_pu: Values, limits: Limits, scheme: str, names: Sequence[str]
) -> go.Figure:
    """Lowest, 5 %, median, 95 % and highest over time; names of the three parts."""
    look = theme.palette(scheme)
    figure = go.Figure()
    _areas(figure, local, band_pu, look.accent, names)
    _local_time(figure)
    figure.update_layout(hovermode="x unified")
    figure = theme.dressed(figure, scheme, HEIGHT["band"])
    return bounded(figure, limits, [band_pu], scheme)


def _areas(
    figure: go.Figure,
    local: Times,
    band_pu: Values,
    colour: str,
    names: Sequence[str],
    hover: bool = True,
) -> None:
    rows = kept_rows(band_pu, MOST_BAND_POINTS)
    time, shown = local[rows], band_pu[rows].astype(np.float32)
    ends = (
        (0, 4, 0.16, "lowest", "highest", names[0]),
        (1, 3, 0.32, "5 %", "95 %", names[1]),
    )
    for low, high, opacity, under, over, area in ends:
        _filled(figure, time, shown[:, [low, high]], tint(colour, opacity), area)
        for column, name in ((high, over), (low, under)):
            figure.add_scatter(
                x=time,
                y=shown[:, column],
                mode="lines",
                line={"width": 0.7, "color": tint(colour, 0.5)},
                name=name if hover else f"{name} of all customers",
                legendgroup=area,
                showlegend=False,
                hovertemplate="%{y:.4f} pu" if hover else None,
                hoverinfo=None if hover else "skip",
            )
        figure.add_scatter(
            x=[None],
            y=[None],
            mode="markers",
            marker={"symbol": "square", "size": 13, "color": tint(colour, opacity)},
            name=area,
            legendgroup=area,
            hoverinfo="none",
        )
    figure.add_scatter(
        x=time,
        y=shown[:, 2],
        mode="lines",
        line={"width": 1.6 if hover else 1, "color": colour},
        name=names[2],
        hovertemplate="%{y:.4f} pu" if hover else None,
        hoverinfo=None if hover else "skip",
    )


def _filled(
    figure: go.Figure, time: Times, ends: Values, colour: str, group: str
) -> None:
    """An area between two courses that ends at a gap and begins again after it."""
    known = np.concatenate([[False], ~np.isnan(ends).any(axis=1), [False]])
    edges = np.flatnonzero(np.diff(known.astype(np.int8)))
    around_x, around_y = [], []
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        there = slice(first, last)
        low, high, when = ends[there, 0], ends[there, 1], time[there]
        around_x += [when, when[::-1], when[:1]]
        around_y += [low, high[::-1], np.array([np.nan], low.dtype)]
    if not around_x:
        return
    figure.add_scatter(
        x=np.concatenate(around_x),
        y=np.concatenate(around_y),
        mode="none",
        fill="toself",
        fillcolor=colour,
        legendgroup=group,
        showlegend=False,
        hoverinfo="none",
    )


def distribution(
    low_pu: Floats, high_pu: Floats, chosen: int | None, limits: Limits, scheme: str
) -> go.Figure:
    """Customers' lowest and highest voltages, each sorted: which share is below."""
    look = theme.palette(scheme)
    figure = go.Figure()
    for values, colour, word in (
        (low_pu, look.low, "lowest"),
        (high_pu, look.high, "highest"),
    ):
        known = np.sort(values[np.isfinite(values)])
        share = (np.arange(len(known)) + 1) / max(len(known), 1) * 100
        rows = kept_rows(known)
        figure.add_scatter(
            x=share[rows],
            y=known[rows],
            mode="lines",
            line={"color": colour, "width": 2.2, "shape": "hv"},
            name=f"each customer's {word} voltage",
            hovertemplate="%{x:.1f} % of customers: at most %{y:.4f} pu<extra></extra>",
        )
        if chosen is not None and np.isfinite(values[chosen]):
            at = 100 * np.searchsorted(known, values[chosen], "right") / len(known)
            figure.add_scatter(
                x=[at],
                y=[values[chosen]],
                mode="markers",
                marker={"size": 11, "color": colour, "symbol": "diamond"}
                | {"line": {"width": 1.5, "color": look.ink}},
                name=f"the chosen customer's {word}",
                showlegend=False,
                hovertemplate="%{y:.4f} pu",
            )
    figure.update_xaxes(title="share of customers [%]", range=[0, 100])
    figure = theme.dressed(figure, scheme, HEIGHT["customer"])
    return bounded(figure, limits, [low_pu, high_pu], scheme)


def course(
    local: Times,
    own_pu: Values,
    band_pu: Values,
    name: str,
    limits: Limits,
    scheme: str,
) -> go.Figure:
    """One customer's voltage, the band of all customers behind it.

    own_pu  lowest and highest of its phases    [n_row, 2]
    """
    look = theme.palette(scheme)
    figure = go.Figure()
    words = ("all customers", "90 % of customers", "median customer")
    _areas(figure, local, band_pu, look.grey, words, hover=False)
    rows = kept_rows(own_pu, MOST_BAND_POINTS)
    one = bool(np.array_equal(own_pu[:, 0], own_pu[:, 1], equal_nan=True))
    parts = (
        ((0, "", look.accent),)
        if one
        else (
            (0, ", lowest", look.low),
            (1, ", highest", look.high),
        )
    )
    for column, which, colour in parts:
        figure.add_scatter(
            x=local[rows],
            y=own_pu[rows, column],
            mode="lines",
            line={"color": colour, "width": 1.6},
            name=f"{plain(name)}{which}",
            hovertemplate=f"{INSTANT}<br>%{{y:.4f}} pu",
        )
    _local_time(figure)
    figure = theme.dressed(figure, scheme, HEIGHT["customer"])
    return bounded(figure, limits, [band_pu, own_pu], scheme)


def phase_bands(
    local: Times,
    parts: tuple[Values, Values, Values],
    names: Sequence[str],
    limits: Limits,
    scheme: str,
) -> go.Figure:
    """Each phase's lowest, highest and mean over time. [n_row, n_phase] each"""
    figure = go.Figure()
    low, high, mean = parts
    rows = kept_rows(np.concatenate(parts, axis=1), MOST_BAND_POINTS)
    for column, (name, colour) in enumerate(
        zip(names, theme.palette(scheme).sequence, strict=False)
    ):
        both = np.stack([low[rows, column], high[rows, column]], axis=1)
        _filled(figure, local[rows], both, tint(colour, 0.14), name)
        for values, word in ((high, "highest"), (low, "lowest")):
            figure.add_scatter(
                x=local[rows],
                y=values[rows, column],
                mode="lines",
                line={"width": 0.7, "color": tint(colour, 0.6)},
                name=f"{name}, {word}",
                legendgroup=name,
                showlegend=False,
                hovertemplate="%{y:.4f} pu",
            )
        figure.add_scatter(
            x=local[rows],
            y=mean[rows, column],
            mode="lines",
            line={"width": 1.8, "color": colour},
            name=f"{name}, mean",
            legendgroup=name,
            hovertemplate="%{y:.4f} pu",
        )
    _local_time(figure)
    figure.update_layout(hovermode="x unified")
    figure = theme.dressed(figure, scheme, HEIGHT["band"])
    return bounded(figure, limits, [low, high], scheme)


def _local_time(figure: go.Figure) -> None:
    """An axis of local time whose ticks say the day, and the hour once zoomed in."""
    stops = (
        (None, DAY_MS - 1, "%H:%M\n%a %-d %b"),
        (DAY_MS, MONTH_MS - 1, "%a %-d\n%b %Y"),
        (MONTH_MS, None, "%b\n%Y"),
    )
    figure.update_xaxes(
        title="local time",
        type="date",
        tickangle=0,
        tickformatstops=[
            {"dtickrange": [first, last], "value": form} for first, last, form in stops
        ],
    )


def windowed(
    figure: go.Figure, shown: tuple[np.datetime64, np.datetime64] | None
) -> go.Figure:
    """The same with a part of the time in view."""
    if shown is None:
        return figure.update_xaxes(autorange=True).update_layout(uirevision="whole")
    words = [str(one.astype("datetime64[s]")).replace("T", " ") for one in shown]
    return figure.update_xaxes(range=words).update_layout(uirevision=" ".join(words))


def _least(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.min()) if len(known) else float("inf")


def days(minutes: int) -> str:
    """A length of time in words: ``15 min``, ``6 h``, ``2 days``."""
    length = timedelta(minutes=minutes)
    if minutes < 60:
        return f"{minutes} min"
    if length.days < 1:
        return f"{minutes / 60:g} h"
    return "1 day" if length.days == 1 else f"{length.days} days"
