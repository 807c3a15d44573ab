"""Loads scaled so that the feeder without cars draws what was measured at its head.

For each interval k one factor f for all customers is sought by the secant method,

    P_head( f load(k), pv(k), plants ) = measured(k)

each trial a power flow of the feeder, so that losses, sunshine, plants, loads that
follow their voltage and taps are all in it. A policy never sees f: what it sees is the
load of intervals that are over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.arrays import Floats
from twin.customers.customers import Customers
from twin.errors import InputError, Problem
from twin.grid.controls import Regulated
from twin.grid.flow import Demand, Flow, PowerFlow
from twin.surroundings.csv_head import FeederHead
from twin.surroundings.surroundings import LoadModel, Sun
from twin.timeline import Timeline

MOST_FACTOR = 10.0
MOST_TRIALS = 12
CLOSE = 1e-7
BEYOND_SHARE = 0.05
SHOWN = 12


@dataclass(frozen=True)
class Met:
    """How one interval of the head was met. Powers kW and kvar, into the feeder."""

    factor: float
    kw: float
    kvar: float
    reason: str


class Allocated:
    """Loads of all customers by local day, met with the head interval by interval.

    Days are solved in their order, as they are first asked for; a day that the file
    does not reach takes the factors of the day before.
    """

    def __init__(
        self,
        loads: LoadModel,
        sun: Sun,
        export_limit_kw: Floats | None,
        head: FeederHead,
        timeline: Timeline,
        customers: Customers,
        powerflow: PowerFlow,
        weight: Floats | None = None,
    ) -> None:
        self.loads, self.sun, self.head = loads, sun, head
        self._limit_kw, self._timeline = export_limit_kw, timeline
        self._customers, self._flow = customers, powerflow
        self._no_car = np.zeros(len(customers.car_customer))
        n = len(customers)
        self._weight = np.ones(n) if weight is None else weight
        self._factors: list[Floats] = []
        self.met: list[Met] = []

    def day_kw(self, day: int) -> Floats:
        """Mean kW of each interval of a local day [n_step_of_day, n]."""
        while len(self._factors) <= day:
            self._factors.append(self._solve(len(self._factors)))
        return self._weighted(day) * self._factors[day][:, None]

    def mean_kw(self, day: int) -> Floats:
        """The load model's expected day, unscaled: factors to come are not known."""
        return self.loads.mean_kw(day) * self._weight

    def refuse_absurd(self) -> None:
        """Refuse a head that the loads can't stand for, before anything is solved.

        f is about (measured + PV + plants) / load: losses are a few per cent.
        """
        found, problems = 0, []
        for day in range(self._timeline.days):
            steps = self._timeline.steps_of_day(day)
            own_kw = self._weighted(day)
            plants_kw = -float(self._customers.fixed_kw.sum())
            for row, k in enumerate(steps):
                load_kw = float(own_kw[row].sum())
                behind_kw = float(self._pv_kw(day)(own_kw[row], row).sum()) + plants_kw
                why = _absurd(float(self.head.kw[k]), behind_kw, load_kw)
                if why:
                    found += 1
                    where = f"{self.head.path}:{self.head.line[k]}"
                    problems.append(Problem(where, "kw", f"{why} at {self._said(k)}"))
        if found > BEYOND_SHARE * self._timeline.n_steps:
            more = f"and {found - SHOWN} intervals more" if found > SHOWN else ""
            last = [Problem(str(self.head.path), "customers.feeder_head", more)]
            raise InputError([*problems[:SHOWN], *(last if more else [])])

    def flagged(self) -> list[tuple[int, Met]]:
        """Intervals of the run that could not be met, and how each ended."""
        run = self.met[: self._timeline.n_steps]
        return [(k, one) for k, one in enumerate(run) if one.reason]

    def summary(self) -> dict[str, Any]:
        """What ``run.json`` says of how well the head was met, without cars."""
        n = self._timeline.n_steps
        run, measured = self.met[:n], self.head.kw[:n]
        kw = np.array([one.kw for one in run])
        factor = np.array([one.factor for one in run])
        off = kw - measured
        worst = int(np.nanargmax(np.abs(off))) if np.isfinite(off).any() else 0
        hours = self._timeline.step_h
        found: dict[str, Any] = {
            "file": self.head.path.name,
            "intervals": n,
            "measured_kwh": float(measured.sum()) * hours,
            "met_kwh": float(np.nansum(kw)) * hours,
            "error_kwh": float(np.nansum(off)) * hours,
            "rmse_kw": float(np.sqrt(np.nanmean(np.square(off)))),
            "largest_error_kw": float(off[worst]),
            "largest_error_at": self._said(worst),
            "measured_peak_kw": float(measured.max()),
            "met_peak_kw": float(np.nanmax(kw)),
            "factor_min": float(factor.min()),
            "factor_mean": float(factor.mean()),
            "factor_max": float(factor.max()),
            "factor": factor.round(9).tolist(),
            "error_kw": off.round(6).tolist(),
            "beyond": [
                {"time": self._said(k), "factor": one.factor, "reason": one.reason}
                for k, one in self.flagged()
            ],
        }
        if self.head.kvar is not None:
            off_kvar = np.array([one.kvar for one in run]) - self.head.kvar[:n]
            found["rmse_kvar"] = float(np.sqrt(np.nanmean(np.square(off_kvar))))
            found["mean_error_kvar"] = float(np.nanmean(off_kvar))
        return found

    def _said(self, k: int) -> str:
        return f"{self._timeline.utc(k * self._timeline.step_s):%Y-%m-%dT%H:%MZ}"

    def _weighted(self, day: int) -> Floats:
        weighted: Floats = self.loads.day_kw(day) * self._weight
        return weighted

    def _solve(self, day: int) -> Floats:
        """Factors of a day's intervals, each solved from the state before it."""
        first = len(self.met)
        own_kw = self._weighted(day)
        if first + len(own_kw) > len(self.head.kw):
            last = self._factors[-1]
            return np.resize(last, len(own_kw))
        pv_kw = self._pv_kw(day)
        for row, load_kw in enumerate(own_kw):
            target_kw = float(self.head.kw[first + row])
            self.met.append(self._meet(target_kw, load_kw, row, pv_kw))
        return np.array([one.factor for one in self.met[first:]])

    def _pv_kw(self, day: int) -> Callable[[Floats, int], Floats]:
        """Sunshine of an interval, cut where a connection may not feed it in."""
        sun_kw, limit_kw = self.sun.day_kw(day), self._limit_kw

        def given(load_kw: Floats, row: int) -> Floats:
            sun: Floats = sun_kw[row]
            if limit_kw is None:
                return sun
            cut: Floats = np.minimum(sun, np.maximum(0.0, load_kw + limit_kw))
            return cut

        return given

    def _meet(
        self,
        target_kw: float,
        load_kw: Floats,
        row: int,
        pv_kw: Callable[[Floats, int], Floats],
    ) -> Met:
        whole_kw = float(np.abs(load_kw).sum())
        start = self._flow.state if isinstance(self._flow, Regulated) else None

        def head(factor: float) -> Flow:
            if isinstance(self._flow, Regulated) and start is not None:
                self._flow.state = start
            scaled = factor * load_kw
            net = self._customers.net(scaled, pv_kw(scaled, row), self._no_car)
            return self._flow.solve(Demand(*net))

        if whole_kw == 0.0:
            flow = head(1.0)
            return Met(1.0, flow.grid_kw, flow.grid_kvar, "there is no load to scale")
        return _secant(head, target_kw, float(load_kw.sum()), whole_kw)


