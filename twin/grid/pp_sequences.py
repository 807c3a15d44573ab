"""pandapower's own matrices of the zero, positive and negative sequence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from twin.arrays import Complexes, Ints
from twin.grid.flow import apparent
from twin.grid.ppc import Conversion, Network, gathered, sources_of


@dataclass(frozen=True)
class Sequences:
    """A network's matrices in each sequence, per unit of one phase's power.

    base_mva   of one phase
    positive   buses, branches and names, as the positive sequence has them
    y_bus      zero, positive, negative [n_bus, n_bus], without what is behind sources
    y_from     currents into branches at their first end [n_branch, n_bus]
    y_to       and at their second
    source     buses with a source; y_behind [n_source, 3] its admittances, by sequence
    shunt      admittance of shunts to the reference [n_bus], alike in all sequences
    """

    positive: Conversion
    y_bus: tuple[csr_matrix, csr_matrix, csr_matrix]
    y_from: tuple[csr_matrix, csr_matrix, csr_matrix]
    y_to: tuple[csr_matrix, csr_matrix, csr_matrix]
    source: Ints
    y_behind: Complexes
    shunt: Complexes

    @property
    def base_mva(self) -> float:
        """Base power of one phase."""
        return self.positive.base_mva


def convert_sequences(net: Network) -> Sequences:
    """Run pandapower's conversion of each sequence, without solving it.

    In pandapower's three-phase mode impedances are on V^2 / (3 S): S is the base power
    of one phase.
    """
    from pandapower.auxiliary import _clean_up
    from pandapower.build_bus import _add_ext_grid_sc_impedance
    from pandapower.pd2ppc import _pd2ppc

    _options(net)
    empty = np.array([], dtype=np.int64)
    kinds = ("bus", "bus_dc", "ext_grid", "gen", "branch", "branch_dc")
    net["_pd2ppc_lookups"] = {kind: empty for kind in kinds}
    ppc, one = _pd2ppc(net, 1)
    positive = gathered(net, ppc, one)
    shunt = _shunts(one)
    _, two = _pd2ppc(net, 2)
    _add_ext_grid_sc_impedance(net, two)
    _, zero = _pd2ppc(net, 0)
    _clean_up(net, res=False)
    for other in (zero, two):
        _same_numbering(one, other)
    source = sources_of(positive)
    negative, ground = _shunts(two)[source], (_shunts(zero) - shunt)[source]
    y_bus, y_from, y_to = zip(
        *(_admittances(part, shunt) for part in (zero, one, two)), strict=True
    )
    return Sequences(
        positive=positive,
        y_bus=y_bus,
        y_from=y_from,
        y_to=y_to,
        source=source,
        y_behind=np.column_stack((ground, negative, negative)),
        shunt=shunt,
    )


def _options(net: Network) -> None:
    """The options of `runpp_3ph`, with the transformers' phase shifts."""
    import pandapower.auxiliary as auxiliary

    net._options = {}
    auxiliary._add_ppc_options(
        net, calculate_voltage_angles=True, trafo_model="t", check_connectivity=True,
        mode="pf_3ph", switch_rx_ratio=2.0, init_vm_pu="flat", init_va_degree="flat",
        enforce_p_lims=False, enforce_q_lims=False, recycle=None,
        voltage_depend_loads=False, neglect_open_switch_branches=False,
    )  # fmt: skip


def _shunts(ppci: Any) -> Complexes:
    """Admittance from each bus to the reference, pu."""
    from pandapower.pypower.idx_bus import BS, GS

    bus = ppci["bus"]
    y: Complexes = apparent(bus[:, GS].real, bus[:, BS].real) / ppci["baseMVA"]
    return y


def _admittances(
    ppci: Any, shunt: Complexes
) -> tuple[csr_matrix, csr_matrix, csr_matrix]:
    """Y by buses and by either end of branches, with the shunts given."""
    from pandapower.pypower.idx_bus import BS, GS
    from pandapower.pypower.makeYbus import makeYbus

    bus = ppci["bus"].copy()
    bus[:, GS] = shunt.real * ppci["baseMVA"]
    bus[:, BS] = shunt.imag * ppci["baseMVA"]
    matrices = makeYbus(ppci["baseMVA"], bus, ppci["branch"])
    y_bus, y_from, y_to = (csr_matrix(matrix) for matrix in matrices)
    return y_bus, y_from, y_to


def _same_numbering(one: Any, other: Any) -> None:
    """Sequences are put together entry by entry: rows must mean the same."""
    if len(one["bus"]) != len(other["bus"]) or not np.array_equal(
        one["branch"][:, :2].real, other["branch"][:, :2].real
    ):
        raise ValueError("its sequences differ in buses or branches")
