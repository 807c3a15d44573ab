"""The table of transformers in trouble: a column a variant, coloured by loading."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash_ag_grid as dag

from dashboards import parts

ROW_PX, HEAD_PX, MOST_ROWS = 44, 44, 9
Column = dict[str, Any]


def trouble_table() -> dag.AgGrid:
    """The table without rows."""
    return parts.grid(
        "study-troubles",
        columns(()),
        options={"rowHeight": ROW_PX, "headerHeight": HEAD_PX},
        height=HEAD_PX + ROW_PX,
        row_id="key",
    )


def style(n_row: int) -> dict[str, str]:
    """As high as its rows need, up to some; then it scrolls."""
    px = HEAD_PX + max(1, min(n_row, MOST_ROWS)) * ROW_PX + 4
    return {"height": f"{px}px", "width": "100%"}


def columns(labels: Sequence[str]) -> list[Column]:
    """Who, then the variants; a cell leads to that transformer in that run."""
    who = {
        "field": "name",
        "headerName": "Transformer",
        "cellRenderer": "TransformerName",
        "minWidth": 240,
        "flex": 2,
        "pinned": "left",
        "filter": False,
    }
    return [who, *(_variant(f"v{at}", label) for at, label in enumerate(labels))]


def _variant(field: str, label: str) -> Column:
    return {
        "field": field,
        "headerName": label,
        "headerTooltip": label,
        "cellRenderer": "PickedCell",
        "cellClass": "number",
        "headerClass": "number-head",
        "cellClassRules": {
            "over": "params.value > 100",
            "near": "params.value > 80 && params.value <= 100",
        },
        "minWidth": 140,
        "flex": 1,
        "wrapHeaderText": True,
        "filter": False,
    }
