"""Years are told from a year, or from weeks that stand for one; never from July."""

from __future__ import annotations

import numpy as np
import pytest

from tests.accounts.batteries import DRIVE, GIVE, day, repeated
from twin.accounts.ageing import fresh
from twin.accounts.chemistries import LFP, NMC
from twin.accounts.horizon import after_years, is_a_year
from twin.errors import InputError


def rates(chemistry, count, knots=DRIVE, degc=25):
    return [chemistry.rates(day(knots, degc))] * count


def test_ten_years_of_one_year_are_ten_years() -> None:
    for chemistry, knots, left in ((NMC, DRIVE, 0.935331), (LFP, GIVE, 0.918168)):
        fade = after_years(chemistry, fresh(1), rates(chemistry, 365, knots), 10)
        assert fade.capacity[0] == pytest.approx(left, abs=1e-6)


def test_a_week_is_refused() -> None:
    with pytest.raises(InputError) as told:
        after_years(NMC, fresh(1), rates(NMC, 7), 10)
    assert str(told.value) == (
        "weights: 7 days tell nothing of years: a year is needed, or weights that say "
        "how many days of a year each recorded day stands for"
    )


def test_weeks_of_every_season_may_stand_for_a_year() -> None:
    weeks = [
        *rates(NMC, 7, DRIVE, 5), *rates(NMC, 7, DRIVE, 15),
        *rates(NMC, 7, DRIVE, 30), *rates(NMC, 7, DRIVE, 15),
    ]  # fmt: skip
    fade = after_years(NMC, fresh(1), weeks, 10, weights=[365 / 28] * 28)
    july, winter = (repeated(NMC, day(DRIVE, degc), 3650) for degc in (30, 5))
    assert july.capacity[0] < fade.capacity[0] < winter.capacity[0]


def test_even_weeks_with_weights_are_the_year() -> None:
    """But that cycles count by the capacity left at a chunk's start: 3e-6."""
    fade = after_years(NMC, fresh(1), rates(NMC, 7), 10, weights=[365 / 7] * 7)
    assert fade.capacity[0] == pytest.approx(0.935331, abs=1e-5)


@pytest.mark.parametrize(
    "weights, said",
    [
        ([52.0] * 6, "6 weights for 7 recorded days"),
        ([1.0] * 7, "weights add up to 7 days, the lowest is 1; needed: none below 0, "
         "and 365 days"),
        ([-1.0, 366.0, 0, 0, 0, 0, 0], "weights add up to 365 days, the lowest is -1; "
         "needed: none below 0, and 365 days"),
    ],
)  # fmt: skip
def test_weights_must_be_a_year(weights, said) -> None:
    with pytest.raises(InputError) as told:
        after_years(NMC, fresh(1), rates(NMC, 7), 10, weights)
    assert str(told.value) == f"weights: {said}"


def test_of_more_than_a_year_the_first_is_taken() -> None:
    longer = rates(NMC, 365) + rates(NMC, 100, GIVE, 40)
    year, more = (after_years(NMC, fresh(1), d, 2) for d in (longer[:365], longer))
    assert year.capacity == more.capacity


def test_what_a_year_is() -> None:
    assert [is_a_year(days) for days in (7, 363, 364, 365, 3650)] == [
        False, False, True, True, True,
    ]  # fmt: skip


def test_cars_side_by_side_are_each_on_its_own() -> None:
    both = LFP.rates(day(DRIVE, 20, n_ev=3))
    fade = after_years(LFP, fresh(3), [both] * 365, 1)
    assert np.ptp(fade.capacity) == 0
