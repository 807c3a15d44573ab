"""Which transformer is in trouble, when, because of whom, and what V2G does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from dash import Input, Output, Patch, State, ctx
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboards import parts, theme
from dashboards.desk import Desk
from dashboards.kept import kept
from dashboards.loading import ageing_cards, answers, tables
from dashboards.loading.blame import (
    members_of,
    split_of,
    why,
)
from dashboards.loading.courses import Course, around
from dashboards.loading.figures import (
    HEIGHT,
    duration_figure,
    split_figure,
)
from dashboards.loading.layout import ALL, SHOWN, SPANS, body, minute
from dashboards.loading.loadings import (
    MOST_LINES,
    line,
    line_rows,
    transformer,
    transformer_rows,
    who,
    worst_line,
    worst_transformer,
)
from dashboards.loading.rivals import (
    pair,
    verdict,
)
from dashboards.thinning import MOST_POINTS, says_x
from twin.analysis.case import Case

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

    course = _courses()

    desk.first("transformers", "transformers-course")
    _register_answer(desk, course)
    _register_pick(desk)
    _register_picked(desk)
    _register_course(desk, course)
    _register_over_time(desk, course)
    _register_zoom(desk, course)
    _register_duration(desk, course)
    _register_blame(desk, course)
    _register_variants(desk, course)
    ageing_cards.register(desk, course)


def _courses() -> answers.CourseOf:
    """Courses that several callbacks ask for at once are read once."""

    def read(case: Case, kind: str, index: int) -> Course | None:
        is_one = kind == "transformer"
        worst = worst_transformer(case) if is_one else worst_line(case)
        make = transformer if is_one else line
        return Course.of(case, make(case, index), index == worst)

    once = kept(read, MOST_KEPT)
    return lambda case, element: once(case, element.kind, element.index)


def _register_answer(desk: Desk, course_of: answers.CourseOf) -> None:
    @desk.callback(
        Output("transformers-who", "children"),
        Output("transformers-why", "children"),
        Output("transformers-answer", "className"),
        _AT,
    )
    def answer(at: answers.At) -> tuple[str, str, str]:
        case = desk.case(at)
        element = answers.chosen(case, "transformers", None, None)
        course = None if element is None else course_of(case, element)
        told = case.loadings
        trouble = told is not None and bool((told.transformers.highest > 1).any())
        look = "card answer trouble" if trouble else "card answer"
        if element is None or course is None:
            return who(case), "", look
        found = answers.split_at(case, element, course, course.peak)
        if found is None or not np.isfinite(course.loading).any():
            return who(case), "", look
        at_peak = f"answers.At {course.words(course.peak)}: "
        words = why(found[1], found[0])
        return who(case), at_peak + words if element.kind == "line" else words, look

    @desk.callback(Output("transformers-v2g", "children"), _AT)
    def v2g(at: answers.At) -> str:
        case = desk.case(at)
        element = answers.chosen(case, "transformers", None, None)
        if element is None:
            return ""
        course = course_of(case, element)
        peak = None if course is None else course.at(course.peak)
        found = answers.rivals_of(desk, at, element, peak, course_of)
        _, against = pair(found, answers.key_of(at))
        if against is not None and against.key != answers.key_of(at):
            found = answers.rivals_of(desk, at, element, against.time, course_of)
        return verdict(found, answers.key_of(at))


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
        at: answers.At, show: str, find: str | None, pick: object, of_line: object
    ) -> tuple[Component, str]:
        case = desk.case(at)
        element = answers.chosen(case, show, pick, of_line)
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


def _register_picked(desk: Desk) -> None:
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
        at: answers.At,
        show: str,
        pick: object,
        of_line: object,
    ) -> tuple[object, object, None]:
        if not isinstance(rows, list) or not rows:
            raise PreventUpdate
        case, asked = desk.case(at), rows[0].get("pick")
        before = answers.chosen(case, show, pick, of_line)
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


def _register_course(desk: Desk, course_of: answers.CourseOf) -> None:
    @desk.callback(
        Output("transformers-picked", "children"),
        Output("transformers-instant", "children"),
        Output("transformers-map", "children"),
        _AT,
        *_PICKED,
        _T,
    )
    def head(
        at: answers.At, show: str, pick: object, of_line: object, t: str | None
    ) -> tuple[str, str, Component | None]:
        case = desk.case(at)
        element = answers.chosen(case, show, pick, of_line)
        if element is None:
            return (
                "Nothing to look at",
                "This network has no transformers and no lines.",
                None,
            )
        course = course_of(case, element)
        words = f"{element.name}, {element.rated}"
        if course is None:
            return words, "", answers.on_the_map(at, element, "")
        there = answers.on_the_map(at, element, course.at(course.row(t)))
        return words, answers.instant_words(course, t), there


def _register_over_time(desk: Desk, course_of: answers.CourseOf) -> None:
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
        at: answers.At,
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
        element = answers.chosen(case, show, pick, of_line)
        if element is None:
            return theme.gap("nothing to draw", scheme, HEIGHT), ""
        return answers.course_drawn(case, element, course_of, t, unit, zoom, scheme)


def _register_zoom(desk: Desk, course_of: answers.CourseOf) -> None:
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
        at: answers.At,
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
        element = answers.chosen(case, show, pick, of_line)
        course = None if element is None else course_of(case, element)
        if element is None or course is None or len(course.time) <= MOST_POINTS:
            raise PreventUpdate
        drawn, _ = answers.course_drawn(case, element, course_of, t, unit, zoom, scheme)
        finer = Patch()
        finer["data"] = drawn.data
        return finer


def _register_duration(desk: Desk, course_of: answers.CourseOf) -> None:
    @desk.after(
        "transformers",
        Output("transformers-duration", "figure"),
        _AT,
        *_PICKED,
        _SCHEME,
    )
    def duration(
        at: answers.At, show: str, pick: object, of_line: object, scheme: str | None
    ) -> go.Figure:
        if scheme is None:
            raise PreventUpdate
        case = desk.case(at)
        element = answers.chosen(case, show, pick, of_line)
        course = None if element is None else course_of(case, element)
        if element is None or course is None:
            return theme.gap(f"Only kept with {ALL}", scheme, HEIGHT)
        if not np.isfinite(course.loading).any():
            return theme.gap("No rating, so no loading", scheme, HEIGHT)
        return duration_figure(case, element, course, scheme)


def _register_blame(desk: Desk, course_of: answers.CourseOf) -> None:
    @desk.after(
        "transformers",
        Output("transformers-split", "figure"),
        Output("transformers-split-caption", "children"),
        _AT,
        *_PICKED,
        _T,
        Input("transformers-span", "value"),
        _SCHEME,
    )
    def causes(
        at: answers.At,
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
        element = answers.chosen(case, show, pick, of_line)
        course = None if element is None else course_of(case, element)
        if element is None or course is None:
            return theme.gap(f"Only kept with {ALL}", scheme, 380), ""
        row = course.row(t)
        found = answers.split_at(case, element, course, row)
        if found is None:
            return theme.gap(answers.why_no_split(case), scheme, 380), ""
        members = found[0]
        first, last = around(course, row, parts.one_of(SPANS, span))
        split = split_of(case, course, members, first, last)
        assert split is not None
        words = (
            f"{answers.instant_words(course, t)} {why(found[1], members)} Behind it: "
            f"{len(members.customers)} customers, {len(members.evs)} cars."
        )
        return split_figure(course.time[first:last], split, course.time[row], scheme), (
            words
        )

    @desk.after(
        "transformers",
        Output("transformers-behind", "children"),
        _AT,
        *_PICKED,
        _T,
    )
    def behind(
        at: answers.At, show: str, pick: object, of_line: object, t: str | None
    ) -> list[Component]:
        case = desk.case(at)
        element = answers.chosen(case, show, pick, of_line)
        course = None if element is None else course_of(case, element)
        members = None if element is None else members_of(case, element)
        if course is None or members is None:
            return []
        row = course.row(t)
        return answers.behind_cards(case, members, row, float(course.p_kw[row]), course)


def _register_variants(desk: Desk, course_of: answers.CourseOf) -> None:
    @desk.after(
        "transformers",
        Output("transformers-verdict", "children"),
        Output("transformers-rivals", "children"),
        _AT,
        *_PICKED,
        _T,
    )
    def others(
        at: answers.At, show: str, pick: object, of_line: object, t: str | None
    ) -> tuple[str, Component | None]:
        case = desk.case(at)
        element = answers.chosen(case, show, pick, of_line)
        if element is None:
            raise PreventUpdate
        course = course_of(case, element)
        now = None if course is None else course.at(course.row(t))
        found = answers.rivals_of(desk, at, element, now, course_of)
        query = {"show": show if show != SHOWN[0] else "", "t": now or ""}
        return verdict(found, answers.key_of(at)), tables.variants(
            found, answers.key_of(at), now, query
        )

    @desk.after(
        "transformers",
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
        at: answers.At,
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
        element = answers.chosen(case, show, pick, of_line)
        course = None if element is None else course_of(case, element)
        if element is None or course is None:
            return theme.gap(f"Only kept with {ALL}", scheme, 360), ""
        found = answers.rivals_of(desk, at, element, None, course_of)
        return answers.overlaid(
            element, course, found, answers.key_of(at), t, span, against, scheme
        )
