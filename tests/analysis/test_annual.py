"""Figures of a year from weighted weeks, by hand-made numbers."""

import json
import math

import polars as pl
import pytest

from twin.analysis.annual import DAYS_PER_YEAR, Stretch, annual
from twin.analysis.annual_section import DOUBT, REFUSED, annual_of, section, text
from twin.analysis.measures import MEASURES

T_1 = 12.706204736432095  # Student's t, 1 degree of freedom, 97.5 %: printed tables
WEEKS = DAYS_PER_YEAR / 7
COLD, WARM = Stretch(0.25 * WEEKS, 7), Stretch(0.75 * WEEKS, 7)
NAMES = (
    "variant",
    "seed",
    "baseline",
    "condition",
    "losses_kwh",
    "peak_kw",
    "v_min_pu",
)


def table(*rows, names=NAMES):
    return pl.DataFrame(rows, schema=names, orient="row")


TWO = table(
    ("base", 1, True, "week_1", 100.0, 50.0, 0.95),
    ("base", 1, True, "week_2", 20.0, 30.0, 0.97),
    ("base", 2, True, "week_1", 120.0, 55.0, 0.94),
    ("base", 2, True, "week_2", 20.0, 30.0, 0.97),
    ("v2g", 1, False, "week_1", 90.0, 40.0, 0.96),
    ("v2g", 1, False, "week_2", 24.0, 31.0, 0.96),
    ("v2g", 2, False, "week_1", 100.0, 42.0, 0.95),
    ("v2g", 2, False, "week_2", 24.0, 31.0, 0.93),
)
FOUR = [COLD, WARM] * 4


def of(found, variant, against, key):
    rows = found.filter(
        pl.col("variant") == variant,
        pl.col("against").eq_missing(pl.lit(against)),
        pl.col("key") == key,
    )
    return rows.row(0, named=True)


def test_energy_is_the_sum_of_the_weeks_each_by_its_weight():
    row = of(annual(TWO, [], FOUR), "base", None, "losses_kwh")
    # seed 1: (25 + 15) weeks, seed 2: (30 + 15) weeks
    assert row["mean"] == pytest.approx(42.5 * WEEKS)
    half = T_1 * (5 * WEEKS / math.sqrt(2)) / math.sqrt(2)
    assert row["low_95"] == pytest.approx(42.5 * WEEKS - half, rel=1e-8)
    assert (row["n"], row["is_bound"], row["over_time"]) == (2, False, "sum")


def test_differences_are_paired_by_seed_after_the_sum():
    row = of(annual(TWO, [], FOUR), "v2g", "base", "losses_kwh")
    # seed 1: 22.5 + 18 - 40 = 0.5 weeks; seed 2: 25 + 18 - 45 = -2 weeks
    assert row["mean"] == pytest.approx(-0.75 * WEEKS)
    half = T_1 * (2.5 * WEEKS / math.sqrt(2)) / math.sqrt(2)
    assert row["high_95"] == pytest.approx(-0.75 * WEEKS + half, rel=1e-8)


def test_peaks_are_the_worst_of_the_weeks_and_marked_as_bounds():
    found = annual(TWO, [], FOUR)
    peak, low = (of(found, "v2g", None, key) for key in ("peak_kw", "v_min_pu"))
    assert (peak["mean"], peak["is_bound"]) == (41.0, True)
    assert (low["mean"], low["is_bound"]) == (pytest.approx((0.96 + 0.93) / 2), True)


def test_a_whole_year_is_its_own_figure_and_no_bound():
    year = table(("base", 1, True, "", 4000.0, 80.0, 0.9))
    found = annual(year, [], [Stretch(1, 365)])
    assert of(found, "base", None, "losses_kwh")["mean"] == 4000
    assert not of(found, "base", None, "peak_kw")["is_bound"]


def test_a_seed_that_lacks_a_week_is_left_out():
    found = annual(TWO[1:], [], FOUR[1:])
    assert of(found, "base", None, "losses_kwh")["n"] == 1
    assert of(found, "v2g", None, "losses_kwh")["n"] == 2
    assert of(found, "v2g", "base", "losses_kwh")["mean"] == pytest.approx(-2 * WEEKS)


