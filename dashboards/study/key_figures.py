"""A study's key figures as a table: values by variant, and differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dash import html
from dash.development.base_component import Component

from twin.analysis.comparison import Comparison, Difference
from twin.analysis.measures import KEY_FIGURES, Measure
from twin.analysis.wording import warnings

VALUES, DIFFERENCES = "values", "differences"


def key_figures(
    comparison: Comparison, shown: str, short: Callable[[str], str] = str
) -> Component:
    """Values with V2G against clever charging; or every difference.

    short  what a column calls a label
    """
    pairs = list(comparison.differences)
    if shown == VALUES:
        pairs = [Difference(*pair) for pair in comparison.v2g_against_clever] or pairs
    labels = comparison.labels if shown == VALUES else ()
    halted = bool(warnings(comparison))
    known = [m for m in KEY_FIGURES if halted or m in comparison.measures]
    head = html.Tr(
        [
            html.Th(""),
            *(html.Th(short(label), scope="col") for label in labels),
            *(html.Th(_against(pair, short), scope="col") for pair in pairs),
        ]
    )
    body = [_row(comparison, measure, labels, pairs) for measure in known]
    table = html.Table([html.Thead(head), html.Tbody(body)], className="plain figures")
    return html.Div([table, _note(comparison, bool(pairs))], className="scroll")


def _row(
    comparison: Comparison,
    measure: Measure,
    labels: Sequence[str],
    pairs: Sequence[Difference],
) -> Component:
    values = [
        html.Td(_written(*comparison.cell(measure.key, label).written(measure)))
        for label in labels
    ]
    changes = [_change(comparison, measure, pair) for pair in pairs]
    return html.Tr([html.Th(measure.name, scope="row"), *values, *changes])


def _change(comparison: Comparison, measure: Measure, pair: Difference) -> Component:
    """Coloured only where every seed says the same sign."""
    cell = comparison.difference(measure.key, pair)
    if cell.mean is None:
        return html.Td("–", className="change")
    mood = ""
    if measure.less_is_better is not None and cell.is_clear:
        mood = "good" if (cell.mean < 0) == measure.less_is_better else "bad"
    words = _written(*cell.written(measure, signed=True))
    return html.Td(words, className=f"change {mood}".strip())


def _written(mean: str, band: str) -> list[Component | str]:
    return [mean, html.Small(band)] if band else [mean]


def _against(pair: Difference, short: Callable[[str], str]) -> list[Component | str]:
    return [short(pair.variant), html.Small(f"against {short(pair.against)}")]


def _note(comparison: Comparison, compared: bool) -> Component:
    said = []
    if len(comparison.seeds) > 1:
        said.append("Mean over seeds, below it the lowest and highest seed.")
        if compared:
            said.append(
                "Differences are paired by seed; in colour (green better, orange "
                "worse) where every seed says the same sign."
            )
    said.append(
        "Power > 0 is drawn from the grid. A departure is short of target if the "
        "battery lacks more than 1 % of its capacity."
    )
    return html.P(" ".join(said), className="caption")
