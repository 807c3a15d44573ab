"""Rooms that a scenario may add to a run's step."""

from __future__ import annotations

from dataclasses import dataclass

from twin.simulation.calls import Calls
from twin.simulation.operator import GridOperator
from twin.simulation.outages import Outages
from twin.simulation.responses import Responses
from twin.simulation.shadow import Shadow
from twin.simulation.storage import Storage


@dataclass(frozen=True)
class Guests:
    """What takes part in the step only where a scenario asks for it, else None.

    outages    supply that fails, and homes that cars keep alight
    responses  cars that hear late, or not at all
    calls      events to which cars are called
    shadow     the same fleet under reference charging, off the grid
    storage    the operator's stationary batteries
    operator   the operator's limits on what is connected
    """

    outages: Outages | None = None
    responses: Responses | None = None
    calls: Calls | None = None
    shadow: Shadow | None = None
    storage: Storage | None = None
    operator: GridOperator | None = None