def test_what_stands_for_no_year_and_runs_at_an_end_of_a_range_do_not_count():
    varied = TWO.with_columns(varied=pl.Series([None, None, "load", "load"] * 2))
    row = of(annual(varied, [], FOUR), "base", None, "losses_kwh")
    assert (row["n"], row["mean"]) == (1, pytest.approx(40 * WEEKS))
    assert annual(TWO, [], [None] * 8).height == 0


def test_bills_add_up_by_the_month_where_the_tariff_is_linear():
    names = ("variant", "seed", "baseline", "bill_ev_usd")
    bills = table(("a", 1, False, 60.0), ("a", 1, False, 80.0), names=names)
    even = [Stretch(s.weight, 7, is_linear=True) for s in (COLD, WARM)]
    row = of(annual(bills, [], even), "a", None, "bill_ev_usd")
    assert row["mean"] == pytest.approx(12 * (0.25 * 60 + 0.75 * 80))
    assert row["unit"] == "USD"
    assert annual(bills, [], [COLD, WARM]).height == 0, "not told"


def test_a_figure_that_one_week_does_not_know_is_not_told():
    unknown = TWO.with_columns(
        losses_kwh=pl.when(condition="week_2").then(None).otherwise("losses_kwh")
    )
    assert "losses_kwh" not in annual(unknown, [], FOUR)["key"].to_list()


def test_counts_of_customers_and_shares_are_not_declared_to_add_up():
    for key in ("customers_beyond", "losses_share", "battery_fade_nmc", "saidi_min"):
        assert MEASURES[key].over_time == ""
    assert MEASURES["losses_kwh"].over_time == "sum"
    assert MEASURES["worst_transformer_loading"].over_time == "highest"


def test_the_words_mark_bounds_and_tell_what_is_not_told(tmp_path):
    annual(TWO, [], FOUR).write_parquet(tmp_path / "annual.parquet")
    notes = ["Bills of a year are not told: x."]
    (tmp_path / "study.json").write_text(json.dumps({"annual": {"notes": notes}}))
    found = annual_of(tmp_path)
    assert found.columns == ("base", "v2g", "v2g − base")
    assert found.written(MEASURES["peak_kw"], "v2g")[0] == "≥ 41.0"
    assert found.written(MEASURES["v_min_pu"], "v2g")[0] == "≤ 0.9450"
    assert found.written(MEASURES["peak_kw"], "v2g − base")[0] == "−11.5"
    assert "Network losses [kWh/year]" in section(tmp_path)
    assert notes[0] in section(tmp_path) and notes[0] in text(tmp_path)


@pytest.mark.parametrize(("emptier_kwh", "doubted"), [(3.0, False), (30.0, True)])
def test_a_difference_that_batteries_may_have_made_is_marked(
    tmp_path, emptier_kwh, doubted
):
    names = ("variant", "seed", "baseline", "condition")
    names += ("grid_import_kwh", "stored_change_kwh")
    rows = table(
        ("base", 1, True, "week_1", 1000.0, 0.0),
        ("v2g", 1, False, "week_1", 990.0, -emptier_kwh),
        names=names,
    )
    found = annual(rows, [], [Stretch(WEEKS, 7)] * 2)
    found.write_parquet(tmp_path / "annual.parquet")
    (tmp_path / "study.json").write_text(json.dumps({"annual": {"notes": []}}))
    drawn = annual_of(tmp_path).written(MEASURES["grid_import_kwh"], "v2g − base")[0]
    assert drawn.startswith("≈ −") == doubted
    assert (DOUBT in section(tmp_path)) == doubted
    assert (DOUBT in text(tmp_path)) == doubted


def test_without_weeks_or_a_year_it_is_refused_in_words(tmp_path):
    assert annual_of(tmp_path) is None
    assert "representative_weeks" in REFUSED
    assert "No figures of a year" in section(tmp_path)
    assert REFUSED in text(tmp_path)
