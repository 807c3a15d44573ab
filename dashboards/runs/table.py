"""The table of runs: its columns, how each is written, and what is marked in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_ag_grid as dag

from dashboards import parts
from dashboards.runs.notes import MOST_CHARACTERS

Column = dict[str, Any]
ROW_PX, HEAD_PX, MOST_ROWS = 44, 56, 15
NARROW = "number-head"


def runs_table(sort: str, count: int) -> dag.AgGrid:
    """The empty table; ``sort`` as the address says it, such as ``peak_kw.desc``."""
    return parts.grid(
        "runs-table",
        columns(sort),
        options={
            "rowHeight": ROW_PX,
            "headerHeight": HEAD_PX,
            "rowSelection": {
                "mode": "multiRow",
                "checkboxes": True,
                "headerCheckbox": False,
                "enableClickSelection": False,
            },
            "selectionColumnDef": {"width": 38, "pinned": "left"},
            "stopEditingWhenCellsLoseFocus": True,
        },
        height=HEAD_PX + MOST_ROWS * ROW_PX if count > MOST_ROWS else None,
        row_id="key",
    )


def columns(sort: str = "") -> list[Column]:
    """The columns, one of them sorted if the address names it."""
    field, _, way = sort.partition(".")
    found = [*_WHO, *_FIGURES, *_REST]
    if way not in ("asc", "desc"):
        field = ""
    return [
        {**one, "filter": False, **({"sort": way} if one["field"] == field else {})}
        for one in found
    ]


def _number(field: str, title: str, width: int, digits: int, about: str) -> Column:
    return {
        "field": field,
        "headerName": title,
        "headerTooltip": about,
        "minWidth": width,
        "width": width,
        "cellClass": "number",
        "headerClass": NARROW,
        "wrapHeaderText": True,
        "valueFormatter": {
            "function": "params.value == null ? '–' : "
            f"d3.format(',.{digits}f')(params.value)"
        },
    }


def _marked(column: Mapping[str, Any], condition: str) -> Column:
    return {**column, "cellClassRules": {"bad": condition}}


_WHO: Sequence[Column] = (
    {
        "field": "label",
        "headerName": "Run",
        "cellRenderer": "RunName",
        "minWidth": 150,
        "width": 180,
        "flex": 2,
        "pinned": "left",
        "tooltipValueGetter": {
            "function": "[params.data.run, params.data.message].join(' ')"
        },
        "getQuickFilterText": {
            "function": "[params.data.label, params.data.run, params.data.studies]"
            ".join(' ')"
        },
    },
    {
        "field": "state",
        "headerName": "State",
        "cellRenderer": "RunState",
        "minWidth": 118,
        "width": 118,
        "tooltipField": "message",
    },
    {
        "field": "policy",
        "headerName": "Policy",
        "minWidth": 104,
        "width": 106,
        "tooltipField": "message",
        "valueGetter": {"function": "params.data.policy || params.data.message"},
        "colSpan": {"function": "params.data.message && !params.data.policy ? 9 : 1"},
        "cellClassRules": {"message": "params.data.message && !params.data.policy"},
    },
)
_BEYOND = _marked(
    _number(
        "beyond_h",
        "Beyond limits [customer\N{NON-BREAKING HYPHEN}h]",
        106,
        1,
        "Hours that customers' voltages were beyond the limits, summed over customers",
    ),
    "params.value > 0",
)
_TOP = _marked(
    _number(
        "top_loading",
        "Most loaded transformer [%]",
        104,
        1,
        "Highest loading of any transformer, in per cent of its rating",
    ),
    "params.value > 100",
)
_FIGURES: Sequence[Column] = (
    _number("seed", "Seed", 54, 0, "The seed of everything drawn at random"),
    _number("days", "Days", 54, 0, "Simulated days"),
    _number("cars", "EVs", 52, 0, "Electric cars"),
    _number("peak_kw", "Peak [kW]", 78, 1, "Highest power at the substation"),
    _number("v_min_pu", "Lowest voltage [pu]", 78, 4, "Lowest voltage at any node"),
    {
        **_BEYOND,
        "colSpan": {"function": "params.data.figures === 'steps' ? 3 : 1"},
        "cellRenderer": "RunHours",
    },
    {**_TOP, "cellRenderer": "RunTop", "tooltipField": "top_name"},
    _number(
        "short",
        "Departures short [%]",
        94,
        1,
        "Departures whose battery lacked more than 1 % of its capacity to the target",
    ),
)
_REST: Sequence[Column] = (
    {
        "field": "note",
        "headerName": "Note",
        "editable": {"function": "params.data.href !== ''"},
        "cellEditor": "agLargeTextCellEditor",
        "cellEditorPopup": True,
        "cellEditorParams": {"maxLength": MOST_CHARACTERS, "rows": 6, "cols": 46},
        "tooltipField": "note",
        "minWidth": 84,
        "width": 120,
        "flex": 2,
    },
    {
        "field": "created",
        "headerName": "Created",
        "minWidth": 94,
        "width": 94,
        "cellClass": "two-lines",
    },
    _number("size_mb", "Size [MB]", 62, 1, "Size on disk"),
    {"field": "studies", "headerName": "Study", "hide": True},
    {"field": "run_id", "headerName": "Run id", "hide": True},
    {"field": "message", "headerName": "Message", "hide": True},
)
