"""What cars drew and gave at home, valued at the prices of each hour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.analysis.case import Case
from twin.analysis.digest import chunks
from twin.analysis.kept import kept
from twin.arrays import Floats
from twin.results.record import Run


@dataclass(frozen=True)
class Charging:
    """Of each car, over the run, by what was recorded. [n_ev]

    drawn_kwh, drawn_usd  at the price of energy drawn in each interval
    given_kwh, given_usd  at the price paid for energy fed in
    """

    drawn_kwh: Floats
    drawn_usd: Floats
    given_kwh: Floats
    given_usd: Floats


def charging_of(case: Case) -> Charging | None:
    """None without a course of each car.

    Fixed charges, tiers, netting with the home's own load and PV are a bill's affair:
    this is what the car's own meter would show.
    """
    if not case.run.has("ev_steps") or not case.n_ev:
        return None
    price, export = (
        case.steps[name].fill_null(0.0).to_numpy()
        for name in ("price_usd_per_kwh", "export_price_usd_per_kwh")
    )
    asked = (price, export, case.step_h)
    return kept(
        case.run, "ev_steps", Charging, asked, lambda: _counted(case.run, *asked)
    )


def _counted(run: Run, price: Floats, export: Floats, step_h: float) -> Charging:
    first, sums = 0, np.zeros((4, 0))
    for _, (kw,) in chunks(run, "ev_steps", "kw"):
        rows = slice(first, first + len(kw))
        drawn, given = (
            np.clip(sign * kw.astype(np.float64), 0.0, None) * step_h
            for sign in (1.0, -1.0)
        )
        part = np.stack(
            [
                drawn.sum(axis=0),
                price[rows] @ drawn,
                given.sum(axis=0),
                export[rows] @ given,
            ]
        )
        sums = part if not sums.size else sums + part
        first += len(kw)
    return Charging(*sums)
