"""Which transformer is in trouble, when, because of whom, and what V2G does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from threading import Lock
from typing import Any

import dash_mantine_components as dmc
import numpy as np
import plotly.graph_objects as go
from dash import Input, Output, State, ctx, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboards import loading_tables as tables
from dashboards import parts, theme
from dashboards.address import whatif_href
from dashboards.blame import (
    Members,
    Split,
    cars_at,
    customers_at,
    members_of,
    movable,
    split_of,
    why,
)
from dashboards.data import Sibling
from dashboards.desk import Desk, Query
from dashboards.loading_figures import (
    HEIGHT,
    course_figure,
    days_figure,
    duration_figure,
    split_figure,
    variants_figure,
)
from dashboards.loadings import (
    MOST_LINES,
    Course,
    Element,
    around,
    course_of,
    days_of,
    line,
    line_rows,
    transformer,
    transformer_rows,
    who,
    worst_line,
    worst_transformer,
)
from dashboards.rivals import Rival, pair, rivals, shown_first, variants, verdict
from dashboards.thinning import instant, says_x, window
from twin.analysis.case import Case
from twin.errors import InputError

At = Mapping[str, str]
CourseOf = Callable[[Case, Element], Course | None]
SHOWN, SPANS = ("transformers", "lines"), ("day", "week")
UNITS = {"loading": "% of rating", "power": "kW, kVA", "current": "A"}
MOST_KEPT = 32
ALL = "output.level: all"
_AT = Input("at", "data")
_PICKED = (
    Input("transformers-show", "value"),
    Input("transformers-pick", "data"),
    Input("transformers-line", "data"),
)
_T, _SCHEME = Input("transformers-t", "data"), Input("scheme", "data")


def register(desk: Desk) -> None:
    """The page and its callbacks."""
    desk.run_page(
        "transformers",
        "Transformers",
        50,
        lambda case, query: _body(desk, case, query),
    )
    desk.remember(
        "transformers",
        "show.value",
        "pick.data",
        "line.data",
        "find.value",
        "t.data",
        "unit.value",
        "span.value",
        "against.value",
    )

    @lru_cache(maxsize=MOST_KEPT)
    def kept(case: Case, kind: str, index: int) -> Course | None:
        make = transformer if kind == "transformer" else line
        return course_of(case, make(case, index))

    reading = Lock()

    def course(case: Case, element: Element) -> Course | None:
        with reading:
            return kept(case, element.kind, element.index)

    _register_answer(desk, course)
    _register_pick(desk)
    _register_course(desk, course)
    _register_blame(desk, course)
    _register_variants(desk, course)


def chosen(case: Case, show: object, pick: object, of_line: object) -> Element | None:
    """The element that is looked at: the one picked, else the worst of its kind."""
    if show == "lines" or not case.transformers.height:
        index = _index(of_line, worst_line(case))
        return None if index is None else line(case, index)
    index = _index(pick, worst_transformer(case))
    return None if index is None else transformer(case, index)


def split_at(
    case: Case, element: Element, course: Course, row: int
) -> tuple[Members, Split] | None:
    """Who is behind an element and what they did in one interval, if that is kept."""
    members = members_of(case, element)
    if members is None:
        return None
    split = split_of(case, course, members, row, row + 1)
    return None if split is None else (members, split)


def _body(desk: Desk, case: Case, query: Query) -> Component:
    if not (case.run.has("flows") or case.run.has("branches_daily")):
        return parts.empty(
            "This run keeps no flows",
            f"Run its scenario again with {ALL} to see how its transformers are "
            "loaded.",
            f"twin run SCENARIO --set {ALL.replace(': ', '=')}",
        )
    if case.is_unsolved:
        return parts.empty(
            "Not one interval of this run has a solution",
            "So nothing is known of its flows. The feeder or its loads are at fault: "
            "the command tells the feeder's health.",
            "twin inspect SCENARIO",
        )
    show = parts.one_of(SHOWN, query.get("show"))
    _check(case, query)
    return html.Div(
        [
            dcc.Store(id="transformers-pick", data=query.get("pick")),
            dcc.Store(id="transformers-line", data=query.get("line")),
            dcc.Store(id="transformers-t", data=_instant(query.get("t"))),
            _answer_card(),
            *_told_beforehand(case),
            _elements_card(case, show, query),
            html.Div(_picked_part(case, query), id="transformers-part"),
            _variants_part(desk, case, query),
        ],
        className="transformers",
    )


def _answer_card() -> Component:
    return html.Section(
        [
            html.P("Reading how every transformer is loaded …", id="transformers-who"),
            html.P(id="transformers-why"),
            html.P(id="transformers-v2g"),
        ],
        className="card answer",
        id="transformers-answer",
        **parts.attributes(aria_live="polite"),
    )


def _told_beforehand(case: Case) -> list[Component]:
    said = []
    if not case.run.has("flows"):
        said.append(
            "This run was recorded at summary level: of each day only the extremes are "
            f"kept, not the intervals. With {ALL} this page also tells at which time, "
            "and because of whom."
        )
    if not case.run.has("customers"):
        said.append("The run is not complete: who lives where is not written yet.")
    if case.steps_failed:
        said.append(
            f"{case.steps_failed} intervals have no solution and are left out (gaps)."
        )
    return [parts.notice(words, "warning") for words in said]


def _elements_card(case: Case, show: str, query: Query) -> Component:
    options = [("transformers", "Transformers"), ("lines", "Lines")]
    if not case.transformers.height:
        options, show = options[1:], "lines"
    find = dmc.TextInput(
        id="transformers-find",
        size="xs",
        value=query.get("find", "")[:80],
        placeholder="Find a name",
        debounce=400,
        **parts.labelled("Find a transformer or line by name"),
    )
    head = html.Header(
        [
            html.H2("Sorted by trouble"),
            html.Div(
                [
                    find,
                    parts.choice(
                        "transformers-show", options, show, "What the table lists"
                    ),
                ],
                className="tools",
            ),
        ],
        className="card-head",
    )
    waiting = html.P("Reading …", className="caption")
    return html.Section(
        [
            head,
            dcc.Loading(
                html.Div(waiting, id="transformers-room"),
                delay_show=500,
                type="dot",
                color="var(--accent)",
            ),
            html.P(id="transformers-room-caption", className="caption"),
        ],
        className="card",
    )


def _picked_part(case: Case, query: Query) -> list[Component]:
    daily = not case.run.has("flows")
    unit = parts.one_of(tuple(UNITS), query.get("unit"))
    span = parts.one_of(SPANS, query.get("span"))
    units = html.Div(
        parts.choice("transformers-unit", list(UNITS.items()), unit, "Unit"),
        hidden=daily,
    )
    spans = parts.choice(
        "transformers-span", [("day", "Day"), ("week", "Week")], span, "Length shown"
    )
    peak = html.Button(
        "Back to the peak",
        id="transformers-peak",
        type="button",
        className="plain",
        n_clicks=0,
        hidden=daily,
    )
    return [
        html.Div(
            [
                html.H2(id="transformers-picked"),
                html.P(id="transformers-instant"),
                peak,
            ],
            className="picked",
        ),
        html.Div(
            [
                parts.chart(
                    "transformers-course",
                    "Loading over time",
                    height=HEIGHT,
                    controls=units,
                ),
                html.Div(
                    parts.chart(
                        "transformers-duration",
                        "Duration curve",
                        "How much of the time it is loaded at least so far. Behind a "
                        "transformer: the others, in grey.",
                        HEIGHT,
                    ),
                    hidden=daily,
                ),
            ],
            className="" if daily else "pair",
        ),
        html.Div(
            parts.chart(
                "transformers-split", "Because of whom", height=380, controls=spans
            ),
            hidden=daily,
        ),
        html.Div(id="transformers-behind", className="pair"),
    ]


def _variants_part(desk: Desk, case: Case, query: Query) -> Component:
    scenario, run_id = _name(case)
    beside = variants(desk.library, scenario, run_id)
    alone = len(beside) < 2
    return html.Div(
        [
            _alone_card(scenario, run_id) if alone else html.Div(),
            html.Div(_variants_cards(beside, run_id, query), hidden=alone),
        ]
    )


def _alone_card(scenario: str, run_id: str) -> Component:
    words: list[str | Component] = [
        "This run has no other variants with the same seed to set it against. A study "
        "makes them, policies with and without V2G side by side: ",
        html.Code("twin study scenarios/studies/v2g_adoption.yaml"),
        ". Or begin from this run and change its policy: ",
        parts.link("What if …", whatif_href(scenario, run_id)),
    ]
    return parts.card(html.P(words), "What V2G does about it")


def _variants_cards(
    beside: Sequence[Sibling], run_id: str, query: Query
) -> list[Component]:
    options = [
        {"value": f"{x.scenario}/{x.run_id}", "label": x.label}
        for x in beside
        if x.run_id != run_id
    ]
    asked = (query.get("against") or "").split(",")
    picker = dmc.MultiSelect(
        id="transformers-against",
        data=options,
        value=[x["value"] for x in options if x["value"] in asked],
        placeholder="variants drawn",
        clearable=True,
        size="xs",
        maw=620,
        **parts.labelled("Variants drawn in the figure"),
    )
    about = (
        "The same element, matched by name, in the variants with the same seed. A link "
        "opens that variant on this page, at the same instant."
    )
    return [
        parts.card(
            [
                html.P(id="transformers-verdict", className="verdict"),
                html.Div(id="transformers-rivals", className="wide"),
                html.P(about, className="caption"),
            ],
            "What V2G does about it",
        ),
        parts.chart(
            "transformers-variants",
            "The same day under other variants",
            height=360,
            controls=picker,
        ),
    ]


def _register_answer(desk: Desk, course_of: CourseOf) -> None:
    @desk.callback(
        Output("transformers-who", "children"),
        Output("transformers-why", "children"),
        Output("transformers-answer", "className"),
        _AT,
    )
    def answer(at: At) -> tuple[str, str, str]:
        case = desk.case(at)
        element = chosen(case, "transformers", None, None)
        course = None if element is None else course_of(case, element)
        told = case.loadings
        trouble = told is not None and bool((told.transformers.highest > 1).any())
        look = "card answer trouble" if trouble else "card answer"
        if element is None or course is None:
            return who(case), "", look
        found = split_at(case, element, course, course.peak)
        if found is None or not np.isfinite(course.loading).any():
            return who(case), "", look
        at_peak = f"At {_text(course, course.peak).replace('T', ' ')}: "
        words = why(found[1], found[0])
        return who(case), at_peak + words if element.kind == "line" else words, look

    @desk.callback(Output("transformers-v2g", "children"), _AT)
    def v2g(at: At) -> str:
        case = desk.case(at)
        element = chosen(case, "transformers", None, None)
        if element is None:
            return ""
        course = course_of(case, element)
        peak = None if course is None else _text(course, course.peak)
        found = _rivals(desk, at, element, peak, course_of)
        _, against = pair(found, _key(at))
        if against is not None and against.key != _key(at):
            found = _rivals(desk, at, element, against.time, course_of)
        return verdict(found, _key(at))


def _register_pick(desk: Desk) -> None:
    @desk.callback(
        Output("transformers-room", "children"),
        Output("transformers-room-caption", "children"),
        _AT,
        Input("transformers-show", "value"),
        Input("transformers-find", "value"),
        State("transformers-pick", "data"),
        State("transformers-line", "data"),
    )
    def table(
        at: At, show: str, find: str | None, pick: object, of_line: object
    ) -> tuple[Component, str]:
        case = desk.case(at)
        element = chosen(case, show, pick, of_line)
        picked = "" if element is None else str(element.index)
        words = (find or "")[:80].strip().lower()
        if show == "lines" or not case.transformers.height:
            rows, count = line_rows(case, words)
            said = (
                f"The {MOST_LINES} most loaded of {count:,}; a name finds the others."
                if count > len(rows)
                else f"{count:,} found."
            )
            return tables.elements(rows, True, picked), f"{said} Click a row."
        rows = [x for x in transformer_rows(case) if words in x["name"].lower()]
        return tables.elements(rows, False, picked), (
            f"{len(rows)} of {case.transformers.height} transformers; click a row to "
            "see it below. Of several phases the highest counts."
        )

    @desk.callback(
        Output("transformers-pick", "data"),
        Output("transformers-line", "data"),
        Output("transformers-t", "data", allow_duplicate=True),
        Input("transformers-table", "selectedRows"),
        State("at", "data"),
        State("transformers-show", "value"),
        State("transformers-pick", "data"),
        State("transformers-line", "data"),
        prevent_initial_call=True,
    )
    def pick_row(
        rows: Sequence[Mapping[str, Any]] | None,
        at: At,
        show: str,
        pick: object,
        of_line: object,
    ) -> tuple[object, object, None]:
        if not isinstance(rows, list) or not rows:
            raise PreventUpdate
        case, asked = desk.case(at), rows[0].get("pick")
        before = chosen(case, show, pick, of_line)
        if before is None or str(before.index) == asked:
            raise PreventUpdate
        if before.kind == "line":
            return pick, asked, None
        return asked, of_line, None

    @desk.callback(
        Output("transformers-t", "data"),
        Input("transformers-course", "clickData"),
        Input("transformers-split", "clickData"),
        Input("transformers-variants", "clickData"),
        Input("transformers-peak", "n_clicks"),
        prevent_initial_call=True,
    )
    def look_at(*_: Any) -> str | None:
        if ctx.triggered_id == "transformers-peak":
            return None
        clicked = ctx.triggered[0]["value"] or {}
        points = clicked.get("points") or [{}]
        found = _instant(points[0].get("x"))
        if found is None:
            raise PreventUpdate
        return found


def _register_course(desk: Desk, course_of: CourseOf) -> None:
    @desk.callback(
        Output("transformers-picked", "children"),
        Output("transformers-instant", "children"),
        _AT,
        *_PICKED,
        _T,
    )
    def head(
        at: At, show: str, pick: object, of_line: object, t: str | None
    ) -> tuple[str, str]:
        case = desk.case(at)
        element = chosen(case, show, pick, of_line)
        if element is None:
            return (
                "Nothing to look at",
                "This network has no transformers and no lines.",
            )
        course = course_of(case, element)
        words = f"{element.name}, {element.rated}"
        return words, "" if course is None else _instant_words(course, t)

    @desk.callback(
        Output("transformers-course", "figure"),
        Output("transformers-course-caption", "children"),
        _AT,
        *_PICKED,
        _T,
        Input("transformers-unit", "value"),
        Input("transformers-course", "relayoutData"),
        _SCHEME,
    )
    def over_time(
        at: At,
        show: str,
        pick: object,
        of_line: object,
        t: str | None,
        unit: str,
        zoom: object,
        scheme: str | None,
    ) -> tuple[go.Figure, str]:
        if scheme is None or _is_idle_zoom("transformers-course", zoom):
            raise PreventUpdate
        case = desk.case(at)
        element = chosen(case, show, pick, of_line)
        if element is None:
            return theme.gap("nothing to draw", scheme, HEIGHT), ""
        return _course_drawn(case, element, course_of, t, unit, zoom, scheme)

    @desk.callback(Output("transformers-duration", "figure"), _AT, *_PICKED, _SCHEME)
    def duration(
        at: At, show: str, pick: object, of_line: object, scheme: str | None
    ) -> go.Figure:
        if scheme is None:
            raise PreventUpdate
        case = desk.case(at)
        element = chosen(case, show, pick, of_line)
        course = None if element is None else course_of(case, element)
        if element is None or course is None:
            return theme.gap(f"Only kept with {ALL}", scheme, HEIGHT)
        if not np.isfinite(course.loading).any():
            return theme.gap("No rating, so no loading", scheme, HEIGHT)
        return duration_figure(case, element, course, scheme)


def _register_blame(desk: Desk, course_of: CourseOf) -> None:
    @desk.callback(
        Output("transformers-split", "figure"),
        Output("transformers-split-caption", "children"),
        _AT,
        *_PICKED,
        _T,
        Input("transformers-span", "value"),
        _SCHEME,
    )
    def causes(
        at: At,
        show: str,
        pick: object,
        of_line: object,
        t: str | None,
        span: str,
        scheme: str | None,
    ) -> tuple[go.Figure, str]:
        if scheme is None:
            raise PreventUpdate
        case = desk.case(at)
        element = chosen(case, show, pick, of_line)
        course = None if element is None else course_of(case, element)
        if element is None or course is None:
            return theme.gap(f"Only kept with {ALL}", scheme, 380), ""
        row = course.row(t)
        found = split_at(case, element, course, row)
        if found is None:
            return theme.gap(_why_no_split(case), scheme, 380), ""
        members = found[0]
        first, last = around(course, row, parts.one_of(SPANS, span))
        split = split_of(case, course, members, first, last)
        assert split is not None
        words = (
            f"{_instant_words(course, t)} {why(found[1], members)} Behind it: "
            f"{len(members.customers)} customers, {len(members.evs)} cars."
        )
        return split_figure(course.time[first:last], split, course.time[row], scheme), (
            words
        )

    @desk.callback(
        Output("transformers-behind", "children"),
        _AT,
        *_PICKED,
        _T,
    )
    def behind(
        at: At, show: str, pick: object, of_line: object, t: str | None
    ) -> list[Component]:
        case = desk.case(at)
        element = chosen(case, show, pick, of_line)
        course = None if element is None else course_of(case, element)
        members = None if element is None else members_of(case, element)
        if course is None or members is None:
            return []
        row = course.row(t)
        return _behind_cards(case, members, row, float(course.p_kw[row]), course)


def _register_variants(desk: Desk, course_of: CourseOf) -> None:
    @desk.callback(
        Output("transformers-verdict", "children"),
        Output("transformers-rivals", "children"),
        _AT,
        *_PICKED,
        _T,
    )
    def others(
        at: At, show: str, pick: object, of_line: object, t: str | None
    ) -> tuple[str, Component | None]:
        case = desk.case(at)
        element = chosen(case, show, pick, of_line)
        if element is None:
            raise PreventUpdate
        course = course_of(case, element)
        now = None if course is None else _text(course, course.row(t))
        found = _rivals(desk, at, element, now, course_of)
        query = {"show": show if show != SHOWN[0] else "", "t": now or ""}
        return verdict(found, _key(at)), tables.variants(found, _key(at), now, query)

    @desk.callback(
        Output("transformers-variants", "figure"),
        Output("transformers-variants-caption", "children"),
        _AT,
        *_PICKED,
        _T,
        Input("transformers-span", "value"),
        Input("transformers-against", "value"),
        _SCHEME,
    )
    def overlaid(
        at: At,
        show: str,
        pick: object,
        of_line: object,
        t: str | None,
        span: str,
        against: Sequence[str] | None,
        scheme: str | None,
    ) -> tuple[go.Figure, str]:
        if scheme is None:
            raise PreventUpdate
        case = desk.case(at)
        element = chosen(case, show, pick, of_line)
        course = None if element is None else course_of(case, element)
        if element is None or course is None:
            return theme.gap(f"Only kept with {ALL}", scheme, 360), ""
        found = _rivals(desk, at, element, None, course_of)
        return _overlaid(element, course, found, _key(at), t, span, against, scheme)


def _course_drawn(
    case: Case,
    element: Element,
    course_of: CourseOf,
    t: str | None,
    unit: str,
    zoom: object,
    scheme: str | None,
) -> tuple[go.Figure, str]:
    course = course_of(case, element)
    if course is None:
        days = days_of(case, element)
        if days is None:
            return theme.gap("It has no branch in this network", scheme, HEIGHT), ""
        return days_figure(element, days, scheme), "A point a day: its extremes."
    unit, said = (
        parts.one_of(tuple(UNITS), unit),
        "Loading is current over rated current",
    )
    if unit == "loading" and not np.isfinite(course.loading).any():
        said = "No rating is known, so there is no loading"
        unit = "power" if element.kind == "transformer" else "current"
    shown = window(zoom, course.time)
    figure = course_figure(element, course, unit, course.row(t), shown, scheme)
    return figure, (
        f"{said}; a click on an instant moves everything below to it. Drag to zoom, "
        "double-click for all."
    )


def _behind_cards(
    case: Case, members: Members, row: int, measured_kw: float, course: Course
) -> list[Component]:
    at = _text(course, row).replace("T", " ")
    homes = customers_at(case, members, row, measured_kw)
    cars = cars_at(case, members, row, measured_kw)
    made = []
    if cars:
        about = (
            f"{movable(cars)} Could wait: until the departure it declared, less what "
            "charging to the wanted state takes at full power, with 10 % lost."
        )
        made.append(
            parts.card(
                [tables.cars(cars), html.P(about, className="caption")],
                f"Cars at {at}",
            )
        )
    elif len(members.evs):
        made.append(
            parts.card(
                html.P("None of its cars was plugged in just then."), f"Cars at {at}"
            )
        )
    if homes:
        about = (
            "Share: of the power through it. Net: through the customer's meter, with "
            "its cars; < 0 is given."
        )
        made.append(
            parts.card(
                [tables.customers(homes), html.P(about, className="caption")],
                f"Customers at {at}",
            )
        )
    return made


def _overlaid(
    element: Element,
    course: Course,
    found: Sequence[Rival],
    mine: str,
    t: str | None,
    span: str,
    against: Sequence[str] | None,
    scheme: str | None,
) -> tuple[go.Figure, str]:
    row = course.row(t)
    first, last = around(course, row, parts.one_of(SPANS, span))
    begin, end = course.time[first], course.time[last - 1]
    wanted = [mine, *(against or shown_first(found, mine))]
    drawn = []
    for one in found:
        if one.key in wanted and one.course is not None:
            inside = (one.course.time >= begin) & (one.course.time <= end)
            drawn.append(
                (one.label, one.course.time[inside], one.course.loading[inside])
            )
    label = next((one.label for one in found if one.key == mine), "")
    figure = variants_figure(element, drawn, label, course.time[row], scheme)
    return figure, (
        f"{element.name} around {_text(course, row).replace('T', ' ')}; this run is "
        "the thick line."
    )


def _rivals(
    desk: Desk, at: At, element: Element, t: str | None, course_of: CourseOf
) -> list[Rival]:
    beside = variants(desk.library, str(at.get("scenario")), str(at.get("run_id")))
    if len(beside) < 2:
        raise PreventUpdate
    return rivals(desk.library, beside, element, t, course_of)


def _why_no_split(case: Case) -> str:
    if not case.run.has("customers"):
        return "The run is not complete: who lives where is not written yet"
    if not case.run.has("customer_steps"):
        return f"What customers did is only kept with {ALL}"
    return "It is part of a mesh: what is behind it is fed by other ways as well"


def _instant_words(course: Course, t: str | None) -> str:
    row = course.row(t)
    at = _text(course, row).replace("T", " ")
    loading = course.loading[row]
    about = f", loaded {100 * loading:.1f} %" if np.isfinite(loading) else ""
    is_peak = " (its highest)" if row == course.peak else ""
    return f"At {at} local time{about}{is_peak}."


def _is_idle_zoom(graph: str, zoom: object) -> bool:
    """A resize, or a zoom of y only: nothing that needs other points."""
    asked = {one["prop_id"] for one in ctx.triggered}
    if asked != {f"{graph}.relayoutData"}:
        return False
    return not says_x(zoom)


def _text(course: Course, row: int) -> str:
    return str(course.time[row].astype("datetime64[m]"))


def _instant(asked: object) -> str | None:
    found = instant(asked)
    return None if found is None else str(found.astype("datetime64[m]"))


def _check(case: Case, query: Query) -> None:
    """Refuse a pick that is not there, without reading any flows: the page waits."""
    if query.get("pick"):
        transformer(case, _index(query["pick"], 0) or 0)
    row = _index(query.get("line"), 0) or 0
    if row and row >= case.branches.height:
        raise InputError.of(f"there is no line {row} in this network")


def _index(asked: object, worst: int | None) -> int | None:
    if asked is None or asked == "":
        return worst
    if isinstance(asked, str) and asked.isascii() and asked.isdigit():
        return int(asked[:9])
    raise InputError.of(f"'{asked}' is no row of a transformer or line")


def _name(case: Case) -> tuple[str, str]:
    return case.run.path.parent.name, case.run.run_id


def _key(at: At) -> str:
    return f"{at.get('scenario')}/{at.get('run_id')}"
