"""Voltage quality by rule: how many customers break it, who worst, and since when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from dash import html
from dash.development.base_component import Component

from dashboards import parts
from twin.analysis.case import Case
from twin.analysis.voltage_quality import (
    Apart,
    Judged,
    bounds,
    judged,
    told_apart,
    written,
)


def _column(key: str, head: str, **more: Any) -> dict[str, Any]:
    return {
        "field": key,
        "headerName": head,
        "minWidth": 84,
        "wrapHeaderText": True,
        "autoHeaderHeight": True,
        **more,
    }


def _count(key: str, head: str) -> dict[str, Any]:
    form = {"function": "params.value == null ? '–' : d3.format(',d')(params.value)"}
    return _column(key, head, type="rightAligned", valueFormatter=form)


COLUMNS = (
    _column("title", "Rule", minWidth=180, tooltipField="says"),
    _count("broken", "Customers who break it"),
    _count("known", "of those judged"),
    _column("worst", "The worst of them", minWidth=200),
    _column("name", "who", minWidth=130),
    _count("already", "There in the baseline"),
    _count("worse", "of these worse"),
    _count("caused", "Caused: only here"),
    _count("cured", "Cured: only there"),
    _column("source", "Source [confidence]", minWidth=220, tooltipField="source"),
)
EXPLAINED = (
    "Click a row (or press Space on it) to see its worst customer over time below. "
    "The baseline is the run that the study holds this one against; without EVs, "
    "“there” is what was there before any EV, and “caused” what EVs cause."
)


def card() -> Component:
    """An empty table, to be filled by a callback, and what to know of it."""
    rows: Any = parts.grid(
        "voltage-rules",
        COLUMNS,
        options={
            "rowSelection": {
                "mode": "singleRow",
                "checkboxes": False,
                "enableClickSelection": True,
            }
        },
        row_id="rule",
    )
    told = html.Div(id="voltage-rules-caption", className="caption")
    return parts.card([rows, told], "Voltage quality by rule")


def caption(case: Case) -> list[Component]:
    """How the rules were applied to this run."""
    lines = bounds(case)
    if case.quality is not None:
        lines = [EXPLAINED, *lines]
    return [html.P(line) for line in lines]


def rule_rows(case: Case, base: Case | None) -> list[dict[str, Any]]:
    """A row a rule; what the baseline has as well where there is one."""
    apart = {} if base is None else {x.rule.key: x for x in told_apart(case, base)}
    return [_row(case, one, apart.get(key)) for key, one in judged(case).items()]


def _row(case: Case, one: Judged, apart: Apart | None) -> dict[str, Any]:
    rule, known = one.rule, one.known
    worst = _worst(one)
    names = case.customers["name"] if case.customers.height else None
    return {
        "rule": rule.key,
        "title": rule.title,
        "says": rule.says,
        "source": f"{rule.source} [{rule.confidence}]",
        "broken": one.count if known else None,
        "known": known or None,
        "worst": "not known" if not known else _worst_words(one),
        "customer": None if worst is None else str(worst),
        "name": None if worst is None or names is None else names[worst],
        **_apart(apart),
    }


def _apart(apart: Apart | None) -> Mapping[str, int | None]:
    keys = ("already", "worse", "caused", "cured")
    return {key: None if apart is None else getattr(apart, key) for key in keys}


def _worst(one: Judged) -> int | None:
    """The customer with the largest value; none where nobody has any."""
    if not one.known or not one.worst > 0:
        return None
    return int(np.nanargmax(one.value))


def _worst_words(one: Judged) -> str:
    return f"{written(one.rule, one.worst)} {one.rule.measure}"
