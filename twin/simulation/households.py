"""Who lives on a feeder: the network's loads become customers with meters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.arrays import Bools, Floats, Ints, totals
from twin.customers.roster import Record, Roster
from twin.customers.spread import Spread, spread_of_groups
from twin.grid.feeder import REFERENCE, Feeder
from twin.grid.zones import Zones, zones_of
from twin.randomness import Purpose, uniform
from twin.scenario.spec import Scenario
from twin.simulation.circuit_loads import CircuitLoads
from twin.simulation.placing import placed
from twin.simulation.services import services
from twin.surroundings.homes import draw_annual_kwh

DEFAULT_ANNUAL_KWH = {"DE": 3_500.0, "US": 7_000.0}
DEFAULT_IMPORT_KW = {"DE": 30.0, "US": 38.4}
FULL_LOAD_H = 4_200.0
DEFAULT_POWER_FACTOR = 0.97
LEAST_POWER_FACTOR = 0.5


@dataclass(frozen=True)
class Households:
    """Customers [n], homes first; the rest keep the network's own constant load.

    ``service`` numbers what of the network each is behind (``services``), ``spread``
    says at which terminals it draws, ``node`` is that of the first of these, ``phase``
    the phase of its only terminal (0: positive sequence, or several), ``zone`` the
    transformer it hangs on, ``group`` that on which it hung as the network came: who
    is switched over lives on as before.
    """

    name: tuple[str, ...]
    kind: tuple[str, ...]
    service: Ints
    spread: Spread
    node: Ints
    phase: Ints
    zone: Ints
    group: Ints
    annual_kwh: Floats
    power_factor: Floats
    kvar_per_kw: Floats
    peak_kw: Floats
    constant_kw: Floats
    pv_kwp: Floats
    import_limit_kw: Floats
    export_limit_kw: Floats
    known_evs: Ints
    known_charger_kw: Floats
    medical: Bools
    n_home: int
    zones: Zones
    warnings: tuple[str, ...]
    notes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.name)

    def lines(self) -> list[str]:
        """Who lives here, in words."""
        n = self.n_home
        loads = len(np.unique(self.service[:n]))
        per = np.bincount(self.service[:n])
        said = [
            f"homes: {n:,} on {loads:,} of the network's loads, at most "
            f"{per.max(initial=0):,} on one; mean {self.annual_kwh[:n].mean():,.0f} "
            f"kWh a year; {np.count_nonzero(self.pv_kwp):,} with PV",
            f"other loads: {len(self) - n:,} of {self.constant_kw.sum():,.1f} kW",
        ]
        return said + [f"note: {note}" for note in (*self.warnings, *self.notes)]


def households(
    scenario: Scenario,
    feeder: Feeder,
    own: CircuitLoads | None = None,
    zones: Zones | None = None,
    group_of_node: Ints | None = None,
) -> Households:
    """Homes on the chosen loads, one row each; then every other load as it is.

    ``own`` is what an OpenDSS circuit says of its loads: which of them are businesses
    (and so no homes), and how much energy each was allocated; ``zones`` those of the
    feeder, where they are known already, ``group_of_node`` what its nodes hung on
    before it was changed.
    """
    words, terminals = scenario.customers, feeder.terminals
    group = services(feeder)
    whole = spread_of_groups(
        group, terminals.p_kw, terminals.q_kvar, words.power_factor is None
    )
    service, per, n_home = placed(scenario, feeder, group, whole, own)
    spread, zones = whole.of(service), zones or zones_of(feeder)
    n, node = len(service), terminals.node_a[spread.first]
    p_kw = totals(group, terminals.p_kw, len(whole.first))[service] / per
    q_kvar = totals(group, terminals.q_kvar, len(whole.first))[service] / per
    factor = _own_factors(p_kw, q_kvar)
    factor[:n_home] = _home_factors(words.power_factor, p_kw[:n_home], factor[:n_home])
    roster, unmatched = _matched(scenario, feeder, node[:n_home])
    drawn_pv = uniform(scenario.seed, Purpose.OWNS_PV, np.arange(n_home))
    pv_kwp, annual_kwh = np.zeros(n), np.zeros(n)
    pv_kwp[:n_home] = np.where(drawn_pv < words.pv_share, words.pv_kw, 0.0)
    load = terminals.element[spread.first]
    allocated = np.full(n, np.nan) if own is None else own.annual_kwh(load, p_kw)
    annual_kwh[:n_home] = _annual_kwh(scenario, p_kw[:n_home], allocated[:n_home])
    known_evs, known_charger_kw = np.full(n, -1), np.full(n, np.nan)
    for home, record in roster.items():
        _honour(record, home, annual_kwh, pv_kwp, known_evs, known_charger_kw)
    import_kw = words.import_limit_kw or DEFAULT_IMPORT_KW[scenario.region]
    export_kw = words.export_limit_kw
    at_home = np.arange(n) < n_home
    return Households(
        name=_names(feeder, spread.first, per, roster),
        kind=("home",) * n_home + _kinds(load[n_home:], own),
        service=service,
        spread=spread,
        node=node,
        phase=_phases(feeder, spread),
        zone=zones.of_node[node],
        group=(zones.of_node if group_of_node is None else group_of_node)[node],
        annual_kwh=annual_kwh,
        power_factor=factor,
        kvar_per_kw=_kvar_per_kw(factor, p_kw, q_kvar, n_home),
        peak_kw=p_kw,
        constant_kw=np.where(at_home, 0.0, p_kw),
        pv_kwp=pv_kwp,
        import_limit_kw=np.where(at_home, import_kw, np.inf),
        export_limit_kw=pv_kwp if export_kw is None else np.full(n, export_kw),
        known_evs=known_evs,
        known_charger_kw=known_charger_kw,
        medical=_medical(scenario, n, n_home, roster),
        n_home=n_home,
        zones=zones,
        warnings=_warnings(unmatched),
        notes=_notes(scenario, n - n_home, own),
    )


def _phases(feeder: Feeder, spread: Spread) -> Ints:
    """The phase of each customer's only terminal, from it to neutral; else 0."""
    terminals = feeder.terminals
    alone = (spread.count == 1) & (terminals.node_b[spread.first] == REFERENCE)
    phase = feeder.nodes.phase[terminals.node_a[spread.first]]
    return np.where(alone, phase, 0)


