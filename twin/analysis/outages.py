"""What outages came to: indices as counted and as felt, and the rebound after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import polars as pl

from twin.analysis.case import Case

Answer = float | int | str | None
REBOUND = timedelta(hours=6)
DARK_H = 5.0 / 60.0
KEYS = (
    "homes_out",
    "homes_alight",
    "homes_critical_alight",
    "island_kwh",
    "saifi",
    "saidi_min",
    "caidi_min",
    "saifi_felt",
    "saidi_felt_min",
    "restoration_peak_kw",
    "restoration_peak_time",
)


STRUCK: Mapping[str, Any] = {
    "event": pl.Int64,
    "section": pl.String,
    "start": pl.Datetime("us", "UTC"),
    "until": pl.Datetime("us", "UTC"),
    "customers": pl.Int64,
}


@dataclass(frozen=True)
class Indices:
    """Interruptions a customer, minutes a customer, minutes an interruption."""

    saifi: float
    saidi_min: float

    @property
    def caidi_min(self) -> float | None:
        """Mean length of an interruption; none without any."""
        return self.saidi_min / self.saifi if self.saifi else None


def indices(interrupted: float, customer_min: float, customers: int) -> Indices:
    """SAIFI = sum N_i / N_T, SAIDI = sum N_i t_i / N_T.

    ``interrupted`` are customer interruptions, ``customer_min`` their minutes in all.

    Source: IEEE 1366, clause 3 (sustained interruptions: longer than 5 min).
    """
    n = max(customers, 1)
    return Indices(interrupted / n, customer_min / n)


def outage_rows(case: Case) -> pl.DataFrame | None:
    """A row a home and outage, with how long it was dark; none without outages."""
    if not case.run.has("outages"):
        return None
    dark = (pl.col("hours") - pl.col("alight_h")).clip(0.0).alias("dark_h")
    rows = case.run.scan("outages").with_columns(dark).collect()
    if "served_by_pv_kwh" in rows.columns:
        return rows
    return rows.with_columns(served_by_pv_kwh=pl.lit(0.0))


def struck(case: Case) -> pl.DataFrame:
    """The outages themselves: event, section, start, until, customers.

    ``event`` is the number by which ``outages`` names them; ``until`` may lie beyond
    the run.
    """
    if not case.run.has("events"):
        return pl.DataFrame(schema=STRUCK)
    rows = case.run.scan("events").filter(pl.col("kind") == "outage").collect()
    return rows.with_row_index("event").select(
        pl.col("event").cast(pl.Int64),
        pl.col("entity").alias("section"),
        pl.col("time").alias("start"),
        "until",
        pl.col("value").cast(pl.Int64).alias("customers"),
    )


def spells(case: Case) -> pl.DataFrame:
    """When homes without supply were alight or dark: customer, kind, time, until, why.

    ``until`` is null where the run ended first.
    """
    names = case.customers.select(
        pl.col("customer").cast(pl.Int64),
        ("customer " + pl.col("name")).alias("entity"),
    )
    told = case.run.scan("events").filter(pl.col("kind").is_in(["alight", "dark"]))
    rows = told.collect().join(names, on="entity", maintain_order="left")
    return rows.select(
        "customer", "kind", "time", "until", pl.col("reason").alias("why")
    )


def relapses(case: Case, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with ``relapses``: how often the home went from alight to dark again."""
    keyed = rows.with_columns(pl.col("event", "customer").cast(pl.Int64))
    lit = spells(case).filter(pl.col("kind") == "alight")
    within = lit.select("customer", "time", pl.col("until").alias("ended")).join(
        keyed.select("event", "customer", "start", "until"), on="customer"
    )
    ended = pl.col("ended") < pl.col("until").fill_null(pl.col("ended") + REBOUND)
    fell = within.filter((pl.col("time") >= pl.col("start")) & ended)
    count = fell.group_by("event", "customer").agg(pl.len().alias("relapses"))
    joined = keyed.join(
        count, on=["event", "customer"], how="left", maintain_order="left"
    )
    return joined.with_columns(pl.col("relapses").fill_null(0).cast(pl.Int64))


def outage_answers(case: Case, event: int | None = None) -> dict[str, Answer]:
    """Headline figures of outages, or of one; unknown where there are none.

    A home is kept alight if it was dark for no more than 5 min of an outage: whole, or
    its critical circuits only, where that is what cars supply. Indices as felt count
    both as supplied.
    """
    rows = outage_rows(case)
    if rows is None:
        return dict.fromkeys(KEYS)
    if event is not None:
        rows = rows.filter(pl.col("event") == event)
    long = rows.filter(pl.col("hours") > DARK_H)
    felt = rows.filter(pl.col("dark_h") > DARK_H)
    counted = indices(long.height, 60.0 * _sum(long, "hours"), case.n_customers)
    theirs = indices(felt.height, 60.0 * _sum(felt, "dark_h"), case.n_customers)
    peak_kw, peak_time = _rebound(case, rows)
    alight = rows.filter((pl.col("dark_h") <= DARK_H) & (pl.col("alight_h") > 0.0))
    return {
        "homes_out": rows["customer"].n_unique(),
        **_lit(case, alight["customer"].n_unique()),
        "island_kwh": _sum(rows, "served_by_car_kwh"),
        "saifi": counted.saifi,
        "saidi_min": counted.saidi_min,
        "caidi_min": counted.caidi_min,
        "saifi_felt": theirs.saifi,
        "saidi_felt_min": theirs.saidi_min,
        "restoration_peak_kw": peak_kw,
        "restoration_peak_time": peak_time,
    }


def critical_only(case: Case) -> bool:
    """Whether cars supply homes' critical circuits only, not whole homes."""
    panel = (case.scenario.get("backup") or {}).get("panel")
    return bool(panel == "critical")


def _lit(case: Case, homes: int) -> dict[str, int | None]:
    """Homes kept alight, by what of them it was; the other is not known."""
    critical = critical_only(case)
    return {
        "homes_alight": None if critical else homes,
        "homes_critical_alight": homes if critical else None,
    }


def _sum(rows: pl.DataFrame, column: str) -> float:
    return float(rows[column].sum() or 0.0)


def _rebound(case: Case, rows: pl.DataFrame) -> tuple[float | None, str | None]:
    """The highest power drawn within six hours of any return, and when."""
    after = pl.lit(value=False)
    for back in rows["until"].drop_nulls().unique().to_list():
        after = after | pl.col("time").is_between(back, back + REBOUND, closed="left")
    found = case.steps.filter(after & pl.col("converged"))
    if not found.height:
        return None, None
    row = found.row(int(found["grid_kw"].arg_max() or 0), named=True)
    return float(row["grid_kw"]), case.local(row["time"])
