"""How the transformers page is laid out, and what it says where little is kept."""

from __future__ import annotations

from collections.abc import Sequence

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboards import parts
from dashboards.address import whatif_href
from dashboards.data import Sibling
from dashboards.desk import Desk, Query
from dashboards.loading import ageing_cards
from dashboards.loading.figures import HEIGHT
from dashboards.loading.loadings import transformer
from dashboards.thinning import instant
from twin.analysis.case import Case
from twin.errors import InputError

SHOWN, SPANS = ("transformers", "lines"), ("day", "week")
UNITS = {"loading": "% of rating", "power": "kW, kVA", "current": "A"}
ALL = "output.level: all"


def body(desk: Desk, case: Case, query: Query) -> Component:
    if not (case.run.has("flows") or case.run.has("branches_daily")):
        return parts.empty(
            "This run keeps no flows",
            f"Run its scenario again with {ALL} to see how its transformers are "
            "loaded.",
            f"twin run SCENARIO --set {ALL.replace(': ', '=')}",
        )
    if case.is_unsolved:
        return parts.empty(
            "Not one interval of this run has a solution",
            "So nothing is known of its flows. The feeder or its loads are at fault: "
            "the command tells the feeder's health.",
            "twin inspect SCENARIO",
        )
    show = parts.one_of(SHOWN, query.get("show"))
    _check(case, query)
    return html.Div(
        [
            dcc.Store(id="transformers-pick", data=query.get("pick")),
            dcc.Store(id="transformers-line", data=query.get("line")),
            dcc.Store(id="transformers-t", data=minute(query.get("t"))),
            _answer_card(),
            *_notices(case),
            _elements_card(case, show, query),
            ageing_cards.life_card(case, query),
            html.Div(_picked_part(case, query), id="transformers-part"),
            _variants_part(desk, case, query),
        ],
        className="transformers",
    )


def _answer_card() -> Component:
    return html.Section(
        [
            html.P("Reading how every transformer is loaded …", id="transformers-who"),
            html.P(id="transformers-why"),
            html.P(id="transformers-v2g"),
        ],
        className="card answer",
        id="transformers-answer",
        **parts.attributes(aria_live="polite"),
    )


def _notices(case: Case) -> list[Component]:
    said = []
    if not case.run.has("flows"):
        said.append(
            "This run was recorded at summary level: of each day only the extremes are "
            f"kept, not the intervals. With {ALL} this page also tells at which time, "
            "and because of whom."
        )
    if not case.run.has("customers"):
        said.append("The run is not complete: who lives where is not written yet.")
    if case.steps_failed:
        said.append(
            f"{case.steps_failed} intervals have no solution and are left out (gaps)."
        )
    return [parts.notice(words, "warning") for words in said]


def _elements_card(case: Case, show: str, query: Query) -> Component:
    options = [("transformers", "Transformers"), ("lines", "Lines")]
    if not case.transformers.height:
        options, show = options[1:], "lines"
    find = dmc.TextInput(
        id="transformers-find",
        size="xs",
        value=query.get("find", "")[:80],
        placeholder="Find a name",
        debounce=400,
        **parts.labelled("Find a transformer or line by name"),
    )
    head = html.Header(
        [
            html.H2("Sorted by trouble"),
            html.Div(
                [
                    find,
                    parts.choice(
                        "transformers-show", options, show, "What the table lists"
                    ),
                    parts.table_csv("transformers-table"),
                ],
                className="tools",
            ),
        ],
        className="card-head",
    )
    waiting = html.P("Reading …", className="caption")
    return html.Section(
        [
            head,
            dcc.Loading(
                html.Div(waiting, id="transformers-room"),
                delay_show=500,
                type="dot",
                color="var(--accent)",
            ),
            html.P(id="transformers-room-caption", className="caption"),
        ],
        className="card",
    )


