from datetime import date, timedelta

import numpy as np
import pytest

from twin.accounts.baselines import (
    DayLoad,
    baseline_kw,
    event_pay_usd,
    reduction_kwh,
    similar_days,
)
from twin.surroundings.programmes import Similar, programme

EVENT = date(2026, 8, 13)  # a Thursday
RULE = Similar(of=10, best=10, least=5)


def load(called, before):
    return DayLoad(np.array(called, float)[:, None], np.array(before, float)[:, None])


def kind(day):
    return "weekend" if day.weekday() >= 5 else "weekday"


def test_similar_days_are_earlier_alike_and_without_events():
    known = [EVENT + timedelta(days=d) for d in range(-30, 10)]
    called = frozenset({EVENT, date(2026, 8, 11)})
    days = similar_days(EVENT, known, called, kind, RULE)
    assert len(days) == 10 and max(days) == date(2026, 8, 12)
    assert min(days) == date(2026, 7, 29)
    assert date(2026, 8, 11) not in days and all(d.weekday() < 5 for d in days)
    assert similar_days(known[0], known, called, kind, RULE) == []


def test_what_comes_after_an_event_changes_nothing():
    known = [EVENT + timedelta(days=d) for d in range(-30, 1)]
    later = [EVENT + timedelta(days=d) for d in range(1, 30)]
    called = frozenset({EVENT})
    before = similar_days(EVENT, known, called, kind, RULE)
    assert similar_days(EVENT, known + later, called, kind, RULE) == before


def test_baseline_by_hand():
    """Days of 2 and 4 kW in the event, 1 kW before it; today 1.2 kW before it."""
    earlier = [load([2, 2], [1, 1]), load([4, 4], [1, 1])]
    found = baseline_kw(earlier, load([0, 3], [1.2, 1.2]), best=2, limit=0.4)
    assert found[:, 0] == pytest.approx([3.6, 3.6])
    assert reduction_kwh(found, np.array([[0.0], [3.0]]), 0.5)[0] == pytest.approx(2.1)


@pytest.mark.parametrize("before, factor", [(9.0, 1.4), (0.1, 0.6), (1.0, 1.0)])
def test_the_adjustment_is_limited(before, factor):
    earlier = [load([2], [1])] * 5
    found = baseline_kw(earlier, load([0], [before]), best=5, limit=0.4)
    assert found[0, 0] == pytest.approx(2 * factor)


def test_the_best_days_are_those_of_highest_use():
    earlier = [load([x], [1]) for x in (1, 5, 3, 2)]
    found = baseline_kw(earlier, load([0], [1]), best=2, limit=0.4)
    assert found[0, 0] == pytest.approx(4.0)


def test_a_baseline_below_zero_is_not_adjusted():
    earlier = [load([-2], [1])] * 5
    found = baseline_kw(earlier, load([-3], [5]), best=5, limit=0.4)
    assert found[0, 0] == pytest.approx(-2.0)
    earlier = [load([2], [0])] * 5
    found = baseline_kw(earlier, load([0], [5]), best=5, limit=0.4)
    assert found[0, 0] == pytest.approx(2.0)


def test_elrp_pays_two_dollars_a_kwh_and_giving_counts():
    elrp = programme("elrp")
    earlier = [load([2] * 5, [1] * 3)] * 10
    pay = event_pay_usd(elrp, "weekday", earlier, load([-1] * 5, [1] * 3))
    assert pay is not None and pay[0] == pytest.approx(5 * 3 * 2.0)
    more = event_pay_usd(elrp, "weekday", earlier, load([9] * 5, [1] * 3))
    assert more is not None and more[0] == 0.0
    assert event_pay_usd(elrp, "weekday", earlier[:4], earlier[0]) is None
    assert event_pay_usd(elrp, "weekend", earlier[:2], earlier[0]) is not None
