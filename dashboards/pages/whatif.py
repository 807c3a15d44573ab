"""What if: a form made of the scenario's own schema that starts runs as processes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboards import parts
from dashboards.controls import control, locked
from dashboards.desk import Desk
from dashboards.fields import Field, fields, sections
from dashboards.form import Asked, asked, at, owner, shown
from dashboards.job_list import job_cards
from dashboards.jobs import Jobs
from dashboards.scenario_text import command, yaml_of
from dashboards.starts import Start, file_of, start_of, starters
from dashboards.work import Speeds, steps_of
from twin.errors import InputError, Problem
from twin.scenario.check import notes
from twin.scenario.read import scenario_of
from twin.scenario.schema import scenario_schema
from twin.scenario.spec import Scenario

WATCH_MS = 1000
COMMON = (
    "name",
    "time.days",
    "time.start",
    "feeder.source",
    "fleet.ev_share",
    "fleet.bidirectional_share",
    "policy.name",
    "policy.reserve_soc",
)
OTHER = "other"


@dataclass(frozen=True)
class Judged:
    """What was typed, with all that is wrong with it; without faults, a scenario."""

    asked: Asked
    problems: tuple[Problem, ...]
    scenario: Scenario | None


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
    _watching(desk, jobs)


def judge(every: Sequence[Field], start: Start, typed: object) -> Judged:
    """What was typed, by the rules of the form, then by those of ``twin check``."""
    said = asked(every, start.data, typed)
    found = [*said.problems, *start.problems(said.changes)]
    scenario = None
    try:
        scenario = scenario_of(said.data)
    except InputError as error:
        known = {problem.key for problem in found}
        found += [one for one in error.problems if one.key not in known]
    return Judged(said, tuple(found), None if found else scenario)


def difference(every: Sequence[Field], start: Start, said: Asked) -> list[str]:
    """What was changed, a line a key."""
    lines = []
    for one in every:
        if one.key in said.changes:
            was, now = at(start.data, one.key), said.changes[one.key]
            before, after = (one.default if v is None else v for v in (was, now))
            lines.append(f"{one.key}: {_said(before)} → {_said(after)}")
    return lines


def _in_the_browser(desk: Desk) -> None:
    """What was typed is kept, and shown again, by the browser itself."""
    values = {"type": "whatif-value", "key": ALL, "part": ALL}
    checks = {"type": "whatif-checked", "key": ALL}
    desk.clientside(
        "whatifRestore",
        Output(values, "value"),
        Output(checks, "checked"),
        Input("whatif-start", "data"),
        Input("whatif-reset", "submit_n_clicks"),
        Input({"type": "whatif-back", "key": ALL}, "n_clicks"),
        Input({"type": "whatif-drop", "key": ALL, "part": ALL}, "n_clicks"),
        State(values, "value"),
        State(checks, "checked"),
    )
    desk.clientside(
        "whatifCollect",
        Output("whatif-typed", "data"),
        Output({"type": "whatif-row", "key": ALL, "part": ALL}, "className"),
        Input(values, "value"),
        Input(checks, "checked"),
        State("whatif-start", "data"),
    )
    desk.clientside(
        "whatifMark",
        Output(values, "error"),
        Output(checks, "error"),
        Output({"type": "whatif-problem", "key": ALL}, "children"),
        Output({"type": "whatif-field", "key": ALL}, "className"),
        Output({"type": "whatif-count", "key": ALL}, "children"),
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


def begin(every: Sequence[Field], start: Start, typed: object, jobs: Jobs) -> str:
    """Start what was typed; the job's id. Everything is judged again."""
    judged = judge(every, start, typed)
    if judged.scenario is None:
        raise InputError(judged.problems)
    said = judged.asked
    told = {
        "start": start.key,
        "changes": difference(every, start, said),
        "steps": steps_of(said.data),
        "timezone": judged.scenario.timezone,
    }
    return jobs.start(judged.scenario.name, yaml_of(said.data), told)


def _watching(desk: Desk, jobs: Jobs) -> None:
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
        Input({"type": "whatif-cancel", "job": ALL}, "n_clicks"),
        Input({"type": "whatif-forget", "job": ALL}, "n_clicks"),
        prevent_initial_call=True,
    )
    def press(*_: Any) -> int:
        pressed = ctx.triggered_id
        if not pressed or not ctx.triggered[0]["value"]:
            raise PreventUpdate
        if pressed["type"] == "whatif-cancel":
            jobs.cancel(pressed["job"])
        else:
            jobs.forget(pressed["job"])
        return 0


def marks(every: Sequence[Field], judged: Judged) -> dict[str, Any]:
    """What the browser writes at the fields."""
    at_field: dict[str, list[str]] = {}
    for problem in judged.problems:
        key = owner(every, problem.key)
        inner = problem.key.removeprefix(key).lstrip(".")
        words = f"{inner}: {problem.message}" if inner else problem.message
        at_field.setdefault(key, []).append(words)
    return {
        "problems": {key: "\n".join(words) for key, words in at_field.items()},
        "gave_way": dict(judged.asked.gave_way),
    }


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


