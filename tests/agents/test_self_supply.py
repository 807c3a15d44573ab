"""v2h: each car for its own home, by hand."""

from __future__ import annotations

import numpy as np
from numpy.testing import assert_allclose

from tests.agents.views import seen
from twin.agents.self_supply import SelfSupply

V2H = SelfSupply(reserve_soc=0.3)


def test_a_car_gives_what_its_home_drew_and_no_more_than_it_can():
    asked = V2H.decide(seen(4, soc=0.9, home_kw=[2.0, 25.0, -3.0, 0.0]))
    assert_allclose(asked, [-2.0, -10.0, 0.0, 0.0])


def test_at_its_reserve_it_gives_nothing():
    assert (V2H.decide(seen(2, soc=0.3, home_kw=2.0)) >= 0.0).all()


def test_two_cars_at_one_home_share():
    one = seen(2, soc=0.9, home_kw=4.0, customer=np.array([0, 0]))
    assert_allclose(V2H.decide(one), [-2.0, -2.0])


def test_before_a_storm_it_gives_nothing_and_charges_at_once():
    asked = V2H.decide(seen(2, soc=0.6, home_kw=3.0, storm_h=[5.0, np.inf]))
    assert asked[0] == 10.0
    assert asked[1] <= 0.0
