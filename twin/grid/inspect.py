"""A feeder's health before any car: what is on it, what is violated, what is unsaid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.arrays import Bools
from twin.grid.engines import power_flow
from twin.grid.feeder import Feeder
from twin.grid.flow import Demand, Flow
from twin.grid.limits import ANSI_C84_1, EN_50160, Limits
from twin.grid.newton import WITHOUT_LIMITS
from twin.grid.pair_newton import PairNewton
from twin.grid.ppc import Network
from twin.grid.reference import PandapowerEngine
from twin.grid.zones import supplies

GIVING = ("sgen", "asymmetric_sgen", "generator", "pvsystem")
STORING = ("storage", "charger")
MOST_LISTED = 20
OWN = "Newton-Raphson by phase (the twin's own, on the same matrix and load laws)"
OWN_WITHOUT_LIMITS = (
    "no solution keeps every machine within its reactive limits: solved without them",
)


@dataclass(frozen=True)
class TransformerHealth:
    """One transformer at the network's own load."""

    name: str
    rating_kva: float
    loading: float


@dataclass(frozen=True)
class VoltageRange:
    """Lowest and highest voltage, and where."""

    low_pu: float
    low_bus: str
    high_pu: float
    high_bus: str

    def __str__(self) -> str:
        return (
            f"{self.low_pu:.4f} pu (bus {self.low_bus}) to"
            f" {self.high_pu:.4f} pu (bus {self.high_bus})"
        )


@dataclass(frozen=True)
class Violations:
    """What is beyond limits before any car."""

    standard: str
    buses: int
    loads: int
    low_pu: float
    high_pu: float


@dataclass(frozen=True)
class Agreement:
    """Largest difference of the solution from an engine's, and whose it is."""

    difference_pu: float
    engine: str


@dataclass(frozen=True)
class Health:
    """What a planner should know of a feeder before trusting a study on it."""

    name: str
    source: str
    buses: int
    nodes: int
    branches: int
    islands: int
    sources: int
    voltage_levels_kv: tuple[float, ...]
    loads: int
    load_kw: float
    load_kvar: float
    generators: int
    generation_kw: float
    transformers: tuple[TransformerHealth, ...]
    source_pu: tuple[float, float]
    own_load: VoltageRange | None
    no_load: VoltageRange | None
    losses_kw: float
    violations: tuple[Violations, ...]
    overloaded: tuple[str, ...]
    not_represented: tuple[str, ...]
    method: str
    agreement: Agreement
    changes: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """The same in words."""
        return _lines(self)


def health(
    feeder: Feeder, net: Network | None, agreement: Agreement | None = None
) -> Health:
    """Solve the feeder at its own load and at none, and beside a reference engine.

    ``agreement`` is with the engine that the feeder came from, where that is known.
    """
    solver = power_flow(feeder, net)
    own = solver.solve(Demand.own(feeder))
    empty = solver.solve(Demand.none(feeder))
    agreement = agreement or _agreement(feeder, net, own)
    terminals, nodes = feeder.terminals, feeder.nodes
    plant = np.isin(terminals.kind, GIVING)
    drawing = ~plant & ~np.isin(terminals.kind, STORING)
    giving = plant.astype(bool)
    size = np.abs(feeder.source_v)
    return Health(
        name=feeder.name,
        source=feeder.source,
        buses=len(feeder.node_of_bus),
        nodes=feeder.n_node,
        branches=len(feeder.branches),
        islands=len(np.unique(supplies(feeder))),
        sources=len({feeder.nodes.bus[node] for node in feeder.source_node}),
        voltage_levels_kv=tuple(np.unique(nodes.v_base_kv).tolist()),
        loads=_elements(feeder, drawing),
        load_kw=float(terminals.p_kw[drawing].sum()),
        load_kvar=float(terminals.q_kvar[drawing].sum()),
        generators=_elements(feeder, giving) + len(feeder.generators),
        generation_kw=float(
            feeder.generators.p_kw.sum() - terminals.p_kw[giving].sum()
        ),
        transformers=_transformers(feeder, own),
        source_pu=(float(size.min(initial=np.inf)), float(size.max(initial=0.0))),
        own_load=_range(feeder, own),
        no_load=_range(feeder, empty),
        losses_kw=own.losses_kw,
        violations=tuple(
            _violations(feeder, own, limits) for limits in (EN_50160, ANSI_C84_1)
        ),
        overloaded=tuple(
            _labelled(feeder, branch)
            for branch in np.flatnonzero(np.nan_to_num(own.loading) > 1.0).tolist()
        ),
        not_represented=(
            *feeder.notes,
            *(OWN_WITHOUT_LIMITS if own.method == WITHOUT_LIMITS else ()),
            *(f"bus {bus} is not supplied" for bus in feeder.dead_buses),
        ),
        method=own.method,
        agreement=agreement,
    )


def _agreement(feeder: Feeder, net: Network | None, own: Flow) -> Agreement:
    """With Newton-Raphson: pandapower's of a balanced network, else our own."""
    demand = Demand.own(feeder)
    if net is None or feeder.model == "three_phase":
        answer, engine = PairNewton(feeder).solve(demand), OWN
    else:
        reference = PandapowerEngine(net, feeder, run_control=bool(feeder.unsolvable))
        answer = reference.solve(demand)
        engine = f"pandapower's Newton-Raphson at {reference.tolerance_mva:g} MVA"
    return Agreement(float(np.max(np.abs(own.v - answer.v), initial=0.0)), engine)


