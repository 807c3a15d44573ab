"""Money and wear of a run: bills, what was bought at home and away, batteries."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboards import beside, parts
from dashboards.beside import at_of
from dashboards.desk import Desk, Query
from dashboards.money import cards
from twin.analysis.case import Case

HINT = (
    "Same seed: the same homes, cars and trips. Bills are paired home by home: against "
    "a baseline without EVs, the change is what having one costs. Wear needs the same "
    "cars: where that run has none, it is told against uncontrolled charging."
)
OWN = (
    "This run belongs to no study here: differences are taken to {} charging of the "
    "same cars on the same trips, which it recorded beside itself."
)
ALONE = (
    "This run belongs to no study here, so there is nothing to take differences to: "
    "run a study, such as scenarios/studies/v2g_adoption.yaml, with a tariff."
)


def register(desk: Desk) -> None:
    """The page; each of its cards registers itself."""

    def body(case: Case, query: Query) -> Component:
        return _body(desk, case, query)

    desk.run_page("money", "Money and wear", 65, body)
    desk.remember("money", "against.value")
    desk.first("money", "money-parts")
    cards.register(desk)


def _body(desk: Desk, case: Case, query: Query) -> Component:
    if not case.run.has("customers"):
        return parts.empty(
            "This run has no bills yet",
            "They are made of a run that came to its end, which this one did not "
            "reach. Run the scenario again.",
            f"twin run {case.scenario.get('name', 'scenario')}.yaml",
        )
    against = beside.choice(
        desk.library, "money", at_of(case), query.get("against"), HINT, _alone(case)
    )
    told = [] if case.run.has("customer_steps") else [_summary()]
    return html.Div(
        [*told, against, *cards.drawn(desk, case, query)], className="money"
    )


def _alone(case: Case) -> str:
    return OWN.format(case.reference) if case.reference else ALONE


def _summary() -> Component:
    return parts.notice(
        "This run kept no intervals (output.level: summary): neither bills nor wear "
        "can be made of it. Run it with output.level: all to see them.",
        "warning",
    )
