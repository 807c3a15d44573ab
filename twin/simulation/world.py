"""The world and its step: the one place where every room meets."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import simpy

from twin.agents.allocation import paths
from twin.agents.calls import Call
from twin.agents.clock import Instant, Turn, place
from twin.agents.observation import NEVER_H, Observation
from twin.agents.population import Population
from twin.arrays import Bools, Floats, Ints
from twin.customers.customers import Customers
from twin.fleet.fleet import Fleet, Taken
from twin.grid.flow import Demand, Flow, PowerFlow
from twin.grid.zones import Zones
from twin.simulation.funnel import Funnel
from twin.simulation.guests import Guests
from twin.simulation.inverters import CarInverters
from twin.simulation.metering import within_limits
from twin.simulation.recorder import Recorder
from twin.surroundings.outlook import Outlook
from twin.surroundings.surroundings import Given, Surroundings
from twin.timeline import Timeline


@dataclass
class World:
    """Everything that a run is made of.

    All that the future depends on is data: ``k`` (the next interval to close), the
    fleet's columns, the outlook's ring, the power flow's voltages. The environment
    and its processes can be thrown away and begun again at any instant.
    """

    timeline: Timeline
    surroundings: Surroundings
    fleet: Fleet
    customers: Customers
    powerflow: PowerFlow
    population: Population
    outlook: Outlook
    recorder: Recorder
    plug_node: Ints
    zones: Zones
    guests: Guests
    inverters: CarInverters | None = None
    funnel: Funnel | None = None
    k: int = 0
    _supplied_s: int = -1
    env: simpy.Environment = field(default_factory=simpy.Environment)

    def begin(self, env: simpy.Environment) -> simpy.Process:
        """Set every process going in an environment; returns the one of the grid."""
        self.env = env
        env.process(self._calendar(env))
        if self.guests.outages is not None:
            env.process(self._supply(env, self.guests.outages.instants()))
        self.population.begin(env)
        return env.process(self._steps(env))

    def step(self, k: int) -> None:
        """Close interval k and open the next. The order of these lines is the model."""
        guests = self.guests
        taken = self.fleet.settle(self.now_s)
        given = self.closed(k)
        demand = self.demand(k, given, taken)
        if guests.storage is not None:
            demand = guests.storage.settle(demand)
        flow = self.powerflow.solve(demand)
        taken = self.let_through(taken, demand, flow)
        if guests.shadow is not None:
            guests.shadow.settle(self.now_s)
        self.recorder.write(k, given, taken, demand, flow, self.fleet)
        if guests.storage is not None:
            guests.storage.meter(k, taken.net_kw + taken.island_kw)
        self.decide(k + 1, given, flow)

    def closed(self, k: int) -> Given:
        """What interval k brought; outages are accounted for."""
        outages = self.guests.outages
        if outages is not None:
            load_kw = self.surroundings.during(k).load_kw
            outages.account(self.now_s, load_kw, self.fleet)
            made_kw = outages.island_pv_kw()
            return self.given(k)._replace(island_pv_kw=made_kw)
        return self.given(k)

    def given(self, k: int) -> Given:
        """What interval k brings, outages included as far as they are known."""
        given, outages = self.surroundings.during(k), self.guests.outages
        return given if outages is None else outages.given(k, given)

    def demand(self, k: int, given: Given, taken: Taken) -> Demand:
        """What the interval asks of the grid; of inverters, what they may still cut."""
        car_kw, asking = taken.net_kw, None
        if self.inverters is not None and self.fleet.held is not None:
            asking, car_kw = self.inverters.asking(taken, self.fleet.held)
        on_grid_kw = car_kw + taken.island_kw
        net = self.customers.net(given.drawn_kw, given.pv_kw, on_grid_kw)
        demand, outages = Demand(*net, asking), self.guests.outages
        return demand if outages is None else outages.asked(k, demand)

    def let_through(self, taken: Taken, demand: Demand, flow: Flow) -> Taken:
        """What inverters made of it at their voltages; the cars' energy follows."""
        inverters, held = self.inverters, self.fleet.held
        if inverters is None or held is None or demand.inverters is None:
            return taken
        inverters.count(demand.inverters, flow)
        share = inverters.let_through(flow, held)
        taken = self.fleet.cut(taken, held, share, self.now_s)
        return taken._replace(kvar=inverters.kvar(flow, len(self.fleet)))

    def decide(self, k: int, given: Given | None, flow: Flow | None) -> None:
        """Ask the policy about interval k, and hold what the connections allow."""
        guests = self.guests
        seen = self.observe(k, given, flow)
        if guests.storage is not None:
            seen = guests.storage.decide(seen)
        if guests.calls is not None:
            guests.calls.begin(seen)
        self.fleet.state["wanted_kw"] = self.heard(seen, self.population.decide(seen))
        if guests.operator is not None:
            guests.operator.open(k, seen, given, flow)
        self._hold_room(k, np.arange(len(self.fleet)))
        self._note_held(k)
        if self.funnel is not None:
            response = None if guests.responses is None else guests.responses.response
            self.funnel.look(k, seen.opted_out, response)
        if guests.shadow is not None:
            guests.shadow.decide(seen, self.now_s, self.given(k))

    def heard(self, seen: Observation, asked_kw: Floats) -> Floats:
        """What the cars make of what is asked of them [n_ev]."""
        if self.guests.responses is None:
            return asked_kw
        return self.guests.responses.heard(seen, asked_kw)

    def observe(self, k: int, given: Given | None, flow: Flow | None) -> Observation:
        """What may be seen when interval k begins.

        ``given`` and ``flow`` are what the interval before was measured at.
        """
        timeline, fleet, step_h = self.timeline, self.fleet, self.timeline.step_h
        base_kw = None if given is None else self._base_kw(given)
        if base_kw is not None:
            self.outlook.learn(k - 1, base_kw)
        ahead_kw = self.outlook.ahead(k)
        price, export_price = self.surroundings.published_prices(k, len(ahead_kw))
        left_s = fleet.due_s - self.now_s
        day, minute = timeline.wall_clock(k)
        traits, today = fleet.traits, timeline.date_of(day).toordinal()
        opted_out = self._opted_out(today)
        return Observation(
            now_s=self.now_s,
            step=k,
            step_h=step_h,
            minute_of_day=minute,
            day=today,
            temperature_degc=(given or self.surroundings.during(k)).temperature_degc,
            plugged=fleet.plugged,
            soc=fleet.state["soc"].copy(),
            capacity_kwh=traits["capacity_kwh"],
            target_soc=traits["target_soc"],
            floor_soc=traits["floor_soc"],
            charge_kw=traits["charge_kw"],
            give_kw=np.where(opted_out, 0.0, traits["give_kw"]),
            min_kw=traits["min_kw"],
            efficiency=traits["efficiency"],
            time_left_h=np.minimum(left_s / 3600.0, NEVER_H),
            customer=traits["customer"],
            zone=traits["zone"],
            entity=traits["entity"],
            v_pu=self._v_at_cars(flow),
            base_kw=ahead_kw[0] if base_kw is None else base_kw,
            rating_kw=self.zones.rating_kw,
            ahead_kw=ahead_kw,
            path=self.path,
            price_usd_per_kwh=price,
            export_price_usd_per_kwh=export_price,
            home_kw=self._home_kw(given),
            storm_h=self._storm_h(),
            opted_out=opted_out,
            enrolled=self.enrolled,
            calls=self._known_calls(),
        )

    def _known_calls(self) -> tuple[Call, ...]:
        calls = self.guests.calls
        return () if calls is None else calls.known(self.now_s)

    @cached_property
    def enrolled(self) -> Bools:
        """Cars that calls are meant for: all, where nobody says who [n_ev]."""
        every = np.ones(len(self.fleet), dtype=np.bool_)
        return every if self.guests.calls is None else self.guests.calls.enrolled

    @cached_property
    def path(self) -> Ints:
        """Each zone and all that supply it [n_zone, n_deep]."""
        return paths(self.zones.parent)

    @property
    def now_s(self) -> int:
        """Seconds since the start."""
        return int(self.env.now)

    def plug_changed(self, car: int) -> None:
        """Cars that share a meter share it anew when one comes or goes.

        So does a home without supply, whose car comes or goes.
        """
        outages = self.guests.outages
        out = outages is not None and outages.is_out(self.now_s, car)
        if out or self.customers.shares_plug(car):
            home = np.flatnonzero(
                self.customers.car_customer == self.customers.car_customer[car]
            )
            self.fleet.settle_cars(home, self.now_s)
            if outages is not None:
                load_kw = self.surroundings.during(self.k).load_kw
                outages.account(self.now_s, load_kw, self.fleet)
            self._hold_room(self.k, home)

    def supply_changed(self) -> None:
        """Supply goes or comes, at its own second: for some cars all is different."""
        guests = self.guests
        if guests.outages is None:
            return
        if guests.shadow is not None:
            guests.shadow.live(self.now_s)
        cars = guests.outages.struck(self.now_s)
        self.fleet.settle_cars(cars, self.now_s)
        load_kw = self.surroundings.during(self.k).load_kw
        guests.outages.account(self.now_s, load_kw, self.fleet)
        self._hold_room(self.k, cars)
        if guests.shadow is not None:
            guests.shadow.supply_changed(self.now_s, cars, self.given(self.k))

    def _hold_room(self, k: int, cars: Ints) -> None:
        """The meter's limits have the last word, on the load of the interval itself."""
        guests = self.guests
        given = self.given(k)
        state = self.fleet.state
        held = None if guests.operator is None else guests.operator.held
        allowed_kw, room_kw = within_limits(self.customers, self.fleet, given, held)
        if guests.outages is not None:
            base = self.surroundings.during(k)
            allowed_kw = guests.outages.hold(
                self.now_s, base.load_kw, base.pv_kw, allowed_kw, self.fleet, cars
            )
            room_kw = guests.outages.room_kw(self.now_s, room_kw)
        state["set_kw"][cars] = allowed_kw[cars]
        state["room_kw"] = room_kw

    def _note_held(self, k: int) -> None:
        """Tell the operator's book what the meters would have let through without."""
        operator = self.guests.operator
        if operator is None:
            return
        allowed_kw = asked_kw = self.fleet.state["set_kw"]
        if operator.held is not None:
            given = self.given(k)
            asked_kw, _ = within_limits(self.customers, self.fleet, given)
        operator.book.begin(self.fleet, asked_kw, allowed_kw)

    def _v_at_cars(self, flow: Flow | None) -> Floats:
        if flow is None:
            return np.full(len(self.fleet), np.nan)
        return self.customers.plugs.lowest(flow.v_pu[self.plug_node])

    def _home_kw(self, given: Given | None) -> Floats:
        if given is None:
            return np.zeros(len(self.fleet))
        drawn_kw: Floats = (given.drawn_kw - given.pv_kw)[self.customers.car_customer]
        return drawn_kw

    def _storm_h(self) -> Floats:
        if self.guests.outages is None:
            return np.full(len(self.fleet), np.inf)
        return self.guests.outages.storm_h(self.now_s)

    def _opted_out(self, today: int) -> Bools:
        if self.guests.responses is None:
            return np.zeros(len(self.fleet), dtype=np.bool_)
        entity = self.fleet.traits["entity"]
        return self.guests.responses.compliance.opted_out(entity, today)

    def _base_kw(self, given: Given) -> Floats:
        return self.customers.by_zone(given.drawn_kw - given.pv_kw)

    def know_trips(self, day: int) -> None:
        """Look a day further ahead in every driver's diary."""
        guests = self.guests
        known = self.fleet.itinerary.horizon(day)
        weather = {d: self.surroundings.hourly_temperature_degc(d) for d in known}
        tomorrow_s = self.timeline.midnight(day + 1)
        if guests.shadow is not None:
            guests.shadow.live(self.now_s)
        self.fleet.roll(day, weather, self.now_s, tomorrow_s)
        if guests.shadow is not None:
            guests.shadow.fleet.look_ahead(self.now_s, tomorrow_s)

    def _calendar(self, env: simpy.Environment) -> Generator[Instant, Any, None]:
        """At each local midnight, know the trips of another day."""
        while True:
            day = self.fleet.itinerary.day + 1
            yield Instant(env, self.timeline.midnight(day), place(Turn.CALENDAR))
            self.know_trips(day)

    def _supply(
        self, env: simpy.Environment, instants: Ints
    ) -> Generator[Instant, Any, None]:
        """At each instant at which supply goes or comes for somebody."""
        for at_s in instants[instants > self._supplied_s].tolist():
            yield Instant(env, at_s, place(Turn.SUPPLY))
            self._supplied_s = at_s
            self.supply_changed()

    def _steps(self, env: simpy.Environment) -> Generator[Instant, Any, None]:
        """At the end of each interval, after everything else of that second."""
        while self.k < self.timeline.n_steps:
            yield Instant(env, (self.k + 1) * self.timeline.step_s, place(Turn.STEP))
            self.step(self.k)
            self.k += 1
