"""What the meters' limits leave of what a fleet's cars are asked, on a given load."""

from __future__ import annotations

from twin.arrays import Floats
from twin.customers.customers import Customers
from twin.fleet.fleet import Fleet
from twin.surroundings.surroundings import Given


def within_limits(
    customers: Customers, fleet: Fleet, given: Given
) -> tuple[Floats, Floats]:
    """What each car may take or give, and what it may draw once it plugs in [n_ev]."""
    import_kw = customers.import_room_kw(given.load_kw, given.pv_kw)
    export_kw = customers.export_room_kw(given.load_kw, given.pv_kw)
    wanted_kw, min_kw = fleet.state["wanted_kw"], fleet.traits["min_kw"]
    plugged = fleet.plugged
    if customers.shares_any:
        wanted_kw = customers.netted(wanted_kw, plugged, fleet.lasting_kw())
    allowed_kw = customers.room(wanted_kw, min_kw, plugged, import_kw, export_kw)
    allowed_kw = customers.within_phases(allowed_kw, min_kw, given.load_kw, given.pv_kw)
    return allowed_kw, customers.lone_room_kw(import_kw)
