"""Builds a world from a scenario: the one room that knows every other."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import simpy

from twin.agents.policies import POLICIES, PolicyWords
from twin.agents.population import Population
from twin.arrays import Floats, Ints
from twin.customers.customers import Customers
from twin.customers.spread import Spread
from twin.fleet.fleet import Fleet
from twin.fleet.itinerary import Itinerary
from twin.fleet.start import charge_at_start, place_at_start
from twin.fleet.state import state
from twin.grid.controls import Regulated
from twin.grid.feeder import Feeder
from twin.grid.flow import PowerFlow
from twin.grid.newton import Newton
from twin.grid.powerflow import FixedPoint
from twin.grid.switching import Solver, Switched
from twin.randomness import Purpose, uniform
from twin.results.store import RunWriter
from twin.simulation.audit import Audit
from twin.simulation.calls import Calls, calls_of
from twin.simulation.cars import export_limits_kw
from twin.simulation.feeder_head import Allocated, weights
from twin.simulation.funnel import funnel_of
from twin.simulation.grids import Grid, load_grid
from twin.simulation.guests import Guests
from twin.simulation.inverters import (
    CarInverters,
    inverter_cars,
)
from twin.simulation.loads import Curtailed, Loads
from twin.simulation.operator import operator_of
from twin.simulation.outages import Outages, outages_of
from twin.simulation.placing import PLANT_KINDS
from twin.simulation.plan import Plan, plan
from twin.simulation.plugs import on_phases
from twin.simulation.quality import Phases
from twin.simulation.rapid_changes import Behind, RapidChanges
from twin.simulation.recorder import Quality, Recorder, Sizes
from twin.simulation.regulation import Logbook, solver_of
from twin.simulation.responses import responses_of
from twin.simulation.service_voltage import Services, ServiceVoltage, service_nodes
from twin.simulation.shadow import Shadow
from twin.simulation.storage import storage_of
from twin.simulation.violations import Watch, names_of
from twin.simulation.world import World
from twin.surroundings.outlook import DAYS, Outlook
from twin.surroundings.surroundings import LoadModel, Sun, Surroundings

__all__ = [
    "Grid",
    "Plan",
    "build",
    "load_grid",
    "plan",
    "refuse_absurd_head",
    "surroundings_of",
]


Start = Callable[[Plan, World], None]


def build(
    plan: Plan,
    writer: RunWriter | None = None,
    start: Start | None = None,
    kind: type[World] = World,
) -> World:
    """A world at its first instant, ready to begin.

    start  sets it going; None: from what is assumed of the days before
    """
    scenario, timeline, feeder = plan.scenario, plan.timeline, plan.grid.feeder
    people, fleet = plan.households, _fleet(plan)
    customers = _customers(plan)
    loads = _loads(plan)
    allocated = _allocated(plan, customers, loads)
    surroundings = surroundings_of(plan, allocated or loads)
    judged = _judged(feeder, people.spread)
    phases = Phases.of(feeder, judged, plan.limits.unbalance)
    powerflow = solver_of(scenario, plan.grid, plan.moves)
    guests = _guests(plan, customers, fleet, judged)
    recorder = Recorder(
        writer,
        timeline,
        customers,
        Watch.of(feeder, judged, plan.limits),
        phases,
        np.flatnonzero(~feeder.nodes.auxiliary),
        Sizes(feeder.n_node, len(feeder.branches), len(people), len(fleet)),
        _audit(plan, powerflow),
        scenario.output.level,
        _quality(plan, phases),
        guests,
        Logbook(powerflow) if isinstance(powerflow, Regulated) else None,
        allocated,
    )
    watches = getattr(plan.policy, "watches_departure", False)
    fleet.urgent_s = timeline.step_s if watches else 0
    inverters = CarInverters.of(scenario.fleet.inverter, plan.cars, timeline.step_h)
    fleet.keeps_held = inverters is not None
    world = kind(
        timeline=timeline,
        surroundings=surroundings,
        fleet=fleet,
        customers=customers,
        powerflow=_switched(plan, powerflow),
        population=Population(
            simpy.Environment(),
            fleet,
            plan.policy,
            [people.name[home] for home in fleet.traits["customer"]],
            plan.cars.model,
            lambda car: world.plug_changed(car),
        ),
        outlook=_outlook(plan, surroundings, customers),
        recorder=recorder,
        plug_node=feeder.terminals.node_a[plan.plugs.spread.terminal],
        zones=people.zones,
        guests=guests,
        inverters=inverters,
        funnel=funnel_of(plan.cars.participants, plan.cars.could_kw, fleet, timeline),
    )
    (start or _start)(plan, world)
    return world


def _guests(plan: Plan, customers: Customers, fleet: Fleet, judged: Ints) -> Guests:
    """What the scenario adds to the step."""
    scenario, timeline, traits = plan.scenario, plan.timeline, fleet.traits
    outages = _outages(plan, customers, fleet)
    return Guests(
        outages=outages,
        responses=responses_of(
            scenario.stress, scenario.seed, timeline, traits["give_kw"]
        ),
        calls=_calls(plan),
        shadow=_shadow(plan, fleet, customers, outages),
        storage=storage_of(
            scenario.storage,
            plan.batteries,
            timeline,
            plan.households.zones,
            customers.fixed_kw,
            traits["zone"],
        ),
        operator=operator_of(plan, customers, fleet, judged),
    )


def _loads(plan: Plan) -> LoadModel:
    return Loads(plan.profile, plan.households, plan.others)


def surroundings_of(plan: Plan, loads: LoadModel | None = None) -> Surroundings:
    """What customers draw and make, the weather and prices."""
    loads = loads or _loads(plan)
    sun: Sun = plan.roofs
    if plan.scenario.customers.export_limit_kw is not None:
        sun = Curtailed(sun, loads, plan.households.export_limit_kw)
    return Surroundings(plan.timeline, loads, sun, plan.weather, plan.prices)


def _outages(plan: Plan, customers: Customers, fleet: Fleet) -> Outages | None:
    if plan.struck is None:
        return None
    feeder, people = plan.grid.feeder, plan.households
    return outages_of(
        plan.struck, plan.scenario, customers, fleet, feeder, plan.timeline, people
    )


def _audit(plan: Plan, powerflow: PowerFlow) -> Audit:
    """Steps to be solved again, with the taps that they had."""
    scale = (lambda: powerflow.scale) if isinstance(powerflow, Regulated) else None
    return Audit(plan.scenario.seed, plan.timeline.n_steps, scale)


def _allocated(plan: Plan, customers: Customers, loads: LoadModel) -> Allocated | None:
    """Loads that meet what was measured at the feeder's head, where it was."""
    if plan.head is None:
        return None
    people, words = plan.households, plan.scenario.customers
    limited = words.export_limit_kw is not None
    return Allocated(
        loads,
        plan.roofs,
        people.export_limit_kw if limited else None,
        plan.head,
        plan.timeline,
        customers,
        solver_of(plan.scenario, plan.grid, plan.moves),
        weights(
            words.allocate_by, loads, people.annual_kwh, people.peak_kw, people.n_home
        ),
    )


