"""How transformers age: rows by trouble against the baseline, and one's hot spot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboards import columns, theme
from dashboards.loading.courses import Course, Times
from dashboards.loading.loadings import Element
from dashboards.thinning import kept_rows
from twin.accounts.life import BUBBLES_DEGC, NORMAL_LIFE_H
from twin.accounts.ratings import Thermal
from twin.accounts.thermal import Course as Warming
from twin.analysis.case import Case
from twin.analysis.life import course_of
from twin.analysis.transformer_life import table

Row = dict[str, Any]
HEIGHT = 400
PER_MILLE = 1000.0
NORMAL_DEGC = {"ieee": 110.0, "iec": 98.0}
COLUMNS = (
    columns.text("name", "Transformer", 130),
    columns.number("rating_kva", "Rating [kVA]", 0, 80),
    columns.text("thermal_class", "Class", 100),
    columns.number("hot_spot_degc", "Peak hot spot [°C]", 1, 110),
    columns.text("time", "At (local time)", 130),
    columns.figures("rate", "Ageing factor (1 is normal)", 110),
    columns.figures("aged_h", "Loss of life in the run [h]", 110),
    columns.figures("life_used", "of a normal life [‰]", 90),
    columns.figures("base_aged_h", "Loss of life in the baseline [h]", 110),
    columns.figures("change_h", "Against it: cost (+), saved (−) [h]", 110),
    columns.number("above_110_h", "Above 110 °C [h]", 2, 84),
    columns.number("above_140_h", "Above 140 °C [h]", 2, 84),
    columns.number("unknown_h", "Not known [h]", 2, 80),
)


@dataclass(frozen=True, eq=False)
class Hot:
    """How warm one transformer got, and how quickly it aged. [n_step]"""

    time: Times
    warming: Warming

    @classmethod
    def of(cls, case: Case, element: Element, course: Course) -> Hot | None:
        """None without its loading or the air of each interval."""
        air = case.outdoor_degc
        known = np.isfinite(course.loading).any()
        if element.kind != "transformer" or air is None or not known:
            return None
        rating = np.array([element.rating])
        thermal = Thermal.by_rating(case.thermal.guide, rating)
        loads = course.loading.astype(np.float64)[:, None]
        found = course_of(thermal, loads, air[: len(loads)], case.step_h)
        return cls(course.time, found)


def life_rows(case: Case, base: Case | None) -> list[Row]:
    """A row a transformer, the quickest to age first; baseline matched by name."""
    before = (
        {} if base is None else dict(table(base).select("name", "aged_h").iter_rows())
    )
    rows = []
    for row in table(case).iter_rows(named=True):
        aged, theirs = row["aged_h"], before.get(row["name"])
        known = row["life_used"] is not None
        rows.append(
            {
                **row,
                "pick": str(row["transformer"]),
                "life_used": PER_MILLE * row["life_used"] if known else None,
                "base_aged_h": theirs,
                "change_h": None if theirs is None or aged is None else aged - theirs,
            }
        )
    return rows


def in_short(case: Case, rows: list[Row], label: str) -> str:
    """Which ages quickest, and what all together cost or save against the baseline."""
    known = [row for row in rows if row["rate"] is not None]
    if not known:
        return "No transformer here has a known rating, so none has a hot spot."
    worst = known[0]
    pace = "quicker than normal" if worst["rate"] > 1 else "slower than normal"
    over = sum(row["rate"] > 1 for row in known)
    said = (
        f"{worst['name']} ages quickest: {worst['rate']:.3g} times normal, {pace}, its "
        f"hot spot at most {worst['hot_spot_degc']:.1f} °C. {over} of {len(known)} age "
        "quicker than normal."
    )
    changes = [row["change_h"] for row in known if row["change_h"] is not None]
    if changes:
        total = sum(changes)
        word = "cost" if total > 0 else "saved"
        said += (
            f" Against {label}, all together: {abs(total):.3g} h of normal ageing "
            f"{word} in {case.days:g} days."
        )
    return said


def basis(case: Case) -> str:
    """By which guide, and what it leaves out."""
    guide = (
        "IEEE C57.91, thermally upgraded paper (normal at 110 °C)"
        if case.thermal.guide == "ieee"
        else "IEC 60076-7, paper that is not upgraded (normal at 98 °C)"
    )
    return (
        f"By {guide}, from the current of the fullest phase and the outdoor air, with "
        "usual values of a class of ratings, not of any nameplate. Loss of life: hours "
        f"of normal ageing; a normal life is {NORMAL_LIFE_H:,.0f} of them. Click a row "
        "to see the transformer below."
    )


def hot_spot_figure(
    case: Case, name: str, mine: Hot, base: tuple[Hot, str] | None, scheme: str
) -> go.Figure:
    """Hot spot and top oil over time, below how quickly that ages; dotted: baseline."""
    look = theme.palette(scheme)
    figure = make_subplots(
        2, 1, shared_xaxes=True, row_heights=[0.66, 0.34], vertical_spacing=0.08
    )
    drawn = [(mine, "", look.low, "solid")]
    drawn += [] if base is None else [(base[0], f", {base[1]}", look.base, "dot")]
    for hot, words, colour, dash in drawn:
        _line(
            figure, hot, hot.warming.hot_spot_degc, f"hot spot{words}", colour, dash, 1
        )
        _line(figure, hot, hot.warming.ageing, f"ageing factor{words}", colour, dash, 2)
    _line(figure, mine, mine.warming.top_oil_degc, "top oil", look.driving, "dash", 1)
    top = float(np.nanmax(mine.warming.hot_spot_degc))
    for degc, words in (
        (NORMAL_DEGC[case.thermal.guide], "normal ageing"),
        (BUBBLES_DEGC, "gas bubbles may form"),
    ):
        if top > degc - 30:
            line = {"color": look.limit, "width": 1.2, "dash": "dash"}
            figure.add_hline(
                y=degc,
                line=line,
                annotation_text=f"{words}, {degc:g} °C",
                annotation_font_color=look.limit,
                row=1,
                col=1,
            )
    figure.update_yaxes(title="°C", row=1)
    figure.update_yaxes(
        title="times normal", rangemode="tozero", exponentformat="none", row=2
    )
    figure.update_xaxes(title="local time", row=2)
    figure.update_xaxes(type="date")
    figure.update_layout(hovermode="x unified")
    return theme.dressed(figure, scheme, HEIGHT).update_layout(margin={"t": 52})


def _line(
    figure: go.Figure,
    hot: Hot,
    values: Any,
    name: str,
    colour: str,
    dash: str,
    row: int,
) -> None:
    course = values[:, 0]
    rows = kept_rows(course)
    figure.add_scatter(
        x=hot.time[rows],
        y=course[rows],
        name=name,
        line={"color": colour, "dash": dash, "width": 1.8},
        hovertemplate="%{y:.1f} °C" if row == 1 else "%{y:.4g}",
        showlegend=row == 1,
        row=row,
        col=1,
    )
