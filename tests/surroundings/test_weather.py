from datetime import date

import numpy as np
import polars as pl
import pytest

from twin.errors import InputError
from twin.surroundings.weather import SAN_DIEGO_FILE, SOUTH_WEST_FILE, weather
from twin.timeline import Timeline

BERLIN = "Europe/Berlin"
LA = "America/Los_Angeles"


def year_of(region: str, zone: str, seed: int = 1):
    return weather(region, Timeline(date(2026, 1, 1), 365, 60, zone), seed)


def test_san_diego_s_year_keeps_its_sums():
    sky = year_of("US", LA)
    table = pl.read_csv(SAN_DIEGO_FILE)
    light = sum(sky.irradiance_wm2(day).sum() for day in range(365))
    degc = np.mean([sky.temperature_degc(day).mean() for day in range(365)])
    assert light == pytest.approx(table["irradiance_wm2"].sum(), rel=1e-3)
    assert degc == pytest.approx(table["temperature_degc"].mean(), abs=0.01)


def test_hours_of_the_file_in_winter_and_in_summer():
    sky = year_of("US", LA)
    table = pl.read_csv(SAN_DIEGO_FILE)["irradiance_wm2"].to_numpy()
    assert sky.irradiance_wm2(14) == pytest.approx(table[14 * 24 : 15 * 24])
    first = 195 * 24 - 1  # daylight saving: wall-clock midnight is 23 h standard time
    assert sky.irradiance_wm2(195) == pytest.approx(table[first : first + 24])


def test_sunshine_peaks_at_solar_noon_of_the_wall_clock():
    """San Diego's July mornings are foggy: a little after its solar noon of 12.9 h."""
    for region, zone, noon in (("US", LA, 13.1), ("DE", BERLIN, 13.55)):
        sky = weather(region, Timeline(date(2026, 7, 1), 31, 5, zone))
        hours = (np.arange(288) + 0.5) / 12
        light = np.mean([sky.irradiance_wm2(day) for day in range(31)], axis=0)
        assert (light * hours).sum() / light.sum() == pytest.approx(noon, abs=0.25)


def test_german_months_are_those_of_the_table():
    table = pl.read_csv(SOUTH_WEST_FILE)
    light, degc = np.zeros(12), np.zeros(12)
    for seed in range(8):
        sky = year_of("DE", BERLIN, seed)
        months = np.array([sky.timeline.date_of(d).month for d in range(365)]) - 1
        days = np.bincount(months)
        kwh = [sky.irradiance_wm2(d).sum() / 1000 for d in range(365)]
        light += np.bincount(months, kwh) / 8
        means = [sky.temperature_degc(d).mean() for d in range(365)]
        degc += np.bincount(months, means) / days / 8
    assert light == pytest.approx(table["irradiation_kwh_m2"].to_numpy(), rel=0.12)
    assert light.sum() == pytest.approx(1177, rel=0.04)
    assert np.abs(degc - table["temperature_degc"].to_numpy()).max() < 1.5
    assert degc.mean() == pytest.approx(11.1, abs=0.6)


def test_german_days_differ_and_follow_each_other_smoothly():
    sky = year_of("DE", BERLIN)
    degc = np.concatenate([sky.temperature_degc(day) for day in range(80)])
    daily = degc.reshape(80, 24).mean(axis=1)
    assert 2.0 < daily.std() < 5.0
    assert np.abs(np.diff(degc)).max() < 2.0
    assert np.corrcoef(daily[1:], daily[:-1])[0, 1] > 0.5
    day = sky.temperature_degc(40)
    assert 3 <= day.argmin() <= 8 or 13 <= day.argmax() <= 16


def test_pure_function_of_the_date():
    long = year_of("DE", BERLIN, 3)
    short = weather("DE", Timeline(date(2026, 5, 1), 2, 60, BERLIN), 3)
    assert (long.temperature_degc(120) == short.temperature_degc(0)).all()
    assert (long.irradiance_wm2(121) == short.irradiance_wm2(1)).all()
    other = year_of("DE", BERLIN, 4)
    assert not np.allclose(other.irradiance_wm2(121), short.irradiance_wm2(1))


@pytest.mark.parametrize("region", ["US", "DE"])
def test_leap_years_and_clock_changes_have_their_steps(region):
    sky = weather(region, Timeline(date(2024, 2, 28), 400, 15, BERLIN))
    assert len(sky.temperature_degc(1)) == 96  # 29 February
    assert len(sky.irradiance_wm2(32)) == 92  # 31 March
    assert np.isfinite(sky.temperature_degc(307)).all()  # 31 December, day 366


def test_a_leap_year_repeats_one_day_and_keeps_the_others_dates():
    common = weather("US", Timeline(date(2023, 1, 1), 365, 60, LA))
    leap = weather("US", Timeline(date(2024, 1, 1), 366, 60, LA))
    assert (leap.irradiance_wm2(59) == leap.irradiance_wm2(58)).all()
    assert (leap.irradiance_wm2(60) == common.irradiance_wm2(59)).all()  # 1 March
    assert (leap.irradiance_wm2(365) == common.irradiance_wm2(364)).all()


def test_unknown_region_is_told():
    with pytest.raises(InputError, match="no weather for region 'UK'; allowed: US, DE"):
        weather("UK", Timeline(date(2026, 1, 1), 1, 60, "UTC"))
