"""What a kW at each customer takes of what voltages and ratings leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from twin.arrays import Complexes, Floats, Ints
from twin.grid.feeder import Feeder
from twin.grid.flow import Demand, Flow
from twin.grid.limits import Limits
from twin.grid.node_hosting import (
    Bounds,
    Connection,
    loading_per_pu,
    seen_rows,
)
from twin.grid.pair_newton import incidence
from twin.grid.sensitivity import Sensitivity

MATERIAL = 0.02
AT_ONCE = 256


@dataclass(frozen=True)
class Left:
    """What is left of each limit before cars, and what a kW of each takes of it.

    Rows: ends of rated branches, then voltages; ``n_thermal`` are of the first kind.
    effect [m, n] >= 0, slack [m]; of a limit that is broken already nothing is left.
    """

    effect: Floats
    slack: Floats
    n_thermal: int


class Effects:
    """By the tangent of one solution, factorised once, for all of a run's intervals.

    For kW drawn at customer j's chargers (their shares of it at their terminals), with
    u the voltage there at that solution and T of ``Sensitivity``:

        D_j = T conj(1 kW / u)    of judged voltages and of currents at branches' ends
    """

    def __init__(
        self,
        feeder: Feeder,
        demand: Demand,
        flow: Flow,
        node: Ints,
        connections: Sequence[Connection],
    ) -> None:
        branch = np.flatnonzero(np.isfinite(flow.loading))
        none = np.zeros(0)
        self.node, self.branch = node, branch
        self._rows = seen_rows(feeder, Bounds(node, none, none, branch, none))
        scale = loading_per_pu(feeder, branch)
        self._rated = np.flatnonzero(scale > 0.0)
        self._limit = 1.0 / scale[self._rated]
        self._change = _changes(feeder, demand, flow, self._rows, connections)

    def left(
        self,
        flow: Flow,
        limits: Limits,
        margin_loading: float,
        margin_pu: float,
        sign: float,
    ) -> Left:
        """Around a solution without cars; ``sign``: 1 draws, -1 gives.

        Of a rated end with current I and the cars' along exp(j a):

            sum_j |D_j| p_j <= -Re(I exp(-j a)) + sqrt(limit^2 - Im(I exp(-j a))^2)

        of a voltage: sum_j -/+ Re(V* D_j) / |V| p_j <= |V| - low, or high - |V|.
        """
        base: Complexes = np.asarray(self._rows @ flow.v, dtype=np.complex128)
        n = len(self.node)
        amps, v = base[n:][self._rated], base[:n]
        d_amps = sign * self._change[n:][self._rated]
        turned = np.exp(-1j * np.angle(d_amps.sum(axis=1)))
        along = amps * turned
        limit = (1.0 - margin_loading) * self._limit
        rest = limit**2 - along.imag**2
        thermal = np.where(rest > 0.0, np.sqrt(np.maximum(rest, 0.0)) - along.real, 0.0)
        size = np.abs(v)
        dv = sign * (np.conj(v)[:, None] * self._change[:n]).real / size[:, None]
        effect = np.concatenate(
            [_material(np.abs(d_amps)), np.maximum(-dv, 0.0), np.maximum(dv, 0.0)]
        )
        slack = np.concatenate(
            [
                thermal,
                size - (limits.low_pu + margin_pu),
                (limits.high_pu - margin_pu) - size,
            ]
        )
        return Left(effect, np.maximum(slack, 0.0), len(thermal))


def narrowed(left: Left, most_kw: Floats) -> tuple[Left, Ints]:
    """Only limits that all together could reach, and their rows among all.

    Of those of voltages, customers with less than ``MATERIAL`` of the largest effect
    are counted as if each used all that ratings leave it, and then have no part in it.
    """
    rows = np.flatnonzero(left.effect @ most_kw > left.slack)
    effect, slack = left.effect[rows], left.slack[rows]
    is_thermal = rows < left.n_thermal
    near = _material(effect)
    far = np.where(is_thermal, 0.0, (effect - near) @ most_kw)
    n_thermal = int(is_thermal.sum())
    return Left(near, np.maximum(0.0, slack - far), n_thermal), rows


def worst_excess(
    feeder: Feeder, flow: Flow, before: Flow, node: Ints, limits: Limits
) -> float:
    """How far a solution is beyond a limit, as a share of it; 0 where it is not.

    What was beyond before may be so by the margins of ``Bounds``; infinite where there
    is no solution.
    """
    if not flow.converged:
        return float("inf")
    bounds = Bounds.of(feeder, before, node, limits)
    found = bounds.excess(flow.v_pu[node], flow.loading[bounds.branch])
    return float(found.max(initial=0.0))


def _material(effect: Floats) -> Floats:
    most = effect.max(axis=1, initial=0.0, keepdims=True)
    return np.where(effect >= MATERIAL * most, effect, 0.0)


def _changes(
    feeder: Feeder,
    demand: Demand,
    flow: Flow,
    rows: csr_matrix,
    connections: Sequence[Connection],
) -> Complexes:
    """What a kW drawn at each connection changes in ``rows @ V`` [n_row, n]."""
    tangent = Sensitivity(feeder, demand, flow.v)
    across = csr_matrix(incidence(feeder))
    u: Complexes = np.asarray(across @ flow.v, dtype=np.complex128)
    n = len(connections)
    found = np.zeros((rows.shape[0], n), dtype=np.complex128)
    owner = np.repeat(np.arange(n), [len(one.terminal) for one in connections])
    terminal = np.concatenate([one.terminal for one in connections])
    share = np.concatenate([one.share for one in connections])
    for first in range(0, len(owner), AT_ONCE):
        some = slice(first, first + AT_ONCE)
        i = np.conj(share[some] / feeder.s_base_kva / u[terminal[some]])
        t = tangent.by_current(terminal[some], rows)
        change = t[:, :, 0] * i.real + t[:, :, 1] * i.imag
        np.add.at(found.T, owner[some], change.T)
    return found
