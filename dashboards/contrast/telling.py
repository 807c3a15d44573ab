"""A comparison in words: the runs, what differs, how to read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboards import parts, theme
from dashboards.address import run_href
from dashboards.contrast.differences import (
    Contrast,
    differing,
)
from dashboards.contrast.runs import (
    Chosen,
)
from dashboards.contrast.table import Answers, briefly


def in_short(contrast: Contrast, answers: Sequence[Answers]) -> list[Component]:
    """What a planner asks first, a row a run."""
    head, *rows = briefly(answers, contrast.base)
    heads = [html.Th("run"), *(html.Th(words) for words, _, _ in head)]
    body = [
        html.Tr(
            [
                html.Td(
                    [name, " (baseline)"] if row == contrast.base else name,
                ),
                *(html.Td(_brief_cell(*cell)) for cell in cells),
            ]
        )
        for row, (name, cells) in enumerate(zip(contrast.names, rows, strict=True))
    ]
    table = html.Table(
        [html.Thead(html.Tr(heads)), html.Tbody(body)], className="plain"
    )
    return [html.H2("In short"), html.Div(table, className="compare-wide")]


def _brief_cell(value: str, change: str, words: str) -> list[Any]:
    kind = {"better": "good", "worse": "bad"}.get(words, "")
    return [value, html.Div(change, className=f"tile-change {kind}")]


def table_caption(
    contrast: Contrast, intervals: Mapping[str, Any], rows: int
) -> list[str]:
    """How to read the table."""
    words = ["Better and worse are a planner's: less of it, or more, is wanted. "]
    if not rows:
        words = ["No figure differs between these runs. "]
    if not contrast.is_whole and contrast.span is not None:
        words.append(
            "Journeys and what batteries add up to are known of whole runs only, not "
            "of the common time. "
        )
    if intervals:
        words.append(
            "Over the seeds: the difference between the same two variants in every "
            "seed that the study has for both, as its mean with a 95 % interval of "
            "the mean (Student's t, three seeds or more; else lowest to highest)."
        )
    else:
        words.append(
            "No interval: that needs a study with several seeds of both variants."
        )
    return words


def differing_table(contrast: Contrast) -> Component:
    """Keys that differ, with each run's value."""
    rows = differing(contrast.cases)
    if not rows:
        return html.P("Nothing: these runs asked the same question.")
    head = html.Tr([html.Th("key"), *(html.Th(name) for name in contrast.names)])
    body = [
        html.Tr([html.Td(html.Code(key)), *(html.Td(value) for value in values)])
        for key, values in rows
    ]
    table = html.Table([html.Thead(head), html.Tbody(body)], className="plain")
    return html.Div(table, className="compare-wide")


def run_chips(contrast: Contrast, at: Chosen, scheme: str) -> list[Component]:
    """Each run with its line, its name as a link, and what it is."""
    found: list[Component] = []
    for row, (name, case) in enumerate(
        zip(contrast.names, contrast.cases, strict=True)
    ):
        scenario, _, run_id = str(at["runs"][row]).partition("/")
        look = contrast.looks[row]
        about = (
            f"{case.days:g} days, {60 * case.step_h:g} min, {case.n_ev:,} EVs"
            if case.run.is_complete
            else f"{case.run.status}: {case.days:.1f} days recorded"
        )
        found.append(
            html.Li(
                [
                    _swatch(theme.recolour(look.colour, scheme), look.dash),
                    parts.link(name, run_href(scenario, run_id)),
                    *([html.Strong("baseline")] if row == contrast.base else []),
                    html.Small(about),
                ]
            )
        )
    return found


def _swatch(colour: str, dash: str) -> Component:
    """A stretch of the line that stands for a run."""
    stretches = {
        "solid": f"{colour}, {colour}",
        "dash": f"{colour} 0 9px, transparent 9px 13px",
        "dot": f"{colour} 0 3px, transparent 3px 6px",
        "dashdot": f"{colour} 0 9px, transparent 9px 12px, "
        f"{colour} 12px 15px, transparent 15px 18px",
    }
    line = f"repeating-linear-gradient(to right, {stretches[dash]})"
    style = {"background": line}
    return html.Span(
        className="swatch", style=style, **parts.attributes(aria_hidden="true")
    )
