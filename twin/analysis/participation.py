"""From so many cars to dependable kW: a run's funnel, and what it comes to."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from twin.analysis.case import Case
from twin.analysis.measures import Value

KEYS = ("participants", "dependable_kw", "dependable_median_kw", "funnel_loses_most")
LAST, ENROLLED = "follows", "enrolled"


@dataclass(frozen=True)
class Called:
    """The call that headlines are about: local hour of its begin, and its length."""

    hour: int
    hours: float

    @classmethod
    def of(cls, case: Case) -> Called:
        """As the scenario says it."""
        words = case.scenario.get("participation") or {}
        return cls(int(words.get("call_hour", 18)), float(words.get("call_h", 2.0)))

    @property
    def words(self) -> str:
        """``18:00, 2 h``."""
        return f"{self.hour:02d}:00, {self.hours:g} h"


def funnel(case: Case) -> pl.DataFrame | None:
    """Rows of ``funnel``, not known as null; None where a run has none."""
    if not case.run.has("funnel"):
        return None
    return case.run.static("funnel").with_columns(pl.col(pl.Float64).fill_nan(None))


def at_call(case: Case) -> pl.DataFrame | None:
    """The stages at the hour of the call, in their order."""
    rows = funnel(case)
    return None if rows is None else rows.filter(pl.col("hour") == Called.of(case).hour)


def dependable(case: Case) -> pl.DataFrame | None:
    """By hour of the day: days, cars, kw, kw_p10 of what follows a call."""
    rows = funnel(case)
    if rows is None:
        return None
    last = rows.filter(pl.col("stage") == LAST)
    return last.select("hour", "days", "cars", "cars_p10", "kw", "kw_p10")


def participation_answers(case: Case) -> dict[str, float | int | str | None]:
    """Headline figures of the funnel; unknown where a scenario says nothing of it."""
    rows = at_call(case)
    if rows is None:
        return dict.fromkeys(KEYS)
    last = rows.row(by_predicate=pl.col("stage") == LAST, named=True)
    joined = rows.row(by_predicate=pl.col("stage") == ENROLLED, named=True)
    return {
        "participants": int(joined["cars"]),
        "dependable_kw": last["kw_p10"],
        "dependable_median_kw": last["kw"],
        "funnel_loses_most": loses_most(rows),
    }


def loses_most(rows: pl.DataFrame) -> str | None:
    """The stage at which the most kW are lost, the first of equals; None if nothing."""
    worst = rows.sort("lost_kw", descending=True, nulls_last=True, maintain_order=True)
    row = worst.row(0, named=True)
    return str(row["title"]) if (row["lost_kw"] or 0.0) > 0.0 else None


def headline(case: Case) -> str:
    """The same sentence under the variant's name."""
    return f"{case.label}: {sentence(case)}"


def sentence(case: Case) -> str:
    """``570 EVs, 40 take part, 31 kW dependable at 18:00, 2 h ..; most is lost ..``."""
    said = participation_answers(case)
    worst = said["funnel_loses_most"]
    sure, median = said["dependable_kw"], said["dependable_median_kw"]
    given = got(Called.of(case), sure, median)
    lost = f"; most is lost at: {worst}" if worst else ""
    return f"{case.n_ev} EVs, {said['participants']} take part, {given}{lost}."


def got(called: Called, kw: Value, median: Value) -> str:
    """``31.0 kW dependable at 18:00, 2 h (median 40.0 kW)``, or why it is not known."""
    if kw is None or median is None:
        return "no call of this length ended within the run"
    return f"{kw:,.1f} kW dependable at {called.words} (median {median:,.1f} kW)"
