"""Cars as sold, who of them gives power where, and chargers."""

from datetime import date

import pytest

from twin.errors import InputError
from twin.fleet.catalogue import (
    chargers,
    charging_kw,
    default_mix,
    gives,
    givings,
    vehicle,
    vehicles,
)

CARS = vehicles()


@pytest.mark.parametrize("car", CARS.values(), ids=CARS)
def test_a_car_is_plausible_and_sourced(car):
    assert 20 < car.capacity_kwh < 210
    assert 2 < car.ac_kw <= 22 and car.ac_phases in (1, 3)
    assert car.ac_phases == 1 or car.market == "EU"
    assert 0.12 < car.consumption_kwh_per_km < 0.30
    assert 150 < car.capacity_kwh / car.consumption_kwh_per_km < 750  # km
    assert car.source and car.consumption_basis
    assert car.confidence in {"V", "M", "A"}
    assert_dated(car.source_date, car.confidence)
    assert car.capacity_basis in {"net", "press", "gross x 0.93"}


@pytest.mark.parametrize(("key", "gift"), givings().items(), ids=map(str, givings()))
def test_who_gives_is_dated_and_says_what_it_needs(key, gift):
    name, region = key
    assert name in CARS and region in {"EU", "US", "JP"}
    assert (gift.discharge_kw > 0) == (gift.mode != "none") == (gift.path is not None)
    assert gift.source and gift.needs and gift.confidence in {"V", "M"}
    assert_dated(gift.source_date, gift.confidence)


def test_published_numbers():
    assert vehicle("nissan_leaf").capacity_kwh == 39
    assert vehicle("tesla_cybertruck").capacity_kwh == 122
    assert vehicle("toyota_bz4x").capacity_kwh == pytest.approx(71.4 * 0.93, abs=0.05)
    assert vehicle("toyota_bz4x").capacity_basis == "gross x 0.93"
    assert vehicle("vw_id4").consumption_kwh_per_km == pytest.approx(77 / 442, abs=1e-4)
    assert vehicle("renault_5").consumption_kwh_per_km == pytest.approx(
        50 / (400 * 0.773), abs=1e-4
    )


def test_the_american_bz4x_gives_nothing_and_the_leaf_needs_its_own_unit():
    assert vehicle("toyota_bz4x").bidirectional == "none"
    assert gives(vehicle("toyota_bz4x"), "US", charger_kw=7.2) == (6.6, True)
    assert gives(vehicle("toyota_bz4x_jp"), "US") == (15, False)
    leaf = vehicle("nissan_leaf")
    assert gives(leaf, "US") == (15, False)
    assert leaf.path == "dc" and "Fermata FE-15" in leaf.needs


def test_feeding_the_home_is_less_than_exporting():
    equinox = vehicle("chevrolet_equinox_ev")
    assert gives(equinox, "US", export=False) == (9.6, False)
    assert gives(equinox, "US", charger_kw=9.6) == (9.6, True)


def test_an_outlet_in_the_car_feeds_no_house():
    assert gives(vehicle("hyundai_ioniq_5"), "US", charger_kw=7.2, export=False) == (
        7.2,
        True,
    )


def test_what_is_documented_in_one_region_is_hypothetical_in_another():
    assert gives(vehicle("renault_5"), "DE") == (11, False)
    assert gives(vehicle("renault_5"), "US") == (11, True)


def test_charger_limits_what_is_given():
    assert gives(vehicle("nissan_leaf_62"), "US", charger_kw=7.2) == (7.2, False)


def test_phases_are_shared_one_by_one():
    id3, leaf = vehicle("vw_id3"), vehicle("nissan_leaf_eu")
    assert charging_kw(id3, 11, 3) == pytest.approx(11)
    assert charging_kw(id3, 22, 3) == pytest.approx(11)
    assert charging_kw(id3, 3.7, 1) == pytest.approx(11 / 3)
    assert charging_kw(leaf, 11, 3) == pytest.approx(11 / 3)
    assert charging_kw(vehicle("renault_megane"), 22, 3) == pytest.approx(22)


@pytest.mark.parametrize("region", ["EU", "DE", "US", "JP"])
def test_shares_sum_to_one_and_name_known_cars(region):
    mix = default_mix(region)
    assert sum(mix.values()) == pytest.approx(1) and set(mix) <= set(CARS)
    market = "EU" if region == "DE" else region
    assert {CARS[name].market for name in mix} == {market}
    assert sum(charger.share for charger in chargers(region)) == pytest.approx(1)


def test_german_chargers_are_three_phase_and_some_american_ones_level_one():
    three = sum(c.share for c in chargers("DE") if c.phases == 3 and c.kw == 11)
    level_one = [c for c in chargers("US") if c.kw < 2]
    assert three > 0.5 and level_one[0].share == 0.16


def test_unknown_names_are_told_with_the_nearest():
    with pytest.raises(InputError, match="did you mean 'nissan_leaf'"):
        vehicle("nisan_leaf")
    with pytest.raises(InputError, match="allowed: EU, US, JP, DE"):
        default_mix("FR")


def assert_dated(text: str, confidence: str) -> None:
    """What is called published says when, by day or by month."""
    if confidence != "V" and not text:
        return
    day = text if text.count("-") == 2 else f"{text}-01"
    assert date(2020, 1, 1) < date.fromisoformat(day) < date(2027, 1, 1)
