"""What if: a form made of the scenario's own schema that starts runs as processes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dash import ALL, Input, Output, State, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboards import parts
from dashboards.desk import Desk
from dashboards.whatif.fields import Field, fields
from dashboards.whatif.form import Asked, at, owner
from dashboards.whatif.job_list import job_cards
from dashboards.whatif.jobs import Jobs
from dashboards.whatif.judged import Judged, begin, judge, marks
from dashboards.whatif.layout import page
from dashboards.whatif.rival import begin_rival
from dashboards.whatif.scenario_text import command, yaml_of
from dashboards.whatif.starts import Start, file_of, start_of
from dashboards.whatif.work import Speeds
from twin.errors import InputError
from twin.scenario.check import notes
from twin.scenario.schema import scenario_schema


def register(desk: Desk) -> None:
    """The page and its callbacks."""
    every = fields(scenario_schema())
    jobs = Jobs(desk.library.results)
    speeds = Speeds(desk.library.results)

    def layout(**query: str) -> Component:
        start = start_of(query.get("from", ""), desk.library, every)
        return page(start, every, jobs)

    desk.page("whatif", "What if", "/whatif", layout, order=30)
    _in_the_browser(desk)
    _judging(desk, every, speeds)
    _starting(desk, every, jobs)
    _watching(desk, every, jobs)


def _in_the_browser(desk: Desk) -> None:
    """What was typed is kept, shown again and marked by the browser itself."""
    values = {"type": "whatif-value", "key": ALL, "part": ALL}
    checks = {"type": "whatif-checked", "key": ALL}
    desk.clientside(
        "whatifRestore",
        Output(values, "value"),
        Output(checks, "checked"),
        Input("whatif-start", "data"),
        Input("whatif-reset", "submit_n_clicks"),
        Input("whatif-undo", "data"),
        State(values, "value"),
        State(checks, "checked"),
    )
    desk.clientside(
        "whatifCollect",
        Output("whatif-typed", "data"),
        Input(values, "value"),
        Input(checks, "checked"),
        State("whatif-start", "data"),
    )
    desk.clientside(
        "whatifMark",
        Output(values, "error"),
        Output(checks, "error"),
        Input("whatif-judged", "data"),
        Input("whatif-typed", "data"),
    )
    desk.clientside(
        "whatifBegin",
        Output("go", "href", allow_duplicate=True),
        Input("whatif-from", "value"),
        State("whatif-start", "data"),
        prevent_initial_call=True,
    )


def _judging(desk: Desk, every: Sequence[Field], speeds: Speeds) -> None:
    @desk.callback(
        Output("whatif-judged", "data"),
        Output("whatif-verdict", "children"),
        Output("whatif-notes", "children"),
        Output("whatif-work", "children"),
        Output("whatif-yaml", "children"),
        Output("whatif-command", "children"),
        Input("whatif-asked", "data"),
        prevent_initial_call=True,
    )
    def verdict(told: Mapping[str, Any] | None) -> tuple[Any, ...]:
        if not told:
            raise PreventUpdate
        start = start_of(str(told.get("start")), desk.library, every)
        judged = judge(every, start, told.get("typed"))
        said = judged.asked
        work = speeds.work(said.data)
        return (
            marks(every, judged),
            _verdict(every, judged),
            [html.Li(one) for one in notes(judged.scenario)] if judged.scenario else [],
            html.Span(work.words, className="large" if work.is_large else ""),
            yaml_of(said.data),
            same_command(start, said, str(desk.library.results)),
        )


def _starting(desk: Desk, every: Sequence[Field], jobs: Jobs) -> None:
    @desk.callback(
        Output("whatif-told", "children"),
        Output("whatif-tick", "n_intervals"),
        Input("whatif-go", "n_clicks"),
        State("whatif-typed", "data"),
        State("whatif-start", "data"),
        running=[(Output("whatif-go", "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def go(clicks: int | None, typed: Any, told: Mapping[str, Any]) -> tuple[Any, Any]:
        if not clicks:
            raise PreventUpdate
        start = start_of(str(told.get("key")), desk.library, every)
        try:
            begin(every, start, typed, jobs)
        except InputError as error:
            return parts.notice(str(error), "error", "Not started"), no_update
        return None, 0


def _watching(desk: Desk, every: Sequence[Field], jobs: Jobs) -> None:
    @desk.callback(
        Output("whatif-jobs", "children"),
        Output("whatif-seen", "data"),
        Input("whatif-tick", "n_intervals"),
        State("whatif-seen", "data"),
    )
    def watch(_: int | None, seen: str | None) -> tuple[Any, Any]:
        cards, print_of = job_cards(jobs.listed())
        return (no_update, no_update) if print_of == seen else (cards, print_of)

    @desk.callback(
        Output("whatif-tick", "n_intervals", allow_duplicate=True),
        Input("whatif-press", "data"),
        prevent_initial_call=True,
    )
    def press(pressed: Mapping[str, str] | None) -> int:
        told = pressed or {}
        acts: dict[str, Callable[[object], object]] = {
            "cancel": jobs.cancel,
            "forget": jobs.forget,
            "rival": lambda job: begin_rival(every, jobs.job(job), jobs),
        }
        act = acts.get(str(told.get("act")))
        if act is None:
            raise PreventUpdate
        act(told.get("job"))
        return 0


def _verdict(every: Sequence[Field], judged: Judged) -> Component:
    count = len(judged.problems)
    if not count:
        return html.P("Nothing is wrong with it.", className="fine")
    rows = [
        html.Li(
            [
                html.Button(
                    problem.key or "form",
                    type="button",
                    className="goto",
                    **parts.attributes(data_goto=owner(every, problem.key)),
                ),
                f" {problem.message}",
            ]
        )
        for problem in judged.problems
    ]
    words = "1 problem" if count == 1 else f"{count} problems"
    return html.Div([html.P(words, className="wrong"), html.Ul(rows)])


def same_command(start: Start, said: Asked, results: str) -> str:
    """The same run from a terminal; one that began as a run needs the file shown."""
    if start.run is None:
        return command(file_of(start), results, said.changes)
    return command(f"{at(said.data, 'name') or 'scenario'}.yaml", results, {})
