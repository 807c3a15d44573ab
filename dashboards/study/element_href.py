"""Where in a run an element that a study names is looked at."""

from __future__ import annotations

import numpy as np
import polars as pl

from dashboards.address import run_href
from twin.analysis.case import Case


def element_href(case: Case, kind: str, name: str, phase: int = 0) -> str:
    """A transformer's page, or the element on the map; empty if the run has none.

    phase  of a bus; 0 means whichever comes first
    """
    at = case.run.path.parent.name, case.run.run_id
    if kind == "bus":
        rows = _rows(case.nodes, bus=name, phase=phase) or _rows(case.nodes, bus=name)
        return run_href(*at, "feeder", {"pick": f"node:{rows[0]}"}) if rows else ""
    of = _rows(case.transformers, name=name) if kind in _OF_TRANSFORMERS else []
    rows = _rows(case.branches, kind=_KIND.get(kind, kind), name=name)
    if not of and rows:
        own = case.branches["transformer"][rows[0]]
        of = [] if own is None else [int(own)]
    if of:
        return run_href(*at, "transformers", {"pick": str(of[0])})
    return run_href(*at, "feeder", {"pick": f"branch:{rows[0]}"}) if rows else ""


def _rows(table: pl.DataFrame, **asked: object) -> list[int]:
    fits = np.ones(table.height, dtype=np.bool_)
    for name, value in asked.items():
        if name not in table.columns:
            return []
        fits &= (table[name] == value).fill_null(value=False).to_numpy()
    found: list[int] = np.flatnonzero(fits).tolist()
    return found


_OF_TRANSFORMERS = ("transformer", "regulator")
_KIND = {"regulator": "transformer"}
