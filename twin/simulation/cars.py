"""Which homes own cars, which cars, and at which chargers: all drawn by key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from twin.arrays import Bools, Floats, Ints, Records, totals
from twin.errors import InputError
from twin.fleet.catalogue import (
    Charger,
    Vehicle,
    chargers,
    charging_kw,
    default_mix,
    gives,
    undocumented_because,
    vehicles,
)
from twin.fleet.charging import (
    BATTERY_EFFICIENCY,
    CONVERTER,
    FLOOR_SOC,
    STANDBY_KW,
    TAPER_END_SOC,
    charging_efficiency,
)
from twin.fleet.state import traits
from twin.randomness import Purpose, normal, uniform
from twin.scenario.spec import Scenario
from twin.simulation.adopted import Adopted
from twin.simulation.households import Households
from twin.simulation.joining import joining
from twin.simulation.participants import Participants, participants

CARS_PER_HOME = 16
TAPER_SOC = 0.95
LEAST_A = 6.0
VOLTS = {"DE": 230.0, "US": 240.0}
LEVEL_1_KW, LEVEL_1_V = 2.0, 120.0
MOST_ON_ONE_PHASE_KW = 4.6
HABIT_SOC, HABIT_SPREAD_SOC = 0.6, 0.15
ALWAYS = 2.0


@dataclass(frozen=True)
class Cars:
    """Cars [n_ev]: their traits and what the report says of them.

    ``phases``: 3 where car and charger take three, should their home have so many.
    ``could_kw``: what a car would give if nothing but its model and plug stood in the
    way; ``participants``: what does, where a scenario says so. ``notes`` say which
    cars charge at less for want of a phase, and which give only hypothetically, why.
    """

    traits: Records
    phases: Ints
    model: tuple[str, ...]
    hypothetical: Bools
    could_kw: Floats
    participants: Participants | None = None
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.model)


def cars(scenario: Scenario, homes: Households, ahead: Adopted | None = None) -> Cars:
    """Draw the fleet: nested in ownership, and each car by its own key.

    ``ahead``: who owns a car by a later year, in place of a draw of owners.
    """
    if ahead is not None and not _without_cars(scenario):
        home, ordinal = ahead.owned.home, ahead.owned.ordinal
    else:
        ahead = None
        home, ordinal = _owners(scenario, homes)
        order = np.lexsort((ordinal, home))
        home, ordinal = home[order], ordinal[order]
    entity = home * CARS_PER_HOME + ordinal
    models = _models(scenario, entity)
    plugs = _plugs(scenario, entity, homes.known_charger_kw[home])
    could_kw, undocumented = _could(scenario, models, plugs)
    if ahead is None:
        part = participants(scenario, entity, home, models, ~undocumented)
    else:
        part = joining(scenario, ahead, entity, models, ~undocumented)
    two_way = _two_way(scenario, entity) if part is None else part.takes_part
    rows = traits(len(home))
    rows["entity"], rows["customer"], rows["zone"] = entity, home, homes.zone[home]
    rows["battery_efficiency"] = BATTERY_EFFICIENCY
    rows["loss_constant"], rows["loss_linear"], rows["loss_quadratic"] = CONVERTER
    rows["standby_kw"], rows["taper_soc"] = STANDBY_KW, TAPER_SOC
    rows["target_soc"] = min(scenario.fleet.target_soc, TAPER_END_SOC)
    rows["floor_soc"] = max(FLOOR_SOC, scenario.policy.reserve_soc)
    rows["plug_in_soc"] = _habit(scenario, entity)
    phases = np.ones(len(home), dtype=np.int64)
    for car, (model, plug) in enumerate(zip(models, plugs, strict=True)):
        rows["capacity_kwh"][car] = model.capacity_kwh
        rows["consumption_kwh_per_km"][car] = model.consumption_kwh_per_km
        charge_kw = charging_kw(model, plug.kw, plug.phases)
        give_kw = could_kw[car] if two_way[car] else 0.0
        rows["charge_kw"][car], rows["give_kw"][car] = charge_kw, give_kw
        rows["rated_kw"][car] = max(charge_kw, give_kw)
        rows["min_kw"][car] = min(charge_kw, _least_kw(scenario.region, model, plug))
        most_kw = max(charge_kw, give_kw)
        phases[car] = _phases_taken(scenario.region, model, plug, most_kw)
    rows["efficiency"] = charging_efficiency(rows)
    rows.flags.writeable = False
    names = tuple(model.name for model in models)
    supposed = two_way & undocumented
    told = [*_phase_notes(models, plugs), *_doubts(scenario.region, models, supposed)]
    return Cars(rows, phases, names, supposed, could_kw, part, tuple(told))


def _phase_notes(models: list[Vehicle], plugs: list[Charger]) -> Iterator[str]:
    """Which cars charge at less than car and charger could, for want of a phase."""
    cut: Counter[tuple[Vehicle, float, int]] = Counter()
    for model, plug in zip(models, plugs, strict=True):
        kw = charging_kw(model, plug.kw, plug.phases)
        if kw < min(model.ac_kw, plug.kw) - 1e-9:
            cut[model, plug.kw, plug.phases] += 1
    for (model, kw, phases), count in sorted(
        cut.items(), key=lambda one: (one[0][0].name, one[0][1])
    ):
        yield (
            f"chargers: {count} {model.name} at chargers of {kw:g} kW charge at "
            f"{charging_kw(model, kw, phases):.2f} kW: the charger has {phases} "
            f"phase{'s' if phases > 1 else ''}, the car takes {model.ac_kw:g} kW on "
            f"{model.ac_phases}, and each phase gives its part"
        )


def _doubts(region: str, models: list[Vehicle], supposed: Bools) -> Iterator[str]:
    """Why the models give only hypothetically, by the dated facts of the catalogue."""
    chosen = {models[car].name: models[car] for car in np.flatnonzero(supposed)}
    for name in sorted(chosen):
        why = undocumented_because(chosen[name], region)
        yield f"catalogue: {name} gives hypothetically: {why}"


def _without_cars(scenario: Scenario) -> bool:
    return 0 in (scenario.fleet.ev_share, scenario.fleet.ev_count)


def _could(
    scenario: Scenario, models: list[Vehicle], plugs: list[Charger]
) -> tuple[Floats, Bools]:
    """What each car would give, and whether no document says that it can [n_ev]."""
    permit, region = scenario.fleet.export_permit, scenario.region
    could_kw, undocumented = np.zeros(len(models)), np.zeros(len(models), np.bool_)
    for car, (model, plug) in enumerate(zip(models, plugs, strict=True)):
        give_kw, assumed = gives(model, region, plug.kw, permit)
        charge_kw = charging_kw(model, plug.kw, plug.phases)
        could_kw[car] = min(give_kw, charge_kw) if assumed else give_kw
        undocumented[car] = assumed
    return could_kw, undocumented


def export_limits_kw(scenario: Scenario, homes: Households, fleet: Cars) -> Floats:
    """Export limits of all customers, with the permits of their cars [n]."""
    if scenario.customers.export_limit_kw is not None:
        return homes.export_limit_kw
    permitted_kw = fleet.traits["give_kw"] * scenario.fleet.export_permit
    return homes.export_limit_kw + totals(
        fleet.traits["customer"], permitted_kw, len(homes)
    )


def _owners(scenario: Scenario, homes: Households) -> tuple[Ints, Ints]:
    """Home and ordinal of each car: known ones first, then by keyed rank."""
    fleet, n = scenario.fleet, homes.n_home
    known = homes.known_evs[:n]
    draw = uniform(scenario.seed, Purpose.OWNS_EV, np.arange(n))
    ranked = np.argsort(draw, kind="stable")
    unknown = ranked[known[ranked] < 0]
    share = fleet.ev_share or 0.0
    wanted = round(share * n) if fleet.ev_count is None else fleet.ev_count
    have = np.maximum(known, 0)
    home, ordinal = [np.repeat(np.arange(n), have)], [_counted(have)]
    rest = max(0, wanted - int(have.sum()))
    if rest > CARS_PER_HOME * len(unknown):
        raise InputError.of(
            f"got {wanted}; {n} homes take at most "
            f"{int(have.sum()) + CARS_PER_HOME * len(unknown)} "
            f"({CARS_PER_HOME} a home, known ones as customers.file says)",
            key="fleet.ev_count",
        )
    for lap in range(CARS_PER_HOME):
        take = unknown[:rest]
        home.append(take)
        ordinal.append(np.full(len(take), lap))
        rest -= len(take)
    return np.concatenate(home), np.concatenate(ordinal)


def _counted(have: Ints) -> Ints:
    """0, 1, .. within each home."""
    first = np.repeat(np.cumsum(have) - have, have)
    counted: Ints = np.arange(int(have.sum())) - first
    return counted


def _models(scenario: Scenario, entity: Ints) -> list[Vehicle]:
    mix = scenario.fleet.models or default_mix(scenario.region)
    known = vehicles()
    names = sorted(mix)
    bounds = np.cumsum([mix[name] for name in names])
    draw = uniform(scenario.seed, Purpose.EV_MODEL, entity)
    which = np.searchsorted(bounds[:-1], draw * bounds[-1], side="right")
    return [known[names[k]] for k in which]


def _plugs(scenario: Scenario, entity: Ints, known_kw: Floats) -> list[Charger]:
    offered = _offered(scenario)
    bounds = np.cumsum([plug.share for plug in offered])
    draw = uniform(scenario.seed, Purpose.CHARGER, entity)
    which = np.searchsorted(bounds[:-1], draw * bounds[-1], side="right")
    return [
        offered[k] if np.isnan(kw) or kw <= 0 else _plug(kw, 1.0, scenario.region)
        for k, kw in zip(which, known_kw, strict=True)
    ]


def _offered(scenario: Scenario) -> list[Charger]:
    said = scenario.fleet.charger_kw
    if said is None:
        return list(chargers(scenario.region))
    powers = {said: 1.0} if isinstance(said, float | int) else said
    return [_plug(kw, share, scenario.region) for kw, share in powers.items()]


def _plug(kw: float, share: float, region: str) -> Charger:
    """A charger of a power: above 7.4 kW on three phases where the grid has them."""
    phases = 3 if region == "DE" and kw > 7.4 else 1
    return Charger(kw, phases, share, "scenario")


def _phases_taken(region: str, model: Vehicle, plug: Charger, most_kw: float) -> int:
    """On how many phases a home with three would charge, 1 or 3.

    In Germany more than 4.6 kVA must be on three (VDE-AR-N 4100:2019, 5.5.1).
    """
    if region != "DE" or plug.kw <= MOST_ON_ONE_PHASE_KW:
        return 1
    by_car = min(model.ac_phases, plug.phases) > 1
    return 3 if by_car or most_kw > MOST_ON_ONE_PHASE_KW else 1


def _least_kw(region: str, model: Vehicle, plug: Charger) -> float:
    """Power at 6 A on each phase, below which a charger pauses (IEC 61851-1)."""
    level_1 = region == "US" and plug.kw < LEVEL_1_KW
    volts = LEVEL_1_V if level_1 else VOLTS[region]
    return LEAST_A * volts * min(model.ac_phases, plug.phases) / 1000.0


def _two_way(scenario: Scenario, entity: Ints) -> Bools:
    draw = uniform(scenario.seed, Purpose.BIDIRECTIONAL, entity)
    two_way: Bools = draw < scenario.fleet.bidirectional_share
    return two_way


def _habit(scenario: Scenario, entity: Ints) -> Floats:
    if scenario.fleet.plug_in == "always":
        return np.full(len(entity), ALWAYS)
    drawn = normal(scenario.seed, Purpose.PLUG_IN_TRAIT, entity)
    return np.clip(HABIT_SOC + HABIT_SPREAD_SOC * drawn, 0.1, 1.0)
