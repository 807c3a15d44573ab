"""Builds a world from a scenario: the one room that knows every other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import simpy

from twin.agents.policies import Policy
from twin.agents.population import Population
from twin.arrays import Floats, Ints
from twin.customers.customers import Customers
from twin.customers.spread import Spread
from twin.errors import InputError
from twin.fleet.catalogue import BIDIRECTIONAL, CHARGERS, MIXES, VEHICLES
from twin.fleet.fleet import Fleet
from twin.fleet.itinerary import Itinerary
from twin.fleet.start import charge_at_start, place_at_start
from twin.fleet.state import state
from twin.fleet.travel import Travel
from twin.fleet.travel_sources import travel
from twin.grid.controls import Regulated, Regulation
from twin.grid.feeder import Feeder
from twin.grid.flow import PowerFlow
from twin.grid.limits import Limits, custom_limits, limits_by_name
from twin.grid.newton import Newton
from twin.grid.powerflow import FixedPoint
from twin.grid.switching import Solver, Switched
from twin.randomness import Purpose, uniform
from twin.results.store import RunWriter
from twin.scenario.spec import Scenario
from twin.simulation.audit import Audit
from twin.simulation.cars import Cars, cars, export_limits_kw
from twin.simulation.choice import policy_of
from twin.simulation.feeder_head import Allocated, weights
from twin.simulation.grids import Grid, load_grid
from twin.simulation.households import Households, households
from twin.simulation.inverters import (
    CarInverters,
    inverter_cars,
    inverter_notes,
    with_inverters,
)
from twin.simulation.loads import Curtailed, Loads, shapes_of
from twin.simulation.outages import outage_warnings, outages_of
from twin.simulation.placing import PLANT_KINDS
from twin.simulation.plugs import Plugs, on_phases, plugs
from twin.simulation.quality import Phases
from twin.simulation.rapid_changes import Behind, RapidChanges
from twin.simulation.recorder import Quality, Recorder, Sizes
from twin.simulation.regulation import Logbook, held_notes, moves_of, solver_of, told_of
from twin.simulation.service_voltage import Services, ServiceVoltage, service_nodes
from twin.simulation.strikes import Struck, struck
from twin.simulation.violations import Watch, names_of
from twin.simulation.world import World
from twin.surroundings.csv_head import FeederHead, feeder_head
from twin.surroundings.network_loads import Network
from twin.surroundings.outlook import DAYS, Outlook
from twin.surroundings.profiles import Homes, Profile, profile
from twin.surroundings.pv import Pv
from twin.surroundings.realtime import Realtime
from twin.surroundings.surroundings import LoadModel, Sun, Surroundings
from twin.surroundings.tariffs import Prices, prices_of
from twin.surroundings.weather import Weather, weather
from twin.timeline import Timeline

__all__ = ["Grid", "Plan", "build", "load_grid", "plan"]

FREQUENCY_OF = {"US": "60 Hz", "DE": "50 Hz"}
REGION_NAMES = {"US": "North America", "DE": "Europe"}
FLEET_DATA = (VEHICLES, BIDIRECTIONAL, MIXES, CHARGERS)


@dataclass(frozen=True)
class Plan:
    """All that a run needs besides the world: who is who, and where data came from."""

    scenario: Scenario
    grid: Grid
    timeline: Timeline
    households: Households
    cars: Cars
    plugs: Plugs
    limits: Limits
    profile: Profile
    others: Profile | None
    travel: Travel
    weather: Weather
    prices: Prices | Realtime
    roofs: Pv
    policy: Policy
    policy_file: Path | None
    moves: Regulation | None = None
    head: FeederHead | None = None
    struck: Struck | None = None

    @property
    def inputs(self) -> list[Path]:
        """Every data file that the run reads."""
        files = [
            *self.profile.inputs,
            *self.travel.inputs,
            *self.weather.inputs,
            *self.prices.inputs,
            *FLEET_DATA,
            *self.scenario.files().values(),
            *self.grid.files,
        ]
        return sorted(set(files))

    @property
    def warnings(self) -> list[str]:
        """What a reader must know before anything else."""
        told = held_notes(self.grid.feeder.notes, self.moves)
        told += self.households.warnings
        dead = self.grid.feeder.dead_buses
        if dead:
            told.append(f"not supplied: {len(dead)} buses ({', '.join(dead[:10])} ...)")
        if self.scenario.power_flow.solver == "fast" and self.grid.feeder.unsolvable:
            elements = ", ".join(self.grid.feeder.unsolvable)
            told.append(f"solved by pandapower's own engine, because of {elements}")
        told += _elsewhere(self.scenario, self.grid.feeder)
        if self.struck is not None:
            told += outage_warnings(self.scenario, self.moves is not None)
        hypothetical = int(self.cars.hypothetical.sum())
        if hypothetical:
            told.append(
                f"hypothetical: {hypothetical} of {len(self.cars)} cars give power "
                "although the catalogue does not know them to be able to"
            )
        return told

    @property
    def notes(self) -> list[str]:
        """Warnings, then what stands behind the data and what is assumed."""
        told = [
            *self.warnings,
            *self.households.notes,
            *self.profile.notes,
            *self.travel.notes,
            *self.weather.notes,
            *self.prices.notes,
        ]
        told += told_of(
            self.moves,
            self.timeline.step_s,
            "file" if self.grid.net is None else "network",
        )
        told += inverter_notes(self.scenario.fleet.inverter, self.cars)
        if self.head is not None:
            told += self.head.notes
        if self.households.pv_kwp.any():
            told += self.roofs.notes
        return told


def _elsewhere(scenario: Scenario, feeder: Feeder) -> list[str]:
    """What to say of a circuit whose frequency is not that of the region taken."""
    hertz = {"us": "60 Hz", "eu": "50 Hz"}[feeder.region]
    if not scenario.feeder.is_opendss or FREQUENCY_OF[scenario.region] == hertz:
        return []
    taken = REGION_NAMES[scenario.region]
    return [
        f"the circuit is one of {hertz}, but {taken} is taken for limits, cars, "
        "chargers and data sets: time.timezone says where it is"
    ]


def plan(scenario: Scenario, grid: Grid | None = None) -> Plan:
    """Read and draw everything; nothing is simulated yet."""
    grid = grid or load_grid(scenario)
    time = scenario.time
    timeline = Timeline(time.start, time.days, time.step_min, scenario.timezone)
    _check_whole_steps(timeline)
    people = households(scenario, grid.feeder, grid.loads)
    by_network = scenario.profiles == "network"
    homes, others = slice(0, people.n_home), slice(people.n_home, len(people))
    shapes = shapes_of(grid, people, homes) if by_network else None
    seed = scenario.seed
    fleet = cars(scenario, people)
    placed = plugs(grid.feeder, people, fleet, seed)
    sky = weather(scenario.region, timeline, seed)
    prices = _prices(scenario, timeline)
    first_day = timeline.start.toordinal()
    policy, policy_file = policy_of(
        scenario, lambda date: prices.cheapest_window(date - first_day)
    )
    rest = _others(grid, people, others, timeline)
    feeder = with_inverters(
        placed.feeder, scenario.fleet.inverter, fleet, placed.spread
    )
    grid = replace(grid, feeder=feeder)
    return Plan(
        scenario=scenario,
        grid=grid,
        timeline=timeline,
        households=people,
        cars=fleet,
        plugs=placed,
        limits=_limits(scenario),
        profile=profile(
            scenario.profiles, _homes(people, homes), timeline, seed, shapes
        ),
        others=rest,
        travel=travel(scenario.travel, seed, scenario.fleet.travel_file),
        weather=sky,
        prices=prices,
        roofs=Pv(sky, people.pv_kwp, seed),
        policy=policy,
        policy_file=policy_file,
        moves=moves_of(scenario, grid),
        head=_head(scenario, timeline),
        struck=_struck(scenario, timeline, grid, people),
    )


def _head(scenario: Scenario, timeline: Timeline) -> FeederHead | None:
    file = scenario.customers.feeder_head
    return None if file is None else feeder_head(file, timeline)


def build(plan: Plan, writer: RunWriter | None = None) -> World:
    """A world at its first instant, ready to begin."""
    scenario, timeline, feeder = plan.scenario, plan.timeline, plan.grid.feeder
    people, fleet = plan.households, _fleet(plan)
    customers = _customers(plan)
    loads: LoadModel = Loads(plan.profile, people, plan.others)
    sun: Sun = plan.roofs
    allocated = _allocated(plan, customers, loads)
    loads = allocated or loads
    if scenario.customers.export_limit_kw is not None:
        sun = Curtailed(sun, loads, people.export_limit_kw)
    surroundings = Surroundings(timeline, loads, sun, plan.weather, plan.prices)
    judged = _judged(feeder, people.spread)
    phases = Phases.of(feeder, judged, plan.limits.unbalance)
    powerflow = solver_of(scenario, plan.grid, plan.moves)
    outages = None
    if plan.struck is not None:
        outages = outages_of(
            plan.struck, scenario, customers, fleet, feeder, timeline, people.name
        )
    recorder = Recorder(
        writer,
        timeline,
        customers,
        Watch.of(feeder, judged, plan.limits),
        phases,
        np.flatnonzero(~feeder.nodes.auxiliary),
        Sizes(feeder.n_node, len(feeder.branches), len(people), len(fleet)),
        Audit(
            scenario.seed,
            timeline.n_steps,
            (lambda: powerflow.scale) if isinstance(powerflow, Regulated) else None,
        ),
        scenario.output.level,
        _quality(plan, phases),
        Logbook(powerflow) if isinstance(powerflow, Regulated) else None,
        allocated,
        outages,
    )
    watches = getattr(plan.policy, "watches_departure", False)
    fleet.urgent_s = timeline.step_s if watches else 0
    inverters = CarInverters.of(scenario.fleet.inverter, plan.cars, timeline.step_h)
    fleet.keeps_held = inverters is not None
    world = World(
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
        inverters=inverters,
        outages=outages,
    )
    _start(plan, world)
    return world


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
        loads = Loads(plan.profile, plan.households, plan.others)
        allocated = _allocated(plan, _customers(plan), loads)
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
    fleet.begin()
    world.decide(0, None, None)


def _struck(
    scenario: Scenario, timeline: Timeline, grid: Grid, people: Households
) -> Struck | None:
    """The outages; refused where pandapower's own engine solves every step."""
    feeder = grid.feeder
    by_engine = scenario.power_flow.solver == "pandapower" or feeder.unsolvable
    if scenario.events and by_engine and feeder.model != "three_phase":
        why = ", ".join(feeder.unsolvable) or "power_flow.solver: pandapower"
        raise InputError.of(
            f"outages need the solver fast; here pandapower solves, because of {why}",
            key="events",
        )
    return struck(scenario, timeline, feeder, people)


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


