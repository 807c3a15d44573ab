"""The card with the table of runs: search, states, actions, and what is asked first."""

from __future__ import annotations

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboards import parts
from dashboards.address import whatif_href
from dashboards.desk import Query
from dashboards.runs.notes import MOST_CHARACTERS
from dashboards.runs.table import runs_table

TICK_MS = 2_000
STATES = ("", "done", "running", "interrupted", "failed", "died", "unreadable")
NEXT_STEP = """twin init scenarios            # starter scenarios, if there are none yet
twin run scenarios/first.yaml  # one run, in seconds
make run                       # the main study, from the project's folder"""


def runs_card(query: Query, count: int) -> Component:
    """The table with what filters it and what can be done with its rows."""
    return parts.card(
        [
            html.Div([_filters(query), _actions()], className="runs-bar"),
            html.Div(id="runs-notes-told"),
            html.Div(id="runs-told", **parts.attributes(aria_live="polite")),
            dcc.Interval(id="runs-tick", interval=TICK_MS, disabled=True),
            runs_table(query.get("sort", ""), count),
            html.P(
                "Double-click a note to write one (up to "
                f"{MOST_CHARACTERS:,} characters). Hours beyond limits are summed over "
                "customers; the transformer is the most loaded one, in per cent of its "
                "rating; short: departures with less than the wanted charge. Times "
                "are those of this computer's clock.",
                className="caption",
            ),
        ],
        key="runs-card",
    )


def nothing() -> Component:
    """In place of runs: how to start one."""
    return parts.empty(
        "There are no runs yet",
        [
            "Start one here on the page ",
            parts.link("What if", whatif_href()),
            ", or in a terminal:",
        ],
        NEXT_STEP,
    )


def throw_modal() -> Component:
    """Asks before runs are moved to the trash."""
    asked: Component = dmc.Modal(
        id="runs-throw-modal",
        title="Move to the trash?",
        opened=False,
        children=[
            html.Div(id="runs-throw-words"),
            html.Div(
                [
                    _button("runs-throw-no", "Cancel", "act"),
                    _button("runs-throw-yes", "Move to trash", "act danger"),
                ],
                className="button-row",
            ),
        ],
    )
    return asked


def _filters(query: Query) -> Component:
    options = [{"value": one, "label": one or "every state"} for one in STATES]
    return html.Div(
        [
            html.H2("Runs"),
            html.Span(id="runs-count", className="soft"),
            dmc.TextInput(
                id="runs-search",
                value=query.get("search", "")[:200],
                placeholder="Search: name, policy, study, note …",
                size="xs",
                w=240,
                **parts.labelled("Search runs"),
            ),
            dmc.Select(
                id="runs-state",
                data=options,
                value=parts.one_of(STATES, query.get("state")),
                allowDeselect=False,
                size="xs",
                w=130,
                **parts.labelled("State of the runs shown"),
            ),
        ],
        className="button-row",
    )


def _actions() -> Component:
    return html.Div(
        [
            html.Span(id="runs-compare"),
            _button("runs-verify", "Verify checksums", "act", disabled=True),
            _button("runs-throw", "Move to trash", "act danger", disabled=True),
            parts.table_csv("runs-table"),
        ],
        className="button-row",
    )


def _button(key: str, words: str, kind: str, disabled: bool = False) -> Component:
    return html.Button(
        words, id=key, type="button", className=kind, n_clicks=0, disabled=disabled
    )
