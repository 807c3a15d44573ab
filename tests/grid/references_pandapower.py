"""Differences to pandapower, PowerFactory, the positive sequence, published streets."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandapower as pp
import pandapower.networks as networks
import pandas as pd

from tests.grid.held import Held
from twin.grid.conversion import to_feeder
from twin.grid.newton import Newton
from twin.grid.pandapower import load_feeder, network_functions, seeded
from twin.grid.powerflow import Demand, FixedPoint
from twin.grid.pp_phases import to_three_phase
from twin.grid.reference import LADDER_MVA, STARTS
from twin.grid.sequence import (
    branch_places,
    bus_places,
    current_a,
    neutral_a,
    unbalance,
)

SOURCES = Path(__file__).parents[1] / "sources" / "three_phase"
TURNS = np.exp(1j * np.deg2rad([0.0, -120.0, 120.0]))
GROUPS = ("YNyn", "Dyn", "Yzn")
MINUTES = ("on_peak_566", "off_peak_1440")
BALANCED = (
    "create_kerber_landnetz_freileitung_1",
    "create_kerber_vorstadtnetz_kabel_1",
    "mv_oberrhein",
    "create_cigre_network_lv",
    "lv_schutterwald",
)


def solved(net, tolerance_pu=1e-11):
    """A network by phase, and its solution at its own loads."""
    feeder = to_three_phase(net, "net", "test")
    flow = FixedPoint(feeder, tolerance_pu).solve(Demand.own(feeder))
    assert flow.converged
    assert flow.method == "fixed point"
    return feeder, flow


def at_bus(feeder, values, bus):
    """Values of the three phases of a bus."""
    return values[feeder.node_of_bus[str(bus)] + np.arange(3)]


def worst(ours, theirs) -> float:
    """Largest difference."""
    return float(np.max(np.abs(np.asarray(ours) - np.asarray(theirs))))


def street(group="Dyn", shift=150.0, **source):
    """12.47 kV -- 250 kVA -- 0.2 km of cable: a street that runpp_3ph solved.

    0 --(T)-- 1 --cable-- 2
    """
    net = pp.create_empty_network()
    for kv in (12.47, 0.4, 0.4):
        pp.create_bus(net, kv)
    grid = dict(s_sc_max_mva=100, rx_max=0.1, x0x_max=1, r0x0_max=0.1) | source
    pp.create_ext_grid(net, 0, **grid)
    pp.create_transformer_from_parameters(
        net, 0, 1, 0.25, 12.47, 0.4, vk_percent=4, vkr_percent=1.2, pfe_kw=0.6,
        i0_percent=0.3, vk0_percent=4, vkr0_percent=1.2, mag0_percent=100, mag0_rx=0,
        si0_hv_partial=0.9, shift_degree=shift, vector_group=group, name="T",
    )  # fmt: skip
    pp.create_line_from_parameters(
        net, 1, 2, 0.2, 0.206, 0.08, 260, 0.3, r0_ohm_per_km=0.824, x0_ohm_per_km=0.32,
        c0_nf_per_km=100, name="cable",
    )  # fmt: skip
    return net


def home(net):
    """A home on two phases at the street's end."""
    pp.create_asymmetric_load(
        net, 2, p_a_mw=0.02, q_a_mvar=0.004, p_b_mw=0.01, q_b_mvar=0.002, name="home"
    )


STREET = {
    "one-phase loads": (home, (0.964761, 0.990786, 1.011446), 0.754128),
    "export": (
        lambda net: pp.create_asymmetric_sgen(net, 2, p_a_mw=0.01),
        (1.016229, 0.994323, 0.998339),
        0.396693,
    ),
    "balanced": (
        lambda net: pp.create_load(net, 2, 0.03, type="wye"),
        (0.990671, 0.990671, 0.990671),
        0.0,
    ),
    "delta": (
        lambda net: pp.create_asymmetric_load(net, 2, p_a_mw=0.02, type="delta"),
        (0.995232, 0.986015, 0.999976),
        0.824038,
    ),
}


