"""Columns of tables: numbers with digits, words, bars, and how they are sorted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Column = Mapping[str, Any]
PICK_ONE: Mapping[str, Any] = {
    "rowHeight": 30,
    "rowSelection": {
        "mode": "singleRow",
        "checkboxes": False,
        "enableClickSelection": True,
    },
}


def text(field: str, head: str, width: int = 100, tip: str = "") -> Column:
    """A column of words; ``tip``: what its head tells when pointed at."""
    return {**_plain(field, head, width, tip), "tooltipField": field}


def number(
    field: str, head: str, digits: int = 1, width: int = 88, tip: str = ""
) -> Column:
    """A column of numbers; a dash where one is not known."""
    shown = f"params.value == null ? '–' : d3.format(',.{digits}f')(params.value)"
    return {**_number(field, head, width, tip), "valueFormatter": {"function": shown}}


def change(
    field: str, head: str, digits: int = 1, width: int = 88, tip: str = ""
) -> Column:
    """A column of differences, each with its sign."""
    shown = f"params.value == null ? '–' : d3.format('+,.{digits}f')(params.value)"
    return {**_number(field, head, width, tip), "valueFormatter": {"function": shown}}


def figures(field: str, head: str, width: int = 88, tip: str = "") -> Column:
    """A column of numbers of any size, to three figures."""
    shown = (
        "params.value == null ? '–' : params.value === 0 ? '0' : "
        "Math.abs(params.value) < 0.001 ? d3.format('.2e')(params.value) : "
        "d3.format(',.3~r')(params.value)"
    )
    return {**_number(field, head, width, tip), "valueFormatter": {"function": shown}}


def barred(column: Column, most: float, limit: float | None = None) -> Column:
    """The same with a bar behind each number, full at ``most``.

    limit  beyond which the bar has the colour of trouble
    """
    share = f"(100 * params.value / {max(most, 1e-9):.6g})"
    colour = "'var(--bar)'"
    if limit is not None:
        colour = f"(params.value > {limit:g} ? 'var(--bar-over)' : 'var(--bar)')"
    style = (
        "params.value == null ? {} : {backgroundImage: 'linear-gradient(to right, ' + "
        f"{colour} + ' ' + {share} + '%, transparent ' + {share} + '%)', "
        "backgroundRepeat: 'no-repeat'}"
    )
    return {**column, "cellStyle": {"function": style}}


def ordered(columns: Sequence[Column], sort: object) -> list[Column]:
    """The columns, one of them sorted if an address names it: ``dark_h.desc``."""
    field, _, way = sort.partition(".") if isinstance(sort, str) else ("", "", "")
    way = way if way in ("asc", "desc") else ""
    return [
        {**one, "sort": way} if way and one["field"] == field else one
        for one in columns
    ]


def checked_sort(columns: Sequence[Column], sort: object) -> str:
    """The order that an address asks for, if the table has it; else none."""
    field, _, way = sort.partition(".") if isinstance(sort, str) else ("", "", "")
    known = any(one["field"] == field for one in columns) and way in ("asc", "desc")
    return f"{field}.{way}" if known else ""


def _number(field: str, head: str, width: int, tip: str) -> dict[str, Any]:
    return {
        **_plain(field, head, width, tip),
        "type": "rightAligned",
        "filter": "agNumberColumnFilter",
        "suppressHeaderFilterButton": True,
    }


def _plain(field: str, head: str, width: int, tip: str) -> dict[str, Any]:
    told = {"headerTooltip": tip} if tip else {}
    return {
        "field": field,
        "headerName": head,
        "minWidth": width,
        "wrapHeaderText": True,
        "autoHeaderHeight": True,
        **told,
    }