def _secant(
    head: Callable[[float], Flow], target_kw: float, slope_kw: float, whole_kw: float
) -> Met:
    """The factor, from 0 to the most allowed, that meets the head; the nearest."""
    close_kw = CLOSE * max(whole_kw, abs(target_kw))
    factor, before, off_before = 1.0, np.nan, np.nan
    best: tuple[float, float, Flow] | None = None
    for _ in range(MOST_TRIALS):
        flow = head(factor)
        if not flow.converged:
            break
        off = flow.grid_kw - target_kw
        if best is None or abs(off) < abs(best[1]):
            best = factor, off, flow
        if abs(off) <= close_kw:
            break
        if np.isfinite(before) and factor != before and off != off_before:
            slope_kw = (off - off_before) / (factor - before)
        before, off_before = factor, off
        step = factor - off / slope_kw if slope_kw != 0.0 else factor
        factor = float(np.clip(step, 0.0, MOST_FACTOR))
        if factor == before:
            break
    if best is None:
        nan = float("nan")
        return Met(1.0, nan, nan, "no solution of the feeder without cars")
    at, off, flow = best
    flow = flow if at == factor else head(at)
    return Met(at, flow.grid_kw, flow.grid_kvar, _why(at, off, close_kw))


def _why(factor: float, off_kw: float, close_kw: float) -> str:
    if abs(off_kw) <= max(close_kw, 1e-3):
        return ""
    if factor <= 0.0:
        return f"head below what is left without any load, by {off_kw:.4g} kW"
    if factor >= MOST_FACTOR:
        return f"loads would have to be over {MOST_FACTOR:g} times as large"
    return f"not met, off by {off_kw:.4g} kW"


