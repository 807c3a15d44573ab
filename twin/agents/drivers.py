"""Drivers: Mesa agents whose lives are SimPy processes."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import mesa
import simpy

from twin.agents.clock import Instant, Turn, place
from twin.fleet.fleet import Fleet


class Driver(mesa.Agent):
    """Someone with a car: wakes only when something is due, by the fleet's columns.

    Nothing that the future depends on lives in the process: it can be thrown away
    and begun again at any instant.
    """

    def __init__(
        self,
        model: mesa.Model,
        car: int,
        home: str,
        vehicle: str,
        plug_changed: Callable[[int], None],
    ) -> None:
        super().__init__(model)
        self.car, self.home, self.vehicle = car, home, vehicle
        self.plug_changed = plug_changed
        self.process: simpy.Process | None = None

    def begin(self, env: simpy.Environment, fleet: Fleet) -> None:
        """Start living, from wherever the fleet's columns say."""
        self.process = env.process(self._live(env, fleet))

    def remove(self) -> None:
        """Leave the population, and stop the process."""
        if self.process is not None and self.process.is_alive:
            self.process.interrupt("removed")
        super().remove()

    def _live(
        self, env: simpy.Environment, fleet: Fleet
    ) -> Generator[Instant, Any, None]:
        car, wake_s, happen = self.car, fleet.state["wake_s"], fleet.happen
        turn = place(Turn.CAR, car)
        try:
            while True:
                yield Instant(env, wake_s.item(car), turn)
                if happen(car, int(env.now)):
                    self.plug_changed(car)
        except simpy.Interrupt:
            return
