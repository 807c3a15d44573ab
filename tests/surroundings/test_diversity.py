"""The after-diversity peak of docs/validation.md, drawn again and set beside others."""

from datetime import date

import numpy as np
import pytest

from twin.surroundings.profiles import Homes, draw_annual_kwh, profile
from twin.timeline import Timeline

SIZES = (1, 5, 10, 50, 100, 500)
SEEDS = (1, 2, 3, 4)


def peak_per_home_kw(
    name: str, timeline: Timeline, mean_kwh: float
) -> dict[int, float]:
    """Mean over groups of the highest quarter hour of the week, kW per home."""
    peaks: dict[int, list[float]] = {n: [] for n in SIZES}
    for seed in SEEDS:
        annual = draw_annual_kwh(seed, 500, mean_kwh, 0.5)
        homes = Homes(annual, np.arange(500) // 100, np.ones(500))
        model = profile(name, homes, timeline, seed)
        kw = np.concatenate([model.day_kw(day) for day in range(timeline.days)])
        kw = kw[:, np.random.default_rng(seed).permutation(500)]
        for n in SIZES:
            groups = kw[:, : 500 // n * n].reshape(len(kw), -1, n).mean(axis=2)
            peaks[n].extend(groups.max(axis=0))
    return {n: float(np.mean(values)) for n, values in peaks.items()}


@pytest.fixture(scope="module")
def village() -> dict[int, float]:
    week = Timeline(date(2026, 1, 12), 7, 15, "Europe/Berlin")
    return peak_per_home_kw("eulv_bdew", week, 3500)


@pytest.fixture(scope="module")
def suburb() -> dict[int, float]:
    week = Timeline(date(2026, 7, 13), 7, 15, "America/Los_Angeles")
    return peak_per_home_kw("fontana", week, 7000)


def test_the_documented_winter_week(village):
    documented = {1: 5.0, 5: 2.3, 10: 1.8, 50: 1.1, 100: 0.98, 500: 0.85}
    for n, kw in documented.items():
        assert village[n] == pytest.approx(kw, rel=0.07), n


def test_the_documented_summer_week(suburb):
    documented = {1: 4.4, 5: 2.7, 10: 2.4, 50: 2.0, 100: 1.94, 500: 1.88}
    for n, kw in documented.items():
        assert suburb[n] == pytest.approx(kw, rel=0.07), n


def test_below_the_design_curve_and_near_it_where_it_is_no_longer_about_conductors(
    village,
):
    """DIN 18015-1, annex A, without electric hot water: 15, 55, 110 kVA."""
    design_kva = {1: 15.0, 10: 5.5, 100: 1.1}
    for n, kva in design_kva.items():
        assert village[n] < kva
    assert village[100] > 0.8 * design_kva[100]


def test_large_groups_lie_within_what_london_s_meters_showed(village):
    """Low Carbon London (2014): 0.54 to 1.78 kW per household by class."""
    assert 0.54 < village[500] < village[100] < 1.78


def test_coincidence_falls_as_in_rusck_s_form(village):
    """Between g + (1 - g) n^-1/2 and g + (1 - g) n^-3/4, g from 500 homes."""
    limit = village[500] / village[1]
    for n in (5, 10, 50, 100):
        share = village[n] / village[1]
        assert limit + (1 - limit) * n**-0.75 < share < limit + (1 - limit) * n**-0.5