def _absurd(measured_kw: float, behind_kw: float, load_kw: float) -> str:
    """Why no sensible factor meets this; empty where one does."""
    if measured_kw + behind_kw < 0.0:
        return (
            f"{measured_kw:,.1f} kW is below what {behind_kw:,.1f} kW of PV and plants "
            "leave without any load"
        )
    if load_kw > 0.0 and measured_kw + behind_kw > MOST_FACTOR * load_kw:
        factor = (measured_kw + behind_kw) / load_kw
        return (
            f"{measured_kw:,.1f} kW would need loads {factor:,.3g} times as large "
            f"(allowed: {MOST_FACTOR:g}); is the file in W?"
        )
    return ""


def weights(
    by: str | None, loads: LoadModel, annual_kwh: Floats, peak_kw: Floats, n_home: int
) -> Floats | None:
    """What makes homes' energies proportional to their kWh or kW [n]; none: as is.

    The homes keep their sum; other loads keep their own.
    """
    if by is None:
        return None
    mean_kw = loads.mean_kw(0).mean(axis=0)
    wanted = annual_kwh if by == "annual_kwh" else peak_kw
    weight = np.ones(len(mean_kw))
    homes = np.arange(len(mean_kw)) < n_home
    usable = homes & (mean_kw > 0.0) & (wanted > 0.0)
    if usable.any():
        share = wanted[usable] / wanted[usable].sum()
        weight[usable] = share * mean_kw[usable].sum() / mean_kw[usable]
    return weight


def lines(found: dict[str, Any]) -> list[str]:
    """How well the head was met, in words."""
    measured_kwh, beyond = found["measured_kwh"], found["beyond"]
    share = 100.0 * found["error_kwh"] / measured_kwh if measured_kwh else np.nan
    told = [
        f"feeder head ({found['file']}) without EVs: energy off by {share:.3g} %, RMSE "
        f"{found['rmse_kw']:.3g} kW, largest {found['largest_error_kw']:.3g} kW at "
        f"{found['largest_error_at']}; peak {found['met_peak_kw']:,.1f} kW of "
        f"{found['measured_peak_kw']:,.1f} kW measured; loads times "
        f"{found['factor_min']:.3g} to {found['factor_max']:.3g}, mean "
        f"{found['factor_mean']:.3g}"
    ]
    if "rmse_kvar" in found:
        told.append(
            "feeder head: reactive power is compared, not met (loads keep their power "
            f"factor): RMSE {found['rmse_kvar']:.3g} kvar, mean "
            f"{found['mean_error_kvar']:.3g} kvar"
        )
    if beyond:
        shown = ", ".join(f"{one['time']} ({one['reason']})" for one in beyond[:SHOWN])
        more = f" and {len(beyond) - SHOWN} more" if len(beyond) > SHOWN else ""
        told.append(f"feeder head not met in {len(beyond)} intervals: {shown}{more}")
    return told
