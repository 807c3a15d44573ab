"""A run at a glance: its figures, the substation's power, when limits were broken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import dash_mantine_components as dmc
import plotly.graph_objects as go
from dash import Input, Output, State, ctx, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboards import beside, parts
from dashboards.address import run_href
from dashboards.beside import At, at_of, key_of, rivals
from dashboards.data import Library, Sibling
from dashboards.desk import Desk, Query
from dashboards.overview import answers, hour_map, in_short, load_figures
from dashboards.overview.answers import Answers, Tile
from dashboards.overview.credibility import caveats_card, face_card
from dashboards.thinning import instant, says_x, window
from twin.analysis.case import Case
from twin.errors import TwinError

Zoom = tuple[str, str]
AGAINST = (
    "Same seed: the same homes, cars and trips. For V2G, charging cleverly one way "
    "(valley) is the fair comparison; the baseline shows what EVs change."
)
ALONE = (
    "This run belongs to no study here, so there is nothing to compare it with: select "
    "two runs on the first page, or run a study."
)
SPANS = (
    ("all", "Whole run"),
    ("week", "Week of the peak"),
    ("day", "Day of the peak"),
)


def register(desk: Desk) -> None:
    """The page and its callbacks."""

    def body(case: Case, query: Query) -> Component:
        return _body(desk.library, case, query)

    desk.run_page("overview", "Overview", 10, body)
    desk.remember("overview", "against.value", "view.value", "from.value", "to.value")
    desk.first("overview", "overview-load")
    _register_tiles(desk)
    _register_short(desk)
    _register_load(desk)

    @desk.after(
        "overview",
        Output("overview-hours", "figure"),
        Output("overview-hours-caption", "children"),
        Input("at", "data"),
        Input("scheme", "data"),
        Input("overview-view", "value"),
    )
    def hours(at: At, scheme: str | None, view: str | None) -> tuple[go.Figure, str]:
        if scheme is None:
            raise PreventUpdate
        case = desk.case(at)
        keys = [key for key, _ in hour_map.VIEWS]
        chosen = parts.one_of(keys, view, hour_map.first_view(case))
        figure = hour_map.drawn(case, chosen, scheme)
        return figure, hour_map.caption(case, chosen)

    @desk.after("overview", Output("overview-trust", "children"), Input("at", "data"))
    def trust(at: At) -> list[Component]:
        case = desk.case(at)
        return [face_card(case), caveats_card(case)]


def _register_tiles(desk: Desk) -> None:
    """The quick ones at once; those that read wide tables each on their own."""

    def both(
        at: At, asked: str | None, of: Callable[[Case], Answers]
    ) -> tuple[Case, Answers, Answers | None]:
        case, other = desk.case(at), beside.other(desk.library, at, asked)
        return case, of(case), None if other is None else of(other)

    inputs = (Input("at", "data"), Input("overview-against", "value"))

    @desk.callback(
        Output("overview-grid-tiles", "children"),
        Output("overview-energy-tiles", "children"),
        *inputs,
    )
    def totals(at: At, asked: str | None) -> tuple[list[Component], list[Component]]:
        told = both(at, asked, answers.of_totals)
        grid, energy = answers.grid_tiles(*told), answers.energy_tiles(*told)
        return _drawn(grid), _drawn(energy)

    @desk.callback(Output("overview-voltage-tiles", "children"), *inputs)
    def voltages(at: At, asked: str | None) -> list[Component]:
        return _drawn(answers.voltage_tiles(*both(at, asked, answers.of_voltages)))

    @desk.callback(Output("overview-loading-tiles", "children"), *inputs)
    def loadings(at: At, asked: str | None) -> list[Component]:
        return _drawn(answers.loading_tiles(*both(at, asked, answers.of_loadings)))


def _register_short(desk: Desk) -> None:
    """The answer in words, when all that it needs has been read."""

    @desk.callback(Output("overview-short", "children"), Input("at", "data"))
    def short(at: At) -> Component:
        case, mine = desk.case(at), answers.of_all(desk.case(at))
        base = desk.library.baseline(at["scenario"], at["run_id"])
        label = base.label if base else None
        cases = in_short.telling(_same_seed(desk.library, at), label)
        look = "trouble" if in_short.is_trouble(mine) else ""
        state, change = in_short.state(case, mine), in_short.v2g(cases, label)
        return _short(at, state, change, look)


def _short(at: At, state: Sequence[str], change: Sequence[str], look: str) -> Component:
    """How this run stands, and beside it what V2G or the EVs change."""
    further = parts.link(
        "Transformers and lines, sorted by trouble",
        run_href(at["scenario"], at["run_id"], "transformers"),
    )
    here = [html.H2("This run"), *map(html.P, state), html.P(further)]
    there = [html.H2("What is different, same seed"), *map(html.P, change)]
    return html.Section(
        [html.Div(here), *([html.Div(there)] if change else [])],
        className=f"card answer overview-short {look}",
    )


def _same_seed(library: Library, at: At) -> tuple[Case, ...]:
    """The run, then those of its study and seed that can be opened."""
    here = Sibling("", at["scenario"], at["run_id"], 0)
    found = library.siblings(at["scenario"], at["run_id"])
    mine = [one for one in found if key_of(one) == key_of(here)] or [here]
    cases = []
    for one in (mine[0], *rivals(library, at)):
        with suppress(TwinError):
            case = library.case(one.scenario, one.run_id)
            cases.append(answers.named(case, one.label or case.label))
    return tuple(cases)


def _register_load(desk: Desk) -> None:
    """The chart shows every interval of a stretch that is remembered.

    What the chart says of its own drawing is heard by the stretch alone: heard by the
    chart, it would take the place of a drawing that is still under way.
    """

    @desk.callback(
        Output("overview-from", "value"),
        Output("overview-to", "value"),
        Input("overview-load", "relayoutData"),
        *(Input(f"overview-span-{key}", "n_clicks") for key, _ in SPANS),
        State("at", "data"),
        prevent_initial_call=True,
    )
    def stretch(relayout: object, *said: Any) -> Zoom:
        case = desk.case(said[-1])
        if str(ctx.triggered_id).startswith("overview-span-"):
            return span(case, str(ctx.triggered_id).rpartition("-")[2])
        if not says_x(relayout):
            raise PreventUpdate
        return zoom_of(case, relayout)

    @desk.callback(
        Output("overview-load", "figure"),
        Output("overview-load-caption", "children"),
        Input("at", "data"),
        Input("scheme", "data"),
        Input("overview-against", "value"),
        Input("overview-from", "value"),
        Input("overview-to", "value"),
    )
    def load(
        at: At,
        scheme: str | None,
        asked: str | None,
        begin: str | None,
        end: str | None,
    ) -> tuple[go.Figure, str]:
        if scheme is None:
            raise PreventUpdate
        case, other = desk.case(at), beside.other(desk.library, at, asked)
        if other is not None:
            other = answers.named(other, beside.label(desk.library, at, asked))
        zoom = checked_zoom(begin, end)
        figure = load_figures.substation(case, scheme, other, *zoom)
        return figure, load_figures.caption(case, other)


def span(case: Case, key: str) -> Zoom:
    """Local instants of a named stretch of the run; nothing for the whole."""
    days = {"week": 7, "day": 1}.get(key)
    return ("", "") if days is None else load_figures.around_peak(case, days)


def zoom_of(case: Case, relayout: object) -> Zoom:
    """What a zoom shows, within the run; nothing where it shows the whole run."""
    times = load_figures.local_times(case)
    first, last = window(relayout, times)
    if (first, last) == (0, len(times)):
        return "", ""
    said = load_figures.written(times[[first, last - 1]])
    return _spaced(said[0]), _spaced(said[1])


def checked_zoom(begin: str | None, end: str | None) -> Zoom:
    """Both ends as an address says them; neither if one means nothing."""
    first, last = instant(begin), instant(end)
    if first is None or last is None or first >= last:
        return "", ""
    return _spaced(str(first)[:16]), _spaced(str(last)[:16])


def _body(library: Library, case: Case, query: Query) -> Component:
    at = at_of(case)
    begin, end = checked_zoom(query.get("from"), query.get("to"))
    views = [key for key, _ in hour_map.VIEWS]
    view = parts.one_of(views, query.get("view"), hour_map.first_view(case))
    return html.Div(
        [
            html.Div(dmc.Skeleton(height=120), id="overview-short"),
            beside.choice(
                library, "overview", at, query.get("against"), AGAINST, ALONE
            ),
            html.Div(
                [
                    _waiting("overview-grid-tiles", 4),
                    _waiting("overview-loading-tiles", 2),
                    _waiting("overview-voltage-tiles", 1),
                    _waiting("overview-energy-tiles", 5),
                ],
                className="tiles overview-tiles",
            ),
            parts.chart(
                "overview-load",
                "Power at the substation",
                height=load_figures.HEIGHT,
                controls=[_button(key, words) for key, words in SPANS],
                is_first=True,
            ),
            dcc.Input(id="overview-from", type="hidden", value=begin),
            dcc.Input(id="overview-to", type="hidden", value=end),
            parts.chart(
                "overview-hours",
                "By hour and day",
                height=hour_map.HEIGHT,
                controls=parts.choice(
                    "overview-view", hour_map.VIEWS, view, "What the map shows"
                ),
            ),
            html.Div(dmc.Skeleton(height=220), id="overview-trust"),
        ]
    )


def _drawn(tiles: Sequence[Tile]) -> list[Component]:
    return [parts.tile(**vars(one)) for one in tiles]


def _waiting(key: str, count: int) -> Component:
    skeletons = [dmc.Skeleton(height=104, radius="md") for _ in range(count)]
    return html.Div(skeletons, id=key, className="part")


def _button(key: str, words: str) -> Component:
    return html.Button(
        words, id=f"overview-span-{key}", type="button", className="plain"
    )


def _spaced(words: str) -> str:
    return words.replace("T", " ")