def beside_street(case: str) -> list[Held]:
    """Voltages at the street's end and their unbalance, six digits each."""
    connect, v_pu, unbalance_percent = STREET[case]
    net = street()
    connect(net)
    feeder, flow = solved(net)
    names, places = bus_places(feeder)
    share = 100.0 * float(unbalance(flow.v, places)[names.index("2")])
    title = f"Four-wire street (G-1), {case}"
    return [
        Held(title, "voltage, pu", worst(at_bus(feeder, flow.v_pu, 2), v_pu), 1e-6),
        Held(title, "unbalance, %", abs(share - unbalance_percent), 1e-5),
    ]


def beside_street_neutral() -> list[Held]:
    """Current in the neutral and loss in phase a of the street's cable."""
    net = street()
    home(net)
    feeder, flow = solved(net)
    first, places = branch_places(feeder)
    cable = [feeder.branches.name[row] for row in first].index("cable")
    back = float(neutral_a(current_a(feeder, flow), places)[cable])
    a = places[cable, 0]
    far = feeder.branches.far[a]
    i_far = (feeder.branches.y_far @ flow.v)[a]
    lost_kw = flow.p_kw[a] + feeder.s_base_kva * (flow.v[far] * np.conj(i_far)).real
    title = "Four-wire street (G-1), one-phase loads"
    return [
        Held(title, "neutral current, A", abs(back - 78.705), 1e-3),
        Held(title, "loss of the cable's phase a, kW", abs(lost_kw - 0.660681), 1e-6),
    ]


def beside_equivalent() -> list[Held]:
    """A 240 V service as a balanced network of three times its power."""
    net = pp.create_empty_network()
    for volts in (7200.0, 240.0, 240.0):
        pp.create_bus(net, np.sqrt(3.0) * volts / 1000.0)
    pp.create_ext_grid(net, 0)
    pp.create_transformer_from_parameters(
        net, 0, 1, 0.075, net.bus.vn_kv[0], net.bus.vn_kv[1], vk_percent=2.078461,
        vkr_percent=1.2, pfe_kw=0.15, i0_percent=0.5,
    )  # fmt: skip
    pp.create_line_from_parameters(net, 1, 2, 0.03, 1.10, 0.20, 0.0, 0.2)
    pp.create_load(net, 2, 0.06, 0.015)
    feeder = to_feeder(net, "service", "test")
    flow = FixedPoint(feeder, 1e-11).solve(Demand.own(feeder))
    v = [flow.v_pu[feeder.node_of_bus[bus]] for bus in ("0", "1", "2")]
    line, transformer = (feeder.branches.kind.index(k) for k in ("line", "transformer"))
    title = "240 V service as a balanced network (S-2)"
    lost_kw = flow.losses_kw / 3.0 - (0.795 + 0.770) / 3.0
    return [
        Held(title, "voltage, pu", worst(v, [1.0, 0.986555, 0.974260]), 1e-6),
        Held(title, "current of the line, A", abs(flow.i_a[line] - 88.168), 1e-3),
        Held(title, "loading, %", abs(100.0 * flow.loading[transformer] - 84.95), 1e-2),
        Held(title, "losses, kW", abs(lost_kw), 5e-4),
    ]


def beside_unbalance() -> Held:
    """|V_2| / |V_1| of three given phasors."""
    v = np.array([1.0, 0.95, 1.02]) * TURNS
    found = 100.0 * float(unbalance(v, np.array([[0, 1, 2]]))[0])
    return Held(
        "Three given phasors (VUF)", "unbalance, %", abs(found - 2.102693), 1e-6
    )


def beside_powerfactory(group: str) -> list[Held]:
    """A small network with two transformers, by vector group."""
    with gzip.open(SOURCES / "validation_net.json.gz", "rt") as file:
        net = pp.from_json_string(json.dumps(json.load(file)))
    net.trafo["vector_group"], net.trafo["mag0_percent"] = group, 10_000.0
    expected = pd.read_csv(SOURCES / "powerfactory.csv")
    expected = expected[expected.vector_group == group].set_index("name")
    feeder, flow = solved(net)
    apart = [
        worst(at_bus(feeder, flow.v_pu, bus), expected.loc[name, ["a", "b", "c"]])
        for bus, name in net.bus["name"].items()
    ]
    amps = [
        abs(
            flow.i_a[k]
            - 1000.0 * expected.loc[name, "abc"[feeder.branches.phase[k] - 1]]
        )
        for k, name in enumerate(feeder.branches.name)
        if name in expected.index
    ]
    assert amps
    title = f"PowerFactory, network with two transformers {group}"
    return [
        Held(title, "voltage, pu", max(apart), 1e-5),
        Held(title, "current of a cable, A", float(max(amps)), 0.2),
    ]


