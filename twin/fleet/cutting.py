"""Takes back what an inverter did not let through of a car's last set-point."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.arrays import Floats, Ints, Records, compiled
from twin.fleet.charging import converter_loss_kw
from twin.fleet.state import Phase

_PLUGGED = int(Phase.PLUGGED)


class Held(NamedTuple):
    """What cars did from when they were last settled, at one set-point [n_ev].

    hours        at a plug with supply, 0 for cars that are not
    ac_kwh       at the AC side, > 0 taken
    cells_kwh    change of the store
    standby_kwh  from the store, while giving
    full_s       when each was last full, before
    """

    hours: Floats
    ac_kwh: Floats
    cells_kwh: Floats
    standby_kwh: Floats
    full_s: Ints

    @classmethod
    def since(cls, traits: Records, before: Records, state: Records) -> Held:
        """From what the fleet was before it was settled."""
        plugged = (state["phase"] == _PLUGGED) & (state["cut_off"] == 0)
        hours = (state["settled_s"] - before["settled_s"]) / 3600.0

        def gained(name: str) -> Floats:
            more: Floats = state[name] - before[name]
            return more

        taken = gained("interval_in_kwh") - gained("interval_out_kwh")
        taken += gained("interval_island_kwh")
        return cls(
            hours=np.where(plugged, hours, 0.0),
            ac_kwh=taken,
            cells_kwh=gained("soc") * traits["capacity_kwh"],
            standby_kwh=gained("standby_kwh"),
            full_s=before["full_s"].copy(),
        )


@compiled
def cut(
    traits: Records,
    state: Records,
    ac_kwh: Floats,
    cells_kwh: Floats,
    standby_kwh: Floats,
    share: Floats,
) -> None:
    """Leave a share of what each car took or gave since it was last settled [n_ev].

    For the same hours at P' = share P: what reached the cells, or left them for it, is
    changed as the converter's balance is, so that the store and all totals still add:

        charging   cells' = cells (P' - L(P')) / (P - L(P))
        giving     cells' = cells (P' + L(P')) / (P + L(P)), standby as it was
    """
    for car in range(len(share)):
        if share[car] >= 1.0 or ac_kwh[car] == 0.0:
            continue
        row, own = state[car], traits[car]
        power = abs(row.set_kw)
        less = share[car] * power
        a, b, c = own.loss_constant, own.loss_linear, own.loss_quadratic
        lost_kw = converter_loss_kw(power, own.rated_kw, a, b, c)
        left_kw = converter_loss_kw(less, own.rated_kw, a, b, c)
        kept_kwh = (1.0 - share[car]) * abs(ac_kwh[car])
        if ac_kwh[car] > 0.0:
            into = power - lost_kw
            ratio = max(0.0, less - left_kw) / into if into > 0.0 else 0.0
            back_kwh = (1.0 - ratio) * cells_kwh[car]
            row.soc -= back_kwh / own.capacity_kwh
            row.session_in_kwh -= kept_kwh
            row.charged_kwh -= kept_kwh
            row.loss_kwh -= kept_kwh - back_kwh
        else:
            ratio = (less + left_kw) / (power + lost_kw)
            back_kwh = (1.0 - ratio) * (-cells_kwh[car] - standby_kwh[car])
            row.soc += back_kwh / own.capacity_kwh
            row.session_out_kwh -= kept_kwh
            row.discharged_kwh -= kept_kwh
            row.loss_kwh -= back_kwh - kept_kwh
