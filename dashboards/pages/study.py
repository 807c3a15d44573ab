"""A study: its answer in words, transformers in trouble, key figures, its runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from dash import ALL, Input, Output, State, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboards import parts, theme
from dashboards.data import Library, StudyFound
from dashboards.desk import Desk, Query
from dashboards.runs.listing import Listing
from dashboards.study.arrivals import arrivals
from dashboards.study.key_figures import DIFFERENCES, VALUES, key_figures
from dashboards.study.layout import body, head, page_of
from dashboards.study.points import narrowed, points_of
from dashboards.study.recorded import StudyOpened, opened, study_named, study_of
from dashboards.study.runs import runs_of
from dashboards.study.section import Asked, Section
from dashboards.study.sections import sections
from dashboards.study.standing import is_over, standing_of, tick_ms, token
from dashboards.study.studies import answer
from dashboards.study.trouble import Trouble, Variant, rows, summary, troubles
from dashboards.study.trouble_table import columns, style
from twin.analysis.load_figures import changes, substation_load
from twin.errors import InputError

MOST_VARIANTS = 8
COMPLETE = "This study is complete."
ALL_GONE = "None of this study's runs can be opened: run the study again."
At = Mapping[str, str]
_AT = Input("study-at", "data")
_SCHEME = Input("scheme", "data")
_POINT = Input("study-point", "value")


def register(desk: Desk) -> None:
    """The page and its callbacks."""
    library = desk.library

    def layout(name: str = "", study_id: str = "", **query: str) -> Component:
        return page_of(library, study_named(library, name, study_id), query)

    desk.page("study", "Study", "/study/<name>/<study_id>", layout)
    desk.remember("study", "figures.value", "seed.value", "point.value")
    _register_watch(library, desk)
    for section in sections():
        _register_section(library, desk, section)

    @desk.callback(Output("study-answer", "children"), _AT, _POINT)
    def tell(at: At, point: str) -> list[Component]:
        return answer(library, at["name"], at["study_id"], point)

    @desk.callback(
        Output("study-troubles", "rowData"),
        Output("study-troubles", "columnDefs"),
        Output("study-troubles", "style"),
        Output("study-troubles-words", "children"),
        _AT,
        Input("study-seed", "value"),
        _POINT,
    )
    def trouble(at: At, seed: str, point: str) -> tuple[Any, ...]:
        study = study_of(library, at["name"], at["study_id"])
        variants = variants_of(library, study, seed, point)
        found = troubles(variants)
        words = trouble_words(found, variants, len(study.runs))
        words += left_out(len(points_of(study).labels(point)))
        heads = columns([one.label for one in variants])
        return rows(found, variants), heads, style(len(found)), words

    @desk.callback(
        Output("study-figures-table", "children"),
        _AT,
        Input("study-figures", "value"),
        _POINT,
    )
    def figures(at: At, shown: str, point: str) -> Component:
        study = at_point(library, at, point)
        if study.comparison is None:
            return parts.notice(ALL_GONE, "warning")
        points = points_of(study.found)
        return key_figures(
            study.comparison,
            parts.one_of((VALUES, DIFFERENCES), shown),
            lambda label: points.short(label, point),
        )

    _register_pictures(library, desk)
    desk.clientside(
        "follow",
        Output("go", "href", allow_duplicate=True),
        Input({"type": "study-picture", "key": ALL}, "clickData"),
        prevent_initial_call=True,
    )

    @desk.callback(Output("study-runs", "children"), _AT)
    def list_runs(at: At) -> Component:
        notes = Listing(library).notes()[0]
        return runs_of(opened(library, at["name"], at["study_id"]), notes)


def _register_pictures(library: Library, desk: Desk) -> None:
    @desk.callback(
        Output("study-changes", "figure"),
        Output("study-changes", "style"),
        _AT,
        _SCHEME,
        _POINT,
    )
    def change(
        at: At, scheme: str | None, point: str
    ) -> tuple[go.Figure, dict[str, str]]:
        if scheme is None:
            raise PreventUpdate
        figure = pictured(at_point(library, at, point), "changes", scheme)
        return figure, {"height": f"{int(figure.layout.height)}px"}

    @desk.callback(Output("study-load", "figure"), _AT, _SCHEME, _POINT)
    def load(at: At, scheme: str | None, point: str) -> go.Figure:
        if scheme is None:
            raise PreventUpdate
        return pictured(at_point(library, at, point), "load", scheme)


def _register_watch(library: Library, desk: Desk) -> None:
    """As long as a study runs the page tells how far it is, then what it answers."""

    @desk.callback(
        Output("study-standing", "children"),
        Output("study-head", "children"),
        Output("study-body", "children"),
        Output("study-seen", "data"),
        Output("study-tick", "disabled"),
        Output("study-tick", "interval"),
        Input("study-tick", "n_intervals"),
        State("study-at", "data"),
        State("study-seen", "data"),
        State("study-query", "data"),
        prevent_initial_call=True,
    )
    def watch(_: int, at: At, seen: str, query: Query) -> tuple[Any, ...]:
        study = study_named(library, at["name"], at["study_id"])
        over, pace, now = is_over(study), tick_ms(study), token(study)
        if now == seen:
            if study.state != "running":
                raise PreventUpdate
            told = standing_of(study, arrivals(library, study))
            return told, no_update, no_update, no_update, over, pace
        told = standing_of(study, arrivals(library, study))
        if over:
            told = [parts.notice(COMPLETE, "info")]
        return told, head(study), body(study, query), now, over, pace


def _register_section(library: Library, desk: Desk, section: Section) -> None:
    desk.remember("study", f"{section.key}_pick.value")

    @desk.callback(
        Output(f"study-{section.key}-body", "children"),
        _AT,
        _SCHEME,
        Input(f"study-{section.key}_pick", "value"),
    )
    def show(at: At, scheme: str | None, pick: str) -> list[Component]:
        if scheme is None:
            raise PreventUpdate
        study = opened(library, at["name"], at["study_id"])
        return section.shown(Asked(library, study, section.key, scheme, pick or ""))


def pictured(study: StudyOpened, which: str, scheme: str) -> go.Figure:
    """One of the report's figures on the dashboard's ground, or why there is none."""
    if study.comparison is None:
        return theme.gap(ALL_GONE, scheme)
    make = {"changes": changes, "load": substation_load}[which]
    figure = make(study.comparison)
    if figure is None:
        return theme.gap(_GAPS[which], scheme)
    return theme.recoloured(figure, scheme)


_GAPS = {
    "changes": "Nothing differs between the variants, or there is only one.",
    "load": "No step has a solution: the substation's power is not known.",
}


def at_point(library: Library, at: At, point: str) -> StudyOpened:
    """A study's runs at one point of its axes, as the page's control says."""
    study = opened(library, at["name"], at["study_id"])
    value = points_of(study.found).chosen(point)
    key = (study.key, "at", value)
    return library.keep(key, lambda: narrowed(study, value))


def variants_of(
    library: Library, study: StudyFound, seed: str, point: str = ""
) -> list[Variant]:
    """The runs of one seed, one a variant; those that cannot be opened are left out."""
    found: dict[str, Variant] = {}
    points = points_of(study)
    labels = points.labels(point)
    for label, scenario, run_id, of in study.runs:
        mine = str(of) == seed and label in labels
        if mine and label not in found and len(found) < MOST_VARIANTS:
            try:
                case = library.case(scenario, run_id)
                short = points.short(label, point)
                found[label] = Variant(short, scenario, run_id, case)
            except InputError:
                continue
    return list(found.values())


def trouble_words(
    found: Sequence[Trouble], variants: Sequence[Variant], n_runs: int
) -> list[Component]:
    """What the table of transformers says, or why it is empty."""
    if not variants:
        return [parts.notice(ALL_GONE if n_runs else "It has no runs.", "warning")]
    if not found:
        return [parts.notice(_why_empty(variants), "info")]
    first, *rest = summary(found, variants)
    link = parts.link("Look at it", found[0].worst.href)
    return [html.P([first, " ", link]), *(html.P(line) for line in rest if line)]


def left_out(n_labels: int) -> list[Component]:
    """That the table has no more columns than one can read."""
    if n_labels <= MOST_VARIANTS:
        return []
    words = f"Shown are the first {MOST_VARIANTS} of {n_labels} variants."
    return [html.P(words, className="soft")]


def _why_empty(variants: Sequence[Variant]) -> str:
    if not any(one.case.transformers.height for one in variants):
        return "This feeder has no transformer of its own."
    if all(one.case.is_unsolved for one in variants):
        return "No step has a solution: loadings are not known."
    return "These runs recorded no loadings (output.level)."
