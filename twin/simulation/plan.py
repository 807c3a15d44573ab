"""What a scenario comes to before anything lives: who is who, and from which data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from twin.agents.policies import Policy
from twin.errors import InputError
from twin.fleet.catalogue import BIDIRECTIONAL, CHARGERS, MIXES, VEHICLES
from twin.fleet.travel import Travel
from twin.fleet.travel_sources import travel
from twin.grid.controls import Regulation
from twin.grid.feeder import Feeder
from twin.grid.limits import Limits, custom_limits, limits_by_name
from twin.scenario.spec import Scenario
from twin.simulation.adopted import Adopted, adopted
from twin.simulation.battery_places import Places, battery_places
from twin.simulation.cars import Cars, cars
from twin.simulation.choice import policy_of
from twin.simulation.grids import Grid, load_grid
from twin.simulation.households import Households, households
from twin.simulation.inverters import (
    inverter_notes,
    with_inverters,
)
from twin.simulation.loads import grown, shapes_of
from twin.simulation.outages import outage_warnings
from twin.simulation.plugs import Plugs, plugs
from twin.simulation.regulation import held_notes, moves_of, told_of
from twin.simulation.strikes import Struck, struck
from twin.surroundings.csv_head import FeederHead, feeder_head
from twin.surroundings.network_loads import Network
from twin.surroundings.outage_records import records_file, records_note
from twin.surroundings.profiles import Homes, Profile, profile
from twin.surroundings.pv import Pv
from twin.surroundings.realtime import Realtime
from twin.surroundings.tariffs import Prices, prices_of
from twin.surroundings.weather import Weather, weather
from twin.timeline import Timeline

FREQUENCY_OF = {"US": "60 Hz", "DE": "50 Hz"}
REGION_NAMES = {"US": "North America", "DE": "Europe"}
FLEET_DATA = (VEHICLES, BIDIRECTIONAL, MIXES, CHARGERS)


@dataclass(frozen=True)
class Plan:
    """All that a run needs besides the world: who is who, and where data came from.

    before  the same with the lead-in days before it, where there are any
    """

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
    ahead: Adopted | None = None
    before: Plan | None = None
    batteries: Places | None = None

    @property
    def inputs(self) -> list[Path]:
        """Every data file that the run reads."""
        files = [
            *self.profile.inputs,
            *self.travel.inputs,
            *self.weather.inputs,
            *self.prices.inputs,
            *FLEET_DATA,
            *([] if self.cars.participants is None else [self.cars.participants.file]),
            *([] if self.ahead is None else [self.ahead.data.file]),
            *self.scenario.files().values(),
            *self.grid.files,
            *(
                records_file(event.records)
                for event in self.scenario.events
                if event.records is not None
            ),
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
                "although the catalogue does not know them to be able to; "
                f"{self._supposed_by} makes any model give, at most what it charges "
                "with: what if, not what is on sale"
            )
        return told

    @property
    def _supposed_by(self) -> str:
        """The key by which cars give that are not known to be able to."""
        funnel = self.scenario.participation is not None
        return "participation.vehicle_share" if funnel else "fleet.bidirectional_share"

    @property
    def notes(self) -> list[str]:
        """Warnings, then what stands behind the data and what is assumed."""
        told = [
            *self.warnings,
            *(f"changed in the grid: {one.words}" for one in self.grid.made),
            *self.households.notes,
            *self.cars.notes,
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
        if self.cars.participants is not None:
            told += self.cars.participants.assumptions
        if self.ahead is not None:
            told += self.ahead.notes
        if self.head is not None:
            told += self.head.notes
        if self.before is not None:
            told.append(
                f"{self.before.timeline.lead_in_days} lead-in days from "
                f"{self.before.timeline.start} on are simulated and recorded nowhere: "
                "the first day begins with what they leave"
            )
        if self.households.pv_kwp.any():
            told += self.roofs.notes
        records = (event.records for event in self.scenario.events)
        told += [records_note(one) for one in dict.fromkeys(records) if one is not None]
        return told


def plan(scenario: Scenario, grid: Grid | None = None) -> Plan:
    """Read and draw everything; nothing is simulated yet."""
    grid = grid or load_grid(scenario)
    time = scenario.time
    timeline = Timeline(time.start, time.days, time.step_min, scenario.timezone)
    planned = _planned(scenario, grid, timeline)
    if not time.lead_in_days:
        return planned
    longer = timeline.led_in(time.lead_in_days)
    return replace(planned, before=_planned(scenario, grid, longer))


def _planned(scenario: Scenario, grid: Grid, timeline: Timeline) -> Plan:
    _check_whole_steps(timeline)
    people = households(
        scenario, grid.feeder, grid.loads, grid.zones, grid.group_of_node
    )
    by_network = scenario.profiles == "network"
    homes, others = slice(0, people.n_home), slice(people.n_home, len(people))
    shapes = shapes_of(grid, people, homes) if by_network else None
    seed = scenario.seed
    ahead = adopted(scenario, grid.feeder, people)
    fleet = cars(scenario, people, ahead)
    placed = plugs(grid.feeder, people, fleet, seed)
    sky = weather(scenario.region, timeline, scenario.seed_of_weather)
    prices = _prices(scenario, timeline)
    first_day = timeline.start.toordinal()
    policy, policy_file = policy_of(
        scenario, lambda date: prices.cheapest_window(date - first_day)
    )
    load = profile(scenario.profiles, _homes(people, homes), timeline, seed, shapes)
    rest = _others(grid, people, others, timeline)
    if ahead is not None:
        load, rest = grown(load, rest, ahead, sky)
        by_pv = scenario.customers.export_limit_kw is None
        people = ahead.on(people, scenario.customers.pv_kw, by_pv)
    feeder = with_inverters(
        placed.feeder, scenario.fleet.inverter, fleet, placed.spread
    )
    batteries = battery_places(scenario.storage, grid, feeder, people.zones)
    grid = replace(grid, feeder=feeder if batteries is None else batteries.feeder)
    return Plan(
        scenario=scenario,
        grid=grid,
        timeline=timeline,
        households=people,
        cars=fleet,
        plugs=placed,
        limits=_limits(scenario),
        profile=load,
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
        ahead=ahead,
        batteries=batteries,
    )


def _struck(
    scenario: Scenario, timeline: Timeline, grid: Grid, people: Households
) -> Struck | None:
    """The outages; refused where pandapower's own engine solves every step."""
    feeder = grid.feeder
    by_engine = scenario.power_flow.solver == "pandapower" or feeder.unsolvable
    if scenario.has_outages and by_engine and feeder.model != "three_phase":
        why = ", ".join(feeder.unsolvable) or "power_flow.solver: pandapower"
        raise InputError.of(
            f"outages need the solver fast; here pandapower solves, because of {why}",
            key="events",
        )
    return struck(scenario, timeline, feeder, people)


