"""Wear read from recorded charge: by local days, from the run's start, for years."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.accounts.batteries import DRIVE, GIVE
from twin.accounts.ageing import advance
from twin.accounts.chemistries import LFP, NMC
from twin.accounts.rainflow import by_depth, follow, halves, nothing_yet, plus
from twin.accounts.stress import Stress, battery_degc
from twin.analysis.wear import AGE_YEARS, start_of, wear_of
from twin.results.record import Run

BERLIN, LOS_ANGELES = "Europe/Berlin", "America/Los_Angeles"


def recorded(folder: Path, soc, start: datetime, step_h: float = 1.0) -> Run:
    """A folder with nothing but ``ev_steps``: soc at intervals' ends. [n_step, n_ev]"""
    soc = np.asarray(soc, dtype=np.float32)
    times = [start + timedelta(hours=step_h * k) for k in range(len(soc))]
    frame = pl.DataFrame(
        {
            "time": pl.Series(times).cast(pl.Datetime("us", "UTC")),
            "soc": pl.Series(soc, dtype=pl.Array(pl.Float32, soc.shape[1])),
        }
    )
    frame.write_parquet(folder / "ev_steps.parquet")
    return Run(folder, {})


def hourly(knots, days: int):
    """A day's course at each hour's end, so many times."""
    hours, soc = np.array(knots).T
    return np.tile(np.interp(np.arange(1.0, 25.0), hours, soc), days)


def test_a_year_of_reference_days_is_ten_years_of_them(tmp_path) -> None:
    soc = np.stack([hourly(DRIVE, 365), hourly(GIVE, 365)], axis=1)
    run = recorded(tmp_path, soc, datetime(2026, 1, 1, tzinfo=UTC))
    air = np.full(len(soc), 25.0)
    wear = wear_of(run, np.array([0.65, 0.35]), air, 1.0, "UTC")
    assert wear.nmc_later.capacity == pytest.approx([0.935331, 0.929688], abs=2e-6)
    assert wear.lfp_later.capacity == pytest.approx([0.940043, 0.918168], abs=2e-6)
    assert wear.full_cycles == pytest.approx([0.15 * 365, 0.45 * 365], rel=1e-5)
    assert wear.depth == pytest.approx([0.15, 0.45], rel=1e-5)
    assert wear.degc == pytest.approx([25.0, 25.0])
    assert wear.soc[0] == pytest.approx(17.475 / 24, abs=1e-6)


def test_less_than_a_year_tells_no_years(tmp_path) -> None:
    soc = hourly(DRIVE, 7)[:, None]
    run = recorded(tmp_path, soc, datetime(2026, 7, 1, tzinfo=UTC))
    wear = wear_of(run, np.array([0.65]), np.full(len(soc), 25.0), 1.0, "UTC")
    assert (
        np.isnan(wear.nmc_later.capacity).all()
        and np.isnan(wear.lfp_later.capacity).all()
    )
    assert (wear.nmc.capacity < start_of(NMC, 1).capacity).all()


@pytest.mark.parametrize(
    "zone, start, days",
    [
        (BERLIN, datetime(2026, 3, 27, 23, tzinfo=UTC), (24, 23, 24)),
        (BERLIN, datetime(2026, 10, 23, 22, tzinfo=UTC), (24, 25, 24)),
        (LOS_ANGELES, datetime(2026, 1, 12, 8, tzinfo=UTC), (24, 24, 10)),
        ("UTC", datetime(2026, 1, 12, 20, tzinfo=UTC), (4, 24, 24)),
    ],
)
def test_a_chunk_is_a_local_day(tmp_path, zone, start, days) -> None:
    rng = np.random.default_rng(5)
    soc = rng.random((sum(days), 3)).astype(np.float32)
    first, air = np.array([0.5, 0.6, 0.7]), 30 * rng.random(len(soc))
    wear = wear_of(recorded(tmp_path, soc, start), first, air, 1.0, zone)
    degc = battery_degc(air, 1.0)
    course = np.concatenate([first[None, :], soc.astype(float)])
    for chemistry, found in ((NMC, wear.nmc), (LFP, wear.lfp)):
        fade, at = start_of(chemistry, 3), 0
        for hours in days:
            rows = slice(at, at + hours + 1)
            stress = Stress(course[rows], degc[rows, None], 1.0)
            fade, at = advance(chemistry, fade, chemistry.rates(stress)), at + hours
        assert found.calendar == pytest.approx(fade.calendar, rel=1e-12)
        assert found.cycling == pytest.approx(fade.cycling, rel=1e-12)


def test_days_across_what_is_read_at_once_are_whole(tmp_path) -> None:
    """672 rows are read at once; a start at noon puts every cut inside a day."""
    rng = np.random.default_rng(6)
    soc = rng.random((1400, 2)).astype(np.float32)
    run = recorded(tmp_path, soc, datetime(2026, 1, 1, 12, tzinfo=UTC), 0.25)
    wear = wear_of(run, None, np.full(1400, 20.0), 0.25, "UTC")
    moved = np.abs(np.diff(np.vstack([soc[:1], soc]).astype(float), axis=0)).sum(axis=0)
    assert wear.full_cycles == pytest.approx(moved / 2)
    assert (wear.depth > 0.9).all()


def test_every_battery_begins_three_years_old() -> None:
    for chemistry in (NMC, LFP):
        start = start_of(chemistry, 4)
        assert 0.93 < start.capacity[0] < 0.99
        assert np.ptp(start.capacity) == 0
    assert AGE_YEARS == 3.0


def test_cars_that_share_conditions_fade_alike_in_any_order(tmp_path) -> None:
    rng = np.random.default_rng(7)
    soc = rng.random((48, 4)).astype(np.float32)
    air, order = np.full(48, 12.0), [2, 0, 3, 1]
    start = datetime(2026, 1, 1, tzinfo=UTC)
    plain = wear_of(recorded(tmp_path, soc, start), soc[0] * 1.0, air, 1.0, "UTC")
    mixed = wear_of(
        recorded(tmp_path, soc[:, order], start), soc[0, order] * 1.0, air, 1.0, "UTC"
    )
    assert mixed.nmc.capacity == pytest.approx(plain.nmc.capacity[order], rel=1e-12)


def test_cycles_by_depth_are_those_of_the_whole_course(tmp_path) -> None:
    """Three weeks in days and in pieces of 672 rows: what counting at once finds."""
    rng = np.random.default_rng(8)
    steps = rng.choice([-0.2, -0.05, 0.0, 0.0, 0.1], (2000, 3))
    soc = np.clip(0.5 + np.cumsum(steps, axis=0), 0.0, 1.0).astype(np.float32)
    start = np.array([0.5, 0.4, 0.9])
    run = recorded(tmp_path, soc, datetime(2026, 3, 20, 17, tzinfo=UTC), 0.25)
    wear = wear_of(run, start, np.full(2000, 20.0), 0.25, BERLIN)
    course = np.concatenate([start[None, :], soc.astype(float)])
    closed, left = follow(nothing_yet(3), course)
    whole = plus(by_depth(closed, 3), by_depth(halves(left), 3))
    assert (wear.cycled.cycles == whole.cycles).all()
    assert (wear.cycled.deepest == whole.deepest).all()
    assert wear.cycled.full_cycles == pytest.approx(whole.full_cycles)
    assert wear.cycled.full_cycles.sum(axis=1) == pytest.approx(wear.full_cycles)
    assert (wear.cycled.deepest > wear.depth).all()
