"""What the meters' limits leave of what a fleet's cars are asked, on a given load."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.arrays import Floats
from twin.customers.customers import Customers
from twin.fleet.fleet import Fleet
from twin.surroundings.surroundings import Given


class Held(NamedTuple):
    """What the grid operator leaves for an interval; infinite where it leaves all.

    car_kw     the most that each car may charge                        [n_ev]
    cars_kw    the most that a customer's cars may charge together      [n_customer]
    import_kw  the most that a meter may draw with its cars             [n_customer]
    export_kw  the most that it may feed in with them                   [n_customer]
    """

    car_kw: Floats
    cars_kw: Floats
    import_kw: Floats
    export_kw: Floats


def within_limits(
    customers: Customers, fleet: Fleet, given: Given, held: Held | None = None
) -> tuple[Floats, Floats]:
    """What each car may take or give, and what it may draw once it plugs in [n_ev].

    The customers' own limits hold whatever the operator leaves.
    """
    import_kw = customers.import_room_kw(given.load_kw, given.pv_kw)
    export_kw = customers.export_room_kw(given.load_kw, given.pv_kw)
    wanted_kw, min_kw = fleet.state["wanted_kw"], fleet.traits["min_kw"]
    if held is not None:
        net_kw = given.load_kw - given.pv_kw
        import_kw = _least(import_kw, held.cars_kw, held.import_kw - net_kw)
        export_kw = _least(export_kw, held.export_kw + net_kw)
        wanted_kw = np.minimum(wanted_kw, held.car_kw)
    plugged = fleet.plugged
    if customers.shares_any:
        wanted_kw = customers.netted(wanted_kw, plugged, fleet.lasting_kw())
    allowed_kw = customers.room(wanted_kw, min_kw, plugged, import_kw, export_kw)
    allowed_kw = customers.within_phases(allowed_kw, min_kw, given.load_kw, given.pv_kw)
    room_kw = customers.lone_room_kw(import_kw)
    return allowed_kw, room_kw if held is None else np.minimum(room_kw, held.car_kw)


def _least(room_kw: Floats, *others: Floats) -> Floats:
    for other in others:
        room_kw = np.minimum(room_kw, np.maximum(other, 0.0))
    return room_kw
