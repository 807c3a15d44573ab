"""Water levels against brute force, and budgets that are kept."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import LinearConstraint, minimize

from twin.agents.allocation import (
    charging_levels_kw,
    in_order,
    level_with_deadlines_kw,
    paths,
    share_out_kw,
    through,
    water_level_kw,
)

KW = st.floats(-20.0, 50.0)


@given(st.lists(KW, min_size=1, max_size=24), st.floats(0.01, 200.0))
def test_a_level_fills_exactly_the_energy(base: list[float], energy_kwh: float) -> None:
    base_kw = np.array(base)
    level_kw = water_level_kw(base_kw, energy_kwh, 0.25)
    filled_kwh = np.maximum(0.0, level_kw - base_kw).sum() * 0.25
    assert filled_kwh == pytest.approx(energy_kwh, rel=1e-9)
    assert level_kw > base_kw.min()


def test_no_energy_is_the_bottom_of_the_valley() -> None:
    assert water_level_kw(np.array([3.0, 1.0, 2.0]), 0.0, 1.0) == 1.0


def test_a_level_with_one_deadline_at_the_end_is_the_water_level() -> None:
    base_kw = np.array([5.0, 1.0, 4.0, 2.0])
    due_kwh = np.array([0.0, 0.0, 0.0, 3.0])
    level_kw = level_with_deadlines_kw(base_kw, due_kwh, 0.5, 1)
    assert level_kw == water_level_kw(base_kw, 3.0, 0.5)


def test_an_early_deadline_lifts_the_level_by_hand() -> None:
    """2 kWh due in the first hour on 1 kW: 3 kW; 6 kWh over all on 1, 1, 1: 3 kW."""
    base_kw = np.ones(3)
    early = level_with_deadlines_kw(base_kw, np.array([2.0, 0.0, 0.0]), 1.0, 1)
    both = level_with_deadlines_kw(base_kw, np.array([2.0, 0.0, 1.0]), 1.0, 1)
    late = level_with_deadlines_kw(base_kw, np.array([2.0, 0.0, 7.0]), 1.0, 1)
    assert (early, both, late) == (3.0, 3.0, 4.0)


def test_deadlines_within_a_block_count_at_its_end() -> None:
    base_kw, due_kwh = np.ones(4), np.array([2.0, 0.0, 0.0, 2.0])
    assert level_with_deadlines_kw(base_kw, due_kwh, 1.0, 1) == 3.0
    assert level_with_deadlines_kw(base_kw, due_kwh, 1.0, 2) == 2.0


def test_the_last_deadline_counts_wherever_its_block_ends() -> None:
    base_kw = np.ones(3)
    first, last = np.array([2.0, 0.0, 0.0]), np.array([0.0, 0.0, 6.0])
    assert level_with_deadlines_kw(base_kw, first, 1.0, 2) == 3.0
    assert level_with_deadlines_kw(base_kw, last, 1.0, 2) == 3.0


def test_little_energy_counts_too() -> None:
    due_kwh = np.array([0.0, 0.0, 0.6])
    level_kw = level_with_deadlines_kw(np.ones(3), due_kwh, 1.0, 1)
    assert level_kw == pytest.approx(1.2)


def test_nothing_due_has_no_level() -> None:
    assert level_with_deadlines_kw(np.ones(3), np.zeros(3), 1.0, 1) == -np.inf


@given(
    st.lists(
        st.tuples(st.floats(0.0, 50.0), st.floats(0.0, 30.0)), min_size=1, max_size=6
    ),
    st.sampled_from((0.25, 1.0)),
)
def test_levels_with_deadlines_are_those_of_the_quadratic_programme(
    hours: list[tuple[float, float]], step_h: float
) -> None:
    """min sum (b + p)^2, p >= 0, sum_{i <= j} p dt >= due by j: its b_0 + p_0."""
    base_kw, due_kwh = (np.array(column) for column in zip(*hours, strict=True))
    if due_kwh.sum() < 1e-3:
        return
    n = len(base_kw)
    due_by_kwh = np.cumsum(due_kwh)
    start = np.full(n, due_by_kwh[-1] / step_h + 1.0)
    best = minimize(
        lambda p: float(((base_kw + p) ** 2).sum()),
        start,
        jac=lambda p: 2.0 * (base_kw + p),
        bounds=[(0.0, None)] * n,
        constraints=[LinearConstraint(np.tril(np.ones((n, n))) * step_h, due_by_kwh)],
        method="SLSQP",
        options={"maxiter": 500, "ftol": 1e-12},
    )
    level_kw = level_with_deadlines_kw(base_kw, due_kwh, step_h, 1)
    charged_kw = max(0.0, level_kw - base_kw[0])
    assert charged_kw == pytest.approx(best.x[0], abs=2e-3)


def heads(n_zone: int) -> np.ndarray:
    """Zones that nothing supplies."""
    return paths(np.full(n_zone, -1))


def levels(
    ahead_kw: list[list[float]],
    zone: list[int],
    missing_kwh: list[float],
    deadline: list[int],
    urgent: list[bool] | bool = False,
    step_h: float = 1.0,
) -> np.ndarray:
    """Levels of cars that charge with 4 kW."""
    n_ev = len(zone)
    return charging_levels_kw(
        np.array(ahead_kw),
        heads(len(ahead_kw[0])),
        np.array(zone),
        np.array(missing_kwh),
        np.array(deadline),
        np.full(n_ev, 4.0),
        np.array(np.broadcast_to(urgent, n_ev)),
        step_h,
        1,
    )


def test_each_zone_has_a_level_of_its_own() -> None:
    ahead_kw = [[1.0, 10.0, 5.0], [1.0, 20.0, 5.0]]
    found = levels(ahead_kw, [0, 1, 1, 0], [1.0, 4.0, 8.0, 3.0], [1, 0, 1, 1])
    np.testing.assert_allclose(found, [3.0, 21.0, -np.inf])


def test_a_deadline_beyond_the_forecast_is_its_end() -> None:
    np.testing.assert_allclose(levels([[1.0], [2.0]], [0], [3.0], [99]), [3.0])


def test_an_urgent_car_raises_nobodys_level() -> None:
    """It takes 4 kW for two hours of its 6 kWh; the other has 12 kWh for four."""
    ahead_kw = [[1.0], [1.0], [1.0], [1.0]]
    found = levels(ahead_kw, [0, 0], [6.0, 12.0], [3, 3], [True, False])
    np.testing.assert_allclose(found, [(1 + 1 + 5 + 5 + 12) / 4])
    assert (ahead_kw[0][0], found[0]) == (1.0, 6.0)


def test_an_urgent_car_is_there_until_it_leaves() -> None:
    ahead_kw = [[1.0], [1.0], [1.0], [1.0]]
    found = levels(ahead_kw, [0, 0], [90.0, 2.0], [1, 3], [True, False])
    np.testing.assert_allclose(found, [2.0])


def test_urgent_cars_alone_have_no_level() -> None:
    assert levels([[1.0], [1.0]], [0], [3.0], [1], True)[0] == -np.inf


def test_a_full_car_is_not_urgent() -> None:
    found = levels([[1.0], [1.0]], [0, 0], [0.0, 2.0], [1, 1], [True, False])
    np.testing.assert_allclose(found, [2.0])


def test_a_budget_goes_to_the_first_in_order() -> None:
    budget_kw = np.array([10.0, 4.0])
    shared = share_out_kw(
        budget_kw,
        heads(len(budget_kw)),
        zone=np.array([0, 0, 0, 1]),
        order=np.array([2, 0, 1, 3]),
        most_kw=np.array([4.0, 4.0, 7.0, 9.0]),
        least_kw=np.array([1.0, 1.0, 1.0, 1.0]),
    )
    np.testing.assert_allclose(shared, [3.0, 0.0, 7.0, 4.0])
    np.testing.assert_allclose(budget_kw, [0.0, 0.0])


def test_a_rest_below_a_chargers_minimum_goes_to_the_next() -> None:
    budget_kw = np.array([5.0])
    shared = share_out_kw(
        budget_kw,
        heads(len(budget_kw)),
        zone=np.zeros(3, dtype=np.int64),
        order=np.arange(3),
        most_kw=np.array([4.0, 4.0, 4.0]),
        least_kw=np.array([1.0, 2.0, 1.0]),
    )
    np.testing.assert_allclose(shared, [4.0, 0.0, 1.0])


def test_a_car_outside_the_order_gets_nothing() -> None:
    shared = share_out_kw(
        np.array([5.0]),
        heads(1),
        np.zeros(2, dtype=np.int64),
        np.array([1]),
        *np.ones((2, 2)),
    )
    np.testing.assert_allclose(shared, [0.0, 1.0])


def test_a_charger_without_minimum_is_not_given_nothing() -> None:
    shared = share_out_kw(
        np.array([-1.0]), heads(1), np.zeros(1, dtype=np.int64), np.array([0]),
        np.array([3.0]), np.array([0.0]),
    )  # fmt: skip
    assert shared[0] == 0.0


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.floats(0.0, 11.0), st.floats(0.0, 2.0)),
        min_size=1,
        max_size=20,
    ),
    st.lists(st.floats(-5.0, 40.0), min_size=3, max_size=3),
)
def test_budgets_are_never_exceeded(
    cars: list[tuple[int, float, float]], budgets: list[float]
) -> None:
    zone, most_kw, least_kw = (np.array(column) for column in zip(*cars, strict=True))
    budget_kw = np.array(budgets)
    order = np.random.default_rng(1).permutation(len(zone))
    shared = share_out_kw(budget_kw.copy(), heads(3), zone, order, most_kw, least_kw)
    used = np.bincount(zone, shared, 3)
    assert (used <= np.maximum(budget_kw, 0.0) + 1e-9).all()
    assert (shared <= most_kw).all()
    assert ((shared == 0.0) | (shared >= least_kw)).all()


CHAIN = paths(np.array([2, 2, 3, -1]))


def test_paths_go_from_a_zone_to_its_head() -> None:
    """0 and 1 below 2, 2 below 3."""
    found = CHAIN.tolist()
    assert found[0] == [0, 2, 3, -1] and found[1] == [1, 2, 3, -1]
    assert found[2] == [2, 3, -1, -1] and found[3] == [3, -1, -1, -1]


def test_what_passes_a_zone_is_its_own_and_all_below() -> None:
    own_kw = np.array([[1.0, 2.0, 4.0, 8.0], [0.0, -1.0, 0.0, 0.0]])
    passing = [[1.0, 2.0, 7.0, 15.0], [0.0, -1.0, -1.0, -1.0]]
    np.testing.assert_array_equal(through(CHAIN, own_kw), passing)
    np.testing.assert_array_equal(through(CHAIN, own_kw[0]), passing[0])


def test_every_zone_above_a_car_gives_of_its_budget() -> None:
    budget_kw = np.array([9.0, 9.0, 12.0, 10.0])
    shared = share_out_kw(
        budget_kw,
        CHAIN,
        zone=np.array([0, 1, 1]),
        order=np.array([1, 0, 2]),
        most_kw=np.full(3, 7.0),
        least_kw=np.full(3, 1.0),
    )
    np.testing.assert_allclose(shared, [3.0, 7.0, 0.0])
    np.testing.assert_allclose(budget_kw, [6.0, 2.0, 2.0, 0.0])


def test_energy_is_due_at_every_zone_above() -> None:
    ahead_kw = np.array([[1.0, 1.0, 2.0, 2.0], [1.0, 1.0, 2.0, 2.0]])
    found = charging_levels_kw(
        ahead_kw,
        CHAIN,
        np.array([0, 1]),
        np.array([2.0, 4.0]),
        np.array([1, 1]),
        np.full(2, 4.0),
        np.zeros(2, dtype=np.bool_),
        1.0,
        1,
    )
    np.testing.assert_allclose(found, [2.0, 3.0, 5.0, 5.0])


def test_cars_stand_in_order_of_merit() -> None:
    merit = np.array([3.0, 1.0, 2.0, 1.0, -9.0])
    cars = np.array([True, True, True, True, False])
    assert in_order(merit, cars).tolist() == [1, 3, 2, 0]
    assert in_order(-merit, cars).tolist() == [0, 2, 1, 3]
