"""Which buses of a pandapower network a source reaches, and who is left without."""

from __future__ import annotations

from collections.abc import Sequence

from twin.errors import InputError
from twin.grid.changes import KEY, Change
from twin.grid.ppc import Network, called, listed

DRAWING = ("load", "asymmetric_load")


def supplied(net: Network) -> frozenset[int]:
    """Indices of the buses that a source reaches."""
    from pandapower.topology import unsupplied_buses

    return frozenset(net.bus.index.tolist()) - frozenset(unsupplied_buses(net))


def refuse_unsupplied(
    net: Network, before: frozenset[int], by: Sequence[Change]
) -> None:
    """Refuse changes by which loads lose every source."""
    lost = before - supplied(net)
    who = [
        (called(net[table], table, row), int(bus))
        for table in DRAWING
        for row, bus in enumerate(net[table]["bus"].tolist())
        if int(bus) in lost and bool(net[table]["in_service"].iloc[row])
    ]
    if not who:
        return
    buses = sorted({bus for _, bus in who})
    names = [called(net.bus, "bus", net.bus.index.get_loc(bus)) for bus in buses]
    raise InputError.of(
        f"no source reaches {len(who)} load{'s' * (len(who) > 1)} at "
        f"{len(buses)} bus{'es' * (len(buses) > 1)} any more: {listed(names)}; close a "
        "tie that supplies them another way (switch with closed: true), or say an "
        "outage in events",
        by[0].at if len(by) == 1 else KEY,
    )
