"""Who owns which car at which plug: shares, keys, nesting, permits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from tests.worlds import DORFNETZ, planned, scenario
from twin.fleet.catalogue import vehicles
from twin.simulation.cars import (
    CARS_PER_HOME,
    LEAST_A,
    VOLTS,
    Cars,
    export_limits_kw,
)


def cars(**words: object) -> Cars:
    return planned(scenario(feeder__source=DORFNETZ, **words)).cars


def test_a_share_of_homes_owns_a_car() -> None:
    n_home = planned(scenario(feeder__source=DORFNETZ)).households.n_home
    assert len(cars(fleet__ev_share=0.4)) == round(0.4 * n_home)
    assert len(cars(fleet__ev_share=0.0)) == 0
    owners = cars(fleet__ev_share=1.0).traits["customer"]
    assert_array_equal(np.sort(owners), np.arange(n_home))


def test_more_cars_than_homes_share_them() -> None:
    n_home = planned(scenario(feeder__source=DORFNETZ)).households.n_home
    owners = cars(fleet__ev_count=n_home + 5).traits["customer"]
    per_home = np.bincount(owners)
    assert (per_home.min(), per_home.max()) == (1, 2)


@given(st.integers(0, 80), st.integers(0, 80), st.integers(0, 2**40))
def test_the_cars_of_a_small_fleet_are_among_those_of_a_large_one(
    one: int, other: int, seed: int
) -> None:
    few, many = sorted((one, other))
    small, large = (cars(fleet__ev_count=n, seed=seed) for n in (few, many))
    place = {int(entity): row for row, entity in enumerate(large.traits["entity"])}
    rows = [place[int(entity)] for entity in small.traits["entity"]]
    assert_array_equal(small.traits, large.traits[rows])
    assert small.model == tuple(large.model[row] for row in rows)


def test_a_cars_key_says_its_home() -> None:
    rows = cars(fleet__ev_count=90).traits
    assert_array_equal(rows["entity"] // CARS_PER_HOME, rows["customer"])
    assert len(np.unique(rows["entity"])) == 90


def test_shares_of_models_and_chargers_are_kept() -> None:
    drawn = cars(
        fleet__ev_count=500,
        fleet__models={"vw_id3": 0.25, "renault_5": 0.75},
        fleet__charger_kw={3.7: 0.3, 11.0: 0.7},
    )
    small = np.array(drawn.model) == "vw_id3"
    assert small.mean() == pytest.approx(0.25, abs=0.06)
    assert (drawn.traits["charge_kw"] < 3.7).mean() == pytest.approx(0.3, abs=0.06)
    assert (drawn.traits["charge_kw"] > 10.9).mean() == pytest.approx(0.7, abs=0.06)


def test_a_car_charges_with_what_both_can() -> None:
    drawn = cars(fleet__ev_share=1.0, fleet__charger_kw=22.0)
    known = vehicles()
    for charge_kw, name in zip(drawn.traits["charge_kw"], drawn.model, strict=True):
        assert charge_kw <= min(22.0, known[name].ac_kw) + 1e-9
        assert charge_kw > 0.0
    assert_allclose(
        drawn.traits["capacity_kwh"], [known[name].capacity_kwh for name in drawn.model]
    )


def test_a_chargers_minimum_is_six_amperes_a_phase() -> None:
    least_kw = LEAST_A * VOLTS["DE"] / 1000
    assert least_kw == pytest.approx(1.38)
    single = cars(fleet__ev_share=1.0, fleet__charger_kw=3.7).traits
    assert_allclose(single["min_kw"], least_kw)
    known = vehicles()
    drawn = cars(fleet__ev_share=1.0, fleet__charger_kw=11.0)
    phases = np.array([min(3, known[name].ac_phases) for name in drawn.model])
    assert_allclose(drawn.traits["min_kw"], least_kw * phases)
    weak = cars(fleet__ev_share=1.0, fleet__charger_kw=1.0).traits
    assert_allclose(weak["min_kw"], 1.0)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_a_share_of_cars_gives_power(share: float) -> None:
    rows = cars(fleet__ev_count=400, fleet__bidirectional_share=share).traits
    assert (rows["give_kw"] > 0.0).mean() == pytest.approx(share, abs=0.08)
    assert (rows["rated_kw"] >= np.maximum(rows["charge_kw"], rows["give_kw"])).all()


def test_what_no_catalogue_knows_is_hypothetical() -> None:
    drawn = cars(fleet__ev_count=200, fleet__bidirectional_share=1.0)
    known = vehicles()
    documented = [known[name].bidirectional == "v2g" for name in drawn.model]
    assert_array_equal(drawn.hypothetical, ~np.array(documented))


def test_notes_say_which_cars_charge_at_less_for_want_of_a_phase() -> None:
    """One phase of three: 11 kW / 3, of a car of 6.6 kW; told with the count."""
    said = {"fleet__ev_count": 5, "fleet__models": {"nissan_leaf_eu": 1.0}}
    drawn = cars(fleet__charger_kw=11, **said)
    assert_allclose(drawn.traits["charge_kw"], 11 / 3)
    ac_kw = vehicles()["nissan_leaf_eu"].ac_kw
    (told,) = [note for note in drawn.notes if note.startswith("chargers:")]
    assert told == (
        "chargers: 5 nissan_leaf_eu at chargers of 11 kW charge at 3.67 kW: the "
        f"charger has 3 phases, the car takes {ac_kw:g} kW on 1, and each phase gives "
        "its part"
    )
    assert not [n for n in cars(fleet__charger_kw=3.6, **said).notes if "phase" in n]


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (
            "nissan_leaf",
            "nothing is documented of giving in EU; documented: V2G in US; of its kind "
            "gives there: nissan_leaf_eu",
        ),
        (
            "hyundai_ioniq_5_eu",
            "in EU it has an outlet only, V2L (DUIC on the first bidirectional Ioniq "
            "5, 2022-05)",
        ),
    ],
)
def test_notes_say_why_a_model_gives_only_hypothetically(model: str, why: str) -> None:
    said = {"fleet__ev_count": 5, "fleet__models": {model: 1.0}}
    drawn = cars(fleet__bidirectional_share=1.0, **said)
    assert f"catalogue: {model} gives hypothetically: {why}" in drawn.notes
    none = cars(fleet__bidirectional_share=0.0, **said)
    assert not [note for note in none.notes if "hypothetically" in note]


def test_giving_ends_at_the_reserve() -> None:
    assert (cars(policy__reserve_soc=0.6).traits["floor_soc"] == 0.6).all()
    assert (cars(policy__reserve_soc=0.0).traits["floor_soc"] == 0.1).all()


def test_drivers_plug_in_always_or_by_habit() -> None:
    assert (cars().traits["plug_in_soc"] > 1.0).all()
    habits = cars(fleet__ev_count=500, fleet__plug_in="when_needed").traits
    assert habits["plug_in_soc"].mean() == pytest.approx(0.6, abs=0.03)
    assert habits["plug_in_soc"].std() == pytest.approx(0.15, abs=0.03)
    assert habits["plug_in_soc"].max() <= 1.0


def test_permits_come_with_the_cars_that_give() -> None:
    words = {"fleet__ev_share": 1.0, "fleet__bidirectional_share": 1.0}
    for permit, said_kw in ((True, None), (False, None), (True, 2.0)):
        said = scenario(
            fleet__export_permit=permit, customers__export_limit_kw=said_kw,
            customers__pv_share=0.5, **words,
        )  # fmt: skip
        run = planned(said)
        limits_kw = export_limits_kw(said, run.households, run.cars)
        rows = run.cars.traits
        given = np.zeros(len(run.households))
        np.add.at(given, rows["customer"], rows["give_kw"])
        expected = run.households.pv_kwp + permit * given
        assert_allclose(limits_kw, expected if said_kw is None else 2.0)
