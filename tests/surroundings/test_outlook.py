"""Forecasts of base load: rings by hand, errors by key, nothing of the future."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from twin.surroundings.outlook import (
    CORRECTION_DECAY_H,
    DAYS,
    SURPRISE_MEMORY_H,
    Outlook,
)

N = 96


def outlook(kind: str = "persistence", mean: Any = 10.0, **said: Any) -> Outlook:
    words: dict[str, Any] = {
        "step_h": 0.25,
        "actual": lambda k: np.array([float(k), 2.0 * k]),
        "error_share": 0.1,
        "seed": 1,
        "ordinal": lambda k: 739_628 + k * 15 // 1440,
        "head": np.array([0, 1]),
    }
    words |= said
    n_step = round(24 / words["step_h"])
    mean_kw = np.array(np.broadcast_to(mean, (n_step, 2)), dtype=float)
    return Outlook(kind, np.tile(mean_kw, (DAYS, 1)), **words)


def test_before_a_day_of_measurements_it_is_the_mean_day() -> None:
    """A flat day is its own moving mean."""
    assert_allclose(outlook().ahead(0), np.full((N, 2), 10.0))
    assert outlook(step_h=1.0).ahead(0).shape == (24, 2)


def test_the_mean_day_is_turned_to_the_interval_asked_for() -> None:
    hill = np.zeros((N, 2))
    hill[40] = 50.0
    ahead_kw = outlook(mean=hill).ahead(30)
    assert_allclose(ahead_kw.sum(axis=0), [50.0, 50.0])
    assert_allclose(ahead_kw[8:13], 10.0)


def test_it_is_the_mean_of_a_day_and_a_week_before_around_that_time() -> None:
    """Each a mean over an hour and a quarter, five intervals, about the same time."""
    view = outlook()
    week_kw = np.random.default_rng(1).uniform(0.0, 50.0, (7 * N, 2))
    for k in range(7 * N):
        view.learn(k, week_kw[k])
    near = np.arange(-2, 3)
    smooth = np.stack(
        [week_kw[(k + near) % (7 * N)].mean(axis=0) for k in range(7 * N)]
    )
    fading = np.exp(-np.arange(N) * 0.25 / CORRECTION_DECAY_H)[:, None]
    expected = (smooth[6 * N :] + smooth[:N]) / 2.0
    assert_allclose(view.ahead(7 * N), expected + fading * view.surprise_kw, atol=1e-9)


def test_within_the_first_week_the_model_stands_for_the_week_before() -> None:
    view = outlook(mean=10.0)
    for k in range(N):
        view.learn(k, np.array([30.0, 10.0]))
    later = 60
    fading = np.exp(-np.arange(N) * 0.25 / CORRECTION_DECAY_H)[:, None]
    assert_allclose(
        (view.ahead(N) - fading * view.surprise_kw)[later:-2],
        [[20.0, 10.0]] * (N - later - 2),
        atol=0.1,
    )


def test_a_surprise_is_remembered_and_fades() -> None:
    """4 kW more than expected for an hour: 4 (1 - e^-(1/0.5)), then e^-(t/2 h)."""
    view = outlook()
    expected_kw, surprise_kw = 10.0, 0.0
    kept = np.exp(-0.25 / SURPRISE_MEMORY_H)
    for k in range(4):
        off_kw = 14.0 - view._expected_kw(np.array([k]))[0, 0]
        surprise_kw = kept * surprise_kw + (1.0 - kept) * off_kw
        view.learn(k, np.array([14.0, 10.0]))
    assert 0.0 < surprise_kw < 4.0
    assert_allclose(view.surprise_kw, [surprise_kw, 0.0], atol=1e-12)
    ahead_kw = view.ahead(4)
    for later in (8, 20, 60):
        fade = np.exp(-later * 0.25 / CORRECTION_DECAY_H)
        assert ahead_kw[later, 0] == pytest.approx(expected_kw + fade * surprise_kw)
    assert_allclose(ahead_kw[:, 1], expected_kw)


def test_persistence_never_asks_what_will_be() -> None:
    def asked(k: int) -> np.ndarray:
        raise AssertionError("the future")

    view = outlook(actual=asked)
    view.learn(0, np.array([1.0, 2.0]))
    view.ahead(1)


def test_what_was_learnt_of_a_later_week_replaces_the_first() -> None:
    once, twice = outlook(), outlook()
    week = 7 * N
    for k in range(week):
        twice.learn(k, np.array([77.0, 3.0]))
    for view in (once, twice):
        for k in range(2 * week, 3 * week):
            view.learn(k, np.array([20.0, 30.0]))
    assert_array_equal(once.measured_kw, twice.measured_kw)
    later = 60
    for view in (once, twice):
        fading = np.exp(-np.arange(N) * 0.25 / CORRECTION_DECAY_H)[:, None]
        seen_kw = (view.ahead(3 * week) - fading * view.surprise_kw)[later:]
        assert_allclose(seen_kw, [[20.0, 30.0]] * (N - later), atol=1e-9)


def test_a_perfect_outlook_is_what_will_be() -> None:
    ahead_kw = outlook("perfect").ahead(7)
    assert_array_equal(ahead_kw[:, 0], np.arange(7.0, 7.0 + N))
    assert_array_equal(ahead_kw[:, 1], 2.0 * np.arange(7.0, 7.0 + N))


def test_an_error_is_one_factor_a_day_and_zone() -> None:
    one = outlook("day_ahead_error", actual=lambda k: np.array([10.0, 20.0]))
    ahead_kw = one.ahead(N // 2)
    today, tomorrow = ahead_kw[: N // 2], ahead_kw[N // 2 :]
    for day in (today, tomorrow):
        assert_allclose(day, np.broadcast_to(day[0], day.shape))
    factors = [today[0, 0] / 10, today[0, 1] / 20, tomorrow[0, 0] / 10]
    assert len({round(factor, 12) for factor in factors}) == 3


def test_zones_below_one_head_err_together() -> None:
    one = outlook("day_ahead_error", actual=lambda k: np.ones(2), head=np.array([1, 1]))
    assert len(set(one.ahead(0)[0].tolist())) == 1


def test_an_error_does_not_change_as_the_day_comes_nearer() -> None:
    one = outlook("day_ahead_error")
    early, late = one.ahead(10).copy(), one.ahead(30)
    assert_array_equal(early[20:], late[: N - 20])
    again = outlook("day_ahead_error").ahead(30)
    assert_array_equal(late, again)


def test_errors_have_the_stated_spread() -> None:
    zones = 4000
    view = Outlook(
        "day_ahead_error", np.zeros((168, zones)), 1.0, lambda k: np.ones(zones), 0.1,
        1, lambda k: 739_628, np.arange(zones),
    )  # fmt: skip
    ahead_kw = view.ahead(0)[0]
    assert ahead_kw.mean() == pytest.approx(1.0, abs=0.006)
    assert ahead_kw.std() == pytest.approx(0.1, rel=0.05)


def test_an_error_belongs_to_its_date_whenever_the_run_began() -> None:
    one = outlook("day_ahead_error", actual=lambda k: np.ones(2))
    later = outlook(
        "day_ahead_error", actual=lambda k: np.ones(2), ordinal=lambda k: 739_629
    )
    assert_array_equal(one.ahead(N)[0], later.ahead(0)[0])
    assert (one.ahead(0)[0] != later.ahead(0)[0]).all()
