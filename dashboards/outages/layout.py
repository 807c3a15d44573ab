"""How the outages page is laid out, and what it says where there are none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboards import columns, parts
from dashboards.desk import Query
from dashboards.outages import homes
from dashboards.outages.answers import FELT
from dashboards.outages.choice import ALL, Outages
from dashboards.outages.figures import HOME_HEIGHT, POWERED_HEIGHT, REBOUND_HEIGHT
from dashboards.outages.network import HEIGHT
from twin.analysis.case import Case

HOW = """\
events:
  - {kind: outage, start: 2026-01-14T18:07, hours: 12, section: feeder}
backup: {share: 0.5}     # homes that their own car can keep alight
"""


def body(case: Case, query: Query) -> Component:
    outages = Outages.of(case)
    if outages is None or not outages.rows.height:
        return _nothing(case)
    event = outages.chosen(query.get("event"))
    home = outages.home(event, query.get("home"))
    return html.Div(
        [
            dcc.Store(id="outages-sort", data=query.get("sort", "")),
            dcc.Store(
                id="outages-home", data=None if home is None else str(home["customer"])
            ),
            *_notices(case),
            html.Section(
                [html.P(id="outages-short"), html.P(FELT, className="caption")],
                className="card answer",
            ),
            _event(outages, event),
            html.Div(id="outages-tiles", className="tiles"),
            parts.chart("outages-powered", "Homes with power", "", POWERED_HEIGHT),
            html.Div(
                [
                    parts.chart("outages-map", "What was cut off", "", HEIGHT),
                    parts.card(html.Div(id="outages-facts"), "The outage"),
                ],
                className="columns",
            ),
            parts.chart("outages-rebound", "The return of supply", "", REBOUND_HEIGHT),
            _homes(outages, home, query),
            parts.chart("outages-course", "One home", "", HOME_HEIGHT),
        ],
        className="outages",
    )


def _event(outages: Outages, event: str) -> Component:
    numbers = outages.struck["event"].to_list()
    options = [{"value": str(one), "label": outages.name(one)} for one in numbers]
    if len(options) > 1:
        options.insert(0, {"value": ALL, "label": f"all {len(options)} outages"})
    select = dmc.Select(
        id="outages-event",
        data=options,
        value=event,
        allowDeselect=False,
        searchable=True,
        size="xs",
        w=380,
        label="Which outage",
    )
    return html.Div(
        [select, html.P(id="outages-against", className="caption")],
        className="overview-against",
    )


def _homes(outages: Outages, home: Mapping[str, Any] | None, query: Query) -> Component:
    sort = columns.checked_sort(homes.COLUMNS, query.get("sort"))
    table: Any = parts.grid(
        "outages-homes",
        homes.shown(sort, outages),
        options=columns.PICK_ONE,
        height=380,
        row_id="key",
    )
    table.selectedRows = {"ids": [] if home is None else [homes.row_key(home)]}
    told = html.P(id="outages-homes-caption", className="caption")
    return parts.card(
        [table, told], "What happened at every home", table="outages-homes"
    )


def _notices(case: Case) -> list[Component]:
    said = []
    if not case.run.has("customer_steps"):
        said.append(
            "This run kept no intervals of customers (output.level: summary): totals "
            "of each home and outage are complete, its course is not known. Run it "
            "with output.level: all to see it."
        )
    if case.evs.height and case.evs["hypothetical"].any():
        count = int(case.evs["hypothetical"].sum())
        said.append(
            f"{count:,} of {case.n_ev:,} cars give what the catalogue says they "
            "cannot: hypothetical (fleet.bidirectional_share)."
        )
    return [parts.notice(words, "warning") for words in said]


def _nothing(case: Case) -> Component:
    if case.scenario.get("events") and not case.run.has("outages"):
        return parts.empty(
            "This run's outages are not written yet",
            "They are written at a run's end, which this one did not reach. Run the "
            "scenario again.",
            f"twin run {case.scenario.get('name', 'scenario')}.yaml",
        )
    if case.scenario.get("events"):
        return parts.empty(
            "No outage fell into this run",
            "Its events are drawn at random (kind: stochastic), and none was drawn "
            "here: raise saifi, run more days, or give one by its start and hours.",
            HOW,
        )
    return parts.empty(
        "There are no outages in this run",
        "Write the key `events` into its scenario, and `backup` for homes that their "
        "own car keeps alight; or run scenarios/storm_outage.yaml.",
        HOW,
    )
