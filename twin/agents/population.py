"""Who exists: the Mesa model in which the drivers are registered."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence

import mesa
import numpy as np
import simpy

from twin.agents.counted import all_counted
from twin.agents.drivers import Driver
from twin.agents.observation import Observation
from twin.agents.policies import Policy
from twin.arrays import Floats
from twin.errors import RunFailed
from twin.fleet.fleet import Fleet


class Population(mesa.Model):
    """The drivers and the policy that speaks to their cars; SimPy owns the time."""

    def __init__(
        self,
        env: simpy.Environment,
        fleet: Fleet,
        policy: Policy,
        homes: Sequence[str],
        vehicles: Sequence[str],
        plug_changed: Callable[[int], None],
    ) -> None:
        self.env = env
        super().__init__(rng=0)
        self.fleet, self.policy = fleet, policy
        for car in range(len(fleet)):
            Driver(self, car, homes[car], vehicles[car], plug_changed)
        all_counted(self)

    @property
    def time(self) -> float:
        """Seconds since the start: SimPy's."""
        return float(self.env.now)

    @time.setter
    def time(self, value: float) -> None:
        """Mesa sets a time of its own; SimPy's stands."""

    def begin(self, env: simpy.Environment) -> None:
        """Start every driver's process in an environment."""
        self.env = env
        self.agents.do("begin", env, self.fleet)

    def decide(self, seen: Observation) -> Floats:
        """What the policy asks of each car, at most what its plug can do [n_ev]."""
        asked_kw = self._asked_kw(seen)
        if asked_kw.shape != seen.soc.shape or not np.isfinite(asked_kw).all():
            raise RunFailed(
                f"policy {type(self.policy).__name__} at step {seen.step}: decide must "
                f"return {seen.soc.shape[0]} finite powers in kW, got an array of "
                f"shape {asked_kw.shape}"
                f"{'' if np.isfinite(asked_kw).all() else ' with NaN or infinity'}"
            )
        can_kw: Floats = np.clip(asked_kw, -seen.give_kw, seen.charge_kw)
        return can_kw

    def _asked_kw(self, seen: Observation) -> Floats:
        """A policy may be anyone's: what goes wrong in it is told with its line."""
        try:
            return np.asarray(self.policy.decide(seen), dtype=np.float64)
        except (Exception, SystemExit) as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            raise RunFailed(
                f"policy {type(self.policy).__name__} at step {seen.step}: "
                f"{type(error).__name__}: {error} ({last.filename}:{last.lineno})"
            ) from error
