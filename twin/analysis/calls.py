"""What came of calls to cars: given, and the rebound after."""

from __future__ import annotations

import polars as pl

from twin.analysis.case import Case

KEYS = ("calls", "call_given_kw", "call_peak_kw", "rebound_peak_kw")


def call_rows(case: Case) -> pl.DataFrame | None:
    """A row a call, not known as null; None where nobody is called."""
    if not case.run.has("calls"):
        return None
    return case.run.static("calls").with_columns(pl.col(pl.Float64).fill_nan(None))


def call_answers(case: Case) -> dict[str, float | int | str | None]:
    """Headline figures of calls; unknown where there are none.

    The mean is over the calls' hours, peaks are the highest of any call.
    """
    rows = call_rows(case)
    if rows is None:
        return dict.fromkeys(KEYS)
    begun = rows.filter(pl.col("given_kw").is_not_null())
    hours = (begun["given_kwh"] / begun["given_kw"].replace(0.0, None)).sum()
    given_kwh = float(begun["given_kwh"].sum() or 0.0)
    peak, rebound = begun["peak_kw"].max(), begun["rebound_kw"].max()
    return {
        "calls": begun.height,
        "call_given_kw": given_kwh / float(hours) if hours else 0.0,
        "call_peak_kw": float(peak) if isinstance(peak, float) else None,
        "rebound_peak_kw": float(rebound) if isinstance(rebound, float) else None,
    }
