"""Thinned courses keep what a reader looks for; a zoom names the rows it shows."""

import numpy as np
import pytest

from dashboards.thinning import (
    MOST_POINTS,
    instant,
    range_words,
    rows_between,
    says_x,
    thinned,
    window,
)

QUARTERS = np.datetime64("2026-01-12T00:00", "us") + np.arange(35_040) * np.timedelta64(
    15, "m"
)


def test_a_single_spike_and_dip_of_a_year_survive():
    course = np.sin(np.arange(35_040) / 15)
    course[12_345], course[20_001] = 9.0, -9.0
    time, kept = thinned(QUARTERS, course)
    assert len(kept) <= MOST_POINTS
    assert kept.max() == 9.0 and kept.min() == -9.0
    assert time[kept.argmax()] == QUARTERS[12_345]
    assert (np.diff(time) > np.timedelta64(0)).all()
    assert time[0] == QUARTERS[0] and time[-1] == QUARTERS[-1]


def test_every_stretch_keeps_its_own_extremes():
    course = np.arange(100.0) % 10
    _, kept = thinned(QUARTERS[:100], course, most=22)
    assert sorted(kept.tolist()) == [0.0] * 10 + [9.0] * 10


def test_few_points_stay_as_they_are():
    course = np.arange(float(MOST_POINTS))
    time, kept = thinned(QUARTERS[:MOST_POINTS], course)
    assert np.array_equal(kept, course) and len(time) == MOST_POINTS


def test_a_short_gap_stays_a_gap():
    course = np.ones(10_000)
    course[5_000:5_003] = np.nan
    course[5_001:5_002] = np.nan
    time, kept = thinned(QUARTERS[:10_000], course, most=300)
    missing = time[np.isnan(kept)]
    assert missing.tolist() == [QUARTERS[5_000].item()]
    assert len(kept) <= 300


def test_a_course_of_gaps_only_is_told_and_does_not_warn():
    _, kept = thinned(QUARTERS, np.full(35_040, np.nan), most=100)
    assert np.isnan(kept).all() and 2 <= len(kept) <= 100


def test_columns_share_rows_and_each_keeps_its_peak():
    rng = np.random.default_rng(1)
    both = rng.random((35_040, 3))
    both[7, 0], both[9_000, 1], both[30_000, 2] = 5.0, 6.0, -7.0
    time, kept = thinned(QUARTERS, both)
    assert kept.shape == (len(time), 3) and len(time) <= MOST_POINTS
    assert (kept[:, 0].max(), kept[:, 1].max(), kept[:, 2].min()) == (5.0, 6.0, -7.0)


@pytest.mark.parametrize(
    "said",
    [
        {"xaxis.range[0]": "2026-01-12 01:00", "xaxis.range[1]": "2026-01-12 02:00"},
        {"xaxis.range": ["2026-01-12 02:00:00.0001", "2026-01-12 01:00"]},
    ],
)
def test_a_zoom_is_the_rows_it_shows_and_a_neighbour_on_either_side(said):
    first, last = window(said, QUARTERS)
    assert QUARTERS[first] == np.datetime64("2026-01-12T01:00")
    assert QUARTERS[last - 1] in (
        np.datetime64("2026-01-12T02:00"),
        np.datetime64("2026-01-12T02:15"),
    )


@pytest.mark.parametrize(
    "said",
    [
        None,
        "nonsense",
        [],
        {},
        {"autosize": True},
        {"xaxis.autorange": True},
        {"xaxis.range": ["2026-01-12"]},
        {"xaxis.range": ["<script>", "2026-01-13"]},
        {"xaxis.range": [{"a": 1}, None]},
        {"xaxis.range[0]": "NaT", "xaxis.range[1]": "9" * 500},
        {"xaxis.range[0]": 3.5, "xaxis.range[1]": 1e308},
    ],
)
def test_what_means_nothing_shows_everything(said):
    assert window(said, QUARTERS) == (0, 35_040)


def test_a_range_beyond_the_run_is_clamped():
    assert rows_between(QUARTERS, "1900-01-01", "2999-01-01") == (0, 35_040)
    assert rows_between(QUARTERS, "2999-01-01", "2999-02-01") == (35_039, 35_040)
    assert rows_between(QUARTERS, "1900-01-01", "1900-02-01") == (0, 1)
    assert rows_between(QUARTERS[:0], "1900-01-01", "1900-02-01") == (0, 0)


def test_a_range_between_two_rows_shows_both():
    first, last = rows_between(QUARTERS, "2026-01-12 01:01", "2026-01-12 01:02")
    assert (first, last) == (4, 6)


def test_only_a_zoom_of_x_tells_of_x():
    assert says_x({"xaxis.autorange": True})
    assert says_x({"xaxis.range[0]": 1})
    assert not says_x({"yaxis.range[0]": 1, "autosize": True})
    assert not says_x(None)


def test_an_instant_is_understood_or_nothing():
    assert instant("2026-01-12 17:30") == np.datetime64("2026-01-12T17:30")
    assert instant("2026-13-45") is None
    assert instant("now") is None and instant(7) is None


@pytest.mark.parametrize(
    ("relayout", "words"),
    [
        (
            {"xaxis.range[0]": "2026-01-12 18:00:31", "xaxis.range[1]": "2026-01-13"},
            "2026-01-12T18:00,2026-01-13T00:00",
        ),
        (
            {"xaxis.range": ["2026-01-13", "2026-01-12 18:00"]},
            "2026-01-12T18:00,2026-01-13T00:00",
        ),
        ({"xaxis.autorange": True}, ""),
        ({"xaxis.range": [1.5, 7]}, None),
        ({"xaxis.range": ["<b>", "2026-01-13"]}, None),
        ({"autosize": True}, None),
        (None, None),
    ],
)
def test_a_zoom_is_kept_in_words(relayout, words):
    assert range_words(relayout) == words
