"""Who loads a transformer: sums by hand, what remains, how long a car could wait."""

import numpy as np
import polars as pl
import pytest

from dashboards.loading.blame import (
    Members,
    Split,
    cars_at,
    customers_at,
    downstream,
    members_of,
    movable,
    split_of,
    why,
)
from dashboards.loading.courses import Course
from dashboards.loading.loadings import Element, line, transformer
from tests.analysis.conftest import interrupted  # noqa: F401
from tests.worlds import scenario
from twin.analysis.case import Case
from twin.results.record import Run
from twin.simulation.run import run


@pytest.fixture
def case(make_run):
    return Case(make_run())


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """Two real days of a village with cars that give and roofs that produce."""
    said = scenario(
        policy__name="v2g_price",
        tariff__name="sdge_ev_tou_5",
        tariff__export_price_usd_per_kwh=0.9,
        customers__pv_share=0.5,
        fleet__ev_share=1.0,
        fleet__bidirectional_share=1.0,
        fleet__export_permit=True,
    )
    return Case(Run.open(run(said, tmp_path_factory.mktemp("results"))))


def _split(**kw):
    given = {"base": 0.0, "pv": 0.0, "charge": 0.0, "discharge": 0.0, "measured": 0.0}
    given = {name: np.array([kw.get(name, given[name])]) for name in given}
    charging, giving = (np.array([kw.get(x, 0)]) for x in ("charging", "giving"))
    return Split(
        given["base"],
        given["pv"],
        given["charge"],
        given["discharge"],
        charging,
        giving,
        given["measured"],
    )


def _members(customers=3, evs=2):
    return Members(np.arange(customers), np.arange(evs))


def test_behind_a_transformer_are_those_it_feeds(case):
    members = members_of(case, transformer(case, 0))
    assert members.customers.tolist() == [0, 1] and members.evs.tolist() == [0, 1]


def test_behind_a_line_is_whoever_is_downstream(case):
    """L2 leads to home B only, where car 0 lives."""
    members = members_of(case, line(case, 2))
    assert members.customers.tolist() == [1] and members.evs.tolist() == [0]
    assert downstream(case, np.array([1])).tolist() == [False, False, True, True]


def test_a_transformer_above_others_has_all_that_is_downstream(case):
    case.__dict__["customers"] = case.customers.with_columns(
        transformer=pl.lit(None, pl.Int32)
    )
    assert members_of(case, transformer(case, 0)).customers.tolist() == [0, 1]


def test_in_a_mesh_nobody_is_behind_one_line_alone(case):
    twin_of_l2 = case.branches[2].with_columns(
        branch=pl.lit(3, pl.Int32), from_node=pl.lit(0, pl.Int32)
    )
    case.__dict__["branches"] = pl.concat([case.branches, twin_of_l2])
    one_way = Element("line", 2, "L2", np.array([2]), 50.0, np.nan)
    assert members_of(case, one_way) is None
    assert members_of(case, transformer(case, 0)) is not None
    assert downstream(case, np.array([2, 3])) is not None


def test_who_lives_where_is_not_known_before_the_end(interrupted):  # noqa: F811
    case = Case(interrupted)
    assert members_of(case, transformer(case, 0)) is None


def test_without_customers_intervals_there_is_no_split(case):
    element = transformer(case, 0)
    members = members_of(case, element)
    assert split_of(case, Course.of(case, element), members, 0, 8) is None
    assert customers_at(case, members, 0, 10.0) == []


def test_causes_are_the_sums_of_the_tables(lived):
    """Summed in a loop from the files, as nobody else would."""
    element = transformer(lived, 0)
    members = members_of(lived, element)
    course = Course.of(lived, element)
    split = split_of(lived, course, members, 40, 140)
    homes = lived.run.static("customer_steps")
    cars = lived.run.static("ev_steps")
    for step in (40, 77, 139):
        served, pv = homes["served_kw"][step], homes["pv_kw"][step]
        kw = [cars["kw"][step][ev] for ev in members.evs.tolist()]
        row = step - 40
        assert split.base_kw[row] == pytest.approx(
            sum(served[x] for x in members.customers.tolist()), rel=1e-6
        )
        assert split.pv_kw[row] == pytest.approx(
            sum(pv[x] for x in members.customers.tolist()), rel=1e-6, abs=1e-9
        )
        assert split.charge_kw[row] == pytest.approx(sum(x for x in kw if x > 0))
        assert split.discharge_kw[row] == pytest.approx(-sum(x for x in kw if x < 0))
        assert split.charging[row] == sum(1 for x in kw if x > 0.01)
        assert split.giving[row] == sum(1 for x in kw if x < -0.01)
    assert split.pv_kw.max() > 0 and split.discharge_kw.max() > 0


