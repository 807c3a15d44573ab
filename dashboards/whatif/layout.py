"""How the what-if page is laid out: the form, and beside it what to do with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboards import parts
from dashboards.whatif.controls import control, locked
from dashboards.whatif.fields import Field, sections
from dashboards.whatif.form import at, shown
from dashboards.whatif.job_list import job_cards
from dashboards.whatif.jobs import Jobs
from dashboards.whatif.starts import Start, starters
from twin.scenario.schema import scenario_schema

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


def page(start: Start, every: Sequence[Field], jobs: Jobs) -> Component:
    """The form, with what can be done with it beside it."""
    raw = {one.key: shown(one, start.data) for one in every if one.kind != "locked"}
    stores = [
        dcc.Store(id="whatif-start", data={"key": start.key, "shown": raw}),
        dcc.Store(id="whatif-undo"),
        dcc.Store(id="whatif-press"),
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
            html.Span(className="count"),
        ]
    )
    return html.Details(
        [
            summary,
            html.P(className="problem", role="alert"),
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
                    html.Span(id="whatif-count"),
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