def european(scenario):
    """The IEEE European feeder; its reactive loads are by a power factor of 0.95."""
    net = networks.ieee_european_lv_asymmetric(scenario)
    for phase in "abc":
        p = net.asymmetric_load[f"p_{phase}_mw"]
        net.asymmetric_load[f"q_{phase}_mvar"] = p * np.tan(np.arccos(0.95))
    return net


def beside_runpp_3ph(minute: str) -> Held:
    """pandapower's own three-phase power flow, as near as it stops."""
    net = european(minute)
    feeder, flow = solved(net)
    pp.runpp_3ph(net)
    magnitudes = net.res_bus_3ph[["vm_a_pu", "vm_b_pu", "vm_c_pu"]]
    apart = [
        worst(at_bus(feeder, flow.v_pu, bus), found)
        for bus, found in magnitudes.iterrows()
    ]
    title = f"pandapower's runpp_3ph, European LV, {minute.replace('_', ' ')}"
    return Held(title, "voltage, pu", max(apart), 5e-6)


def beside_positive_sequence(name: str) -> list[Held]:
    """Balanced loads by phase beside the balanced network."""
    with seeded(0):
        net = getattr(networks, name)()
    three, flow = solved(net)
    one = to_feeder(net, name, "test")
    single = FixedPoint(one, 1e-11).solve(Demand.own(one))
    node = np.array([one.node_of_bus[bus] for bus in one.node_of_bus])
    mine = np.array([three.node_of_bus[bus] for bus in one.node_of_bus])
    apart = [
        worst(flow.v[mine + phase], single.v[node] * turn)
        for phase, turn in enumerate(TURNS)
    ]
    title = f"Positive sequence, balanced loads by phase, {name}"
    grid, losses = flow.grid_kw / single.grid_kw, flow.losses_kw / single.losses_kw
    return [
        Held(title, "voltage, pu", max(apart), 1e-9),
        Held(title, "source power, relative", abs(grid - 1.0), 1e-9),
        Held(title, "losses, relative", abs(losses - 1.0), 1e-7),
    ]


@dataclass(frozen=True)
class Beside:
    """One of pandapower's networks; `apart` NaN where it has no solution either."""

    name: str
    nodes: int
    machines: int
    method: str
    converged: bool
    tolerance_mva: float | None
    apart: float


def newton_raphson(net) -> float | None:
    """The tightest tolerance at which pandapower converges, leaving its answer."""
    for tolerance in LADDER_MVA:
        for start in STARTS[:2]:
            try:
                pp.runpp(net, calculate_voltage_angles=True, init=start,
                         tolerance_mva=tolerance, max_iteration=30)  # fmt: skip
            except pp.LoadflowNotConverged:
                continue
            return tolerance
    return None


def beside_networks() -> Iterator[Beside]:
    """Every network that pandapower ships, machines included, beside its own answer."""
    for name in sorted(network_functions()):
        feeder, net = load_feeder(f"pandapower:{name}", {})
        machines = len(feeder.generators)
        solver = (
            Newton(feeder, enforce_q_limits=False) if machines else FixedPoint(feeder)
        )
        flow = solver.solve(Demand.own(feeder))
        tolerance, apart = newton_raphson(net), np.nan
        if tolerance is not None and flow.converged:
            apart = worst(net._ppc["internal"]["V"], flow.v)
        yield Beside(
            name, feeder.n_node, machines, flow.method, flow.converged, tolerance, apart
        )


def beside_all_networks() -> Held:
    """The worst of them; infinite where only pandapower has a solution."""
    found = list(beside_networks())
    solvable = [one for one in found if one.tolerance_mva is not None]
    apart = [one.apart if one.converged else np.inf for one in solvable]
    title = f"pandapower's runpp, {len(solvable)} of its {len(found)} networks"
    return Held(title, "voltage, pu", max(apart), 1e-8)
