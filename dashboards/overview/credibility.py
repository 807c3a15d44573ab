"""How far a run's numbers can be believed: published ranges, and what to know first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboards import parts
from twin.analysis.case import Case
from twin.analysis.caveats import caveats
from twin.analysis.comparison import Comparison
from twin.analysis.facevalidity import IN_RANGE, NO_RANGE, NONE, range_of, table_of
from twin.analysis.unsettled import unsettled

HEADS = ("quantity", "here", "published", "of", "verdict", "source")


def face_card(case: Case) -> Component:
    """The run's cars and homes beside published ranges."""
    rows = [_row(row) for row in table_of(case).iter_rows(named=True)]
    head = html.Thead(html.Tr([html.Th(one, scope="col") for one in HEADS]))
    return parts.card(
        [
            html.Div(
                html.Table([head, html.Tbody(rows)], className="plain words"),
                className="wide",
            ),
            html.P(
                "Ranges are published ones, often of another region or season: an odd "
                "value is not wrong, it has to be explained.",
                className="caption",
            ),
        ],
        "Do cars and homes look like real ones?",
        "overview-face",
    )


def caveats_card(case: Case) -> Component:
    """What a reader must know before using the numbers; opens on demand."""
    alone = Comparison((case,))
    found = [*unsettled(alone), *caveats(alone)]
    return parts.card(
        html.Details(
            [
                html.Summary(f"What to know before using these numbers ({len(found)})"),
                html.Ul([html.Li(one) for one in found]),
            ]
        ),
        key="overview-caveats",
    )


def _row(row: Mapping[str, Any]) -> Component:
    verdict = str(row["verdict"])
    mark = {IN_RANGE: "good", NO_RANGE: "", NONE: ""}.get(verdict, "bad")
    name = f"{row['quantity']} [{row['unit']}]" if row["unit"] else row["quantity"]
    note = html.Small(row["note"]) if row["note"] else None
    return html.Tr(
        [
            html.Th(name, scope="row"),
            html.Td("–" if row["value"] is None else f"{row['value']:.2f}"),
            html.Td(range_of(row)),
            html.Td(row["region"]),
            html.Td([html.Span(verdict, className=mark), note]),
            html.Td(row["source"], className="soft"),
        ]
    )
