"""What outages came to: indices as counted and as felt, and the rebound after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from twin.analysis.case import Case

Answer = float | int | str | None
REBOUND = timedelta(hours=6)
DARK_H = 5.0 / 60.0
KEYS = (
    "homes_out",
    "homes_alight",
    "island_kwh",
    "saifi",
    "saidi_min",
    "caidi_min",
    "saifi_felt",
    "saidi_felt_min",
    "restoration_peak_kw",
    "restoration_peak_time",
)


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


def outage_answers(case: Case) -> dict[str, Answer]:
    """Headline figures of outages; unknown where there are none.

    A home is kept alight if it was dark for no more than 5 min of an outage.
    """
    rows = outage_rows(case)
    if rows is None:
        return dict.fromkeys(KEYS)
    long = rows.filter(pl.col("hours") > DARK_H)
    felt = rows.filter(pl.col("dark_h") > DARK_H)
    counted = indices(long.height, 60.0 * _sum(long, "hours"), case.n_customers)
    theirs = indices(felt.height, 60.0 * _sum(felt, "dark_h"), case.n_customers)
    peak_kw, peak_time = _rebound(case, rows)
    alight = rows.filter((pl.col("dark_h") <= DARK_H) & (pl.col("alight_h") > 0.0))
    return {
        "homes_out": rows["customer"].n_unique(),
        "homes_alight": alight["customer"].n_unique(),
        "island_kwh": _sum(rows, "served_by_car_kwh"),
        "saifi": counted.saifi,
        "saidi_min": counted.saidi_min,
        "caidi_min": counted.caidi_min,
        "saifi_felt": theirs.saifi,
        "saidi_felt_min": theirs.saidi_min,
        "restoration_peak_kw": peak_kw,
        "restoration_peak_time": peak_time,
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