def test_what_remains_are_the_losses_of_the_feeder(lived):
    """All that is here hangs on one transformer: what remains are all losses."""
    element = transformer(lived, 0)
    members = members_of(lived, element)
    course = Course.of(lived, element)
    split = split_of(lived, course, members, 0, len(course.time))
    losses = (lived.steps["losses_kw"] + lived.steps["shunts_kw"]).to_numpy()
    assert len(members.customers) == lived.n_customers
    assert split.others_kw == pytest.approx(losses, abs=2e-3)


def test_a_customer_in_an_interval_is_its_meter(lived):
    members = members_of(lived, transformer(lived, 0))
    rows = customers_at(lived, members, 50, 100.0)
    net = lived.run.static("customer_steps")["net_kw"][50]
    kw = lived.run.static("ev_steps")["kw"][50]
    homes = lived.evs["customer"].to_list()
    assert len(rows) == len(members.customers)
    assert rows[0]["net_kw"] == pytest.approx(max(net.to_list()), abs=1e-3)
    for row in rows:
        one = int(row["customer"])
        mine = sum(kw[ev] for ev, home in enumerate(homes) if home == one)
        assert row["net_kw"] == pytest.approx(net[one], abs=1e-3)
        assert row["ev_kw"] == pytest.approx(mine, abs=2e-3)
        assert row["share"] == pytest.approx(row["net_kw"], abs=1e-3)


def test_what_adds_most_comes_first_whichever_way_it_flows(lived):
    members = members_of(lived, transformer(lived, 0))
    noon = 96 + 48
    forth = customers_at(lived, members, noon, 10.0)
    back = customers_at(lived, members, noon, -10.0)
    assert forth[0]["net_kw"] > forth[-1]["net_kw"]
    assert back[0]["net_kw"] < back[-1]["net_kw"]


def test_a_car_at_an_instant_with_its_stay_and_how_long_it_could_wait(case):
    """20:00: car 0 draws 28 kW, is at 50 % of 50 kWh, wants 90 %, leaves at 21:00.

    20 kWh through 11 kW with 10 % lost take 2.02 h, and its hour is over by then.
    """
    members = members_of(case, transformer(case, 0))
    (car, *others) = cars_at(case, members, 2, 50.0)
    assert others == []
    assert (car["name"], car["model"], car["home"]) == (0, "leaf", "home B")
    assert (car["kw"], car["share"], car["soc"]) == (28, 56, 50)
    assert (car["since"], car["leaves"]) == ("2026-01-12 18:00", "2026-01-12 21:00")
    assert car["wait_h"] == pytest.approx(0 - 20 / 9.9, abs=1e-3)
    assert car["gives"]


def test_how_long_a_car_could_wait_whose_stay_is_not_told_nobody_knows(case):
    """At 21:00 no stay of the charging car 0 is told."""
    (car,) = cars_at(case, members_of(case, transformer(case, 0)), 3, 40.0)
    assert car["kw"] == 22
    assert car["since"] == car["leaves"] == "" and car["wait_h"] is None


def test_without_cars_there_are_none(make_run):
    case = Case(make_run(cars=False))
    assert cars_at(case, members_of(case, transformer(case, 0)), 2, 50.0) == []


def test_the_sentence_names_what_takes_then_what_gives():
    split = _split(
        base=140, charge=85, discharge=20, pv=5, measured=204, charging=11, giving=2
    )
    assert why(split, _members(evs=73)) == (
        "Then 204 kW flowed through it: 140 kW base load, 85 kW EV charging (11 of 73 "
        "cars) and 4.0 kW losses and others, less 5.0 kW PV and 20 kW EV discharging "
        "(2 of 73 cars)."
    )


def test_the_sentence_turns_round_when_power_does():
    split = _split(base=10, discharge=60, measured=-49, giving=6)
    assert why(split, _members(evs=9)) == (
        "Then 49 kW flowed back towards the source: 60 kW EV discharging (6 of 9 "
        "cars), less 10 kW base load and 1.0 kW losses and others."
    )


def test_the_sentence_says_that_there_are_no_cars_and_what_is_not_known():
    assert why(_split(base=10, measured=10), _members(evs=0)).endswith(
        "10 kW base load. No cars live behind it."
    )
    unknown = why(_split(base=10, measured=float("nan")), _members())
    assert unknown == (
        "What flowed through it then is not known; behind it were: 10 kW base load."
    )


def test_how_much_could_move_is_said():
    def car(kw, wait_h, gives=False):
        return {"kw": kw, "wait_h": wait_h, "gives": gives}

    assert movable([car(11, 5.0), car(7, 0.2), car(4, None), car(0, 9.0, True)]) == (
        "Of 3 cars charging, 1 could wait an hour or more and still be charged when "
        "they said to leave: 11 kW could move. Plugged in: 4 cars, 1 of which can give "
        "power back."
    )
    assert movable([car(-10, 3.0, True)]) == (
        "10 kW are given by 1 car. Plugged in: 1 car, 1 of which can give power back."
    )
