"""The report's section on stationary batteries: what they did, and to which peak."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from twin.analysis import page
from twin.analysis.case import Case
from twin.analysis.comparison import Comparison
from twin.analysis.stationary import Course, batteries, course, peak_of
from twin.analysis.theme import (
    BASE_FILL,
    GREY,
    INK,
    dressed,
    start_of,
    tint,
)
from twin.arrays import Floats

KEY, TITLE = "stationary-batteries", "Stationary batteries"
MOST_FIGURES = 3
COLOUR = "#CC79A7"
HEAD = (
    "",
    "battery",
    "at",
    "size and target",
    "charged kWh",
    "given kWh",
    "lost kWh",
    "full cycles",
    "SOC at the end %",
    "peak there kW",
    "peak without it kW",
)
NOTE = (
    "Batteries of the grid operator, at the AC side: their energy is on nobody's bill. "
    "Lost: conversion and standby. A full cycle gives once what the window holds. The "
    "peak is that of the transformer that a battery serves (of the substation, where "
    "it is below none). Without it: in the variant that the differences are taken "
    "against, where that has none of this name; –: no such variant, or not recorded."
)


_OF_LOAD = (
    "The day of the highest load of the transformer that it serves, or the substation. "
    "Black: what passes there. Grey: the same without the battery's own power. Below: "
    "its power, > 0 charges, and its state of charge."
)
_ALONE = (
    "The day on which it gave most: its power, > 0 charges, and its state of charge. "
    "The load there was recorded by day only (output.level: summary)."
)


def has_any(comparison: Comparison) -> bool:
    """Whether any variant has such a battery."""
    return any(batteries(case) is not None for case in comparison.cases)


def section(comparison: Comparison) -> str:
    """A row a battery and variant, then the day of its peak."""
    labels = [
        x for x in comparison.labels if batteries(comparison.first(x)) is not None
    ]
    rows = [row for label in labels for row in _rows(comparison, label)]
    told = page.table(HEAD, rows, (0, 1, 2, 3)) + page.paragraphs([NOTE], "note")
    figures = [_figure(comparison, label) for label in labels[:MOST_FIGURES]]
    left = "; ".join(labels[MOST_FIGURES:])
    if left:
        figures.append(
            page.paragraphs([f"Not drawn for want of room: {left}."], "note")
        )
    return told + "".join(figures)


def _rows(comparison: Comparison, label: str) -> list[list[object]]:
    case = comparison.first(label)
    rows = batteries(case)
    assert rows is not None
    return [_row(comparison, case, one) for one in rows.iter_rows(named=True)]


def _row(comparison: Comparison, case: Case, one: Mapping[str, Any]) -> list[object]:
    target = one["target_kw"]
    by_forecast = target is None or np.isnan(target)
    size = f"{one['kw']:g} kW, {one['kwh']:g} kWh"
    return [
        case.label,
        one["name"],
        _place(case, one),
        (size, "by forecast" if by_forecast else f"{target:.1f} kW"),
        f"{one['charged_kwh']:.1f}",
        f"{one['discharged_kwh']:.1f}",
        f"{one['losses_kwh'] + one['standby_kwh']:.1f}",
        f"{one['full_cycles']:.2f}",
        f"{100 * one['soc_end']:.0f}",
        _peak(case, one["transformer"]),
        _without(comparison, case, one),
    ]


def _place(case: Case, one: Mapping[str, Any]) -> str:
    if one["transformer"] is not None:
        return f"transformer {case.transformers['name'][one['transformer']]}"
    return f"bus {case.nodes['bus'][one['node']]}"


def _peak(case: Case, transformer: int | None) -> tuple[str, str]:
    found = peak_of(case, transformer)
    return ("–", "") if found is None else (f"{found[0]:.1f}", found[1] or "")


def _without(comparison: Comparison, case: Case, one: Mapping[str, Any]) -> object:
    """The same peak in the variant that this one is held against, with the same seed.

    Only where that has no battery of this name.
    """
    pairs = [p for p in comparison.differences if p.variant == case.label]
    for pair in pairs:
        other = comparison.case(pair.against, case.seed)
        if other is None or _has(other, one["name"]):
            continue
        place = one["transformer"]
        if place is not None:
            place = _same_transformer(case, other, int(place))
            if place is None:
                continue
        peak, _ = _peak(other, place)
        return (peak, pair.against)
    return "–"


def _has(case: Case, name: str) -> bool:
    rows = batteries(case)
    return rows is not None and name in rows["name"].to_list()


def _same_transformer(case: Case, other: Case, transformer: int) -> int | None:
    name = case.transformers["name"][transformer]
    names = other.transformers["name"].to_list()
    return names.index(name) if name in names else None


def _figure(comparison: Comparison, label: str) -> str:
    """The battery of a variant that gave most, on the day of its highest load."""
    case = comparison.first(label)
    rows = batteries(case)
    assert rows is not None
    most = int(rows["discharged_kwh"].arg_max() or 0)
    found, one = course(case, most), rows.row(most, named=True)
    title = f"{label}: battery {one['name']} at {_place(case, one)}"
    drawn = None if found is None else _drawn(case, found)
    caption = _OF_LOAD if found is not None and found.is_loaded else _ALONE
    key = f"stationary-{comparison.labels.index(label)}"
    return page.figure(key, title, caption, drawn, "No interval was recorded.")


def _drawn(case: Case, found: Course) -> go.Figure:
    day = _day(case, found.peak)
    time = {"x0": start_of(case, day.start), "dx": case.step_h * 3.6e6}
    top = 1 if found.is_loaded else 0
    figure = make_subplots(
        top + 2,
        1,
        shared_xaxes=True,
        row_heights=[0.5, 0.28, 0.22][1 - top :],
        vertical_spacing=0.06,
    )
    if top:
        _draw_load(figure, found.load[day], found.kw[day], time)
        figure.update_yaxes(title="load [kW]", rangemode="tozero", row=1)
    figure.add_bar(
        **time,
        y=found.kw[day].astype(np.float32),
        offset=0,
        showlegend=False,
        marker={"color": COLOUR, "line": {"width": 0}},
        hovertemplate="%{x|%a %d %b %H:%M}<br>%{y:.1f} kW",
        row=top + 1,
        col=1,
    )
    _draw_soc(figure, found.soc[day], time, top + 2)
    figure.update_layout(bargap=0)
    figure.update_yaxes(title="battery [kW]", row=top + 1)
    figure.update_yaxes(title="SOC [%]", range=[0, 105], row=top + 2)
    figure.update_xaxes(type="date")
    form = {"title": "local time", "tickformat": "%H:%M\n%a %d %b"}
    figure.update_xaxes(**form, row=top + 2)
    return dressed(figure, 520 if top else 320)


def _draw_load(
    figure: go.Figure, load: Floats, kw: Floats, time: Mapping[str, Any]
) -> None:
    for name, values, colour, fill in (
        ("without the battery's power", load - kw, GREY, BASE_FILL),
        ("what passes there", load, INK, None),
    ):
        figure.add_scatter(
            **time,
            y=values.astype(np.float32),
            name=name,
            mode="lines",
            line={"color": colour, "width": 2, "shape": "hv"},
            fill="tozeroy" if fill else None,
            fillcolor=fill,
            hovertemplate="%{x|%a %d %b %H:%M}<br>%{y:.1f} kW",
            row=1,
            col=1,
        )


def _draw_soc(
    figure: go.Figure, soc: Floats, time: Mapping[str, Any], row: int
) -> None:
    figure.add_scatter(
        x0=time["x0"],
        dx=time["dx"],
        y=(100 * soc).astype(np.float32),
        mode="lines",
        line={"color": COLOUR, "width": 2, "shape": "hv"},
        fill="tozeroy",
        fillcolor=tint(COLOUR, 0.2),
        showlegend=False,
        hovertemplate="%{x|%a %d %b %H:%M}<br>%{y:.0f} % at the interval's end",
        row=row,
        col=1,
    )


def _day(case: Case, peak: int) -> slice:
    """The intervals of the local day of an interval."""
    days = case.steps["time"].dt.convert_time_zone(case.zone.key).dt.date()
    same = np.flatnonzero((days == days[peak]).to_numpy())
    return slice(int(same[0]), int(same[-1]) + 1)