def _prices(scenario: Scenario, timeline: Timeline) -> Prices | Realtime:
    words = scenario.tariff
    if words.file is None:
        return prices_of(words, timeline)
    said = words.export if words.export is not None else words.export_price_usd_per_kwh
    return Realtime(words.file, timeline, None if said is None else float(said))


def _head(scenario: Scenario, timeline: Timeline) -> FeederHead | None:
    file = scenario.customers.feeder_head
    return None if file is None else feeder_head(file, timeline)


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
        group=people.group[rows],
        power_factor=people.power_factor[rows],
        peak_kw=people.peak_kw[rows],
        constant_kw=people.peak_kw[rows],
        names=people.name[rows],
    )


def _limits(scenario: Scenario) -> Limits:
    judged = scenario.judged_by
    if judged.voltage_pu is not None:
        limits = custom_limits(judged.voltage_pu)
    else:
        limits = limits_by_name(judged.standard or "en50160")
    return replace(limits, rapid_change_pu=judged.rapid_change_pu)


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


def _check_whole_steps(timeline: Timeline) -> None:
    """Where clocks move by half an hour, a step must divide it."""
    odd = np.flatnonzero(timeline.midnight_s % timeline.step_s)
    if odd.size:
        raise InputError.of(
            f"got {timeline.step_min}; {timeline.date_of(int(odd[0]) - 1)} is not a "
            f"whole number of such steps in {timeline.timezone}",
            key="time.step_min",
        )
