"""The cards about transformers' lives: sorted by trouble, and one's hot spot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go
from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboards import columns, parts, theme
from dashboards.desk import Desk, Query
from dashboards.loading import ageing, answers
from dashboards.loading.ageing import COLUMNS, Hot
from dashboards.loading.loadings import Element, transformer
from twin.analysis.case import Case

_AT = Input("at", "data")
ALL = "output.level: all"
GAP = (
    "Lives are told of the loading and the outdoor air of every interval: "
    f"run it with {ALL}."
)


def life_card(case: Case, query: Query) -> Component:
    """The table of lives; a sentence where they are not told."""
    sort = columns.checked_sort(COLUMNS, query.get("lifesort"))
    table: Any = parts.grid(
        "transformers-life",
        columns.ordered(COLUMNS, sort),
        options=columns.PICK_ONE,
        height=min(100 + 30 * max(1, case.transformers.height), 340),
        row_id="pick",
    )
    table.selectedRows = {"ids": [query["pick"]] if query.get("pick") else []}
    told = html.P(id="transformers-life-short", className="verdict")
    note = html.P(ageing.basis(case), className="caption")
    is_told = has_life(case)
    shown = [told, table, note] if is_told else [html.P(GAP, className="caption")]
    hidden = [] if is_told else [html.Div([table, told], hidden=True)]
    return html.Div(
        [
            dcc.Store(id="transformers-lifesort", data=query.get("lifesort", "")),
            parts.card(
                [*shown, *hidden],
                "Transformer life, the quickest to age first",
                table="transformers-life" if is_told else "",
            ),
        ],
        hidden=not case.transformers.height,
    )


def hot_spot_card(case: Case) -> Component:
    """The hot spot of the transformer that is looked at."""
    chart = parts.chart(
        "transformers-hotspot", "Hot spot and ageing", "", ageing.HEIGHT
    )
    return html.Div(chart, hidden=not has_life(case))


def has_life(case: Case) -> bool:
    """Whether lives can be told, without reading any flows."""
    return case.run.has("flows") and case.transformers.height > 0


def register(desk: Desk, course_of: answers.CourseOf) -> None:
    """What fills them."""
    desk.remember("transformers", "lifesort.data")
    desk.clientside(
        "order",
        Output("transformers-lifesort", "data"),
        Input("transformers-life", "columnState"),
        prevent_initial_call=True,
    )
    _register_table(desk)
    _register_pick(desk)
    _register_hot_spot(desk, course_of)


def baseline(desk: Desk, at: answers.At) -> tuple[Case | None, str]:
    """The run that a study holds this one against, and its name there."""
    sibling = desk.library.baseline(str(at["scenario"]), str(at["run_id"]))
    if sibling is None:
        return None, ""
    return desk.library.case(sibling.scenario, sibling.run_id), sibling.label


def _register_table(desk: Desk) -> None:
    @desk.after(
        "transformers",
        Output("transformers-life", "rowData"),
        Output("transformers-life-short", "children"),
        _AT,
    )
    def table(at: answers.At) -> tuple[list[dict[str, Any]], str]:
        case, (base, label) = desk.case(at), baseline(desk, at)
        rows = ageing.life_rows(case, base) if has_life(case) else []
        return rows, ageing.in_short(case, rows, label) if rows else ""


def _register_pick(desk: Desk) -> None:
    @desk.callback(
        Output("transformers-table", "selectedRows"),
        Output("transformers-show", "value"),
        Output("transformers-pick", "data", allow_duplicate=True),
        Input("transformers-life", "selectedRows"),
        State("transformers-show", "value"),
        State("transformers-pick", "data"),
        prevent_initial_call=True,
    )
    def pick(selected: object, show: str, picked: object) -> tuple[Any, Any, Any]:
        """A life leads to its transformer, also from among lines."""
        row = selected[0] if isinstance(selected, list) and selected else None
        asked = row.get("pick") if isinstance(row, Mapping) else None
        if asked is None or (asked == picked and show != "lines"):
            raise PreventUpdate
        if show == "lines":
            return no_update, "transformers", asked
        return {"ids": [asked]}, no_update, no_update


def _register_hot_spot(desk: Desk, course_of: answers.CourseOf) -> None:
    def hot(case: Case, element: Element) -> Hot | None:
        course = course_of(case, element)
        return None if course is None else Hot.of(case, element, course)

    def same(base: Case | None, name: str) -> Element | None:
        names = [] if base is None else [str(one) for one in base.transformers["name"]]
        known = base is not None and name in names
        return transformer(base, names.index(name)) if base and known else None

    @desk.after(
        "transformers",
        Output("transformers-hotspot", "figure"),
        Output("transformers-hotspot-caption", "children"),
        _AT,
        Input("transformers-show", "value"),
        Input("transformers-pick", "data"),
        Input("transformers-line", "data"),
        Input("scheme", "data"),
    )
    def drawn(
        at: answers.At, show: str, pick: object, of_line: object, scheme: str | None
    ) -> tuple[go.Figure, str]:
        if scheme is None:
            raise PreventUpdate
        case = desk.case(at)
        element = answers.chosen(case, show, pick, of_line)
        if element is None or element.kind != "transformer":
            return theme.gap("A line has no hot spot", scheme, ageing.HEIGHT), ""
        mine = hot(case, element)
        if mine is None:
            kept = case.run.has("flows")
            words = "No rating or no outdoor air is known, so no hot spot"
            words = words if kept else f"Only kept with {ALL}"
            return theme.gap(words, scheme, ageing.HEIGHT), ""
        base, label = baseline(desk, at)
        twin = same(base, element.name)
        theirs = hot(base, twin) if base is not None and twin is not None else None
        against = None if theirs is None else (theirs, label)
        figure = ageing.hot_spot_figure(case, element.name, mine, against, scheme)
        dotted = f" Dotted: {label}, the study's baseline." if against else ""
        return figure, f"{element.name}, at each interval's end.{dotted}"
