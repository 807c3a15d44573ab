"""Which run another one is held against: its study's baseline, or as one chooses."""

from __future__ import annotations

from collections.abc import Mapping

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboards import parts
from dashboards.data import Library, Sibling
from twin.analysis.case import Case

NOTHING = "nothing"
At = Mapping[str, str]


def at_of(case: Case) -> At:
    """The address of a run that is opened."""
    return {"scenario": case.run.path.parent.name, "run_id": case.run.run_id}


def rivals(library: Library, at: At) -> tuple[Sibling, ...]:
    """The other runs of the same study and seed."""
    here = at["scenario"], at["run_id"]
    found = library.same_seed(*here)
    return tuple(one for one in found if (one.scenario, one.run_id) != here)


def chosen(library: Library, at: At, asked: str | None) -> str:
    """Which run it is held against: as asked, else the baseline, else none."""
    base = library.baseline(at["scenario"], at["run_id"])
    options = [key_of(one) for one in rivals(library, at)]
    usual = key_of(base) if base and key_of(base) in options else NOTHING
    return parts.one_of([*options, NOTHING], asked, usual)


def other(library: Library, at: At, asked: str | None) -> Case | None:
    """The run it is held against, if any."""
    key = chosen(library, at, asked)
    if key == NOTHING:
        return None
    scenario, _, run_id = key.partition("/")
    return library.case(scenario, run_id)


def label(library: Library, at: At, asked: str | None) -> str:
    """What a study calls the run that it is held against; empty if there is none."""
    key = chosen(library, at, asked)
    return {key_of(one): one.label for one in rivals(library, at)}.get(key, "")


def choice(
    library: Library, page: str, at: At, asked: str | None, hint: str, alone: str
) -> Component:
    """The control ``<page>-against``.

    hint, alone  what to know of the choice; what to do where there is none
    """
    found = rivals(library, at)
    base = library.baseline(at["scenario"], at["run_id"])
    options = [{"value": key_of(one), "label": _named(one, base)} for one in found]
    options.append({"value": NOTHING, "label": "nothing: this run alone"})
    select = dmc.Select(
        id=f"{page}-against",
        data=options,
        value=chosen(library, at, asked),
        allowDeselect=False,
        size="xs",
        w=300,
        label="Differences are taken to",
    )
    words = html.P(hint if found else alone, className="caption")
    return html.Div(
        [html.Div(select, hidden=not found), words], className="overview-against"
    )


def key_of(one: Sibling) -> str:
    """A run as addresses name it."""
    return f"{one.scenario}/{one.run_id}"


def _named(one: Sibling, base: Sibling | None) -> str:
    is_base = base is not None and key_of(one) == key_of(base)
    return f"{one.label} (baseline)" if is_base else one.label
