"""How far a fleet could move the feeder's load for an hour, within meters' limits."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.customers.customers import Customers
from twin.fleet.fleet import Fleet, Taken
from twin.fleet.leeway import leeway
from twin.surroundings.surroundings import Given


class Reach(NamedTuple):
    """Power of all cars that is free to be called for an hour, each >= 0.

    draw_kw  more drawn, or less given
    shed_kw  less drawn, by stopping what can wait
    give_kw  more given
    """

    draw_kw: float
    shed_kw: float
    give_kw: float


def reach(
    customers: Customers, fleet: Fleet, given: Given, taken: Taken, now_s: int
) -> Reach:
    """What cars at a plug can do for an hour beyond their mean of the interval.

    Meters' limits act on it as they act on policies' wishes; cars that cannot follow
    keep their own power there.
    """
    own, net_kw = leeway(fleet, now_s), taken.net_kw
    if not own.able.any():
        return Reach(0.0, 0.0, 0.0)
    able, min_kw, plugged = own.able, fleet.traits["min_kw"], fleet.plugged
    import_kw = customers.import_room_kw(given.load_kw, given.pv_kw)
    export_kw = customers.export_room_kw(given.load_kw, given.pv_kw)
    highest = np.where(able, np.maximum(own.most_kw, net_kw), net_kw)
    lowest = np.where(own.must_kw > 0.0, own.must_kw, -own.give_kw)
    lowest = np.where(able, np.minimum(lowest, net_kw), net_kw)
    top_kw = customers.room(highest, min_kw, plugged, import_kw, export_kw)
    low_kw = customers.room(lowest, min_kw, plugged, import_kw, export_kw)
    low_kw = customers.within_phases(low_kw, min_kw, given.load_kw, given.pv_kw)
    drawn_kw, given_kw = np.maximum(net_kw, 0.0), np.maximum(-net_kw, 0.0)
    draw_kw = np.maximum(0.0, top_kw - net_kw)
    shed_kw = np.maximum(0.0, drawn_kw - np.maximum(low_kw, 0.0))
    give_kw = np.maximum(0.0, -low_kw - given_kw)
    return Reach(
        float(draw_kw[able].sum()),
        float(shed_kw[able].sum()),
        float(give_kw[able].sum()),
    )