def _picked_part(case: Case, query: Query) -> list[Component]:
    daily = not case.run.has("flows")
    unit = parts.one_of(tuple(UNITS), query.get("unit"))
    span = parts.one_of(SPANS, query.get("span"))
    units = html.Div(
        parts.choice("transformers-unit", list(UNITS.items()), unit, "Unit"),
        hidden=daily,
    )
    spans = parts.choice(
        "transformers-span", [("day", "Day"), ("week", "Week")], span, "Length shown"
    )
    peak = html.Button(
        "Back to the peak",
        id="transformers-peak",
        type="button",
        className="plain",
        n_clicks=0,
        hidden=daily,
    )
    return [
        html.Div(
            [
                html.H2(id="transformers-picked"),
                html.P(id="transformers-instant"),
                peak,
                html.Span(id="transformers-map"),
            ],
            className="picked",
        ),
        html.Div(
            [
                parts.chart(
                    "transformers-course",
                    "Loading over time",
                    height=HEIGHT,
                    controls=units,
                    is_first=True,
                ),
                html.Div(
                    parts.chart(
                        "transformers-duration",
                        "Duration curve",
                        "How much of the time it is loaded at least so far. Behind a "
                        "transformer: the others, in grey.",
                        HEIGHT,
                    ),
                    hidden=daily,
                ),
            ],
            className="" if daily else "pair",
        ),
        ageing_cards.hot_spot_card(case),
        html.Div(
            parts.chart(
                "transformers-split", "Because of whom", height=380, controls=spans
            ),
            hidden=daily,
        ),
        html.Div(id="transformers-behind", className="pair"),
    ]


def _variants_part(desk: Desk, case: Case, query: Query) -> Component:
    scenario, run_id = _name(case)
    beside = desk.library.same_seed(scenario, run_id)
    alone = len(beside) < 2
    return html.Div(
        [
            _alone_card(scenario, run_id) if alone else html.Div(),
            html.Div(_variants_cards(beside, run_id, query), hidden=alone),
        ]
    )


def _alone_card(scenario: str, run_id: str) -> Component:
    words: list[str | Component] = [
        "This run has no other variants with the same seed to set it against. A study "
        "makes them, policies with and without V2G side by side: ",
        html.Code("twin study scenarios/studies/v2g_adoption.yaml"),
        ". Or begin from this run and change its policy: ",
        parts.link("What if …", whatif_href(scenario, run_id)),
    ]
    return parts.card(html.P(words), "What V2G does about it")


def _variants_cards(
    beside: Sequence[Sibling], run_id: str, query: Query
) -> list[Component]:
    options = [
        {"value": f"{x.scenario}/{x.run_id}", "label": x.label}
        for x in beside
        if x.run_id != run_id
    ]
    asked = (query.get("against") or "").split(",")
    picker = dmc.MultiSelect(
        id="transformers-against",
        data=options,
        value=[x["value"] for x in options if x["value"] in asked],
        placeholder="variants drawn",
        clearable=True,
        size="xs",
        maw=620,
        **parts.labelled("Variants drawn in the figure"),
    )
    about = (
        "The same element, matched by name, in the variants with the same seed. A link "
        "opens that variant on this page, at the same instant."
    )
    return [
        parts.card(
            [
                html.P(id="transformers-verdict", className="verdict"),
                html.Div(id="transformers-rivals", className="wide"),
                html.P(about, className="caption"),
            ],
            "What V2G does about it",
        ),
        parts.chart(
            "transformers-variants",
            "The same day under other variants",
            height=360,
            controls=picker,
        ),
    ]


def _check(case: Case, query: Query) -> None:
    """Refuse a pick that is not there, without reading any flows: the page waits."""
    if query.get("pick"):
        transformer(case, row_of(query["pick"], 0) or 0)
    row = row_of(query.get("line"), 0) or 0
    if row and row >= case.branches.height:
        raise InputError.of(f"there is no line {row} in this network")


def row_of(asked: object, worst: int | None) -> int | None:
    if asked is None or asked == "":
        return worst
    if isinstance(asked, str) and asked.isascii() and asked.isdigit():
        return int(asked[:9])
    raise InputError.of(f"'{asked}' is no row of a transformer or line")


def _name(case: Case) -> tuple[str, str]:
    return case.run.path.parent.name, case.run.run_id


def minute(asked: object) -> str | None:
    found = instant(asked)
    return None if found is None else str(found.astype("datetime64[m]"))
