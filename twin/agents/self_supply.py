"""The policy v2h: each car for its own home, and full before a storm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.agents.headroom import charge_in_valleys, charging_levels, spare_power_kw
from twin.agents.observation import Observation
from twin.arrays import Floats, totals


@dataclass(frozen=True)
class SelfSupply:
    """Charge like ``Valley``; above the reserve, give what the own home drew last.

        P = -clip(P_home - P_pv, 0, P_d)   where soc > reserve, in equal parts by car

    Never more than can be charged again before departure; the meter lets nothing out.
    Before an outage that is forecast nothing is given, and cars are charged at once.

    Source: docs/model.md "Outages and V2H".
    """

    reserve_soc: float
    watches_departure: bool = True

    def decide(self, seen: Observation) -> Floats:
        """Charge in the valleys, or at once before a storm; else serve the home."""
        charge_kw = charge_in_valleys(seen, charging_levels(seen))
        storm = np.isfinite(seen.storm_h)
        charge_kw = np.where(storm, seen.charge_kw, charge_kw)
        ready = seen.plugged & (charge_kw == 0.0) & ~storm
        able_kw = np.where(ready, spare_power_kw(seen, self.reserve_soc), 0.0)
        asked_kw = np.maximum(seen.home_kw, 0.0)
        n = int(seen.customer.max(initial=-1)) + 1
        givers = totals(seen.customer, (able_kw > 0.0).astype(np.float64), n)
        share = 1.0 / np.maximum(givers[seen.customer], 1.0)
        return charge_kw - np.minimum(able_kw, share * asked_kw)
