"""The cards of the voltage page, as its address asks for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
import numpy as np
from dash import dcc, html
from dash.development.base_component import Component

from dashboards import parts
from dashboards.thinning import instant
from dashboards.voltage import answers, customers, profiles, rules
from twin.analysis.case import Case
from twin.analysis.verdict import no_verdict

Query = Mapping[str, str]
INSTANTS = (
    ("lowest", "Lowest voltage"),
    ("highest", "Highest voltage"),
    ("load", "Highest load"),
    ("time", "A time"),
)
MEASURES = (("lowest", "Lowest"), ("highest", "Highest"), ("mean", "Mean"))
ROWS = (("distance", "By distance"), ("transformer", "By transformer"))
COLOURS = (("limits", "Colours to the limits"), ("run", "to this run"))
COLOUR_BY = (("transformer", "By transformer"), ("phase", "By phase"))
MOST_MARKS, LONG_DAYS = 8, 60


def body(case: Case, query: Query) -> Component:
    if not profiles.is_recorded(case):
        return _nothing(case)
    return html.Div(
        [
            *_notices(case),
            html.Div(
                [
                    html.Div(id="voltage-tiles", style={"display": "contents"}),
                    html.Div(id="voltage-before", style={"display": "contents"}),
                ],
                className="tiles",
            ),
            html.Div(rules.card(), hidden=not case.customers.height),
            dcc.Store(id="voltage-window", data=query.get("window", "")),
            _profile_card(case, query),
            _map_card(query),
            parts.chart("voltage-band", "Voltage over time", "", 330),
            *_customer_cards(case, query),
            _phase_card(case),
        ]
    )


def _nothing(case: Case) -> Component:
    if case.is_unsolved:
        return parts.empty(
            "Not one interval has a solution, so no voltage is known",
            "Provenance tells why the power flow failed. `twin inspect` tells what is "
            "wrong with the feeder.",
        )
    return parts.empty(
        "This run has no voltages yet",
        "It was stopped before the end of its first day. Run the scenario again.",
        f"twin run {case.scenario.get('name', 'scenario')}.yaml",
    )


def _notices(case: Case) -> list[Component]:
    found = []
    if words := no_verdict(case):
        found.append(parts.notice(words, "warning"))
    if profiles.is_daily(case):
        found.append(
            parts.notice(
                "This run kept a summary a day (output.level: summary): each node's "
                "lowest, median and highest voltage of every day. When within the day, "
                "one instant of the whole feeder, and the hours of single intervals "
                "were not kept. Run it with output.level: all to see them."
            )
        )
    if case.steps_failed:
        found.append(
            parts.notice(
                f"{case.steps_failed:,} of {case.steps.height:,} intervals have no "
                "solution: their voltages are not known and are left blank here; "
                "hours beyond the limits are a lower bound.",
                "warning",
            )
        )
    if not case.customers.height:
        found.append(
            parts.notice(
                "The run was stopped before it wrote its customers: voltages are shown "
                "of nodes only.",
                "warning",
            )
        )
    return found


def _profile_card(case: Case, query: Query) -> Component:
    asked = query.get("t") or "lowest"
    daily, three = profiles.is_daily(case), profiles.is_three_phase(case)
    word = parts.one_of([key for key, _ in INSTANTS], asked, "lowest")
    if instant(asked) is not None and not daily:
        word = "time"
    options = INSTANTS[:2] if daily else INSTANTS
    names = profiles.transformer_names(case)
    by = parts.one_of(["transformer", "phase"], query.get("by"), "transformer")
    controls = [
        parts.choice("voltage-instant", options, word, "Which instant"),
        html.Div(
            parts.choice("voltage-by", COLOUR_BY, by, "What colours mean"),
            hidden=not three,
        ),
        dmc.Select(
            id="voltage-zone",
            data=[{"value": str(row), "label": one} for row, one in enumerate(names)],
            value=_text(answers.index_of(query.get("zone"), len(names))),
            placeholder="All transformers",
            clearable=True,
            searchable=True,
            size="xs",
            w=170,
            **parts.labelled("Only one transformer in colour"),
        ),
        dmc.Switch(
            id="voltage-span",
            label="range over the run",
            checked=query.get("span") == "true",
            size="sm",
        ),
    ]
    card: Any = parts.chart(
        "voltage-profile",
        "Voltage along the feeder",
        height=440,
        controls=controls,
        is_first=True,
    )
    card.children.insert(1, _scrubber(case, daily))
    store = dcc.Store(id="voltage-t", data=asked if word == "time" else word)
    return html.Div([store, card])


def _scrubber(case: Case, daily: bool) -> Component:
    local = profiles.local_times(case.steps["time"].to_numpy(), case.zone)
    last = len(local) - 1
    return html.Div(
        [
            dmc.Slider(
                id="voltage-row",
                min=0,
                max=max(1, last),
                value=0,
                label=None,
                marks=marks(local),
                size="sm",
                **parts.labelled("Time, an interval at a step"),
            ),
            dmc.DateTimePicker(
                id="voltage-when",
                valueFormat="ddd D MMM YYYY HH:mm",
                minDate=answers.date_words(local[0]),
                maxDate=answers.date_words(local[last]),
                size="xs",
                w=190,
                **parts.labelled("Local time shown"),
            ),
        ],
        className="voltage-scrubber",
        hidden=daily,
    )


def marks(local: Any) -> list[dict[str, Any]]:
    """A few local midnights under the slider; beginnings of months in a long run."""
    days = local.astype("datetime64[D]")
    starts = np.flatnonzero(np.diff(days).astype(int)) + 1
    long = len(starts) > LONG_DAYS
    if long:
        starts = starts[days[starts] == days[starts].astype("datetime64[M]")]
    every = max(1, -(-len(starts) // MOST_MARKS))
    form = "%b %Y" if long else "%a %-d %b"
    return [
        {"value": row, "label": f"{days[row].item():{form}}"}
        for row in starts[::every].tolist()
    ]


def _map_card(query: Query) -> Component:
    def picked(key: str, options: Sequence[tuple[str, str]], label: str) -> Component:
        value = parts.one_of([one for one, _ in options], query.get(key))
        return parts.choice(f"voltage-{key}", options, value, label)

    controls = [
        picked("rows", ROWS, "Rows"),
        picked("measure", MEASURES, "Which voltage of those that share a cell"),
        picked("colours", COLOURS, "How far the colours reach"),
    ]
    return parts.chart(
        "voltage-map", "Voltage over time and distance", "", 420, controls
    )


def _customer_cards(case: Case, query: Query) -> list[Component]:
    names = case.customers["name"].to_list()
    chosen = answers.index_of(query.get("customer"), len(names))
    select = dmc.Select(
        id="voltage-customer",
        data=[{"value": str(row), "label": str(one)} for row, one in enumerate(names)],
        value=_text(chosen),
        placeholder="The worst; type a name",
        searchable=True,
        clearable=True,
        limit=50,
        size="xs",
        w=220,
        **parts.labelled("Customer"),
    )
    rows: Any = parts.grid(
        "voltage-table",
        customers.COLUMNS,
        options={
            "rowSelection": {
                "mode": "singleRow",
                "checkboxes": False,
                "enableClickSelection": True,
            }
        },
        height=360,
        row_id="customer",
    )
    rows.selectedRows = {"ids": [] if chosen is None else [str(chosen)]}
    told = html.P(id="voltage-table-caption", className="caption")
    table: Any = parts.card([rows, told], "Customers, the worst first")
    csv = html.Button(
        "CSV",
        id="voltage-table-csv",
        type="button",
        className="export",
        title="Save the table",
    )
    table.children[0].children = [*table.children[0].children, csv]
    course = parts.chart("voltage-course", "One customer over time", "", 340, select)
    spread = parts.chart(
        "voltage-spread",
        "How customers' voltages spread",
        "Customers sorted by their own lowest, and by their own highest voltage of "
        "the run.",
        340,
    )
    cards = [table, html.Div([course, spread], className="columns")]
    return [html.Div(cards, hidden=not names)]


def _phase_card(case: Case) -> Component:
    if not profiles.is_three_phase(case):
        return parts.card(
            html.P(
                "This run's feeder is modelled as balanced: every bus has one voltage "
                "(positive sequence, phase 0), as if each load and charger drew alike "
                "on all three phases. Unbalance is therefore not shown, nor is the "
                "extra drop or rise that a single-phase charger makes on its own "
                "phase: real voltages on the busiest phase go farther than those "
                "above."
            ),
            "By phase",
            "voltage-balanced",
        )
    return parts.chart("voltage-phases", "Voltage by phase over time", "", 330)


def _text(index: int | None) -> str | None:
    return None if index is None else str(index)
