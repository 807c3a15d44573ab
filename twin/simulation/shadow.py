"""The same cars on the same trips under reference charging, beside the run."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from twin.agents.observation import NEVER_H, Observation
from twin.agents.policies import Policy, Uncontrolled
from twin.arrays import Floats, Ints, Records
from twin.customers.customers import Customers
from twin.fleet.fleet import Fleet
from twin.fleet.start import go_on
from twin.simulation.metering import within_limits
from twin.simulation.outages import Outages
from twin.surroundings.surroundings import Given


@dataclass
class Shadow:
    """A second fleet that charges one-way by a plain rule, without a power flow.

    ::

        run       drives   charges, gives, waits ...           drives
        shadow    drives   charges by the reference            drives

    It has its own states of charge, and so its own plug-ins; trips, loads and supply
    are the run's. A car's events concern no other car, save at a meter that several
    share, so they are done together when an interval closes, before supply changes and
    before another day's trips are known. Nothing of it reaches the run.

    given   load and sun that the meters' limits are held on, of the interval under way
    kw      mean power of each car in the interval that was closed last [n_ev]
    led_soc  charge at the start, where lead-in days made it another than the run's
    """

    fleet: Fleet
    policy: Policy
    customers: Customers
    outages: Outages | None = None
    given: Given | None = None
    kw: Floats = field(default_factory=lambda: np.empty(0))
    led_soc: Floats | None = None

    @classmethod
    def beside(
        cls,
        fleet: Fleet,
        policy: Policy,
        customers: Customers,
        outages: Outages | None,
    ) -> Shadow:
        """Of a fleet whose itinerary and step it shares."""
        traits = one_way(fleet.traits)
        second = Fleet(traits, fleet.state.copy(), fleet.itinerary, fleet.step_h)
        if policy.watches_departure:
            second.urgent_s = round(3600.0 * fleet.step_h)
        return cls(second, policy, customers, outages)

    @property
    def soc(self) -> Floats:
        """State of charge, now [n_ev]."""
        soc: Floats = self.fleet.state["soc"]
        return soc

    def begin(self, state: Records) -> None:
        """Start from where the run's cars stand, before they plug in."""
        self.fleet.state[:] = state
        self.fleet.begin()

    def go_on_from(self, before: Shadow, earlier_s: int) -> None:
        """Start as another ends, whose clock started so much earlier."""
        go_on(self.fleet.state, before.fleet.state, earlier_s)
        self.led_soc = self.soc.copy()

    def live(self, end_s: int) -> None:
        """Do all that is due before an instant."""
        self.fleet.live(end_s, self.customers.alone)
        if self.customers.shares_any:
            self._live_together(end_s)

    def settle(self, now_s: int) -> None:
        """Close an interval."""
        self.live(now_s + 1)
        self.kw = self.fleet.settle(now_s).charge_kw

    def decide(self, seen: Observation, now_s: int, given: Given) -> None:
        """Ask the reference about the next interval, by what it would have seen."""
        traits = self.fleet.traits
        if isinstance(self.policy, Uncontrolled):
            asked_kw = traits["charge_kw"]
        else:
            asked_kw = self.policy.decide(self._seen(seen, now_s))
        self.fleet.state["wanted_kw"] = np.clip(asked_kw, 0.0, traits["charge_kw"])
        self.given = given
        self._hold(now_s, np.arange(len(self.fleet)))

    def _seen(self, seen: Observation, now_s: int) -> Observation:
        """What the run's policy saw, of these cars."""
        fleet = self.fleet
        return replace(
            seen,
            plugged=fleet.plugged,
            soc=self.soc.copy(),
            give_kw=fleet.traits["give_kw"],
            time_left_h=np.minimum((fleet.due_s - now_s) / 3600.0, NEVER_H),
            v_pu=np.full(len(fleet), np.nan),
        )

    def supply_changed(self, now_s: int, cars: Ints, given: Given) -> None:
        """Supply goes or comes for some; what was due before has been done."""
        self.given = given
        self.fleet.settle_cars(cars, now_s)
        self._hold(now_s, cars)

    def _live_together(self, end_s: int) -> None:
        """Events of cars that share a meter, in the order of time and car."""
        home, state = self.customers.car_customer, self.fleet.state
        sharing = np.flatnonzero(~self.customers.alone)
        while True:
            wake_s = state["wake_s"][sharing]
            first = int(wake_s.argmin())
            now_s, car = int(wake_s[first]), int(sharing[first])
            if now_s >= end_s:
                return
            if self.fleet.happen(car, now_s):
                cars = np.flatnonzero(home == home[car])
                self.fleet.settle_cars(cars, now_s)
                self._hold(now_s, cars)

    def _hold(self, now_s: int, cars: Ints) -> None:
        """The meter's limits have the last word; without supply nothing is drawn."""
        assert self.given is not None
        state = self.fleet.state
        allowed_kw, room_kw = within_limits(self.customers, self.fleet, self.given)
        if self.outages is not None:
            allowed_kw = np.where(self.outages.shut(now_s), 0.0, allowed_kw)
            room_kw = self.outages.room_kw(now_s, room_kw)
        state["set_kw"][cars], state["room_kw"] = allowed_kw[cars], room_kw


def one_way(traits: Records) -> Records:
    """The same cars, of which none gives."""
    plain = traits.copy()
    plain["give_kw"] = 0.0
    plain.flags.writeable = False
    return plain
