"""Who can take part: every stage by hand, nested in its share, and refused by name."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.worlds import DORFNETZ, planned, scenario
from twin.errors import InputError
from twin.fleet.catalogue import vehicles
from twin.fleet.participation import Brand, brand_fits, stages
from twin.scenario.notes import notes
from twin.simulation.cars import Cars
from twin.simulation.participants import STAGES, Participants

FULL = {
    "carmaker_share": 1.0,
    "vehicle_share": 1.0,
    "charger_share": 1.0,
    "matched_share": 1.0,
    "permit_share": 1.0,
    "enrolled_share": 1.0,
}
SHARES = st.sampled_from((0.0, 0.2, 0.5, 0.8, 1.0))


@cache
def _drawn(words: tuple[tuple[str, Any], ...], seed: int, n_ev: int) -> Cars:
    said = scenario(
        feeder__source=DORFNETZ,
        fleet__ev_count=n_ev,
        participation=dict(words),
        seed=seed,
    )
    return planned(said).cars


def drawn(seed: int = 1, n_ev: int = 300, **words: Any) -> Cars:
    return _drawn(tuple(sorted((FULL | words).items())), seed, n_ev)


def of(cars: Cars) -> Participants:
    assert cars.participants is not None
    return cars.participants


def test_where_every_stage_is_open_every_car_gives_what_it_could():
    cars = drawn()
    assert of(cars).takes_part.all()
    assert (cars.traits["give_kw"] == cars.could_kw).all()
    assert (cars.could_kw > 0.0).all()
    assert set(of(cars).stopped_at) == {""}


@pytest.mark.parametrize(
    ("key", "stage"),
    [(f"{stage}_share", stage) for stage in STAGES],
)
def test_a_closed_stage_stops_every_car_there(key: str, stage: str):
    cars = drawn(**{key: 0.0})
    assert not cars.traits["give_kw"].any()
    assert set(of(cars).stopped_at) == {stage}


@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(st.sampled_from(sorted(FULL)), SHARES),
    st.sampled_from(sorted(FULL)),
    SHARES,
    st.sampled_from(("fragmented", "unified")),
    st.integers(0, 3),
)
def test_raising_a_share_only_ever_adds_cars(words, key, more, standard, seed):
    low = words | {"standard": standard}
    high = low | {key: max(more, (FULL | low)[key])}
    few = of(drawn(seed, 120, **low)).takes_part
    many = of(drawn(seed, 120, **high)).takes_part
    assert not (few & ~many).any()


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 5), SHARES, SHARES)
def test_a_unified_standard_only_ever_adds_cars(seed, matched, charger):
    words = {"matched_share": matched, "charger_share": charger}
    few = of(drawn(seed, 120, standard="fragmented", **words)).takes_part
    many = of(drawn(seed, 120, standard="unified", **words)).takes_part
    assert not (few & ~many).any()


def test_shares_are_met_over_many_cars():
    cars = of(drawn(n_ev=900, enrolled_share=0.3, vehicle_share=0.6))
    passed = dict(zip(STAGES, cars.passes.mean(axis=1), strict=True))
    assert passed["enrolled"] == pytest.approx(0.3, abs=0.05)
    assert passed["vehicle"] == pytest.approx(0.6, abs=0.05)
    assert cars.takes_part.mean() == pytest.approx(0.18, abs=0.04)


def test_a_brand_works_with_its_own_cars_only():
    brands = (Brand("a", ("Ford",), 1.0), Brand("b", ("Kia", "Nissan"), 3.0))
    makes = ["Ford", "Ford", "Kia", "Nissan", "Tesla"]
    fits = brand_fits(brands, np.array([0.24, 0.26, 0.26, 0.99, 0.5]), makes)
    assert fits.tolist() == [True, False, True, True, False]


def test_of_an_unmatched_fragmented_world_only_the_lucky_brand_is_left():
    cars = drawn(matched_share=0.0, standard="fragmented")
    fits = of(cars).passes[STAGES.index("charger")]
    named = {make for brand in stages("DE").brands for make in brand.makes}
    makes = np.array(of(cars).make)
    assert not fits[~np.isin(makes, sorted(named))].any()
    volkswagen = makes == "Volkswagen"
    assert fits[volkswagen].mean() == pytest.approx(0.4, abs=0.15)


def test_vehicles_are_those_of_the_catalogue_unless_a_share_is_said():
    words = {key: value for key, value in FULL.items() if key != "vehicle_share"}
    said = scenario(feeder__source=DORFNETZ, fleet__ev_count=300, participation=words)
    cars = planned(said).cars
    known = vehicles()
    able = np.array([known[name].bidirectional == "v2g" for name in cars.model])
    assert (of(cars).takes_part == able).all()
    assert able.any() and not cars.hypothetical.any()
    assert drawn().hypothetical.sum() == (~able).sum()


def test_today_next_to_nobody_takes_part():
    said = scenario(feeder__source=DORFNETZ, fleet__ev_count=300, participation={})
    assert planned(said).cars.traits["give_kw"].astype(bool).sum() <= 2


def test_makes_said_replace_the_data():
    words = {key: value for key, value in FULL.items() if key != "carmaker_share"}
    cars = planned(
        scenario(
            feeder__source=DORFNETZ,
            fleet__ev_count=200,
            participation=words | {"carmakers": {"Tesla": 1.0, "Volkswagen": 0.0}},
        )
    ).cars
    committed = of(cars).passes[0]
    makes = np.array(of(cars).make)
    assert committed[makes == "Tesla"].all() and not committed[makes == "Fiat"].any()
    assert not committed[makes == "Volkswagen"].any()
    assert committed[makes == "Renault"].all()


def test_an_unknown_make_is_refused_with_the_nearest():
    said = scenario(participation={"carmakers": {"Tesler": 1.0}})
    with pytest.raises(InputError, match=r"no make 'Tesler'.*did you mean 'Tesla'"):
        planned(said)


@pytest.mark.parametrize("region", ["US", "DE"])
def test_every_share_is_dated_sourced_and_marked(region: str):
    data = stages(region)
    rows = [*data.carmakers.values(), data.charger, data.matched, data.permit]
    for row in [*rows, data.enrolled, data.brands_known]:
        assert 0.0 <= row.share <= 1.0 and row.source
        assert row.mark in {"published", "reported", "recalled", "assumed"}
        assert row.mark != "reported" or row.source_date
    makes = {car.make for car in vehicles().values()}
    assert set(data.carmakers) - {"others"} <= makes
    assert {make for brand in data.brands for make in brand.makes} <= makes
    assert sum(brand.share for brand in data.brands) == pytest.approx(1.0)


def test_what_is_assumed_is_said_in_the_notes():
    told = planned(scenario(participation={"permit_share": 0.9})).notes
    lines = [line for line in told if line.startswith("participation:")]
    assert "participation: permit, share 0.9, assumed in the scenario" in lines
    assert any("enrolled, share 0.3, assumed: no offer" in line for line in lines)


def test_two_words_for_one_thing_are_told():
    told = notes(scenario(participation={}, fleet__bidirectional_share=0.5))
    assert any("participation says which cars can give" in line for line in told)
    assert "participation" not in scenario().resolved()
