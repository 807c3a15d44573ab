"""Which outage and which home of a run an address asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from dashboards import parts
from twin.analysis.case import Case
from twin.analysis.outages import outage_rows, relapses, struck

ALL = "all"


@dataclass(frozen=True, eq=False)
class Outages:
    """A run's outages, and what they were to every home.

    rows    ``outages`` with ``dark_h`` and ``relapses``, a row a home and outage
    struck  the outages themselves
    """

    case: Case
    rows: pl.DataFrame
    struck: pl.DataFrame

    @classmethod
    def of(cls, case: Case) -> Outages | None:
        """None where the run had none."""
        rows = outage_rows(case)
        if rows is None or not case.run.has("customers"):
            return None
        return cls(case, relapses(case, rows), struck(case))

    def chosen(self, asked: object) -> str:
        """The outage that is asked for, else the only one, else all of them."""
        events = [str(one) for one in self.struck["event"]]
        usual = events[0] if len(events) == 1 else ALL
        return parts.one_of([ALL, *events], asked, usual)

    def of_event(self, event: str) -> pl.DataFrame:
        """The rows of an outage, or all."""
        if event == ALL:
            return self.rows
        return self.rows.filter(pl.col("event") == int(event))

    def one(self, event: str) -> int | None:
        """The outage to look at closely: that one, of all the one that hurt most."""
        if event != ALL:
            return int(event)
        hurt = self.rows.group_by("event", maintain_order=True).agg(
            pl.col("unserved_kwh").sum(), pl.len().alias("homes")
        )
        worst = hurt.sort("unserved_kwh", "homes", descending=True)
        return int(worst["event"][0]) if worst.height else None

    def home(self, event: str, asked: object) -> Mapping[str, Any] | None:
        """A home's row: of the one asked for, else of who was longest alight.

        Where a home was out several times, its longest.
        """
        rows = self.of_event(event).sort("hours", descending=True, maintain_order=True)
        if isinstance(asked, str) and asked.isascii() and asked.isdigit():
            mine = rows.filter(pl.col("customer") == int(asked[:9]))
            if mine.height:
                return mine.row(0, named=True)
        if not rows.height:
            return None
        best = rows.sort("alight_h", descending=True, maintain_order=True)
        return best.row(0, named=True)

    def name(self, event: int) -> str:
        """An outage in a few words: its number, section and local start."""
        found = self.struck.filter(pl.col("event") == event)
        if not found.height:
            return f"outage {event + 1}"
        row = found.row(0, named=True)
        return f"{event + 1}: {row['section']}, {self.case.local(row['start'])}"
