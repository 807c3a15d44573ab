"""Which engine solves a feeder."""

from __future__ import annotations

from twin.grid.feeder import Feeder
from twin.grid.flow import PowerFlow
from twin.grid.newton import Newton
from twin.grid.powerflow import FixedPoint
from twin.grid.ppc import Network
from twin.grid.reference import PandapowerEngine


def power_flow(
    feeder: Feeder,
    net: Network | None,
    solver: str = "fast",
    tolerance_pu: float = 1e-8,
    enforce_q_limits: bool = True,
) -> PowerFlow:
    """The engine for a feeder; pandapower's own where `feeder.unsolvable` says why."""
    by_phase = feeder.model == "three_phase"
    asked = solver == "pandapower" or bool(feeder.unsolvable)
    if net is not None and not by_phase and asked:
        return PandapowerEngine(net, feeder, enforce_q_limits=enforce_q_limits)
    if len(feeder.generators):
        return Newton(feeder, tolerance_pu, enforce_q_limits)
    return FixedPoint(feeder, tolerance_pu)
