"""The timeline by hand: what is too small when, and what waiting is worth."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from twin.accounts.upgrades import upgrades
from twin.analysis.timeline import Asset, Timeline, quantile
from twin.analysis.timeline_section import answer

WORDS = {
    "limit": "normal",
    "over_h": 0.0,
    "discount_rate": 0.07,
    "escalation": 0.02,
    "line_usd_per_km": 250_000.0,
    "line_least_usd": 5_000.0,
}
NEVER = 9999


def made(first: dict[str, list[list[int]]], **words: Any) -> Timeline:
    """First years by policy, seed and asset; the first asset is 600 m of line."""
    years, policies = (2026, 2029, 2035), tuple(first)
    n_seed, n_asset = np.array(first[policies[0]]).shape
    over = np.array(
        [[[[y <= year for y in seed] for seed in first[p]] for year in years]
         for p in policies]
    )  # fmt: skip
    shape = (len(policies), len(years), n_seed)
    said = WORDS | words
    return Timeline(
        policies=policies,
        roles=MappingProxyType({p: p for p in policies}),
        years=years,
        seeds=tuple(range(1, n_seed + 1)),
        assets=(
            Asset("line", "a", 0.6, "b1", None),
            Asset("transformer", "t", 25.0, "b2", 3),
        )[:n_asset],
        evs=np.broadcast_to(np.array([10.0, 40.0, 90.0])[None, :, None], shape),
        joined=np.full(shape, 20.0),
        share=np.where(over, 1.3, 0.8),
        over=over,
        words=said,
        costs=upgrades("US", said),
        illustrative=True,
    )


def test_three_years_of_150_000_are_worth_20_060_72():
    """Handbook of planners' cases: r = 7 %, g = 2 %, n = 3."""
    said = made({"uncontrolled": [[2026]], "v2g": [[2029]]})
    assert said.cost_usd[0] == 150_000.0
    assert said.saved_usd("v2g", "uncontrolled")[0] == pytest.approx(
        20_060.72, abs=0.01
    )
    assert said.years_bought("v2g", "uncontrolled").tolist() == [3.0]
    back = said.saved_usd("uncontrolled", "v2g")[0]
    assert back == pytest.approx(-20_060.72, abs=0.01)


def test_what_is_saved_is_the_difference_of_present_values():
    said = made({"uncontrolled": [[2029, 2026]], "v2g": [[2035, 2029]]})
    present = [float(said.present_usd(p)[0]) for p in said.policies]
    saved = float(said.saved_usd("v2g", "uncontrolled")[0])
    assert saved == pytest.approx(present[0] - present[1])


def test_what_is_not_needed_by_the_last_year_is_built_the_year_after():
    said = made({"uncontrolled": [[2026]], "v2g": [[NEVER]]})
    kept = (1.02 / 1.07) ** 10
    assert said.saved_usd("v2g", "uncontrolled")[0] == pytest.approx(
        150_000 * (1 - kept)
    )
    assert said.years_bought("v2g", "uncontrolled").tolist() == [10.0]
    assert said.present_usd("v2g").tolist() == [0.0]


def test_a_saving_is_spread_over_cars_and_years():
    """CRF(7 %, 10 y) = 0.142378; 20 cars."""
    said = made({"uncontrolled": [[2026]], "v2g": [[2029]]})
    each = said.affordable_usd("v2g", "uncontrolled")[0]
    assert each == pytest.approx(20_060.72 * 0.142378 / 20, rel=1e-4)
    none = replace(said, joined=said.joined * 0)
    assert np.isnan(none.affordable_usd("v2g", "uncontrolled")).all()


def test_percentiles_over_seeds_are_studied_years():
    first = np.array([2026, 2029, 2029, 2035, np.inf])
    assert [quantile(first, q) for q in (0.1, 0.5, 0.9)] == [2026, 2029, None]
    assert quantile(np.array([2026.0]), 0.9) == 2026


def test_what_was_too_small_once_counts_in_all_later_years():
    said = made({"uncontrolled": [[2029, NEVER], [2026, 2035]]})
    assert said.counts("uncontrolled").tolist() == [[0, 1], [1, 1], [1, 2]]
    assert said.first_year[0].tolist() == [[2029, np.inf], [2026, 2035]]
    assert said.ranked() == [0, 1]


