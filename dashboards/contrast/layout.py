"""How the page that compares is laid out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboards import parts
from dashboards.address import MOST_COMPARED
from dashboards.contrast import courses, notices, space
from dashboards.contrast.differences import (
    QUANTITIES,
)
from dashboards.contrast.runs import (
    base_of,
    base_options,
    run_options,
    words_in,
)
from dashboards.data import Library, is_named
from dashboards.desk import Query

MAPS = (("voltage", "Lowest voltage"), ("loading", "Highest loading"))


GROUP_STYLE = {"fontWeight": 600, "background": "var(--ground)"}


def page(library: Library, query: Query) -> Component:
    found = library.found()
    if not any(is_named(one) for one in found):
        step = "Make a study, then come back: its variants can be set side by side."
        return html.Main(
            [parts.title("Compare"), parts.empty("No runs yet", step, "make run")],
            className="page",
        )
    names = words_in(query.get("runs", "").split(","))
    options = run_options(library)
    known = {item["value"] for group in options for item in group["items"]}
    shown = [name for name in names if name in known][:MOST_COMPARED]
    told = [*notices.unknown(names, known), *notices.too_many(names)]
    base = base_of(library, shown, query.get("base"))
    return html.Main(
        [
            parts.title(
                "Compare",
                "Two to five runs on one axis, on the map and in figures, each set "
                "against a baseline.",
            ),
            *told,
            _picker(library, options, shown, base),
            html.Div(id="compare-told"),
            html.Div(
                _body(query),
                id="compare-body",
                hidden=len(shown) < 2,
            ),
            dcc.Store(id="compare-at"),
            dcc.Store(id="compare-zoom", data=courses.zoom_of(query.get("zoom"))),
            dcc.Store(id="compare-answers"),
            dcc.Store(id="compare-intervals"),
        ],
        className="page compare",
    )


def _picker(
    library: Library,
    options: Sequence[Mapping[str, Any]],
    shown: Sequence[str],
    base: str | None,
) -> Component:
    return parts.card(
        [
            html.Div(
                [
                    dmc.MultiSelect(
                        id="compare-runs",
                        label=f"Runs to compare (two to {MOST_COMPARED})",
                        data=list(options),
                        value=list(shown),
                        maxValues=MOST_COMPARED,
                        searchable=True,
                        clearable=True,
                        hidePickedOptions=True,
                        nothingFoundMessage="No such run in this results folder",
                        placeholder="" if shown else "Choose runs …",
                        className="compare-runs",
                    ),
                    dmc.Select(
                        id="compare-base",
                        label="Baseline",
                        data=base_options(library, shown),
                        value=base,
                        allowDeselect=False,
                        className="compare-base",
                    ),
                ],
                className="compare-picker",
            ),
            html.Ul(id="compare-chips", className="compare-chips"),
        ]
    )


def _body(query: Query) -> list[Component]:
    quantity = parts.one_of(list(QUANTITIES), query.get("quantity"))
    way = parts.one_of([key for key, _ in courses.WAYS], query.get("as"))
    kind = parts.one_of([key for key, _ in MAPS], query.get("map"))
    return [
        html.Section(id="compare-lead", className="card", hidden=True),
        parts.chart(
            "compare-course",
            "On one axis",
            height=400,
            controls=[
                dmc.Select(
                    id="compare-quantity",
                    data=[
                        {"value": one.key, "label": parts.capital(one.axis)}
                        for one in QUANTITIES.values()
                    ],
                    value=quantity,
                    allowDeselect=False,
                    size="xs",
                    w=200,
                    **parts.labelled("Quantity"),
                ),
                parts.choice("compare-as", courses.WAYS, way, "Drawn as"),
            ],
        ),
        _table_card(query.get("all") == "true"),
        html.Div(
            [
                parts.chart(
                    "compare-network",
                    "Where it differs",
                    height=space.MAP_HEIGHT,
                    controls=[
                        dmc.Select(
                            id="compare-of",
                            data=[],
                            value=query.get("of"),
                            allowDeselect=False,
                            size="xs",
                            w=170,
                            **parts.labelled("Run to set against the baseline"),
                        ),
                        parts.choice("compare-map", MAPS, kind, "Coloured by"),
                    ],
                ),
                parts.chart(
                    "compare-transformers",
                    "Transformers: highest loading in each run",
                    height=space.MAP_HEIGHT,
                ),
            ],
            className="columns",
        ),
        parts.card(
            html.Div(id="compare-differ"), "What their scenarios differ in", "differ"
        ),
    ]


def _table_card(every: bool) -> Component:
    tools = html.Div(
        [
            dmc.Switch(
                id="compare-all",
                label="Also where nothing differs",
                checked=every,
                size="xs",
            ),
            html.Button(
                "CSV",
                id="compare-table-csv",
                type="button",
                className="export",
                title="Save the table: differences to the baseline",
                n_clicks=0,
            ),
        ],
        className="tools",
    )
    heading = html.H2("Differences to the baseline")
    style = {"condition": "params.data.is_group", "style": GROUP_STYLE}
    options = {"getRowStyle": {"styleConditions": [style]}}
    grid = parts.grid("compare-table", [], options=options, row_id="key")
    grid.csvExportParams = {"fileName": "compare.csv", "allColumns": True}
    grid.columnSize = None  # its columns share the room by themselves
    return html.Section(
        [
            html.Header([heading, tools], className="card-head"),
            grid,
            html.P(id="compare-table-caption", className="caption"),
        ],
        className="card",
    )
