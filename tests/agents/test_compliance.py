"""Who follows what is asked: shares, nesting, and links that fail and come back."""

from __future__ import annotations

import numpy as np
import pytest

from tests.agents.views import seen
from twin.agents.compliance import Compliance, Response, followed_kw

CARS = np.arange(4_000)
DAY = 739_628


def compliance(**said: float) -> Compliance:
    words = {
        "non_response_share": 0.0,
        "opt_out_share": 0.0,
        "link_loss_share": 0.0,
        "link_loss_h": 4.0,
    }
    return Compliance(seed=3, **(words | said), first_utc_s=DAY * 86_400 + 7_200)


def test_shares_are_met_over_many_cars():
    found = compliance(non_response_share=0.1, opt_out_share=0.15)
    assert found.opted_out(CARS, DAY).mean() == pytest.approx(0.15, abs=0.015)
    deaf = found.unresponsive(CARS, DAY, 1080)
    assert deaf.mean() == pytest.approx(0.1, abs=0.012)
    assert (found.unresponsive(CARS, DAY, 1095) != deaf).any()


def test_an_opt_out_lasts_the_day_and_no_longer():
    found = compliance(opt_out_share=0.5)
    today, tomorrow = found.opted_out(CARS, DAY), found.opted_out(CARS, DAY + 1)
    assert np.mean(today & tomorrow) == pytest.approx(0.25, abs=0.03)


@pytest.mark.parametrize(("share", "mean_h"), [(0.05, 4.0), (0.3, 2.0), (0.1, 40.0)])
def test_links_are_down_for_their_share_of_the_time(share: float, mean_h: float):
    found = compliance(link_loss_share=share, link_loss_h=mean_h)
    instants = range(0, 10 * 86_400, 11 * 3_600)
    down = np.mean([found.without_link(CARS, at_s).mean() for at_s in instants])
    assert down == pytest.approx(share, rel=0.06)


def test_a_lost_link_stays_lost_as_long_as_the_mean_says():
    """Losses are rare enough not to overlap: an exponential stretch is memoryless."""
    found = compliance(link_loss_share=0.02, link_loss_h=4.0)
    down = found.without_link(np.arange(40_000), 30 * 86_400)
    later = found.without_link(np.arange(40_000), 30 * 86_400 + 4 * 3_600)
    assert (down & later).sum() / down.sum() == pytest.approx(np.exp(-1), abs=0.06)


def test_losses_reach_over_midnight():
    """A second apart, links change for almost nobody, whatever the clock says."""
    found = compliance(link_loss_share=0.2, link_loss_h=6.0)
    midnight_s = 86_400 - 7_200
    before = found.without_link(CARS, midnight_s - 1)
    assert before.any()
    assert (before != found.without_link(CARS, midnight_s + 1)).sum() <= 2


def test_higher_shares_only_add_cars():
    few, many = (compliance(non_response_share=x, opt_out_share=x) for x in (0.1, 0.2))
    assert not (few.opted_out(CARS, DAY) & ~many.opted_out(CARS, DAY)).any()
    now = (CARS, DAY, 600)
    assert not (few.unresponsive(*now) & ~many.unresponsive(*now)).any()


def test_a_car_that_does_not_hear_charges_as_it_pleases():
    look = seen(4, charge_kw=[7.0, 8.0, 9.0, 10.0])
    response = np.array([r.value for r in Response])
    asked_kw = np.array([-5.0, 0.0, -5.0, 2.0])
    assert followed_kw(look, asked_kw, response).tolist() == [-5.0, 0.0, 9.0, 10.0]


def test_no_link_comes_before_no_response_before_opting_out():
    look = seen(4_000)
    all_of_it = compliance(
        non_response_share=0.5, opt_out_share=1.0, link_loss_share=0.5
    ).responses(look)
    shares = [np.mean(all_of_it == r.value) for r in Response]
    assert shares == pytest.approx([0.0, 0.25, 0.25, 0.5], abs=0.03)


def test_nobody_fails_where_nothing_is_said():
    assert not compliance().responses(seen(4_000)).any()
