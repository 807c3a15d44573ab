"""The tornado of a study, by hand-made numbers."""

import math

import polars as pl
import pytest

from twin.analysis.paired import differences
from twin.analysis.tornado import as_they_are, tornado
from twin.scenario.vary_words import ends_of

T_1 = 12.706204736432095  # Student's t, 1 degree of freedom, 97.5 %: printed tables
ENDS = ends_of({"load": {"customers.annual_kwh": [2500, 4500]}, "plug": {"p": [0, 1]}})
NAMES = ("variant", "seed", "baseline", "varied", "end", "peak_kw")


def table(*rows, names=NAMES):
    return pl.DataFrame(rows, schema=names, orient="row")


def plain_and_ends(variant, seed, baseline, plain, low, high, plug=(0.0, 0.0)):
    """A run as it is, and at the ends of both ranges."""
    return [
        (variant, seed, baseline, None, None, plain),
        (variant, seed, baseline, "load", "low", low),
        (variant, seed, baseline, "load", "high", high),
        (variant, seed, baseline, "plug", "low", plain + plug[0]),
        (variant, seed, baseline, "plug", "high", plain + plug[1]),
    ]


TWO_SEEDS = table(
    *plain_and_ends("base", 1, True, 100.0, 80.0, 120.0),
    *plain_and_ends("base", 2, True, 110.0, 92.0, 132.0),
    *plain_and_ends("v2g", 1, False, 70.0, 56.0, 84.0, (-30.0, -50.0)),
    *plain_and_ends("v2g", 2, False, 78.0, 64.0, 94.0, (-30.0, -50.0)),
)


def of(found, variant, against, varied, end):
    rows = found.filter(
        pl.col("variant") == variant,
        pl.col("against").eq_missing(pl.lit(against)),
        pl.col("varied") == varied,
        pl.col("end") == end,
    )
    return rows.row(0, named=True)


def test_the_effect_on_a_level_is_the_mean_change_with_its_interval():
    row = of(tornado(TWO_SEEDS, [], ENDS), "base", None, "load", "low")
    assert (row["n"], row["effect"], row["values"]) == (2, -19.0, "2500")
    half = T_1 * math.sqrt(2) / math.sqrt(2)  # changes -20 and -18
    assert row["low_95"] == pytest.approx(-19 - half, rel=1e-8)
    assert row["high_95"] == pytest.approx(-19 + half, rel=1e-8)
    assert (row["plain"], row["draws"]) == (105.0, 2)
    assert row["draws_low"] == pytest.approx(100 + 0.025 * 10)
    assert row["draws_high"] == pytest.approx(100 + 0.975 * 10)


def test_a_difference_is_taken_at_the_same_end_and_seed():
    found = tornado(TWO_SEEDS, [], ENDS)
    low = of(found, "v2g", "base", "load", "low")
    high = of(found, "v2g", "base", "load", "high")
    # as it is -30 and -32; at the low end -24 and -28, at the high end -36 and -38
    assert (low["plain"], low["effect"], high["effect"]) == (-31.0, 5.0, -6.0)
    assert low["span"] == high["span"] == 11.0


def test_the_span_reaches_to_zero_and_the_widest_comes_first():
    found = tornado(TWO_SEEDS, [], ENDS).filter(variant="v2g", against="base")
    assert found["varied"].to_list() == ["plug", "plug", "load", "load"]
    assert found["span"].to_list() == [50.0, 50.0, 11.0, 11.0]


def test_one_seed_has_effects_and_neither_interval_nor_band():
    found = tornado(TWO_SEEDS.filter(seed=1), [], ENDS)
    row = of(found, "v2g", "base", "load", "high")
    assert (row["n"], row["effect"]) == (1, -6.0)
    assert row["low_95"] is row["high_95"] is row["draws_low"] is None


def test_figures_are_told_in_the_unit_in_which_they_are_shown():
    names = (*NAMES[:-1], "worst_transformer_loading")
    found = tornado(
        table(*plain_and_ends("v2g", 1, False, 0.5, 0.4, 0.75), names=names), [], ENDS
    )
    low, high = (of(found, "v2g", None, "load", end) for end in ("low", "high"))
    assert low["unit"] == "%"
    assert low["effect"] == pytest.approx(-10)
    assert high["effect"] == pytest.approx(25)


def test_an_end_whose_run_failed_has_no_effect():
    missing = pl.col("varied").eq_missing(pl.lit("load")) & (pl.col("end") == "low")
    found = tornado(TWO_SEEDS.filter(~missing.fill_null(False)), [], ENDS)
    row = of(found, "base", None, "load", "low")
    assert (row["n"], row["effect"], row["span"]) == (0, None, 20.0 + 1.0)


def test_each_point_of_the_axes_is_asked_apart_against_a_base_that_has_one_point():
    names = (*NAMES, "share")
    rows = [(*row, 0.0) for row in plain_and_ends("base", 1, True, 100.0, 80.0, 120.0)]
    for share, more in ((0.2, 10.0), (0.4, 20.0)):
        rows += [
            (*row, share)
            for row in plain_and_ends(
                "v2g", 1, False, 100.0 + more, 80.0 + more, 120.0 + 2 * more
            )
        ]
    found = tornado(table(*rows, names=names), ["share"], ENDS)
    high = found.filter(variant="v2g", against="base", varied="load", end="high")
    assert high["share"].to_list() == [0.2, 0.4]
    assert high["effect"].to_list() == [10.0, 20.0]


def test_rows_at_an_end_are_in_no_paired_difference():
    found = differences(as_they_are(TWO_SEEDS), [])
    assert (found["n"][0], found["mean"][0]) == (2, -31.0)
    assert as_they_are(TWO_SEEDS.drop("varied", "end")).height == TWO_SEEDS.height