def refuse_absurd_head(plan: Plan) -> None:
    """Refuse a head that the loads can't stand for; nothing is solved or written."""
    if plan.head is not None:
        allocated = _allocated(plan, _customers(plan), _loads(plan))
        if allocated is not None:
            allocated.refuse_absurd()


def _start(plan: Plan, world: World) -> None:
    """Cars where yesterday left them, then the first decision."""
    fleet, scenario = world.fleet, plan.scenario
    world.know_trips(0)
    trips = fleet.itinerary.trips
    place_at_start(fleet.traits, fleet.state, trips)
    draw = uniform(scenario.seed, Purpose.INITIAL_SOC, fleet.traits["entity"])
    charge_at_start(fleet.traits, fleet.state, trips, draw)
    if scenario.fleet.initial_soc is not None:
        fleet.state["soc"] = scenario.fleet.initial_soc
    if world.guests.shadow is not None:
        world.guests.shadow.begin(fleet.state)
    fleet.begin()
    world.decide(0, None, None)


def _shadow(
    plan: Plan, fleet: Fleet, customers: Customers, outages: Outages | None
) -> Shadow | None:
    """The fleet under reference charging, where the run's own could differ from it."""
    name = plan.scenario.shadowed_by
    if name is None or not len(fleet):
        return None
    return Shadow.beside(fleet, POLICIES[name](PolicyWords()), customers, outages)


