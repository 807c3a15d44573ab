"""Two to five runs set against a baseline: in time, in figures, and on the map."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import plotly.graph_objects as go
from dash import Input, Output, State, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboards import parts
from dashboards.contrast import courses, layout, notices, space, telling
from dashboards.contrast.differences import (
    Contrast,
)
from dashboards.contrast.runs import (
    Chosen,
    answers_of,
    base_of,
    base_options,
    intervals_of,
    opened,
    usable_runs,
    words_in,
)
from dashboards.contrast.table import columns_of, rows_of
from dashboards.desk import Desk
from dashboards.thinning import range_words


def register(desk: Desk) -> None:
    """The page and its callbacks."""

    def shown(**query: str) -> Component:
        return layout.page(desk.library, query)

    desk.page("compare", "Compare", "/compare", shown, order=20)
    desk.remember(
        "compare",
        "runs.value",
        "base.value",
        "quantity.value",
        "as.value",
        "map.value",
        "of.value",
        "all.checked",
        "zoom.data",
    )
    kept = lru_cache(maxsize=4)(Contrast)

    def contrast(at: Chosen | None) -> Contrast:
        found = opened(desk.library, at)
        return kept(found.cases, found.names, found.base)

    _choosing(desk)
    _over_time(desk, contrast)
    _table(desk, contrast)
    _in_space(desk, contrast)


def _choosing(desk: Desk) -> None:
    """Which runs, which baseline, and what must be known before comparing them."""

    @desk.callback(
        Output("compare-base", "data"),
        Output("compare-base", "value"),
        Input("compare-runs", "value"),
        State("compare-base", "value"),
    )
    def bases(runs: object, base: object) -> tuple[list[dict[str, str]], str | None]:
        names = words_in(runs)
        return base_options(desk.library, names), base_of(desk.library, names, base)

    @desk.callback(
        Output("compare-at", "data"),
        Output("compare-told", "children"),
        Output("compare-body", "hidden"),
        Input("compare-runs", "value"),
        Input("compare-base", "value"),
    )
    def chosen(runs: object, base: object) -> tuple[Any, list[Component], bool]:
        names = words_in(runs)
        usable, troubles = usable_runs(desk.library, names)
        told = [parts.notice(one, "warning", "Left out") for one in troubles]
        if len(usable) < 2:
            return None, [*told, *notices.too_few(desk.library, usable)], True
        base = base if base in usable else usable[0]
        at = {"runs": usable, "base": base}
        return at, [*told, *notices.cautions(opened(desk.library, at))], False

    @desk.callback(
        Output("compare-chips", "children"),
        Input("compare-at", "data"),
        Input("scheme", "data"),
    )
    def chips(at: Chosen | None, scheme: str | None) -> Any:
        if scheme is None or not at:
            return []
        return telling.run_chips(opened(desk.library, at), at, scheme)

    @desk.callback(
        Output("compare-of", "data"),
        Output("compare-of", "value"),
        Input("compare-at", "data"),
        State("compare-of", "value"),
    )
    def others(at: Chosen | None, of: object) -> tuple[list[dict[str, str]], Any]:
        if not at:
            return [], no_update
        found = opened(desk.library, at)
        options = [
            {"value": at["runs"][row], "label": found.names[row]}
            for row in found.others
        ]
        values = [one["value"] for one in options]
        return options, of if of in values else values[-1]

    @desk.callback(Output("compare-differ", "children"), Input("compare-at", "data"))
    def differ(at: Chosen | None) -> Any:
        return [] if not at else telling.differing_table(opened(desk.library, at))


def _over_time(desk: Desk, contrast: Callable[[Chosen | None], Contrast]) -> None:
    """All runs on one axis; a zoom asks for every interval of what it shows."""

    @desk.callback(
        Output("compare-course", "figure"),
        Output("compare-course-caption", "children"),
        Input("compare-at", "data"),
        Input("scheme", "data"),
        Input("compare-quantity", "value"),
        Input("compare-as", "value"),
        Input("compare-zoom", "data"),
    )
    def course(
        at: Chosen | None, scheme: str | None, quantity: object, way: object, zoom: Any
    ) -> tuple[go.Figure, str]:
        if scheme is None or not at:
            raise PreventUpdate
        found, kind = contrast(at), courses.one_way(way)
        asked = courses.one_quantity(quantity)
        figure = courses.course_figure(found, asked, kind, scheme, zoom)
        return figure, courses.course_caption(found, kind)

    @desk.callback(
        Output("compare-zoom", "data"),
        Input("compare-course", "relayoutData"),
        State("compare-as", "value"),
        prevent_initial_call=True,
    )
    def zoomed(relayout: Any, way: object) -> str:
        said = range_words(relayout)
        if said is None or courses.one_way(way) == "duration":
            raise PreventUpdate
        return said


def _table(desk: Desk, contrast: Callable[[Chosen | None], Contrast]) -> None:
    """Figures and their differences; the intervals over the seeds follow."""

    @desk.callback(Output("compare-answers", "data"), Input("compare-at", "data"))
    def answers(at: Chosen | None) -> Any:
        if not at:
            raise PreventUpdate
        return {"at": at, "rows": answers_of(desk.library, contrast(at))}

    @desk.callback(Output("compare-intervals", "data"), Input("compare-at", "data"))
    def intervals(at: Chosen | None) -> Any:
        if not at:
            raise PreventUpdate
        return {"at": at, "rows": intervals_of(desk.library, at)}

    @desk.callback(
        Output("compare-lead", "children"),
        Output("compare-lead", "hidden"),
        Input("compare-answers", "data"),
    )
    def lead(answers: Any) -> tuple[list[Component], bool]:
        if not answers:
            raise PreventUpdate
        found = opened(desk.library, answers["at"])
        return telling.in_short(found, answers["rows"]), False

    @desk.callback(
        Output("compare-table", "columnDefs"),
        Output("compare-table", "rowData"),
        Output("compare-table-caption", "children"),
        Input("compare-answers", "data"),
        Input("compare-intervals", "data"),
        Input("compare-all", "checked"),
    )
    def table(answers: Any, intervals: Any, every: object) -> Any:
        if not answers:
            raise PreventUpdate
        at = answers["at"]
        found = opened(desk.library, at)
        known = intervals["rows"] if intervals and intervals["at"] == at else {}
        rows = rows_of(answers["rows"], found.base, known, every is True)
        columns = columns_of(found.names, found.base, known)
        return columns, rows, telling.table_caption(found, known, len(rows))

    @desk.callback(
        Output("compare-table", "exportDataAsCsv"),
        Input("compare-table-csv", "n_clicks"),
        prevent_initial_call=True,
    )
    def export(_: int) -> bool:
        return True


def _in_space(desk: Desk, contrast: Callable[[Chosen | None], Contrast]) -> None:
    """Map and transformers: they read every interval, so they wait for the figures."""

    @desk.callback(
        Output("compare-network", "figure"),
        Output("compare-network-caption", "children"),
        Input("compare-answers", "data"),
        Input("compare-of", "value"),
        Input("compare-map", "value"),
        Input("scheme", "data"),
    )
    def network(
        answers: Any, of: object, what: object, scheme: str | None
    ) -> tuple[go.Figure, str]:
        if scheme is None or not answers:
            raise PreventUpdate
        at = answers["at"]
        found = contrast(at)
        names = [str(run) for run in at["runs"]]
        row = names.index(of) if of in names else found.others[-1]
        kind = parts.one_of([key for key, _ in layout.MAPS], what)
        return space.network_figure(found, row, kind, scheme)

    @desk.callback(
        Output("go", "href", allow_duplicate=True),
        Input("compare-transformers", "clickData"),
        State("compare-at", "data"),
        prevent_initial_call=True,
    )
    def to_transformer(clicked: Any, at: Chosen | None) -> str:
        href = space.clicked_href(clicked, at)
        if href is None:
            raise PreventUpdate
        return href

    @desk.callback(
        Output("compare-transformers", "figure"),
        Output("compare-transformers", "style"),
        Output("compare-transformers-caption", "children"),
        Input("compare-answers", "data"),
        Input("scheme", "data"),
    )
    def transformers(answers: Any, scheme: str | None) -> Any:
        if scheme is None or not answers:
            raise PreventUpdate
        at = answers["at"]
        found = contrast(at)
        figure = space.transformer_figure(found, scheme)
        style = {"height": f"{figure.layout.height}px"}
        return figure, style, space.transformer_caption(found, at)
