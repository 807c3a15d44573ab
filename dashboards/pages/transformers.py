"""Which transformer is in trouble, when, because of whom, and what V2G does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import plotly.graph_objects as go
from dash import Input, Output, Patch, State, ctx, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboards import parts, theme
from dashboards.address import run_href
from dashboards.desk import Desk
from dashboards.loading import tables
from dashboards.loading.blame import (
    Members,
    Split,
    cars_at,
    customers_at,
    members_of,
    movable,
    split_of,
    why,
)
from dashboards.loading.courses import Course, around, days_of
from dashboards.loading.figures import (
    HEIGHT,
    course_figure,
    days_figure,
    duration_figure,
    split_figure,
    variants_figure,
)
from dashboards.loading.layout import ALL, SHOWN, SPANS, UNITS, body, minute, row_of
from dashboards.loading.loadings import (
    MOST_LINES,
    Element,
    line,
    line_rows,
    transformer,
    transformer_rows,
    who,
    worst_line,
    worst_transformer,
)
from dashboards.loading.rivals import (
    Rival,
    pair,
    rivals,
    shown_first,
    verdict,
)
from dashboards.thinning import MOST_POINTS, says_x, window
from twin.analysis.case import Case

At = Mapping[str, str]
CourseOf = Callable[[Case, Element], Course | None]
MOST_KEPT = 32
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
        lambda case, query: body(desk, case, query),
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
        return Course.of(case, make(case, index))

    def course(case: Case, element: Element) -> Course | None:
        return kept(case, element.kind, element.index)

    _register_answer(desk, course)
    _register_pick(desk)
    _register_course(desk, course)
    _register_blame(desk, course)
    _register_variants(desk, course)


def chosen(case: Case, show: object, pick: object, of_line: object) -> Element | None:
    """The element that is looked at: the one picked, else the worst of its kind."""
    if show == "lines" or not case.transformers.height:
        index = row_of(of_line, worst_line(case))
        return None if index is None else line(case, index)
    index = row_of(pick, worst_transformer(case))
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
        at_peak = f"At {course.words(course.peak)}: "
        words = why(found[1], found[0])
        return who(case), at_peak + words if element.kind == "line" else words, look

    @desk.callback(Output("transformers-v2g", "children"), _AT)
    def v2g(at: At) -> str:
        case = desk.case(at)
        element = chosen(case, "transformers", None, None)
        if element is None:
            return ""
        course = course_of(case, element)
        peak = None if course is None else course.at(course.peak)
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
        found = minute(points[0].get("x"))
        if found is None:
            raise PreventUpdate
        return found


def _register_course(desk: Desk, course_of: CourseOf) -> None:
    @desk.callback(
        Output("transformers-picked", "children"),
        Output("transformers-instant", "children"),
        Output("transformers-map", "children"),
        _AT,
        *_PICKED,
        _T,
    )
    def head(
        at: At, show: str, pick: object, of_line: object, t: str | None
    ) -> tuple[str, str, Component | None]:
        case = desk.case(at)
        element = chosen(case, show, pick, of_line)
        if element is None:
            return (
                "Nothing to look at",
                "This network has no transformers and no lines.",
                None,
            )
        course = course_of(case, element)
        words = f"{element.name}, {element.rated}"
        if course is None:
            return words, "", on_the_map(at, element, "")
        there = on_the_map(at, element, course.at(course.row(t)))
        return words, _instant_words(course, t), there

    @desk.callback(
        Output("transformers-course", "figure"),
        Output("transformers-course-caption", "children"),
        _AT,
        *_PICKED,
        _T,
        Input("transformers-unit", "value"),
        _SCHEME,
        State("transformers-course", "relayoutData"),
    )
    def over_time(
        at: At,
        show: str,
        pick: object,
        of_line: object,
        t: str | None,
        unit: str,
        scheme: str | None,
        zoom: object,
    ) -> tuple[go.Figure, str]:
        if scheme is None:
            raise PreventUpdate
        case = desk.case(at)
        element = chosen(case, show, pick, of_line)
        if element is None:
            return theme.gap("nothing to draw", scheme, HEIGHT), ""
        return _course_drawn(case, element, course_of, t, unit, zoom, scheme)

    @desk.callback(
        Output("transformers-course", "figure", allow_duplicate=True),
        Input("transformers-course", "relayoutData"),
        State("at", "data"),
        State("transformers-show", "value"),
        State("transformers-pick", "data"),
        State("transformers-line", "data"),
        State("transformers-t", "data"),
        State("transformers-unit", "value"),
        State("scheme", "data"),
        prevent_initial_call=True,
    )
    def zoomed(
        zoom: object,
        at: At,
        show: str,
        pick: object,
        of_line: object,
        t: str | None,
        unit: str,
        scheme: str | None,
    ) -> Patch:
        if scheme is None or not says_x(zoom):
            raise PreventUpdate
        case = desk.case(at)
        element = chosen(case, show, pick, of_line)
        course = None if element is None else course_of(case, element)
        if element is None or course is None or len(course.time) <= MOST_POINTS:
            raise PreventUpdate
        drawn, _ = _course_drawn(case, element, course_of, t, unit, zoom, scheme)
        finer = Patch()
        finer["data"] = drawn.data
        return finer

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
        now = None if course is None else course.at(course.row(t))
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
    at = course.words(row)
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
                table="transformers-cars",
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
                table="transformers-customers",
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
        f"{element.name} around {course.words(row)}; this run is the thick line."
    )


def _rivals(
    desk: Desk, at: At, element: Element, t: str | None, course_of: CourseOf
) -> list[Rival]:
    beside = desk.library.same_seed(str(at.get("scenario")), str(at.get("run_id")))
    if len(beside) < 2:
        raise PreventUpdate
    return rivals(desk.library, beside, element, t, course_of)


def _why_no_split(case: Case) -> str:
    if not case.run.has("customers"):
        return "The run is not complete: who lives where is not written yet"
    if not case.run.has("customer_steps"):
        return f"What customers did is only kept with {ALL}"
    return "It is part of a mesh: what is behind it is fed by other ways as well"


def on_the_map(at: At, element: Element, instant: str) -> Component:
    """A link to the same element at the same instant on the feeder's map."""
    kind = "transformer" if element.kind == "transformer" else "branch"
    query = {"t": instant, "pick": f"{kind}:{element.index}"}
    href = run_href(at["scenario"], at["run_id"], "feeder", query)
    return parts.link("Show it on the map", href)


def _instant_words(course: Course, t: str | None) -> str:
    row = course.row(t)
    at = course.words(row)
    loading = course.loading[row]
    about = f", loaded {100 * loading:.1f} %" if np.isfinite(loading) else ""
    is_peak = " (its highest)" if row == course.peak else ""
    return f"At {at} local time{about}{is_peak}."


def _key(at: At) -> str:
    return f"{at.get('scenario')}/{at.get('run_id')}"