def _annual_kwh(scenario: Scenario, p_kw: Floats, allocated_kwh: Floats) -> Floats:
    """As the scenario says; by the network's own loads, as allocated where known."""
    words = scenario.customers
    if _by_network(scenario):
        return np.where(np.isnan(allocated_kwh), FULL_LOAD_H * p_kw, allocated_kwh)
    mean_kwh = _mean_kwh(words.annual_kwh, scenario.region)
    return draw_annual_kwh(scenario.seed, len(p_kw), mean_kwh, words.annual_kwh_spread)


def _by_network(scenario: Scenario) -> bool:
    """Loads of an OpenDSS circuit keep their allocated energy unless one is said."""
    said = scenario.customers.annual_kwh
    return said == "network" or (said is None and scenario.feeder.is_opendss)


def _mean_kwh(said: object, region: str) -> float:
    return said if isinstance(said, float) else DEFAULT_ANNUAL_KWH[region]


def _kinds(load: Ints, own: CircuitLoads | None) -> tuple[str, ...]:
    if own is None:
        return ("other",) * len(load)
    return tuple("business" if own.business[k] else "other" for k in load)


def _home_factors(said: float | None, p_kw: Floats, own: Floats) -> Floats:
    if said is not None:
        return np.full(len(p_kw), said)
    return np.where(p_kw > 0.0, own, DEFAULT_POWER_FACTOR)


def _own_factors(p_kw: Floats, q_kvar: Floats) -> Floats:
    apparent = np.hypot(p_kw, q_kvar)
    ratio = np.divide(p_kw, apparent, out=np.ones_like(p_kw), where=apparent > 0.0)
    return np.clip(np.abs(ratio), LEAST_POWER_FACTOR, 1.0)


