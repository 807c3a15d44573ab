"""Which of a network's loads are homes, and how many are behind each."""

from __future__ import annotations

from fnmatch import fnmatchcase

import numpy as np

from twin.arrays import Bools, Floats, Ints, totals
from twin.customers.spread import Spread
from twin.errors import InputError
from twin.grid.feeder import Feeder
from twin.grid.opendss_elements import HELD_KINDS, PC_KINDS
from twin.scenario.spec import Scenario
from twin.simulation.circuit_loads import CircuitLoads

LOW_VOLTAGE_KV = 1.0
MOST_HOMES = 200_000
HOME_KINDS = ("load", "asymmetric_load")
PLANT_KINDS = (
    "sgen",
    "storage",
    "asymmetric_sgen",
    *(kind.lower() for kind in (*PC_KINDS, *HELD_KINDS)),
)


def placed(
    scenario: Scenario,
    feeder: Feeder,
    group: Ints,
    whole: Spread,
    own: CircuitLoads | None,
) -> tuple[Ints, Ints, int]:
    """Service of each customer, customers there, and how many of them are homes."""
    terminals, first = feeder.terminals, whole.first
    is_load = ~np.isin(terminals.kind, PLANT_KINDS)[first]
    is_home = np.isin(terminals.kind, HOME_KINDS)
    is_home &= _chosen(scenario.customers.loads, feeder)
    if own is not None and scenario.customers.loads in ("all", "lv"):
        is_home[is_home] = ~own.business[terminals.element[is_home]]
    is_home = is_home[first]
    p_kw = totals(group, terminals.p_kw, len(first))
    homes_at = np.where(is_home, _homes_per_load(scenario, p_kw), 0)
    n_home = int(homes_at.sum())
    if not n_home:
        raise InputError.of(
            f"no load of {feeder.name} is a home; got '{scenario.customers.loads}', "
            "allowed are all, lv or a pattern for the loads' names",
            key="customers.loads",
        )
    if n_home > MOST_HOMES:
        raise InputError.of(
            f"that makes {n_home:,} homes; at most {MOST_HOMES:,} are simulated: a "
            "larger customers.kw_per_home, or fewer customers.loads",
            key="customers.homes_per_load",
        )
    others = np.flatnonzero(is_load & ~is_home)
    service = np.concatenate([np.repeat(np.arange(len(homes_at)), homes_at), others])
    return service, np.maximum(1, homes_at)[service], n_home


def _chosen(loads: str, feeder: Feeder) -> Bools:
    terminals = feeder.terminals
    if loads == "all":
        return np.ones(len(terminals), dtype=np.bool_)
    if loads == "lv":
        return feeder.nodes.v_base_kv[terminals.node_a] < LOW_VOLTAGE_KV
    return np.array([fnmatchcase(name, loads) for name in terminals.name], dtype=bool)


def _homes_per_load(scenario: Scenario, p_kw: Floats) -> Ints:
    words = scenario.customers
    if words.homes_per_load == "auto":
        homes = np.rint(p_kw / words.kw_per_home)
        return np.maximum(1, homes).astype(np.int64)
    return np.full(len(p_kw), words.homes_per_load, dtype=np.int64)
