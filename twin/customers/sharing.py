"""How cars behind one meter share what its limits leave of their wishes."""

from __future__ import annotations

import numpy as np

from twin.arrays import Bools, Floats, Ints, compiled


@compiled
def shared_kw(
    wanted_kw: Floats,
    min_kw: Floats,
    present: Bools,
    home: Ints,
    import_kw: Floats,
    export_kw: Floats,
    lean: float,
) -> Floats:
    """What each car may draw, or give (< 0), kW [n_ev].

    Cars that are ``present`` share the room of their customer ``home`` in proportion
    to what they want; with ``lean`` 1 what one gives makes room for what another
    draws, with 0 it does not. Where a share is below its charger's ``min_kw``, the
    customer's last such car stands back for the others.

    ``import_kw``, ``export_kw``: room for drawing and giving, >= 0 [n_customer]
    """
    n_ev, n = len(wanted_kw), len(import_kw)
    asked = np.where(present, wanted_kw, 0.0)
    allowed = np.zeros(n_ev)
    takes, gives = np.zeros(n), np.zeros(n)
    last = np.zeros(n, dtype=np.int64)
    while True:
        takes[:], gives[:], last[:] = 0.0, 0.0, -1
        for car in range(n_ev):
            takes[home[car]] += max(asked[car], 0.0)
            gives[home[car]] += max(-asked[car], 0.0)
        for one in range(n):
            may_take = min(takes[one], import_kw[one] + lean * gives[one])
            may_give = min(gives[one], export_kw[one] + lean * may_take)
            may_take = min(takes[one], import_kw[one] + lean * may_give)
            takes[one] = may_take / takes[one] if takes[one] > 0.0 else 0.0
            gives[one] = may_give / gives[one] if gives[one] > 0.0 else 0.0
        low = False
        for car in range(n_ev):
            share = takes[home[car]] if asked[car] > 0.0 else gives[home[car]]
            allowed[car] = asked[car] * share
            if allowed[car] != 0.0 and abs(allowed[car]) < min_kw[car]:
                low, last[home[car]] = True, car
        if not low:
            return allowed
        for one in range(n):
            if last[one] >= 0:
                asked[last[one]] = 0.0
