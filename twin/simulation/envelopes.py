"""The grid operator who issues envelopes: limits by customer and interval."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from twin.agents.envelopes import served
from twin.agents.observation import Observation
from twin.arrays import Bools, Floats, Ints, totals
from twin.customers.customers import Customers
from twin.errors import InputError
from twin.fleet.fleet import Fleet, Taken
from twin.grid.effects import Effects, Left, narrowed, worst_excess
from twin.grid.flow import Demand, Flow, PowerFlow
from twin.grid.node_hosting import Connection
from twin.scenario.operator_words import Operator
from twin.simulation.held_back import Array, HeldBack
from twin.simulation.metering import Held
from twin.simulation.plan import Plan
from twin.simulation.regulation import solver_of
from twin.simulation.violations import nothing
from twin.surroundings.surroundings import Given

IMPORT, EXPORT = 1.0, -1.0
BINDS = 1e-3
CUT, MOST_CUTS = 0.9, 4


@dataclass(frozen=True)
class Rule:
    """How room is shared; what of it is kept free."""

    least_kw: float
    margin_loading: float
    margin_pu: float
    proportional: bool
    unfinished: bool


@dataclass
class Envelopes:
    """Limits for the coming interval, from what meters said and the outlook's next.

    Before each interval the grid is solved with the homes' load that is expected and
    no car; what is left of voltages and ratings is shared among customers with a car
    at a plug; then the grid is solved with every envelope used, and shares are cut if
    that breaks a limit. Customers with cars, ``who`` [n]; their arrays [n].
    """

    plan: Plan
    rule: Rule
    customers: Customers
    fleet: Fleet
    book: HeldBack
    powerflow: PowerFlow
    node: Ints
    who: Ints
    part: Floats
    held: Held | None = None
    measured: Given | None = None
    effects: Effects | None = None
    worst_excess: float = 0.0
    cuts: int = 0
    bound_h: float = 0.0
    thermal_h: float = 0.0
    voltage_h: float = 0.0
    _now: dict[str, Floats] = field(default_factory=dict)
    _bound: tuple[int, int] = (0, 0)
    _rows: list[tuple[Floats, Floats, int, int]] = field(default_factory=list)

    @classmethod
    def of(
        cls, plan: Plan, said: Operator, customers: Customers, fleet: Fleet, node: Ints
    ) -> Envelopes:
        """As a scenario says; ``node``: those at which customers are judged."""
        words, feeder = said.settled, plan.grid.feeder
        if len(feeder.generators):
            raise InputError.of(
                "envelopes do not know machines that hold a voltage; this feeder has "
                f"{len(feeder.generators)}",
                key="operator.method",
            )
        rule = Rule(
            words["least_kw"],
            words["margin_loading"],
            words["margin_pu"],
            words["allocation"] == "proportional",
            words["among"] == "unfinished",
        )
        return cls(
            plan,
            rule,
            customers,
            fleet,
            HeldBack.of(len(fleet), plan.timeline.step_h),
            solver_of(plan.scenario, plan.grid, plan.moves),
            np.unique(node),
            np.unique(customers.car_customer),
            _part_of_zone(customers),
        )

    def open(
        self, k: int, seen: Observation, given: Given | None, flow: Flow | None
    ) -> None:
        """Issue envelopes for interval k."""
        if k >= self.plan.timeline.n_steps:
            return
        load_kw, pv_kw = self._expected(seen, given)
        net_kw = load_kw - pv_kw
        demand = Demand(*self.customers.net(load_kw, pv_kw, np.zeros(len(self.fleet))))
        before = self.powerflow.solve(demand)
        self._bound = (0, 0)
        if not before.converged:
            none = np.zeros(len(self.who))
            self._issue(net_kw, none, none)
            return
        if self.effects is None:
            self.effects = self._effects(demand, before)
        added = [
            self._proved(demand, before, self._shared(k, before, net_kw, sign), sign)
            for sign in (IMPORT, EXPORT)
        ]
        self._issue(net_kw, *added)

    def _expected(
        self, seen: Observation, given: Given | None
    ) -> tuple[Floats, Floats]:
        """Load and PV of each customer in the interval that begins [n_customer].

        What meters said of the one before, and of the outlook's change of each zone a
        part by annual energy; at the run's first instant the outlook alone.
        """
        zone, ahead_kw = self.customers.zone, seen.ahead_kw[0]
        n = len(self.customers)
        load_kw = np.zeros(n) if given is None else given.drawn_kw
        pv_kw = np.zeros(n) if given is None else given.pv_kw
        more_kw = ahead_kw - self.customers.by_zone(load_kw - pv_kw)
        return load_kw + more_kw[zone] * self.part, pv_kw

    def _shared(self, k: int, before: Flow, net_kw: Floats, sign: float) -> Floats:
        """What the cars of each customer may add, kW >= 0 [n].

        First among those who have one at a plug; then what is left among all, for whom
        a car may come before the interval ends.
        """
        assert self.effects is not None
        rule, order = self.rule, self._order(k)
        now_kw, all_kw, least_kw, starts_kw = self._wanted(net_kw, sign)
        left = self.effects.left(
            before, self.plan.limits, rule.margin_loading, rule.margin_pu, sign
        )
        few, _ = narrowed(left, all_kw)
        found = least_kw
        for most_kw in (now_kw, all_kw):
            weight = most_kw if rule.proportional else np.sign(most_kw)
            found = served(
                few.effect, few.slack, most_kw, found, weight, starts_kw, order
            )
        self._count(few, found)
        return found

    def _wanted(
        self, net_kw: Floats, sign: float
    ) -> tuple[Floats, Floats, Floats, Floats]:
        """What cars at a plug, and all, can add; what they are left, what starts one.

        All [n].
        """
        fleet, traits, home = self.fleet, self.fleet.traits, self.customers.car_customer
        n, who = len(self.customers), self.who
        here = fleet.plugged
        if sign == IMPORT:
            if self.rule.unfinished:
                here = here & (fleet.state["soc"] < traits["target_soc"] - 1e-6)
            can_kw, least_kw = traits["charge_kw"], self.rule.least_kw
            room_kw = self.customers.import_room_kw(net_kw, np.zeros(n))[who]
        else:
            can_kw, least_kw = traits["give_kw"], 0.0
            room_kw = self.customers.export_room_kw(net_kw, np.zeros(n))[who]
        floor_kw = totals(home, np.minimum(least_kw, can_kw), n)[who]
        now_kw = totals(home, np.where(here, can_kw, 0.0), n)[who]
        all_kw = totals(home, can_kw, n)[who]
        starts = np.full(n, np.inf)
        np.minimum.at(starts, home, traits["min_kw"])
        return (
            np.minimum(np.maximum(now_kw, floor_kw), room_kw),
            np.minimum(all_kw, room_kw),
            np.minimum(floor_kw, room_kw),
            starts[who],
        )

    def _order(self, k: int) -> Ints:
        """Who stands back first where room is too little: another each hour of UTC."""
        n, timeline = len(self.who), self.plan.timeline
        hour = int(timeline.utc(k * timeline.step_s).timestamp()) // 3600
        turn = hour * (n // 2 + 1)
        order: Ints = (np.arange(n) + turn) % max(n, 1)
        return order

    def _proved(
        self, demand: Demand, before: Flow, added_kw: Floats, sign: float
    ) -> Floats:
        """Cut until a full solution with all of it used is within the limits."""
        for _ in range(MOST_CUTS):
            cars_kw = sign * self._by_car(added_kw, sign)
            at_plugs = self.customers.plugs.at_terminals(cars_kw, len(demand.fixed_kw))
            flow = self.powerflow.solve(
                demand._replace(fixed_kw=demand.fixed_kw + at_plugs)
            )
            feeder, limits = self.plan.grid.feeder, self.plan.limits
            excess = worst_excess(feeder, flow, before, self.node, limits)
            if excess <= 0.0 or not added_kw.any():
                return added_kw
            self.cuts += 1
            added_kw = CUT * added_kw
        self.worst_excess = max(self.worst_excess, excess)
        return added_kw

    def _by_car(self, added_kw: Floats, sign: float) -> Floats:
        """Envelopes as a customer's cars would use them, by what each can [n_ev]."""
        traits, home = self.fleet.traits, self.customers.car_customer
        n = len(self.customers)
        can_kw = traits["charge_kw"] if sign == IMPORT else traits["give_kw"]
        whole = totals(home, can_kw, n)
        of_home = np.zeros(n)
        of_home[self.who] = added_kw
        share = np.divide(
            can_kw, whole[home], out=np.zeros_like(can_kw), where=can_kw > 0
        )
        kw: Floats = of_home[home] * share
        return kw

    def _count(self, few: Left, added_kw: Floats) -> None:
        """How many limits bind: of ratings, of voltages."""
        used = few.effect @ added_kw >= (1.0 - BINDS) * few.slack
        thermal = int(used[: few.n_thermal].sum())
        was = self._bound
        self._bound = (was[0] + thermal, was[1] + int(used.sum()) - thermal)

    def _issue(self, net_kw: Floats, take_kw: Floats, give_kw: Floats) -> None:
        n = len(self.customers)
        import_kw, export_kw = np.full(n, np.inf), np.full(n, np.inf)
        import_kw[self.who] = net_kw[self.who] + take_kw
        export_kw[self.who] = give_kw - net_kw[self.who]
        free = np.full(n, np.inf)
        self.held = Held(np.full(len(self.fleet), np.inf), free, import_kw, export_kw)
        here = np.zeros(n, dtype=np.bool_)
        here[self.customers.car_customer[self.fleet.plugged]] = True
        self._now = {
            "import_kw": np.where(here, import_kw, np.nan),
            "export_kw": np.where(here, export_kw, np.nan),
        }

    def _effects(self, demand: Demand, before: Flow) -> Effects:
        """Of each customer's chargers together, in proportion to their power."""
        home, plugs = self.customers.car_customer, self.customers.plugs
        kw = self.fleet.traits["charge_kw"]
        connections = []
        for customer in self.who.tolist():
            cars = np.flatnonzero(home == customer)
            own = plugs.of(cars)
            share = own.share * kw[cars][own.owner] / kw[cars].sum()
            connections.append(Connection(own.terminal, share))
        feeder = self.plan.grid.feeder
        return Effects(feeder, demand, before, self.node, connections)

    def write(self, taken: Taken, given: Given, fleet: Fleet) -> None:
        """Note an interval that has ended."""
        self.book.write(taken, fleet)
        h, (thermal, voltage) = self.plan.timeline.step_h, self._bound
        self.bound_h += h * bool(thermal or voltage)
        self.thermal_h += h * bool(thermal)
        self.voltage_h += h * bool(voltage)
        now = self._now
        self._rows.append((now["import_kw"], now["export_kw"], thermal, voltage))

    def day(self, level: str) -> dict[str, dict[str, Array]]:
        """Columns of the tables since the last call."""
        rows, self._rows = self._rows, []
        import_kw = np.stack([row[0] for row in rows])
        export_kw = np.stack([row[1] for row in rows])
        thermal = np.array([row[2] for row in rows], dtype=np.int64)
        voltage = np.array([row[3] for row in rows], dtype=np.int64)
        steps = self.book.columns((thermal + voltage).tolist())
        if level == "all":
            told: dict[str, Array] = {
                "import_kw": import_kw.astype(np.float32),
                "export_kw": export_kw.astype(np.float32),
                "thermal": thermal,
                "voltage": voltage,
            }
            return {"operator_steps": steps, "envelopes": told}
        daily: dict[str, Array] = {
            f"{way}_{what}_kw": function(kw)[None].astype(np.float32)
            for way, kw in (("import", import_kw), ("export", export_kw))
            for what, function in (("min", _least), ("mean", _mean))
        }
        return {"operator_steps": steps, "envelopes_daily": daily}

    def events(self, day: int) -> pl.DataFrame:
        """None: envelopes are always in force."""
        return nothing()

    def told(self) -> list[str]:
        """What came of it, in words."""
        said = [
            f"envelopes bound in {self.bound_h:g} h (ratings {self.thermal_h:g} h, "
            f"voltages {self.voltage_h:g} h): {self.book.told()}"
        ]
        if self.worst_excess > 0.0:
            said.append(
                "envelopes, all of them used, would at worst break a limit by "
                f"{100 * self.worst_excess:.2f} %: homes alone leave too little"
            )
        return said

    def summary(self) -> dict[str, object]:
        """What came of it, for ``run.json``."""
        return {
            "method": "envelopes",
            "bound_h": self.bound_h,
            "thermal_h": self.thermal_h,
            "voltage_h": self.voltage_h,
            "cuts": self.cuts,
            "worst_excess": self.worst_excess,
            **self.book.summary(),
        }


def _part_of_zone(customers: Customers) -> Floats:
    """Each customer's part of what its zone draws, by annual energy [n_customer]."""
    weight = customers.annual_kwh + 1e-9
    whole = customers.by_zone(weight)
    part: Floats = weight / whole[customers.zone]
    return part


def _least(kw: Floats) -> Floats:
    found: Floats = np.fmin.reduce(kw, axis=0)
    return found


def _mean(kw: Floats) -> Floats:
    known: Bools = ~np.isnan(kw)
    count = known.sum(axis=0)
    total = np.where(known, kw, 0.0).sum(axis=0)
    mean = np.full(len(count), np.nan)
    np.divide(total, count, out=mean, where=count > 0)
    return mean
