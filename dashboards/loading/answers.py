"""What the transformers page shows of the element, instant and runs it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from dash import html
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
)
from dashboards.loading.courses import Course, around, days_of
from dashboards.loading.figures import (
    HEIGHT,
    course_figure,
    days_figure,
    variants_figure,
)
from dashboards.loading.layout import ALL, SPANS, UNITS, row_of
from dashboards.loading.loadings import (
    Element,
    line,
    transformer,
    worst_line,
    worst_transformer,
)
from dashboards.loading.rivals import (
    Rival,
    rivals,
    shown_first,
)
from dashboards.thinning import window
from twin.analysis.case import Case

At = Mapping[str, str]


CourseOf = Callable[[Case, Element], Course | None]


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


def course_drawn(
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


def behind_cards(
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


def overlaid(
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


def rivals_of(
    desk: Desk, at: At, element: Element, t: str | None, course_of: CourseOf
) -> list[Rival]:
    beside = desk.library.same_seed(str(at.get("scenario")), str(at.get("run_id")))
    if len(beside) < 2:
        raise PreventUpdate
    return rivals(desk.library, beside, element, t, course_of)


def why_no_split(case: Case) -> str:
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


def instant_words(course: Course, t: str | None) -> str:
    row = course.row(t)
    at = course.words(row)
    loading = course.loading[row]
    about = f", loaded {100 * loading:.1f} %" if np.isfinite(loading) else ""
    is_peak = " (its highest)" if row == course.peak else ""
    return f"At {at} local time{about}{is_peak}."


def key_of(at: At) -> str:
    return f"{at.get('scenario')}/{at.get('run_id')}"