def _kvar_per_kw(factor: Floats, p_kw: Floats, q_kvar: Floats, n_home: int) -> Floats:
    """Homes by their lagging power factor, other loads by their own ratio."""
    ratio = np.sqrt(1.0 / np.square(factor) - 1.0)
    own = np.divide(q_kvar, p_kw, out=np.zeros_like(p_kw), where=p_kw != 0.0)
    ratio[n_home:] = own[n_home:]
    return ratio


def _names(
    feeder: Feeder, first: Ints, per: Ints, roster: dict[int, Record]
) -> tuple[str, ...]:
    seen: dict[int, int] = {}
    names = []
    for row, at in enumerate(first.tolist()):
        seen[at] = seen.get(at, 0) + 1
        own = feeder.terminals.name[at]
        name = own if per[row] == 1 else f"{own}#{seen[at]}"
        names.append(roster[row].customer if row in roster else name)
    return tuple(names)


def _matched(
    scenario: Scenario, feeder: Feeder, node: Ints
) -> tuple[dict[int, Record], list[str]]:
    if scenario.customers.file is None:
        return {}, []
    roster = Roster.read(scenario.customers.file)
    terminals, first = feeder.terminals, _first_of_bus(feeder)
    named = dict(zip(terminals.name, first[terminals.node_a].tolist(), strict=True))
    return roster.matched(first[node], {**named, **feeder.node_of_bus})


def _first_of_bus(feeder: Feeder) -> Ints:
    """The first node of each node's bus, where a bus has one for each phase."""
    nodes = feeder.nodes
    if not (nodes.phase > 0).any():
        return np.arange(len(nodes))
    known: dict[str, int] = {}
    first = [known.setdefault(bus, node) for node, bus in enumerate(nodes.bus)]
    return np.array(first, dtype=np.int64)


def _honour(
    record: Record,
    home: int,
    annual_kwh: Floats,
    pv_kwp: Floats,
    known_evs: Ints,
    known_charger_kw: Floats,
) -> None:
    if record.annual_kwh is not None:
        annual_kwh[home] = record.annual_kwh
    if record.pv_kw is not None:
        pv_kwp[home] = record.pv_kw
    if record.evs is not None:
        known_evs[home] = record.evs
    if record.charger_kw is not None:
        known_charger_kw[home] = record.charger_kw


def _medical(
    scenario: Scenario, n: int, n_home: int, roster: dict[int, Record]
) -> Bools:
    """Homes with a medical baseline: as known, else drawn by home. [n]"""
    home, share = np.arange(n), scenario.customers.medical_share
    draw = uniform(scenario.seed, Purpose.MEDICAL_BASELINE, home)
    medical: Bools = (draw < share) & (home < n_home)
    for row, record in roster.items():
        if record.medical is not None:
            medical[row] = record.medical
    return medical


def _warnings(unmatched: list[str]) -> tuple[str, ...]:
    if not unmatched:
        return ()
    count = len(unmatched)
    return (
        f"customers.file: {count} record{'s' if count > 1 else ''} found no home of "
        f"{'their' if count > 1 else 'its'} own and {'were' if count > 1 else 'was'} "
        f"not used: {', '.join(unmatched[:20])}{' ...' if count > 20 else ''}",
    )


def _notes(
    scenario: Scenario, n_other: int, own: CircuitLoads | None
) -> tuple[str, ...]:
    notes = list(own.notes) if own is not None else []
    if n_other:
        kept = "constant power" if own is None else "power and shapes"
        notes.append(
            f"{n_other} loads of the network are no homes and keep their own {kept}"
        )
    if _by_network(scenario) and own is not None:
        notes.append(
            "customers.annual_kwh: each home's allocated kW with the circuit's own "
            f"shape; {FULL_LOAD_H:,.0f} h of its kW a year (assumed) where it has none"
        )
    elif scenario.customers.annual_kwh == "network":
        notes.append(
            "customers.annual_kwh: the network's own load of each home is taken as its "
            f"share of the common peak, {FULL_LOAD_H:,.0f} h of it a year (assumed)"
        )
    elif scenario.customers.annual_kwh is None:
        mean = DEFAULT_ANNUAL_KWH[scenario.region]
        notes.append(f"customers.annual_kwh: {mean:,.0f} kWh a home is assumed")
    return tuple(notes)
