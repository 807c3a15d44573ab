"""Figures of the voltage page with their captions, for what its controls ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
from dash.exceptions import PreventUpdate

from dashboards import theme
from dashboards.thinning import instant, rows_between, says_x
from dashboards.voltage import customers, figures, profiles
from dashboards.voltage import sweeps as sweeping
from dashboards.voltage.colours import colours_of
from twin.analysis.case import Case

MOST_ROWS = 40
Shown = tuple[np.datetime64, np.datetime64] | None


def chosen(
    case: Case, asked: str, sweeps: sweeping.Sweeps
) -> tuple[str, int, str, str]:
    """What the controls show of an instant that is asked for in any way."""
    word = word_of(asked, "time")
    if asked.startswith("row "):
        row = index_of(asked[4:], case.steps.height) or 0
    else:
        row = sweeping.row_of(case, asked, sweeps)
        word = word if word != "time" or instant(asked) is not None else "lowest"
    time = case.steps["time"].to_numpy()[[row]]
    local = profiles.local_times(time, case.zone)[0]
    said = str(local.astype("datetime64[m]"))
    return word, row, date_words(local), said if word == "time" else word


def profile(
    case: Case, t: str, drawn: figures.Drawn, sweeps: sweeping.Sweeps, scheme: str
) -> tuple[go.Figure, str]:
    if profiles.is_daily(case):
        kept = sweeps.voltages(case)
        values = kept.node_max_pu if t == "highest" else kept.node_min_pu
        word = "highest" if t == "highest" else "lowest"
        said = f"Each node's own {word} voltage of the run, whenever it was."
    else:
        row = sweeping.row_of(case, t, sweeps)
        values = profiles.profile_at(case, row)
        said = f"{_clock(case, row)} local time, every bus."
    if np.isnan(values).all():
        words = f"{said[:-1]}: this interval has no solution; choose another time."
        return theme.gap(words, scheme, 440), ""
    if np.isnan(profiles.distance_km(case)).all():
        words = "This feeder's distances from the source are not known."
        return theme.gap(words, scheme, 440), ""
    return figures.profile(
        case, values, drawn, scheme
    ), f"{said} {_extremes_words(case, values)}"


def _extremes_words(case: Case, values: Any) -> str:
    """Where it is lowest and highest, and what the colours are."""
    judged = np.where(profiles.real_nodes(case), values, np.nan)
    names = (*profiles.transformer_names(case), "no transformer")
    told = []
    for word, node in (
        ("Lowest", int(np.nanargmin(judged))),
        ("highest", int(np.nanargmax(judged))),
    ):
        one = case.nodes.row(node, named=True)
        behind = names[-1 if one["transformer"] is None else one["transformer"]]
        told.append(f"{word} {judged[node]:.4f} pu at node {one['bus']} ({behind})")
    many = len(names) - 1 > figures.MOST_COLOURED
    why = " In colour: the transformers with the lowest voltages." if many else ""
    return f"{', '.join(told)}.{why}"


def span_of(case: Case, sweeps: sweeping.Sweeps) -> tuple[Any, Any]:
    kept = sweeps.voltages(case)
    return kept.node_min_pu, kept.node_max_pu


def map_over_time(
    case: Case,
    sweep: sweeping.Sweep,
    measure: sweeping.Measure,
    asked: tuple[str, bool],
    scheme: str,
) -> tuple[go.Figure, str]:
    window, fixed = asked
    local = profiles.local_times(sweep.time, case.zone)
    rows, shown = rows_shown(local, window)
    values = sweep.of(measure)
    groups, picked = sweeping.worst_groups(sweep, measure, MOST_ROWS)
    step_min = 1440 if sweep.daily else round(case.step_h * 60)
    sheet = sweeping.folded(
        local[rows], values[rows][:, picked], measure, step_min, sweeping.MOST_COLUMNS
    )
    farthest = float(np.nanmax(np.abs(values - 1), initial=0.0))
    colours = colours_of(case.limits, farthest, fixed, scheme)
    figure = figures.heat(sheet, groups, colours, step_min, scheme)
    return figures.windowed(figure, shown), _map_caption(
        local[rows], sweep, measure, sheet, groups
    )


def _map_caption(
    local: Any,
    sweep: sweeping.Sweep,
    measure: sweeping.Measure,
    sheet: sweeping.Sheet,
    groups: profiles.Groups,
) -> str:
    column = figures.days(sheet.minutes)
    which = "median" if sweep.daily and measure == "mean" else measure
    said = f"Each cell: the {which} of its nodes, {column} a column."
    if len(groups.names) < len(sweep.groups.names):
        said += f" The {len(groups.names)} worst of {len(sweep.groups.names)}."
    step = np.diff(local)
    if not sweep.daily and len(step) and step.max() >= np.timedelta64(1, "h") + step[0]:
        said += " The blank hour in spring is the one that clocks leave out."
    if sweep.daily:
        return said
    return (
        f"{said} Zoom in for finer steps; click a cell to see that instant along "
        "the feeder above."
    )


def band_caption(case: Case, who: str) -> str:
    said = f"Lowest, 5 %, median, 95 % and highest {who}"
    if profiles.is_daily(case):
        return f"{said} of each day."
    return f"{said} in each interval. Zoom in for detail."


def course(
    case: Case,
    chosen: int | None,
    window: str,
    sweeps: sweeping.Sweeps,
    scheme: str,
) -> tuple[go.Figure, str]:
    kept = sweeps.voltages(case)
    worst = customers.worst_of(case, kept)
    index = worst if chosen is None else chosen
    time, own = sweeps.course(case, index, is_first=index == worst)
    local = profiles.local_times(time, case.zone)
    rows, shown = rows_shown(local, window)
    name = str(case.customers["name"][index])
    figure = figures.course(
        local[rows], own[rows], kept.band_pu[rows], name, case.limits, scheme
    )
    which = ", the worst of all" if index == worst else ""
    said = f"{name}{which}: not known."
    if not np.isnan(own).all():
        low, high = np.nanmin(own), np.nanmax(own)
        said = f"{name}{which}: {low:.4f} to {high:.4f} pu over the run."
    daily = " Lowest and highest of each day." if profiles.is_daily(case) else ""
    return figures.windowed(figure, shown), f"{said}{daily}"


def unbalance_words(case: Case, sweep: sweeping.Sweep) -> str:
    said = "Lowest, mean and highest of each phase's nodes."
    if not len(sweep.unbalance) or np.isnan(sweep.unbalance).all():
        return said
    row = int(np.nanargmax(sweep.unbalance))
    share = 100 * sweep.unbalance[row]
    return (
        f"{said} Greatest unbalance of any bus: {share:.2f} % on "
        f"{case.local(sweep.time[row])} (farthest phase from the mean of the three, "
        "in magnitude; EN 50160's 2 % is of the negative sequence, which needs angles "
        "that a run does not keep)."
    )


def rows_shown(local: Any, window: object) -> tuple[slice, Shown]:
    """Rows of a remembered part of the time; all where it means nothing."""
    first, _, last = str(window or "").partition(",")
    begin, end = instant(first), instant(last)
    if begin is None or end is None or begin >= end:
        return slice(0, len(local)), None
    return slice(*rows_between(local, first, last)), (begin, end)


def window_words(relayout: object) -> str:
    """A zoom as the address keeps it; empty for the whole run."""
    if not says_x(relayout) or not isinstance(relayout, Mapping):
        raise PreventUpdate
    both = relayout.get("xaxis.range") or [
        relayout.get("xaxis.range[0]"),
        relayout.get("xaxis.range[1]"),
    ]
    found = [instant(one) for one in both] if isinstance(both, list) else []
    if len(found) != 2 or found[0] is None or found[1] is None:
        return ""
    return ",".join(
        str(one.astype("datetime64[m]")) for one in found if one is not None
    )


def clicked(clicked: object) -> str:
    """The local time of a cell that was clicked."""
    points = clicked.get("points") if isinstance(clicked, Mapping) else None
    first = points[0] if isinstance(points, list) and points else None
    return str(first.get("x", "")) if isinstance(first, Mapping) else ""


def measure_of(asked: object) -> sweeping.Measure:
    return next((one for one in sweeping.MEASURES if one == asked), "lowest")


def word_of(asked: str, default: str) -> str:
    return asked if asked in ("lowest", "highest", "load") else default or "lowest"


def date_words(local: np.datetime64) -> str:
    return str(local.astype("datetime64[s]")).replace("T", " ")


def _clock(case: Case, row: int) -> str:
    return f"{case.steps['time'][row].astimezone(case.zone):%a %-d %b %Y %H:%M}"


def index_of(asked: object, count: int) -> int | None:
    """A row that an address or a control names; None if there is no such row."""
    words = str(asked) if asked is not None else ""
    if not words.isascii() or not words.isdigit() or len(words) > 9:
        return None
    return int(words) if int(words) < count else None
