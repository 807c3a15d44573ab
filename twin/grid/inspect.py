"""A feeder's health before any car: what is on it, what is violated, what is unsaid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.grid.feeder import Feeder
from twin.grid.flow import Demand, Flow
from twin.grid.limits import ANSI_C84_1, EN_50160, Limits
from twin.grid.powerflow import power_flow
from twin.grid.ppc import Network
from twin.grid.reference import PandapowerEngine
from twin.grid.topology import islands


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
    agreement_pu: float
    reference_tolerance_mva: float

    def lines(self) -> list[str]:
        """The same in words."""
        return _lines(self)


def health(feeder: Feeder, net: Network) -> Health:
    """Solve the feeder at its own load and at none, and beside pandapower."""
    solver = power_flow(feeder, net)
    own = solver.solve(Demand.own(feeder))
    empty = solver.solve(Demand.none(feeder))
    engine = PandapowerEngine(net, feeder)
    reference = engine.solve(Demand.own(feeder))
    terminals, nodes = feeder.terminals, feeder.nodes
    drawing = np.array([kind not in ("sgen", "storage") for kind in terminals.kind])
    drawing = drawing.astype(bool)
    giving = np.array([kind == "sgen" for kind in terminals.kind], dtype=bool)
    size = np.abs(feeder.source_v)
    return Health(
        name=feeder.name,
        source=feeder.source,
        buses=len(feeder.node_of_bus),
        nodes=feeder.n_node,
        branches=len(feeder.branches),
        islands=int(islands(feeder).max(initial=-1)) + 1,
        sources=len(feeder.source_node),
        voltage_levels_kv=tuple(np.unique(nodes.v_base_kv).tolist()),
        loads=int(drawing.sum()),
        load_kw=float(terminals.p_kw[drawing].sum()),
        load_kvar=float(terminals.q_kvar[drawing].sum()),
        generators=int(giving.sum()) + len(feeder.generators),
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
            feeder.branches.name[branch]
            for branch in np.flatnonzero(np.nan_to_num(own.loading) > 1.0)
        ),
        not_represented=(
            *feeder.notes,
            *(f"bus {bus} is not supplied" for bus in feeder.dead_buses),
        ),
        method=own.method,
        agreement_pu=float(np.max(np.abs(own.v - reference.v), initial=0.0)),
        reference_tolerance_mva=engine.tolerance_mva,
    )


def _transformers(feeder: Feeder, flow: Flow) -> tuple[TransformerHealth, ...]:
    table = feeder.transformers
    return tuple(
        TransformerHealth(name, float(kva), float(flow.loading[branch]))
        for name, kva, branch in zip(
            table.name, table.rating_kva, table.branch, strict=True
        )
    )


def _range(feeder: Feeder, flow: Flow) -> VoltageRange | None:
    if not flow.converged:
        return None
    real = np.flatnonzero(~feeder.nodes.auxiliary)
    v_pu = flow.v_pu[real]
    low, high = real[np.argmin(v_pu)], real[np.argmax(v_pu)]
    names = feeder.nodes.bus
    return VoltageRange(float(v_pu.min()), names[low], float(v_pu.max()), names[high])


def _violations(feeder: Feeder, flow: Flow, limits: Limits) -> Violations:
    beyond = limits.beyond(flow.v_pu)
    return Violations(
        standard=limits.name,
        buses=int((beyond & ~feeder.nodes.auxiliary).sum()),
        loads=int(beyond[feeder.terminals.node_a].sum()),
        low_pu=limits.low_pu,
        high_pu=limits.high_pu,
    )


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
    lines += [
        f"    {one.name}: {one.rating_kva:g} kVA, loaded "
        f"{_or_unknown(100 * one.loading, '.1f')} %"
        for one in found.transformers
    ]
    lines += [
        f"  voltage, own load  {found.own_load or 'no solution'}",
        f"  voltage, no load   {found.no_load or 'no solution'}",
        "  violated before any car",
    ]
    lines += _violated(found)
    lines.append("  not represented, or assumed")
    lines += [f"    {note}" for note in found.not_represented] or ["    nothing"]
    agreement = _or_unknown(found.agreement_pu, ".1e")
    lines.append(
        f"  agreement       {agreement} pu between {found.method} and"
        f" pandapower's Newton-Raphson at {found.reference_tolerance_mva:g} MVA"
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
    return [*lines, f"    above normal rating: {', '.join(found.overloaded) or 'none'}"]


def _or_unknown(value: float, form: str) -> str:
    return "unknown" if np.isnan(value) else format(value, form)