def _check_whole_steps(timeline: Timeline) -> None:
    """Where clocks move by half an hour, a step must divide it."""
    odd = np.flatnonzero(timeline.midnight_s % timeline.step_s)
    if odd.size:
        raise InputError.of(
            f"got {timeline.step_min}; {timeline.date_of(int(odd[0]) - 1)} is not a "
            f"whole number of such steps in {timeline.timezone}",
            key="time.step_min",
        )


def _prices(scenario: Scenario, timeline: Timeline) -> Prices | Realtime:
    words = scenario.tariff
    if words.file is None:
        return prices_of(words, timeline)
    said = words.export if words.export is not None else words.export_price_usd_per_kwh
    return Realtime(words.file, timeline, None if said is None else float(said))


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
    behind = Behind(people.zone, plan.cars.traits["zone"], people.zones.head)
    limit_pu = plan.limits.rapid_change_pu
    return Quality(
        ServiceVoltage(services, plan.timeline.step_s),
        RapidChanges(services, behind, names_of(feeder), limit_pu),
    )


def _others(
    grid: Grid, people: Households, others: slice, timeline: Timeline
) -> Profile | None:
    """Loads of a circuit that are no homes follow the shapes that it gives them."""
    if grid.loads is None or people.n_home == len(people):
        return None
    shapes = shapes_of(grid, people, others)
    return Network(_homes(people, others), timeline, shapes)


def _homes(people: Households, rows: slice) -> Homes:
    return Homes(
        annual_kwh=people.annual_kwh[rows],
        group=people.zone[rows],
        power_factor=people.power_factor[rows],
        peak_kw=people.peak_kw[rows],
        constant_kw=people.peak_kw[rows],
        names=people.name[rows],
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


def _limits(scenario: Scenario) -> Limits:
    judged = scenario.judged_by
    if judged.voltage_pu is not None:
        limits = custom_limits(judged.voltage_pu)
    else:
        limits = limits_by_name(judged.standard or "en50160")
    return replace(limits, rapid_change_pu=judged.rapid_change_pu)
