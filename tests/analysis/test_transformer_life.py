"""Transformers' lives read from recorded loadings, in tables and reports."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from tests.analysis.conftest import LOADING
from twin.accounts.life import none_yet, plus
from twin.accounts.ratings import Thermal
from twin.accounts.thermal import follow, steady
from twin.analysis import transformer_life
from twin.analysis.case import Case
from twin.analysis.comparison import Comparison
from twin.analysis.life import fullest, life_of
from twin.analysis.metrics import headline_of
from twin.analysis.transformer_life import table
from twin.results.record import Run


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def by_hand(loads, guide="iec", air=1.0):
    """T1's loadings of eight hours, from the first day's root mean square."""
    thermal = Thermal.by_rating(guide, np.array([100.0]))
    loads = np.asarray(loads, "f4").astype(float)[:, None]
    start = steady(thermal, np.sqrt(np.nanmean(loads**2, axis=0)), air)
    course, _ = follow(thermal, start, loads, np.full(len(loads), air), 1.0)
    return course, plus(none_yet(1), course, 1.0)


def test_a_row_a_transformer(make_run) -> None:
    course, life = by_hand([row[0] for row in LOADING])
    row = table(Case(make_run())).row(0, named=True)
    assert (row["name"], row["thermal_class"]) == ("T1", "distribution")
    assert row["hot_spot_degc"] == pytest.approx(course.hot_spot_degc.max())
    assert row["time"] == "2026-01-12 20:00"
    assert row["aged_h"] == pytest.approx(life.aged_h[0])
    assert row["rate"] == pytest.approx(life.aged_h[0] / 8)
    assert row["aged_h_per_day"] == pytest.approx(3 * life.aged_h[0])
    assert row["life_used"] == pytest.approx(life.aged_h[0] / 180_000)
    assert (row["above_110_h"], row["above_140_h"], row["unknown_h"]) == (0, 0, 0)


def test_north_america_takes_its_own_guide(make_run) -> None:
    feeder = {"feeder": {"name": "x", "region": "us"}}
    case = Case(make_run(record=feeder))
    _, life = by_hand([row[0] for row in LOADING], "ieee")
    assert case.thermal.guide == "ieee"
    assert case.life.aged_h == pytest.approx(life.aged_h)
    comparison = Comparison.of([("one", case.run)])
    assert "IEEE C57.91" in words(transformer_life.section(comparison))


def test_steps_without_a_solution_are_counted(make_run) -> None:
    loading = [(np.nan,) * 3 if k in (2, 3) else row for k, row in enumerate(LOADING)]
    solved = [k not in (2, 3) for k in range(8)]
    row = table(Case(make_run(loading=loading, converged=solved))).row(0, named=True)
    course, _ = by_hand([row[0] for row in loading])
    assert row["unknown_h"] == 2
    assert row["rate"] == pytest.approx(np.nanmean(course.ageing))


def test_headline_figures(make_run) -> None:
    case = Case(make_run())
    row, found = table(case).row(0, named=True), headline_of(case)
    assert found["hot_spot_degc"] == row["hot_spot_degc"]
    assert found["worst_transformer_ageing"] == row["rate"]
    assert found["transformer_aged_h"] == row["aged_h"]


def test_days_alone_tell_no_life(make_run) -> None:
    case = Case(make_run(level="summary"))
    assert case.life is None and table(case).is_empty()
    assert headline_of(case)["worst_transformer_ageing"] is None
    told = words(transformer_life.section(Comparison.of([("one", case.run)])))
    assert told.startswith("Not told: it takes loadings and air of every interval")


def test_what_a_variant_saves_is_the_difference_of_aged_hours(make_run) -> None:
    hot = [(1.6, 0.1, 0.1)] * 8
    free = make_run(policy="uncontrolled", loading=hot, name="free")
    calm = make_run(policy="v2g_peak", loading=[(0.4, 0.1, 0.1)] * 8, name="calm")
    comparison = Comparison.of([("free", free), ("v2g", calm)], "free")
    more, less = (by_hand([load] * 8)[1].aged_h[0] for load in (1.6, 0.4))
    told = words(transformer_life.section(comparison))
    saved = f"{less - more:+.3g}".replace("-", "−")
    assert f"T1 {more:.3g} {less:.3g} {saved}" in told
    assert f"all together {more:.3g} {less:.3g} {saved}" in told


def test_a_course_longer_than_is_read_at_once_meets_its_own_air(tmp_path) -> None:
    rng = np.random.default_rng(4)
    loads, air = 1.5 * rng.random((800, 2)).astype("f4"), np.linspace(0, 40, 800)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    times = [start + timedelta(hours=k) for k in range(800)]
    pl.DataFrame(
        {
            "time": pl.Series(times).cast(pl.Datetime("us", "UTC")),
            "loading": pl.Series(loads, dtype=pl.Array(pl.Float32, 2)),
        }
    ).write_parquet(tmp_path / "flows.parquet")
    thermal = Thermal.by_rating("ieee", np.array([25.0, 500.0]))
    groups = (np.array([0]), np.array([1]))
    found = life_of(Run(tmp_path, {}), thermal, groups, air, 1.0)
    first = np.sqrt((loads[:24].astype(float) ** 2).mean(axis=0))
    state = steady(thermal, first, air[:24].mean())
    course, _ = follow(thermal, state, loads.astype(float), air, 1.0)
    whole = plus(none_yet(2), course, 1.0)
    assert found.aged_h == pytest.approx(whole.aged_h, rel=1e-12)
    assert found.hottest_step.tolist() == whole.hottest_step.tolist()
    assert found.hottest_step.max() >= 672


def test_the_fullest_phase_counts() -> None:
    nan = np.nan
    loading = np.array([[0.2, 0.9, 0.4], [0.5, nan, 0.1], [nan, nan, 0.3]])
    groups = (np.array([0, 1]), np.array([2]), np.array([], dtype=np.int64))
    found = fullest(loading, groups)
    assert found[:, :2] == pytest.approx(
        np.array([[0.9, 0.4], [0.5, 0.1], [nan, 0.3]]), nan_ok=True
    )
    assert np.isnan(found[:, 2]).all()
