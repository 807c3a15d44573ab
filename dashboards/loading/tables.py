"""The tables of the transformers page: by trouble, at one instant, by variant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_ag_grid as dag
from dash import html
from dash.development.base_component import Component

from dashboards import parts
from dashboards.address import run_href
from dashboards.loading.loadings import Row
from dashboards.loading.rivals import Rival

PAGE = "transformers"
Column = dict[str, Any]


def elements(rows: Sequence[Row], lines: bool, picked: str) -> dag.AgGrid:
    """Transformers or lines, one of them picked."""
    most = max((row["loading"] or 0.0 for row in rows), default=0.0)
    made = parts.grid(
        f"{PAGE}-table",
        [
            _bar(column, most) if column["field"] == "loading" else column
            for column in (_LINES if lines else _TRANSFORMERS)
        ],
        rows,
        {
            **_LOW,
            "rowSelection": {
                "mode": "singleRow",
                "checkboxes": False,
                "enableClickSelection": True,
            },
        },
        height=min(50 + 30 * max(1, len(rows)), 338),
        row_id="pick",
    )
    made.selectedRows = [row for row in rows if row["pick"] == picked]
    return made


def cars(rows: Sequence[Row]) -> dag.AgGrid:
    """The cars at one instant, those that charge first."""
    return parts.grid(f"{PAGE}-cars", _CARS, rows, _LOW, height=320, row_id="ev")


def customers(rows: Sequence[Row]) -> dag.AgGrid:
    """The customers at one instant, the most power first."""
    has_pv = any(row["pv_kw"] for row in rows)
    known = [x for x in _CUSTOMERS if has_pv or x["field"] != "pv_kw"]
    return parts.grid(
        f"{PAGE}-customers", known, rows, _LOW, height=320, row_id="customer"
    )


def variants(
    found: Sequence[Rival], mine: str, at: str | None, query: Mapping[str, str]
) -> Component:
    """One element in every variant of a study, this run marked.

    at  the local instant that is looked at
    """
    here = next((one for one in found if one.key == mine), None)
    most = max([100.0, *(one.highest_pct or 0.0 for one in found)])
    then = f"At {at.replace('T', ' ')}" if at else "At the instant above"
    groups = (("", 4), ("At its own highest loading", 3), (then, 3))
    heads = (
        "Variant",
        "Highest loading",
        "Against this run",
        "Above rating",
        "When (local time)",
        *_POWERS,
        "Loading",
        *_POWERS,
    )
    head = [
        html.Tr([html.Th(words, colSpan=span) for words, span in groups]),
        html.Tr([html.Th(words, scope="col") for words in heads]),
    ]
    rows = [_variant(one, here, mine, most, query) for one in found]
    return html.Table(
        [html.Thead(head), html.Tbody(rows)],
        className="plain variants",
        id=f"{PAGE}-variants-table",
    )


def _variant(
    one: Rival, here: Rival | None, mine: str, most: float, query: Mapping[str, str]
) -> Component:
    pick = "line" if query.get("show") == "lines" else "pick"
    href = run_href(one.scenario, one.run_id, PAGE, {**query, pick: str(one.index)})
    name = (
        html.Strong(f"{one.label} (this run)")
        if one.key == mine
        else parts.link(one.label, href)
    )
    if one.problem:
        return html.Tr([html.Th(name, scope="row"), html.Td(one.problem, colSpan=9)])
    cells = (
        _difference(one, here, mine),
        _said(one.over_h, "h"),
        one.time,
        _said(one.charge_kw, "kW"),
        _said(one.give_kw, "kW"),
        _said(one.then_pct, "%"),
        _said(one.then_charge_kw, "kW"),
        _said(one.then_give_kw, "kW"),
    )
    return html.Tr(
        [
            html.Th(name, scope="row"),
            html.Td(_bar_cell(one.highest_pct, most)),
            *(html.Td(cell) for cell in cells),
        ],
        className="here" if one.key == mine else None,
    )


def _bar_cell(value: float | None, most: float) -> Component:
    share = 100 * (value or 0.0) / most
    mood = "over" if (value or 0.0) > 100 else ""
    return html.Div(
        [
            html.Span(_said(value, "%")),
            html.Span(
                html.Span(style={"width": f"{share:.1f}%"}, className=mood or None),
                className="track",
            ),
        ],
        className="bar-cell",
    )


def _difference(one: Rival, here: Rival | None, mine: str) -> Component | str:
    if here is None or one.key == mine:
        return ""
    if one.highest_pct is None or here.highest_pct is None:
        return "–"
    change = one.highest_pct - here.highest_pct
    mood = "good" if change < -0.05 else "bad" if change > 0.05 else ""
    words = f"{change:+,.1f} points".replace("-", "−") if mood else "the same"
    return html.Span(words, className=f"tile-change {mood}")


def _said(value: float | None, unit: str) -> str:
    return "–" if value is None else f"{value:,.1f} {unit}".replace("-", "−")


def _number(field: str, head: str, digits: int = 1, width: int = 84) -> Column:
    return {
        "field": field,
        "headerName": head,
        "type": "rightAligned",
        "valueFormatter": {
            "function": "params.value == null ? '–' : "
            f"d3.format(',.{digits}f')(params.value)"
        },
        "filter": False,
        "minWidth": width,
        "wrapHeaderText": True,
    }


def _text(field: str, head: str, width: int = 90) -> Column:
    return {
        "field": field,
        "headerName": head,
        "minWidth": width,
        "wrapHeaderText": True,
        "filter": False,
        "tooltipField": field,
    }


def _day(field: str, head: str) -> Column:
    """A local time without its year; it sorts with it."""
    short = f"params.data.{field} ? params.data.{field}.slice(5) : '–'"
    return {**_text(field, head, 100), "valueFormatter": {"function": short}}


def _bar(column: Column, most: float) -> Column:
    """A number with a bar behind it, full at 100 % or the highest."""
    full = max(100.0, most)
    share = f"(100 * params.value / {full:.3f})"
    colour = "(params.value > 100 ? 'var(--bar-over)' : 'var(--bar)')"
    style = (
        "params.value == null ? {} : {backgroundImage: 'linear-gradient(to right, ' + "
        f"{colour} + ' ' + {share} + '%, transparent ' + {share} + '%)', "
        "backgroundRepeat: 'no-repeat'}"
    )
    return {**column, "cellStyle": {"function": style}}


_POWERS = ("EV charging", "EV discharging")
_LOW = {"rowHeight": 30, "headerHeight": 46}
_TRANSFORMERS = (
    _text("name", "Transformer", 130),
    _number("loading", "Highest loading [%]", width=160),
    _text("when", "When (local time)", 150),
    _number("rating", "Rating [kVA]", 0),
    _number("over_h", "Above rating [h]", 2),
    _number("emergency_h", "Above emergency [h]", 2, 100),
    _number("longest_h", "Longest stay above [h]", 2, 100),
    _number("reverse_h", "Reverse flow [h]", 2),
    _number("customers", "Customers", 0),
    _number("evs", "EVs", 0, 70),
)
_LINES = (
    _text("name", "Line", 230),
    _number("loading", "Highest loading [%]", width=160),
    _number("over_h", "Above rating [h]", 2),
    _number("rating", "Rating [A]", 0),
    _number("length_m", "Length [m]", 0),
    _text("behind", "Fed through transformer", 140),
    _text("kind", "Kind"),
    _number("phases", "Phases", 0, 70),
)
_CARS = (
    _number("name", "Car", 0, 56),
    _text("model", "Model", 100),
    _text("home", "Home", 100),
    _number("kw", "Power [kW]", width=66),
    _number("soc", "SOC [%]", 0, 60),
    _day("since", "Plugged since"),
    _day("leaves", "Says it leaves"),
    _number("wait_h", "Could wait [h]", width=70),
)
_CUSTOMERS = (
    _text("name", "Customer", 110),
    _number("base_kw", "Base load [kW]", 2, 76),
    _number("pv_kw", "PV [kW]", 2, 66),
    _number("ev_kw", "EVs [kW]", 2, 66),
    _number("net_kw", "Net [kW]", 2, 66),
    _number("share", "Share [%]", width=66),
)