def _elements(feeder: Feeder, terminals: Bools) -> int:
    """How many elements the chosen terminals belong to."""
    rows, kinds = np.flatnonzero(terminals), feeder.terminals.kind
    return len({(kinds[row], int(feeder.terminals.element[row])) for row in rows})


def _transformers(feeder: Feeder, flow: Flow) -> tuple[TransformerHealth, ...]:
    """The loading of each, that of its highest phase."""
    table, of = feeder.transformers, feeder.branches.transformer
    highest = np.full(len(table), -np.inf)
    rows = np.flatnonzero((of >= 0) & ~np.isnan(flow.loading))
    np.maximum.at(highest, of[rows], flow.loading[rows])
    highest = np.where(np.isneginf(highest), np.nan, highest)
    return tuple(
        TransformerHealth(name, float(kva), float(loading))
        for name, kva, loading in zip(
            table.name, table.rating_kva, highest, strict=True
        )
    )


def _labelled(feeder: Feeder, branch: int) -> str:
    phase = int(feeder.branches.phase[branch])
    return feeder.branches.name[branch] + (f".{phase}" if phase else "")


def _range(feeder: Feeder, flow: Flow) -> VoltageRange | None:
    if not flow.converged:
        return None
    real = np.flatnonzero(~feeder.nodes.auxiliary)
    v_pu = flow.v_pu[real]
    low, high = real[np.argmin(v_pu)], real[np.argmax(v_pu)]
    where = [
        feeder.nodes.bus[node]
        + (f".{feeder.nodes.phase[node]}" if feeder.nodes.phase[node] else "")
        for node in (low, high)
    ]
    return VoltageRange(float(v_pu.min()), where[0], float(v_pu.max()), where[1])


def _violations(feeder: Feeder, flow: Flow, limits: Limits) -> Violations:
    beyond = limits.beyond(flow.v_pu)
    return Violations(
        standard=limits.name,
        buses=len(
            {
                feeder.nodes.bus[node]
                for node in np.flatnonzero(beyond & ~feeder.nodes.auxiliary)
            }
        ),
        loads=_elements(feeder, beyond[feeder.terminals.node_a]),
        low_pu=limits.low_pu,
        high_pu=limits.high_pu,
    )


def _fullest(all_of_them: tuple[TransformerHealth, ...]) -> list[str]:
    """Each transformer; of many only the fullest."""
    shown = list(all_of_them)
    if len(shown) > MOST_LISTED:
        shown.sort(key=lambda one: -np.nan_to_num(one.loading))
        del shown[MOST_LISTED:]
    lines = [
        f"    {one.name}: {one.rating_kva:g} kVA, loaded "
        f"{_or_unknown(100 * one.loading, '.1f')} %"
        for one in shown
    ]
    if len(all_of_them) > len(shown):
        lines.append(f"    and {len(all_of_them) - len(shown)} less loaded ones")
    return lines


def _lines(found: Health) -> list[str]:
    levels = ", ".join(f"{kv:g}" for kv in found.voltage_levels_kv)
    low, high = found.source_pu
    held = f"{low:.4g}" if low == high else f"{low:.4g} to {high:.4g}"
    lines = [
        f"{found.name}  ({found.source})",
        f"  buses           {found.buses} ({found.nodes} electrical nodes,"
        f" {found.branches} branches, {levels} kV)",
        f"  sources         {found.sources} in {found.islands} island(s),"
        f" held at {held} pu",
        f"  loads           {found.loads}: {found.load_kw:.1f} kW,"
        f" {found.load_kvar:.1f} kvar",
        f"  generators      {found.generators}: {found.generation_kw:.1f} kW",
        f"  losses          {_or_unknown(found.losses_kw, '.1f')} kW",
        f"  transformers    {len(found.transformers)}",
    ]
    lines += _fullest(found.transformers)
    lines += [
        f"  voltage, own load  {found.own_load or 'no solution'}",
        f"  voltage, no load   {found.no_load or 'no solution'}",
        "  violated before any car",
    ]
    lines += _violated(found)
    if found.changes:
        lines.append("  changed by the scenario")
        lines += [f"    {words}" for words in found.changes]
    lines.append("  not represented, or assumed")
    lines += [f"    {note}" for note in found.not_represented] or ["    nothing"]
    agreement = _or_unknown(found.agreement.difference_pu, ".1e")
    lines.append(
        f"  agreement       {agreement} pu between {found.method} and"
        f" {found.agreement.engine}"
    )
    return lines


def _violated(found: Health) -> list[str]:
    if found.own_load is None:
        return [
            "    not known: the power flow has no solution at the network's own load"
        ]
    lines = [
        f"    {one.standard} ({one.low_pu:g} to {one.high_pu:g} pu): {one.buses} buses,"
        f" {one.loads} loads"
        for one in found.violations
    ]
    return [*lines, f"    above normal rating: {_some(found.overloaded)}"]


def _some(names: tuple[str, ...]) -> str:
    """Names in a row; of many the first, and how many more."""
    shown, more = names[:MOST_LISTED], len(names) - MOST_LISTED
    return (", ".join(shown) or "none") + (f" and {more} more" if more > 0 else "")


def _or_unknown(value: float, form: str) -> str:
    return "unknown" if np.isnan(value) else format(value, form)
