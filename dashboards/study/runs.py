"""The runs of a study, variants by seeds, each with its link and its note."""

from __future__ import annotations

from collections.abc import Mapping

from dash import html
from dash.development.base_component import Component

from dashboards import parts
from dashboards.address import run_href
from dashboards.study.recorded import StudyOpened

MOST_CHARACTERS = 40
MOST_OPEN = 12


def runs_of(study: StudyOpened, notes: Mapping[str, str]) -> Component:
    """Variants by seeds, each a link to its run; those that are gone are told."""
    table = {(row[0], row[3]): row for row in study.found.runs}
    labels = list(dict.fromkeys(label for label, _ in table))
    seeds = sorted({seed for _, seed in table})
    gone = {(one.label, one.seed): one.why for one in study.absent}
    head = html.Tr([html.Th(""), *(html.Th(f"seed {seed}") for seed in seeds)])
    body = [
        html.Tr(
            [
                html.Th(label, scope="row"),
                *(
                    _run(table.get((label, of)), gone.get((label, of)), notes)
                    for of in seeds
                ),
            ]
        )
        for label in labels
    ]
    table_of = html.Table([html.Thead(head), html.Tbody(body)], className="plain")
    shown = html.Div(table_of, className="scroll")
    if len(labels) <= MOST_OPEN:
        return shown
    words = f"{len(labels)} variants by {len(seeds)} seeds, each with its link"
    return html.Details([html.Summary(words), shown], className="trash")


def _run(
    row: tuple[str, str, str, int] | None, why: str | None, notes: Mapping[str, str]
) -> Component:
    if row is None:
        return html.Td("–")
    _, scenario, run_id, _ = row
    if why is not None:
        return html.Td("gone", className="bad", title=why)
    note = notes.get(f"{scenario}/{run_id}", "")
    short = note if len(note) <= MOST_CHARACTERS else f"{note[:MOST_CHARACTERS]}…"
    said = [html.Small(short, title=note)]
    link = parts.link(html.Code(run_id), run_href(scenario, run_id))
    return html.Td([link, *(said if note else [])])
