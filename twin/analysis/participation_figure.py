"""Draws who can take part: kW left after each stage, and dependable kW by hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from twin.analysis.case import Case
from twin.analysis.participation import at_call, dependable
from twin.analysis.theme import dressed, plain

UNSURE = ("assumed", "recalled")
ABOUT_STAGES = (
    "kW left after each stage, median over days, at the call of the headline; "
    "lighter: 10th percentile. Marked *: an assumption."
)
ABOUT_HOURS = (
    "What a call that begins at the hour would get: dotted the median over days, drawn "
    "through the 10th percentile."
)


@dataclass(frozen=True)
class Drawn:
    """A run, in which colour, under which name; a run alone needs none."""

    case: Case
    colour: str
    label: str = ""

    def name(self, what: str, apart: str = ": ") -> str:
        """Its name in a legend, and what of it."""
        return apart.join(filter(None, (plain(self.label), what)))


def funnel_figure(shown: Sequence[Drawn]) -> go.Figure:
    """A bar a stage; assumed stages marked."""
    figure = go.Figure()
    for one in shown:
        rows = at_call(one.case)
        if rows is None:
            continue
        names = [
            plain(title) + ("*" if mark.startswith(UNSURE) else "")
            for title, mark in rows.select("title", "mark").iter_rows()
        ]
        median = "" if one.label else "median"
        low = "10th perc." if one.label else "10th percentile"
        for column, opacity, what in (("kw", 1.0, median), ("kw_p10", 0.5, low)):
            figure.add_bar(
                y=names,
                x=rows[column].to_list(),
                orientation="h",
                name=one.name(what, ", "),
                marker={"color": one.colour, "opacity": opacity},
            )
    figure.update_yaxes(autorange="reversed", automargin=True)
    figure.update_xaxes(title="kW", rangemode="tozero")
    return dressed(figure, 460)


def hours_figure(shown: Sequence[Drawn]) -> go.Figure:
    """A line through what follows nine times in ten; the median dotted."""
    figure = go.Figure()
    for one in shown:
        rows = dependable(one.case)
        if rows is None:
            continue
        for column, dash, what in (
            ("kw_p10", "solid", "dependable"),
            ("kw", "dot", "median"),
        ):
            figure.add_scatter(
                x=rows["hour"].to_list(),
                y=rows[column].to_list(),
                name=one.name(what),
                line={"dash": dash, "color": one.colour},
            )
    figure.update_xaxes(title="local hour at which the call begins", dtick=3)
    figure.update_yaxes(title="kW", rangemode="tozero")
    return dressed(figure, 320)