def _switched(plan: Plan, powerflow: PowerFlow) -> PowerFlow:
    """The engine, able to leave out what is dead, where a scenario has outages."""
    if plan.struck is None:
        return powerflow
    if not isinstance(powerflow, FixedPoint | Newton | Regulated):
        return powerflow
    words, feeder = plan.scenario.power_flow, plan.grid.feeder
    limited = plan.scenario.feeder.enforce_q_limits

    def factorise(reduced: Feeder) -> Solver:
        if len(reduced.generators):
            return Newton(reduced, words.tolerance_pu, limited)
        return FixedPoint(reduced, words.tolerance_pu)

    return Switched(powerflow, feeder, factorise)


def _calls(plan: Plan) -> Calls | None:
    """Who is called when; everybody is enrolled where nobody says who."""
    part = plan.cars.participants
    everybody = np.ones(len(plan.cars), dtype=np.bool_)
    enrolled = everybody if part is None else part.enrolled
    return calls_of(plan.scenario, plan.timeline, plan.prices, enrolled)


def _fleet(plan: Plan) -> Fleet:
    rows = plan.cars.traits
    itinerary = Itinerary(
        plan.travel,
        plan.timeline,
        plan.scenario.seed,
        rows,
        plan.scenario.fleet.departure_error_min,
    )
    return Fleet(rows, state(len(rows)), itinerary, plan.timeline.step_h)


def _customers(plan: Plan) -> Customers:
    people, terminals = plan.households, plan.grid.feeder.terminals
    plant = np.isin(terminals.kind, PLANT_KINDS)
    return Customers(
        name=people.name,
        kind=people.kind,
        spread=people.spread,
        car_spread=plan.plugs.spread,
        zone=people.zone,
        annual_kwh=people.annual_kwh,
        kvar_per_kw=people.kvar_per_kw,
        pv_kwp=people.pv_kwp,
        import_limit_kw=people.import_limit_kw,
        export_limit_kw=export_limits_kw(plan.scenario, people, plan.cars),
        cars_may_export=plan.scenario.cars_may_export,
        cars_may_lean=not len(inverter_cars(plan.scenario.fleet.inverter, plan.cars)),
        car_customer=plan.cars.traits["customer"],
        fixed_kw=np.where(plant, terminals.p_kw, 0.0),
        fixed_kvar=np.where(plant, terminals.q_kvar, 0.0),
        n_zone=len(people.zones),
        voltage_dependent=terminals.voltage_dependent,
        phase_limit_kw=plan.scenario.fleet.export_limit_phase_kw,
        phase_spread=on_phases(plan.grid.feeder, people, plan.cars, plan.plugs.spread),
    )


def _judged(feeder: Feeder, spread: Spread) -> Ints:
    """Every node that a customer's terminals touch, neutrals excepted."""
    return service_nodes(feeder, spread)[1]


def _quality(plan: Plan, phases: Phases) -> Quality:
    """What judges each customer's voltage, on which phases and behind what."""
    feeder, people = plan.grid.feeder, plan.households
    buses = [name.removeprefix("bus ") for name in phases.judged]
    services = Services.of(feeder, people.spread, buses)
    others = [people.zone] + ([] if plan.batteries is None else [plan.batteries.zone])
    zones = np.concatenate(others)
    behind = Behind(zones, plan.cars.traits["zone"], people.zones.head)
    limit_pu = plan.limits.rapid_change_pu
    return Quality(
        ServiceVoltage(services, plan.timeline.step_s),
        RapidChanges(services, behind, names_of(feeder), limit_pu),
    )


def _outlook(plan: Plan, surroundings: Surroundings, customers: Customers) -> Outlook:
    words, timeline = plan.scenario.policy, plan.timeline
    n_step = round(24 / timeline.step_h)
    days = [surroundings.mean_kw(day) for day in range(DAYS)]
    rows = np.concatenate([np.resize(day, (n_step, day.shape[1])) for day in days])
    mean_week_kw = np.stack([customers.by_zone(row) for row in rows])

    def actual(k: int) -> Floats:
        return customers.by_zone(surroundings.base_kw(k))

    return Outlook(
        words.outlook,
        mean_week_kw,
        timeline.step_h,
        actual,
        words.outlook_error,
        plan.scenario.seed,
        lambda k: timeline.date_of(timeline.wall_clock(k)[0]).toordinal(),
        plan.households.zones.head,
    )
