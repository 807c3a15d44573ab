"""Flows of every branch are its rows of admittances times voltages, series or not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from tests.grid.opendss_circuits import unpacked
from twin.grid.flow import Demand, Meter
from twin.grid.opendss import load_opendss
from twin.grid.pandapower import load_feeder
from twin.grid.powerflow import FixedPoint
from twin.grid.wiring import Wiring

CIRCUITS = ("european_lv", "ieee13", "ieee123", "north_american_lv")


def circuit(name, folder):
    if name == "kerber":
        return load_feeder("pandapower:create_kerber_vorstadtnetz_kabel_1", {})[0]
    return load_opendss(*unpacked(name, folder), False)


def n_series(feeder, changing=None):
    return int(Wiring.of(feeder, changing).first[-1])


@pytest.mark.parametrize("name", (*CIRCUITS, "kerber"))
def test_flows_are_rows_times_voltages(name, tmp_path):
    feeder = circuit(name, tmp_path)
    flow = FixedPoint(feeder, 1e-10).solve(Demand.own(feeder))
    branches, base, v = feeder.branches, feeder.s_base_kva, flow.v
    near, far = branches.y_near @ v, branches.y_far @ v
    power = v[branches.near] * np.conj(near) * base
    lost = power + v[branches.far] * np.conj(far) * base
    noise = 1e-12 * base * float(abs(branches.y_near).max())
    np.testing.assert_allclose(flow.p_kw, power.real, rtol=1e-9, atol=noise)
    np.testing.assert_allclose(flow.q_kvar, power.imag, rtol=1e-9, atol=noise)
    assert flow.losses_kw == pytest.approx(lost.real.sum(), rel=1e-7, abs=noise)
    i_base = feeder.i_base_a
    size = abs(near) * i_base[branches.near], abs(far) * i_base[branches.far]
    np.testing.assert_allclose(flow.i_a, size[0], rtol=1e-7, atol=noise)
    loads = size[0] / branches.rating_near_a, size[1] / branches.rating_far_a
    np.testing.assert_allclose(flow.loading, np.fmax(*loads), rtol=1e-7, atol=noise)


def test_lines_without_charging_current_are_in_series(tmp_path):
    feeder = circuit("european_lv", tmp_path)
    kinds = np.array(feeder.branches.kind)
    wiring = Wiring.of(feeder)
    assert set(kinds[wiring.branch[: wiring.first[-1]]]) == {"line"}
    assert n_series(feeder) == np.sum(kinds == "line") == 2715


def test_a_shunt_at_either_end_is_kept_as_rows(grid):
    feeder = grid.radial([0, 1, 1], [0.01 + 0.02j] * 3)
    branches = feeder.branches
    assert n_series(feeder) == 3
    extra = csr_matrix(([0.01j], ([1], [2])), shape=branches.y_far.shape)
    far = replace(feeder, branches=replace(branches, y_far=branches.y_far + extra))
    assert n_series(far) == 2
    wiring = Wiring.of(far)
    assert wiring.branch.tolist() == [0, 2, 1]


def test_an_element_is_in_series_with_all_its_conductors_or_not(tmp_path):
    feeder = circuit("european_lv", tmp_path)
    branches = feeder.branches
    one = int(np.flatnonzero(np.array(branches.kind) == "line")[4])
    nudged = branches.y_far.copy()
    nudged.data[nudged.indptr[one]] *= 1.0 + 1e-9
    other = replace(feeder, branches=replace(branches, y_far=nudged))
    assert n_series(other) == n_series(feeder) - 3


def test_what_changes_stays_rows_that_can_be_written_anew(grid):
    feeder = grid.radial([0, 1, 2], [0.01 + 0.02j] * 3)
    assert n_series(feeder, np.array([1])) == 1
    meter = Meter(feeder, np.array([1]))
    v = np.array([1.0, 0.99, 0.98, 0.97], dtype=complex)
    before = meter.flow(v, Demand.none(feeder), 1, "").p_kw.copy()
    for values in meter.wiring.rows()[:2]:
        values *= 2.0
    after = meter.flow(v, Demand.none(feeder), 1, "").p_kw
    np.testing.assert_allclose(after, before * [2.0, 2.0, 1.0], rtol=1e-12)


def test_the_known_loading_stands_where_one_end_is_unrated(grid):
    feeder = grid.radial([0, 1], [0.01 + 0.02j] * 2)
    unknown = np.array([np.nan, 100.0])
    branches = replace(feeder.branches, rating_near_a=unknown)
    shunted = branches.y_far + csr_matrix(([1e-3j], ([1], [2])), shape=(2, 3))
    for some in (branches, replace(branches, y_far=shunted)):
        flow = FixedPoint(replace(feeder, branches=some)).solve(
            Demand.own(feeder)._replace(fixed_kw=np.array([5.0, 5.0]))
        )
        assert np.isfinite(flow.loading).all()
        assert flow.loading[0] == pytest.approx(flow.i_a[0] / 100.0)
