"""A day per element: extremes, percentiles, hours beyond limits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.grid.limits import Limits

Single = NDArray[np.float32]


def nodes_daily(v_pu: Single, limits: Limits, hours: float) -> dict[str, Single]:
    """Voltages [n_step, n_node] of one day as one row of arrays."""
    rows = np.flatnonzero(~np.isnan(v_pu).all(axis=1))
    known = v_pu[rows]
    if not len(known):
        rows = np.zeros(1, dtype=np.int64)
        known = np.full((1, v_pu.shape[1]), np.nan, dtype=np.float32)
    low, median, high = _percentiles(known)
    return _one_row(
        v_min_pu=np.fmin.reduce(known, axis=0),
        v_p05_pu=low,
        v_p50_pu=median,
        v_p95_pu=high,
        v_max_pu=np.fmax.reduce(known, axis=0),
        below_h=(known < limits.low_pu).sum(axis=0) * hours,
        above_h=(known > limits.high_pu).sum(axis=0) * hours,
        v_min_at_h=_highest_at(-known, rows) * hours,
        v_max_at_h=_highest_at(known, rows) * hours,
    )


def _highest_at(values: Single, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """The first of ``rows`` [n_row] with each column's highest value; NaN: unknown."""
    known = ~np.isnan(values)
    at = rows[np.where(known, values, -np.inf).argmax(axis=0)]
    return np.where(known.any(axis=0), at, np.nan)


def _percentiles(v_pu: Single) -> tuple[Single, Single, Single]:
    """5th, 50th and 95th of each node's known voltages; NaN where it has none."""
    if not np.isnan(v_pu).any():
        low, median, high = np.percentile(v_pu, (5, 50, 95), axis=0)
        return low, median, high
    live = ~np.isnan(v_pu).all(axis=0)
    found = np.full((3, v_pu.shape[1]), np.nan, dtype=np.float32)
    found[:, live] = np.nanpercentile(v_pu[:, live], (5, 50, 95), axis=0)
    return found[0], found[1], found[2]


def branches_daily(
    flows: Single, emergency: NDArray[np.float64], hours: float
) -> dict[str, Single]:
    """Flows [4, n_step, n_branch] of one day; ``emergency`` as a share of normal."""
    p_kw, loading = flows[0], flows[3]
    rows = np.flatnonzero(~np.isnan(p_kw).any(axis=1))
    if not len(rows):
        none = np.full(p_kw.shape[1], np.nan)
        return _one_row(
            p_min_kw=none,
            p_max_kw=none,
            loading_p95=none,
            loading_max=none,
            over_normal_h=none,
            over_emergency_h=none,
            longest_over_normal_h=none,
            loading_max_at_h=none,
            p_min_at_h=none,
        )
    p_kw, loading = p_kw[rows], loading[rows]
    return _one_row(
        p_min_kw=p_kw.min(axis=0),
        p_max_kw=p_kw.max(axis=0),
        loading_p95=np.percentile(loading, 95, axis=0),
        loading_max=loading.max(axis=0),
        over_normal_h=(loading > 1.0).sum(axis=0) * hours,
        over_emergency_h=(loading > emergency).sum(axis=0) * hours,
        longest_over_normal_h=longest_true(loading > 1.0) * hours,
        loading_max_at_h=_highest_at(loading, rows) * hours,
        p_min_at_h=_highest_at(-p_kw, rows) * hours,
    )


def longest_true(course: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Length of the longest unbroken run of True in each column [n_column]."""
    now = np.zeros(course.shape[1], dtype=np.int64)
    most = now.copy()
    for row in course:
        now = (now + 1) * row
        np.maximum(most, now, out=most)
    return most


def customers_daily(meters: Single, hours: float) -> dict[str, Single]:
    """Meters [4, n_step, n_customer]: demand, served, PV, net; of one day."""
    demand, served, pv, net = meters
    taken, fed = np.maximum(net, 0.0), np.maximum(-net, 0.0)
    return _one_row(
        demand_kwh=demand.sum(axis=0) * hours,
        served_kwh=served.sum(axis=0) * hours,
        pv_kwh=pv.sum(axis=0) * hours,
        import_kwh=taken.sum(axis=0) * hours,
        export_kwh=fed.sum(axis=0) * hours,
        import_peak_kw=taken.max(axis=0, initial=0.0),
        export_peak_kw=fed.max(axis=0, initial=0.0),
    )


def _one_row(**columns: NDArray[np.float64] | Single) -> dict[str, Single]:
    return {
        name: np.asarray(values, dtype=np.float32)[None, :]
        for name, values in columns.items()
    }
