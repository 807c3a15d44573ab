"""The published curves as they ship, and our two models among them."""

from __future__ import annotations

import numpy as np
import pytest

from tests.accounts.batteries import repeated
from twin.accounts.ageing import follow, fresh, rest
from twin.accounts.chemistries import LFP, NMC
from twin.accounts.published import published
from twin.accounts.stress import Stress

OURS = {"Nmc111_Gr_Kokam75Ah_Battery": NMC, "Lfp_Gr_250AhPrismatic": LFP}


def test_six_chemistries_nine_cases_ten_years() -> None:
    curves = published()
    assert curves.capacity.shape == (6, 9, 11)
    assert (curves.capacity[:, :, 0] == 1).all()
    assert (np.diff(curves.capacity, axis=2) < 0).all()
    assert set(OURS) < set(curves.chemistries)


@pytest.mark.parametrize("model", OURS)
def test_our_models_are_two_of_them(model: str) -> None:
    curves = published()
    mine = curves.chemistries.index(model)
    for case, (soc, degc, depth) in enumerate(curves.conditions):
        if depth == 0:
            fade = repeated(OURS[model], rest(np.array([soc]), degc), 3650)
            left = curves.capacity[mine, case, 10]
            assert fade.capacity[0] == pytest.approx(left, abs=1e-4)


def test_the_nearest_case_is_the_least_different() -> None:
    curves = published()
    asked = np.array(
        [[0.52, 12, 0.02], [0.88, 38, 0.0], [0.7, 22, 0.22], [0.5, 24, 0.7]]
    )
    found = [curves.cases[n] for n in curves.nearest(*asked.T)]
    assert found == [
        "calendar_soc50_T10", "calendar_soc90_T40", "daily_dod20_hi80_T25",
        "daily_dod60_hi80_T25",
    ]  # fmt: skip


def test_the_range_is_that_of_a_year_at_an_age_in_proportion() -> None:
    """Rest at 0.5 and 25 degC, fourth year: NMC of 75 Ah 0.99217 - 0.99076 the least,
    the LMO cell 0.90016 - 0.88595 less than NMC 811's 0.91612 - 0.89887."""
    curves = published()
    case = np.array([curves.cases.index("calendar_soc50_T25")])
    low, high = curves.range(case, 3.0, 36.5)
    assert low[0] == pytest.approx(0.1 * (0.99217 - 0.99076))
    assert high[0] == pytest.approx(0.1 * (0.91612 - 0.89887))


@pytest.mark.parametrize("model", OURS)
def test_a_weekly_filling_is_no_daily_cycle_as_deep(model) -> None:
    """0.8 to 0.4 in six days, filled on the seventh: rainflow's one cycle is 0.4 deep.
    The case by the days' mean depth is nearer to the fourth year's loss."""
    course = np.interp(np.arange(169.0), [0, 144, 147, 168], [0.8, 0.4, 0.8, 0.8])
    week = [Stress(course[n : n + 25, None], np.full((25, 1), 25.0), 1.0)
            for n in range(0, 168, 24)]  # fmt: skip
    fade = fresh(1)
    rates = [OURS[model].rates(day) for day in week]
    left = []
    for _ in range(209):
        fade = follow(OURS[model], fade, rates)
        left.append(fade.capacity[0])
    lost = left[156] - left[208]
    curves = published()
    depths = np.array([np.mean([day.depth[0] for day in week]), 0.4])
    soc = np.full(2, np.mean([day.mean_soc[0] for day in week]))
    case = curves.nearest(soc, np.full(2, 25.0), depths)
    mine = curves.capacity[curves.chemistries.index(model)]
    by_day, by_cycle = np.abs(mine[case, 3] - mine[case, 4] - lost)
    assert by_day < by_cycle


def test_beyond_ten_years_the_last_year_is_taken() -> None:
    curves = published()
    late, last = (curves.range(np.arange(9), age, 365) for age in (25.0, 9.0))
    assert (late[0] == last[0]).all() and (late[1] == last[1]).all()