def page(start: Start, every: Sequence[Field], jobs: Jobs) -> Component:
    """The form, with what can be done with it beside it."""
    raw = {one.key: shown(one, start.data) for one in every if one.kind != "locked"}
    stores = [
        dcc.Store(id="whatif-start", data={"key": start.key, "shown": raw}),
        dcc.Store(id="whatif-typed"),
        dcc.Store(id="whatif-asked"),
        dcc.Store(id="whatif-judged"),
        dcc.Store(id="whatif-seen"),
        dcc.Interval(id="whatif-tick", interval=WATCH_MS),
    ]
    return html.Main(
        [
            *stores,
            html.Div(
                [
                    parts.title(
                        "What if",
                        "Change a scenario, run it, and hold the result against the "
                        "run it came from.",
                    ),
                    _begin_as(start),
                ],
                className="whatif-head",
            ),
            html.Div(
                [_form(start, every, raw), _side(start, jobs)], className="whatif"
            ),
        ],
        className="page",
        id="whatif",
    )


def _begin_as(start: Start) -> Any:
    options = [{"value": one, "label": one} for one in starters()]
    if start.run is not None:
        options.insert(0, {"value": start.key, "label": f"run {start.key}"})
    return dmc.Select(
        id="whatif-from",
        label="Begin as",
        data=options,
        value=start.key,
        allowDeselect=False,
        size="sm",
        w=300,
    )


def _form(start: Start, every: Sequence[Field], raw: Mapping[str, Any]) -> Component:
    by_key = {one.key: one for one in every}
    common = [by_key[key] for key in COMMON if key in by_key]
    rest = [one for one in every if one not in common]
    about = {**sections(scenario_schema()), OTHER: "Other keys"}
    held = {one.key: at(start.data, one.key) for one in every}
    boxes = [_controls(common, raw, held)]
    folded = [
        _section(
            key,
            words,
            [one for one in rest if (one.section or OTHER) == key],
            raw,
            held,
        )
        for key, words in about.items()
    ]
    return html.Div(
        [
            html.Section(boxes, className="card common", **parts.labelled("Common")),
            *[one for one in folded if one is not None],
        ],
        id="whatif-form",
        className="whatif-form",
    )


def _section(
    key: str,
    words: str,
    inside: Sequence[Field],
    raw: Mapping[str, Any],
    held: Mapping[str, Any],
) -> Component | None:
    if not inside:
        return None
    shut = [one for one in inside if one.kind == "locked"]
    summary = html.Summary(
        [
            html.Span(words.partition(";")[0], className="section-name"),
            html.Code(key if key != OTHER else ""),
            html.Span(id={"type": "whatif-count", "key": key}, className="count"),
        ]
    )
    return html.Details(
        [
            summary,
            html.P(
                id={"type": "whatif-problem", "key": key},
                className="problem",
                role="alert",
            ),
            _controls([one for one in inside if one.kind != "locked"], raw, held),
            *([locked(shut, held)] if shut else []),
        ],
        className="card section",
        **parts.attributes(data_section=key),
    )


def _controls(
    inside: Sequence[Field], raw: Mapping[str, Any], held: Mapping[str, Any]
) -> Component:
    made = [control(one, raw[one.key], held[one.key]) for one in inside]
    return html.Div(made, className="fields")


def _side(start: Start, jobs: Jobs) -> Component:
    return html.Aside(
        [
            _start_card(),
            html.Section(
                [
                    html.Header(html.H2("Runs started here"), className="card-head"),
                    html.Div(job_cards(jobs.listed())[0], id="whatif-jobs"),
                    html.P(
                        "They go on when this page or the dashboard is closed.",
                        className="caption",
                    ),
                ],
                className="card",
            ),
            _as_text(),
        ],
        className="whatif-side",
    )


def _start_card() -> Component:
    reset = dcc.ConfirmDialogProvider(
        html.Button("Reset", type="button", className="plain large", id="whatif-clear"),
        id="whatif-reset",
        message="Put every field back to its starting value? What was typed is lost.",
    )
    return html.Section(
        [
            html.Div(
                [
                    html.Button(
                        "Start the run", id="whatif-go", type="button", className="go"
                    ),
                    reset,
                    html.Span(id={"type": "whatif-count", "key": "*"}),
                ],
                className="whatif-buttons",
            ),
            html.Div(id="whatif-told"),
            html.Div(
                id="whatif-verdict",
                className="verdict",
                **parts.attributes(aria_live="polite"),
            ),
            html.Ul(id="whatif-notes", className="notes"),
            html.P(id="whatif-work", className="caption"),
        ],
        className="card start",
        **parts.labelled("Start"),
    )


def _as_text() -> Component:
    return html.Details(
        [
            html.Summary("The same as a file, from a terminal"),
            _copied("whatif-yaml", "Copy the file"),
            _copied("whatif-command", "Copy the command"),
        ],
        className="card as-text",
        open=True,
    )


def _copied(key: str, words: str) -> Component:
    return html.Div(
        [
            html.Button(
                "Copy",
                type="button",
                className="plain copy",
                title=words,
                **parts.attributes(data_copy=key, aria_label=words),
            ),
            html.Pre(html.Code(id=key), tabIndex=0),
        ],
        className="copied",
    )


def _said(value: Any) -> str:
    if value is None:
        return "default"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
