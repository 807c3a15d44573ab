"""Hosting by month, day type and hour: which class, which base, what is written."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.worlds import FOUR_BUS, scenario
from twin.errors import InputError
from twin.studies.hours import N_CLASS, Profile, class_of, profiled, year_of
from twin.studies.hours_text import text, write_figure, write_table

pytestmark = pytest.mark.long


def said(**more):
    words = {"feeder__source": FOUR_BUS, "fleet__ev_share": 0.0, "time__step_min": 60}
    return scenario(**(words | more))


@cache
def mean() -> Profile:
    return profiled(said(customers__pv_share=1.0))


@cache
def high() -> Profile:
    return profiled(said(customers__pv_share=1.0), percentile=95.0, check=0)


def test_classes_are_month_then_weekday_or_weekend_then_hour():
    assert class_of(date(2026, 1, 1), 0) == 0
    assert class_of(date(2026, 1, 3), 61) == 25
    assert class_of(date(2026, 12, 27), 1439) == N_CLASS - 1
    assert class_of(date(2026, 2, 2), 600) == 48 + 10


def test_a_year_begins_on_its_first_of_january_and_is_whole():
    year = year_of(said(time__start="2028-03-05"))
    assert (year.time.start, year.time.days) == (date(2028, 1, 1), 366)
    assert year.time.step_min == 60


def test_a_row_a_connection_and_class_and_a_check_that_holds():
    table = mean().table
    assert table.height == N_CLASS * table["customer"].n_unique()
    keys = table.select("customer", "month", "day_type", "hour")
    assert keys.is_unique().all()
    assert table["import_kw"].min() > 0.0
    assert mean().checked > 10
    assert mean().optimism < 0.01


def test_more_load_leaves_less_room_to_draw():
    """By noon PV leaves more than by evening; a high percentile less than the mean."""
    table = mean().table.filter(pl.col("month") == 6)
    at = {h: table.filter(hour=h)["import_kw"].mean() for h in (12, 20)}
    assert at[12] > at[20]
    export = {h: table.filter(hour=h)["export_kw"].mean() for h in (12, 20)}
    assert export[12] < export[20]
    assert high().table["import_kw"].mean() < mean().table["import_kw"].mean()
    assert high().table["export_kw"].mean() < mean().table["export_kw"].mean()


def test_what_is_told_names_the_worst_hour_and_the_tightest(tmp_path: Path):
    words = text(mean())
    assert words.startswith("import: at the median connection from")
    assert "held against the full solution at" in words
    assert "note: base: each customer's mean of the class, without cars" in words
    for name in ("x.csv", "x.parquet"):
        write_table(mean(), tmp_path / name)
    back = pl.read_parquet(tmp_path / "x.parquet")
    assert back.equals(mean().table)
    assert pl.read_csv(tmp_path / "x.csv").height == back.height
    write_figure(mean(), tmp_path / "x.html")
    assert "weekend" in (tmp_path / "x.html").read_text(encoding="utf-8")
    with pytest.raises(InputError, match=r"-o: cannot write"):
        write_table(mean(), tmp_path / "none" / "x.csv")


def test_a_bus_may_be_asked_for_and_another_is_refused():
    bus = mean().table["bus"][0]
    own = mean().table.filter(bus=bus)
    one = profiled(said(customers__pv_share=1.0), nodes=[bus], check=0)
    assert np.allclose(one.table["import_kw"], own["import_kw"], rtol=1e-3)
    with pytest.raises(InputError, match="--node: no bus 'nowhere' with a customer"):
        profiled(said(), nodes=["nowhere"], check=0)