def test_the_table_has_a_row_an_asset_and_policy():
    said = made(
        {"uncontrolled": [[2026, 2029], [2029, 2029]], "v2g": [[2029, NEVER]] * 2}
    )
    frame = said.frame()
    assert frame.height == 4
    row = frame.row(0, named=True)
    assert (row["asset"], row["policy"], row["kind"]) == ("a", "uncontrolled", "line")
    assert (row["first_year_p10"], row["first_year_p90"]) == (2026, 2029)
    assert frame["seeds_over"].to_list() == [2, 2, 2, 0]
    assert frame["first_year_p50"].to_list() == [2026, 2029, 2029, None]


def test_the_answer_says_what_fits_binds_and_changes():
    said = answer(
        made({"uncontrolled": [[NEVER, 2029]], "managed": [[NEVER, 2035]],
              "v2g": [[NEVER, NEVER]]})
    )  # fmt: skip
    assert said[0] == (
        "EVs that fit before another asset exceeds its limit, by the studied years: 10 "
        "under uncontrolled, 40 under managed, at least 90 under v2g (median of 1 "
        "seed, P10 to P90; 0 assets are beyond it in 2026 already)."
    )
    assert said[1] == (
        "What binds first: transformer t (25 kVA), bus b2, 3 customers: 2029 under "
        "uncontrolled (in 1 of 1 seed by 2035); 2035 under managed (in 1 of 1 seed by "
        "2035); not by 2035 under v2g."
    )
    assert said[2].startswith(
        "managed against uncontrolled: 1 assets beyond their limit by 2035 instead of "
        "1; upgrades that uncontrolled needs come 6.0 years later on average; worth"
    )
    assert said[3].startswith(
        "v2g against managed: 0 assets beyond their limit by 2035 instead of 1; "
        "upgrades that managed needs come 1.0 years later on average; worth"
    )
    assert "Larger assets are cheaper than a programme of more than" in said[3]
    assert "USD a year and car that can give." in said[3]


def test_a_policy_that_puts_nothing_off_is_told_so():
    said = answer(made({"managed": [[2026, NEVER]], "v2g": [[2026, NEVER]]}))
    assert said[-1] == (
        "v2g against managed: no upgrade comes later or sooner, in any of 1 seed: the "
        "same assets are too small in the same studied years."
    )


def test_what_fits_is_a_bound_where_nothing_is_ever_too_small():
    said = answer(made({"managed": [[2029], [NEVER], [NEVER]]}))
    assert "by the studied years: at least 90 (10 to at least 90) under" in said[0]


def test_assets_beyond_already_are_as_many_as_in_the_table_by_year():
    said = made({"managed": [[NEVER, NEVER]] * 2 + [[2026, 2026]] * 2})
    assert "; 0 assets are beyond it in 2026 already" in answer(said)[0]


def test_a_transformer_is_replaced_by_the_next_that_carries_its_load():
    costs = upgrades("US", {})
    assert costs.next_kva(25.0, 20.0) == 37.5
    assert costs.next_kva(25.0, 46.0) == 50.0
    assert costs.next_kva(60_000.0, 61_000.0) == 120_000.0
    assert costs.of_transformer(50.0) == 8_500.0
    assert costs.of_transformer(12.5) == 3_500.0
    assert costs.of_transformer(275.0) == pytest.approx(34_250.0)
    assert costs.of_line(0.001) == 5_000.0


@pytest.mark.parametrize("region", ["US", "DE"])
def test_every_cost_is_dated_and_marked(region: str):
    costs = upgrades(region, {"switch_usd": 1.0})
    assert costs.date == "2026-11-30"
    assert costs.marks["switch_usd"] == "assumed in the scenario"
    assert all(mark.startswith("assumed: ") for key, mark in costs.marks.items()
               if key != "switch_usd")  # fmt: skip
    assert (np.diff(costs.kva) > 0).all() and (np.diff(costs.transformer_usd) > 0).all()
    assert upgrades(region, {"transformer_usd": {"50": 9.0}}).of_transformer(50) == 9.0
