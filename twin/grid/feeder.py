"""What the grid is: plain arrays around one admittance matrix, whatever it came from.

    source ==o======transformer======o---line---o---line---o
             |                       |          |          |
           slack                 terminal   terminal   terminal

Every length is electrical: per unit on `s_base_kva` and each node's own base voltage:
of all three phases and line to line for a positive-sequence node (phase 0), of one
phase and to neutral for any other. Nodes are electrical nodes: buses joined by a
closed bus-bus switch are one node, and `node_of_bus` says which.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csc_matrix, csr_matrix

from twin.arrays import Bools, Complexes, Floats, Ints
from twin.grid.inverters import Inverters
from twin.grid.laws import N_LAW

REFERENCE = -1


@dataclass(frozen=True)
class Nodes:
    """Where voltages live. All arrays [n_node].

    `angle_rad` is what the transformers' phase shifts alone would make of the source's
    angle; `auxiliary` nodes are star points and open ends, which no bus of the network
    stands for. `x`, `y` are degrees where `geographic`, NaN where unknown.
    """

    bus: list[str]
    phase: Ints
    v_base_kv: Floats
    distance_km: Floats
    x: Floats
    y: Floats
    geographic: bool
    angle_rad: Floats
    auxiliary: Bools

    def __len__(self) -> int:
        return len(self.bus)


@dataclass(frozen=True)
class Generators:
    """Machines that hold a voltage by reactive power. Arrays [n_generator]."""

    name: list[str]
    node: Ints
    v_set_pu: Floats
    p_kw: Floats
    q_min_kvar: Floats
    q_max_kvar: Floats

    def __len__(self) -> int:
        return len(self.name)


@dataclass(frozen=True)
class Branches:
    """What carries current between two nodes. All arrays [n_branch].

    `near` is the end nearer a source. `y_near @ v` and `y_far @ v` are the currents
    that flow INTO the branch at either end, per unit. A rating that is unknown is NaN.
    """

    name: list[str]
    kind: list[str]
    element: Ints
    near: Ints
    far: Ints
    phase: Ints
    y_near: csr_matrix
    y_far: csr_matrix
    near_is_first: Bools
    rating_near_a: Floats
    rating_far_a: Floats
    emergency_factor: Floats
    rating_kva: Floats
    length_km: Floats
    transformer: Ints

    def __len__(self) -> int:
        return len(self.name)

    @property
    def rating_a(self) -> Floats:
        """Normal rating at the end nearer the source, A."""
        return self.rating_near_a

    @property
    def emergency_a(self) -> Floats:
        """Emergency rating at the end nearer the source, A."""
        return self.rating_near_a * self.emergency_factor


@dataclass(frozen=True)
class Transformers:
    """Transformers (each winding of a three-winding one). Arrays [n_transformer]."""

    name: list[str]
    branch: Ints
    rating_kva: Floats
    emergency_factor: Floats
    node_lv: Ints

    def __len__(self) -> int:
        return len(self.name)


@dataclass(frozen=True)
class Terminals:
    """Pairs of nodes at which power is drawn. All arrays [n_terminal].

    `node_b` is -1 where the other side is the reference. `p_kw`, `q_kvar` are the
    network's own values at the rated voltage (a generator's are negative). The shares
    `p_z`, `p_i` of P follow |V|^2 and |V|; `q_z`, `q_i` those of Q; the rest is
    constant power. An element on several phases has a terminal on each, all of the
    same `kind` and `element`.

    v_rated_pu  across the terminal, on its nodes' base; none: 1 everywhere
    law         row in `laws` [n_law, N_LAW] where the shares don't say all; else -1
    """

    name: list[str]
    kind: list[str]
    element: Ints
    node_a: Ints
    node_b: Ints
    p_kw: Floats
    q_kvar: Floats
    p_z: Floats
    p_i: Floats
    q_z: Floats
    q_i: Floats
    v_rated_pu: Floats = field(default_factory=lambda: np.empty(0))
    law: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    laws: Floats = field(default_factory=lambda: np.empty((0, N_LAW)))

    def __post_init__(self) -> None:
        if len(self.v_rated_pu) != len(self):
            object.__setattr__(self, "v_rated_pu", np.ones(len(self)))
        if len(self.law) != len(self):
            object.__setattr__(self, "law", np.full(len(self), -1, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.name)

    @property
    def voltage_dependent(self) -> bool:
        """Whether any terminal draws other than constant power."""
        shares = (self.p_z, self.p_i, self.q_z, self.q_i)
        return len(self.laws) > 0 or any(bool(np.any(share)) for share in shares)


@dataclass(frozen=True)
class Feeder:
    """A distribution grid ready to be solved; `inverters` are what answers voltage."""

    name: str
    source: str
    model: str
    region: str
    s_base_kva: float
    nodes: Nodes
    y_bus: csc_matrix
    shunt_y: Complexes
    source_node: Ints
    source_v: Complexes
    generators: Generators
    branches: Branches
    transformers: Transformers
    terminals: Terminals
    node_of_bus: Mapping[str, int]
    dead_buses: tuple[str, ...] = ()
    unsolvable: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)
    inverters: Inverters | None = None

    @property
    def n_node(self) -> int:
        """How many electrical nodes."""
        return len(self.nodes)

    @property
    def i_base_a(self) -> Floats:
        """Base current of each node, A [n_node]."""
        three = np.where(self.nodes.phase > 0, 1.0, np.sqrt(3.0))
        base: Floats = self.s_base_kva / (three * self.nodes.v_base_kv)
        return base
