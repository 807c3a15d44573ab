"""Two to five runs set against a baseline: in time, in figures, and on the map."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import dash_mantine_components as dmc
import numpy as np
import plotly.graph_objects as go
from dash import Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboards import parts, theme
from dashboards.address import MOST_COMPARED, checked, run_href
from dashboards.contrast import figures
from dashboards.contrast.differences import (
    QUANTITIES,
    Contrast,
    Quantity,
    differing,
    feeder_gap,
    transformer_loadings,
    unfair,
)
from dashboards.contrast.runs import (
    Chosen,
    answers_of,
    base_of,
    base_options,
    intervals_of,
    opened,
    run_options,
    suggestions,
    usable_runs,
    words_in,
)
from dashboards.contrast.table import Answers, briefly, columns_of, rows_of
from dashboards.data import Library, is_named
from dashboards.desk import Desk, Query
from dashboards.thinning import says_x
from twin.errors import InputError

WAYS = (
    ("time", "Over time"),
    ("difference", "Difference to the baseline"),
    ("duration", "Duration curve"),
)
MAPS = (("voltage", "Lowest voltage"), ("loading", "Highest loading"))
MAP_HEIGHT = 520
GROUP_STYLE = {"fontWeight": 600, "background": "var(--ground)"}


def register(desk: Desk) -> None:
    """The page and its callbacks."""

    def layout(**query: str) -> Component:
        return _layout(desk.library, query)

    desk.page("compare", "Compare", "/compare", layout, order=20)
    desk.remember(
        "compare",
        "runs.value",
        "base.value",
        "quantity.value",
        "as.value",
        "map.value",
        "of.value",
        "all.checked",
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
            return None, [*told, *_too_few(desk.library, usable)], True
        base = base if base in usable else usable[0]
        at = {"runs": usable, "base": base}
        return at, [*told, *_cautions(opened(desk.library, at))], False

    @desk.callback(
        Output("compare-chips", "children"),
        Input("compare-at", "data"),
        Input("scheme", "data"),
    )
    def chips(at: Chosen | None, scheme: str | None) -> Any:
        if scheme is None or not at:
            return []
        return run_chips(opened(desk.library, at), at, scheme)

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
        return [] if not at else differing_table(opened(desk.library, at))


def _over_time(desk: Desk, contrast: Callable[[Chosen | None], Contrast]) -> None:
    """All runs on one axis; a zoom asks for every interval of what it shows."""

    @desk.callback(
        Output("compare-course", "figure"),
        Output("compare-course-caption", "children"),
        Input("compare-at", "data"),
        Input("scheme", "data"),
        Input("compare-quantity", "value"),
        Input("compare-as", "value"),
        State("compare-course", "relayoutData"),
    )
    def course(
        at: Chosen | None, scheme: str | None, quantity: object, way: object, zoom: Any
    ) -> tuple[go.Figure, str]:
        if scheme is None or not at:
            raise PreventUpdate
        found, kind = contrast(at), one_way(way)
        figure = course_figure(found, one_quantity(quantity), kind, scheme, zoom)
        return figure, course_caption(found, kind)

    @desk.callback(
        Output("compare-course", "figure", allow_duplicate=True),
        Input("compare-course", "relayoutData"),
        State("compare-at", "data"),
        State("scheme", "data"),
        State("compare-quantity", "value"),
        State("compare-as", "value"),
        prevent_initial_call=True,
    )
    def closer(
        zoom: Any, at: Chosen | None, scheme: str | None, quantity: object, way: object
    ) -> go.Figure:
        if scheme is None or not at or not says_x(zoom) or way == "duration":
            raise PreventUpdate
        kind, shown = one_way(way), one_quantity(quantity)
        return course_figure(contrast(at), shown, kind, scheme, zoom)


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
        return in_short(found, answers["rows"]), False

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
        return columns, rows, table_caption(found, known, len(rows))

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
        kind = parts.one_of([key for key, _ in MAPS], _text(what))
        return network_figure(found, row, kind, scheme)

    @desk.callback(
        Output("go", "href", allow_duplicate=True),
        Input("compare-transformers", "clickData"),
        State("compare-at", "data"),
        prevent_initial_call=True,
    )
    def to_transformer(clicked: Any, at: Chosen | None) -> str:
        href = clicked_href(clicked, at)
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
        figure = transformer_figure(found, scheme)
        style = {"height": f"{figure.layout.height}px"}
        return figure, style, transformer_caption(found, at)


def _layout(library: Library, query: Query) -> Component:
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
    told = [*_unknown(names, known), *_too_many(names)]
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
    way = parts.one_of([key for key, _ in WAYS], query.get("as"))
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
                        {"value": one.key, "label": _capital(one.axis)}
                        for one in QUANTITIES.values()
                    ],
                    value=quantity,
                    allowDeselect=False,
                    size="xs",
                    w=200,
                    **parts.labelled("Quantity"),
                ),
                parts.choice("compare-as", WAYS, way, "Drawn as"),
            ],
        ),
        _table_card(query.get("all") == "true"),
        html.Div(
            [
                parts.chart(
                    "compare-network",
                    "Where it differs",
                    height=MAP_HEIGHT,
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
                    height=MAP_HEIGHT,
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


def network_figure(
    contrast: Contrast, row: int, kind: str, scheme: str
) -> tuple[go.Figure, str]:
    """The map, or why there is none; and what it shows."""
    case, base = contrast.cases[row], contrast.cases[contrast.base]
    why = feeder_gap(case, base)
    if why:
        said = f"{_capital(why)}.<br>Choose a run of the baseline's feeder."
        return theme.gap(said, scheme, MAP_HEIGHT), ""
    names = f"{contrast.names[row]} less {contrast.names[contrast.base]}"
    if kind == "loading":
        figure = figures.loading_differences(contrast, row, scheme, MAP_HEIGHT)
        what = "each line's and transformer's highest loading. Orange: more loaded."
    else:
        figure = figures.voltage_differences(contrast, row, scheme, MAP_HEIGHT)
        what = "each node's lowest voltage. Orange: lower than in the baseline."
    return figure, f"{names}: {what} Each at its own worst instant in each run."


def transformer_figure(contrast: Contrast, scheme: str) -> go.Figure:
    """Dots of every transformer, or why there are none."""
    base = contrast.cases[contrast.base]
    gaps = [feeder_gap(case, base) for case in contrast.cases]
    if any(gaps):
        said = "Transformers of different feeders cannot be paired."
        return theme.gap(said, scheme, MAP_HEIGHT)
    if not base.transformers.height:
        return theme.gap("This feeder has no transformer.", scheme, MAP_HEIGHT)
    return figures.transformer_dots(contrast, scheme)


def transformer_caption(contrast: Contrast, at: Chosen) -> list[Any]:
    """The worst one of each run, with the way to its page."""
    words: list[Any] = []
    for row, case in enumerate(contrast.shared):
        loadings = transformer_loadings(case)
        if loadings is None or not np.isfinite(loadings).any():
            continue
        worst = int(np.nanargmax(loadings))
        name = str(case.transformers["name"][worst])
        said = f"{contrast.names[row]}: {name} at {loadings[worst]:.1f} %"
        words += [parts.link(said, transformer_href(str(at["runs"][row]), worst)), "; "]
    if not words:
        return []
    return [
        "Most loaded on top; the dashed line is the rating. A dot leads to its "
        "transformer. The most loaded in ",
        *words[:-1],
        ".",
    ]


def transformer_href(run: str, index: int) -> str:
    """The page of a transformer in a run."""
    scenario, _, run_id = run.partition("/")
    return run_href(scenario, run_id, "transformers", {"pick": str(index)})


def clicked_href(clicked: object, at: Chosen | None) -> str | None:
    """Where a dot leads: None if it is none of a transformer in a run."""
    try:
        place, row = clicked["points"][0]["customdata"]  # type: ignore[index]
        run = words_in((at or {}).get("runs"))[int(row)]
        checked(*run.partition("/")[::2])
    except (TypeError, KeyError, IndexError, ValueError, InputError):
        return None
    return transformer_href(run, int(place))


def one_way(asked: object) -> str:
    """A way of drawing that there is."""
    return parts.one_of([key for key, _ in WAYS], _text(asked))


def one_quantity(asked: object) -> Quantity:
    """A quantity that there is."""
    return QUANTITIES[parts.one_of(list(QUANTITIES), _text(asked))]


def course_figure(
    contrast: Contrast, quantity: Quantity, way: str, scheme: str, zoom: object
) -> go.Figure:
    """A quantity of all runs: over time, as differences, or as duration curves."""
    if way == "duration":
        return figures.duration_curves(contrast, quantity, scheme)
    if way == "difference":
        return figures.difference_over_time(contrast, quantity, scheme, zoom)
    return figures.over_time(contrast, quantity, scheme, zoom)


def course_caption(contrast: Contrast, way: str) -> str:
    """What the lines are."""
    if way == "duration":
        return "Read: for how much of the time the value was at least so high."
    if way == "difference":
        name = contrast.names[contrast.base]
        return f"Above zero: more than in {name}, at the same instant. Local time."
    if contrast.span is None:
        return "The runs are of different days: each from the beginning of its own."
    return "Local time. Drag to zoom: closer up, every interval is drawn."


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


def _cautions(contrast: Contrast) -> list[Component]:
    words = unfair(contrast)
    if not words:
        return []
    heading = "Before comparing"
    if len(words) == 1:
        return [parts.notice(words[0], "warning", heading)]
    return [parts.notice(html.Ul([html.Li(one) for one in words]), "warning", heading)]


def _too_few(library: Library, usable: Sequence[str]) -> list[Component]:
    """What to do when there is nothing to compare yet."""
    links = [parts.link(words, href) for words, href in suggestions(library, usable)]
    said = (
        "One run is chosen: choose at least one more above"
        if usable
        else "Choose two to five runs above"
    )
    if not links:
        return [parts.empty("Nothing to compare yet", f"{said}.")]
    return [
        html.Section(
            [
                html.H2("Nothing to compare yet"),
                html.P(f"{said}, or begin with:"),
                html.Ul([html.Li(one) for one in links]),
            ],
            className="card empty compare-empty",
        )
    ]


def _unknown(names: Sequence[str], known: set[str]) -> list[Component]:
    missing = [name for name in names if name not in known]
    if not missing:
        return []
    said = (
        f"There is no run {', '.join(missing)} in this results folder. Choose from the "
        "list below; `twin run` or `twin study` makes more."
    )
    return [parts.notice(said, "warning", "Left out")]


def _too_many(names: Sequence[str]) -> list[Component]:
    if len(names) <= MOST_COMPARED:
        return []
    said = (
        f"{len(names)} runs are named; {MOST_COMPARED} can be told apart on one axis. "
        f"The first {MOST_COMPARED} are shown: take some out to put others in."
    )
    return [parts.notice(said, "warning", "Too many runs")]


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _capital(words: str) -> str:
    return words if words.startswith("EV") else words[:1].upper() + words[1:]
