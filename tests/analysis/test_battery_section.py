"""Batteries in comparisons and reports, on numbers made by hand."""

from __future__ import annotations

import re
from html import unescape

import numpy as np
import polars as pl
import pytest

from twin.accounts.published import published
from twin.analysis import battery_section
from twin.analysis.battery_section import paired, same_cars
from twin.analysis.battery_wear import table
from twin.analysis.case import Case
from twin.analysis.comparison import Comparison
from twin.analysis.metrics import headline_of


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def with_charge(case: Case, soc) -> Case:
    """The case with another course of charge: an hour's ends. [n_step, n_ev]"""
    path = case.run.path / "ev_steps.parquet"
    frame = pl.read_parquet(path)
    course = pl.Series("soc", np.asarray(soc, "f4"), dtype=pl.Array(pl.Float32, 2))
    frame.with_columns(course).write_parquet(path)
    return case


def test_a_row_a_car_the_most_worn_first(make_run) -> None:
    swing = [(0.5 + 0.05 * (k % 2), 0.8 - 0.4 * (k % 2)) for k in range(8)]
    case = with_charge(Case(make_run()), swing)
    found = table(case)
    assert found["ev"].to_list() == [1, 0]
    assert found["model"].to_list() == ["bz4x", "leaf"]
    assert found["capacity_kwh"].to_list() == [60.0, 50.0]
    row = found.row(0, named=True)
    assert row["full_cycles"] == pytest.approx(7 * 0.4 / 2)
    # Two local days: 17 to 22 UTC is the 12th in Berlin, the rest the 13th.
    assert row["depth"] == pytest.approx(0.4)
    assert row["degc"] == pytest.approx(1.0)
    for name in ("nmc", "lfp"):
        parts = row[f"{name}_calendar"] + row[f"{name}_cycling"]
        assert row[f"{name}_loss"] == pytest.approx(parts)
        assert 0 < row[f"{name}_calendar"] < row[f"{name}_loss"] < 1e-3
        assert row[f"{name}_later"] is None


def test_the_published_range_stands_beside(make_run) -> None:
    """Car 0 rests at 0.5 and 1 degC: nearest is rest at 0.5 and 10 degC; year four."""
    row = table(Case(make_run())).filter(ev=0).row(0, named=True)
    curves = published()
    case = curves.cases.index("calendar_soc50_T10")
    lost = (curves.capacity[:, case, 3] - curves.capacity[:, case, 4]) * (8 / 24 / 365)
    assert row["published_low"] == pytest.approx(lost.min())
    assert row["published_high"] == pytest.approx(lost.max())


def test_headline_figures_are_means_of_the_period(make_run) -> None:
    case = Case(make_run())
    found, cars = headline_of(case), table(case)
    for name in ("nmc", "lfp"):
        mean = cars[f"{name}_loss"].mean()
        assert found[f"battery_fade_{name}"] == pytest.approx(mean)


@pytest.mark.parametrize("changed", [{"level": "summary"}, {"cars": False}])
def test_without_a_course_of_charge_nothing_is_said(make_run, changed) -> None:
    case = Case(make_run(**changed))
    assert case.wear is None and table(case).is_empty()
    assert headline_of(case)["battery_fade_nmc"] is None
    comparison = Comparison.of([("one", case.run)])
    assert words(battery_section.section(comparison)).startswith(
        "Not told: it takes cars"
    )


def test_giving_is_paired_with_uncontrolled_charging(make_run) -> None:
    """V2G lets car 0 swing; car 1 does the same in both runs and costs nothing."""
    free = with_charge(Case(make_run(policy="uncontrolled")), [(0.9, 0.7)] * 8)
    swing = [(0.9, 0.7), (0.5, 0.7)] * 4
    v2g = with_charge(Case(make_run(policy="v2g_peak")), swing)
    for name in ("nmc", "lfp"):
        found = paired(v2g, free, name)
        assert found.calendar[0] < 0 < found.cycling[0]
        assert found.total[0] == pytest.approx(found.calendar[0] + found.cycling[0])
        assert found.total[1] == 0
    comparison = Comparison.of([("free", free.run), ("v2g", v2g.run)])
    told = words(battery_section.section(comparison))
    usd = paired(v2g, free, "nmc").usd(np.array([50.0, 60.0]))
    row = told[told.index("v2g NMC, this time") :].split()[4:10]
    assert row[3] == f"{usd.mean():+.2f}".replace("-", "−")
    assert row[4] == "7.5"
    assert row[5] == f"{usd.sum() / 15:+.4f}".replace("-", "−")
    assert "free NMC" not in told and "10 years" not in " ".join(row)


def test_other_cars_are_not_paired(make_run) -> None:
    one, other = Case(make_run()), Case(make_run(policy="uncontrolled"))
    assert same_cars(one, other)
    vars(other)["evs"] = other.evs.with_columns(
        customer=pl.Series([0, 1], dtype=pl.Int32)
    )
    assert not same_cars(one, other)
    without = Case(make_run(cars=False))
    assert not same_cars(one, without)


def test_a_stopped_run_tells_what_it_has(interrupted) -> None:
    case = Case(interrupted)
    found = table(case)
    assert found["model"].to_list() == [None, None]
    assert (found["nmc_loss"] > 0).all()
    assert "1 –" not in words(
        battery_section.section(Comparison.of([("x", interrupted)]))
    )
    assert not same_cars(case, case)


def test_short_runs_say_that_they_are_short(make_run) -> None:
    told = words(battery_section.section(Comparison.of([("v2g", make_run())])))
    assert (
        "0.3 days tell of themselves: a year's loss is not so many times as much"
        in told
    )
    assert "against uncontrolled charging" not in told
