"""What variants cost and cure, side by side, by hand-made numbers."""

from __future__ import annotations

from types import SimpleNamespace

import polars as pl
import pytest

from twin.accounts.upgrades import measures, upgrades
from twin.analysis.alternatives import LEFT, Alternatives, quantile
from twin.analysis.alternatives_cost import (
    Item,
    Money,
    Prices,
    in_words,
    items,
    unpriced,
)
from twin.analysis.alternatives_figure import about, cost_figure, front, scale
from twin.analysis.alternatives_section import BRIEF, section, text
from twin.analysis.alternatives_words import answer, band, effects

SAID = {
    "transformer_usd": {100.0: 10_000.0, 200.0: 20_000.0},
    "line_usd_per_km": 100_000.0,
    "line_least_usd": 1_000.0,
    "tap_usd": 500.0,
    "storage_usd_per_kwh": 400.0,
    "storage_usd_per_kw": 100.0,
    "storage_yearly_share": 0.02,
    "platform_usd": 1_000.0,
    "platform_usd_per_year": 2_000.0,
    "managed_usd_per_car": 10.0,
    "managed_usd_per_car_year": 20.0,
    "v2g_usd_per_car": 300.0,
    "v2g_usd_per_car_year": 40.0,
}
PRICES = Prices(upgrades("DE", SAID), measures("DE", SAID))


def case(policy="tou", changes=(), giving=0, n_ev=10, **scenario):
    """A run as the costs see it."""
    give = [7.0] * giving + [0.0] * (n_ev - giving)
    return SimpleNamespace(
        run=SimpleNamespace(record={"feeder": {"changes": list(changes)}}),
        scenario={"policy": {"name": policy}, **scenario},
        policy=policy,
        n_ev=n_ev,
        evs=pl.DataFrame({"discharge_kw": give}),
    )


def paid(one, base=None, extra=None):
    found = items(one, base or case(), PRICES, extra or {})
    return [(item.words, item.investment_usd, item.yearly_usd) for item in found]


SWAP = {"kind": "transformer", "name": "T", "words": "T: 150 kVA", "kva": 150.0}
CABLE = {"kind": "line", "name": "L", "words": "L: 3", "km": 0.2, "count": 2}
SHORT = {"kind": "line", "name": "S", "words": "S: 2", "km": 0.001, "count": 1}
TAP = {"kind": "tap", "name": "T", "words": "T: tap 0", "count": 1}
TIE = {"kind": "switch", "name": "W", "words": "W: closed", "count": 1}


def test_changes_are_priced_by_the_catalogue():
    assert paid(case(changes=[SWAP, CABLE, SHORT, TAP, TIE])) == [
        ("T: 150 kVA", 15_000.0, 0.0),
        ("L: 3", 40_000.0, 0.0),
        ("S: 2", 1_000.0, 0.0),
        ("T: tap 0", 500.0, 0.0),
    ]


def test_what_the_baseline_has_already_costs_nothing():
    assert paid(case(changes=[SWAP, TAP]), case(changes=[SWAP])) == [
        ("T: tap 0", 500.0, 0.0)
    ]


def test_cars_in_a_programme_are_paid_by_whether_they_give():
    platform = ("platform of the programme", 1_000.0, 2_000.0)
    assert paid(case("valley")) == [platform, ("10 cars charged by it", 100.0, 200.0)]
    assert paid(case("v2g_peak", giving=4)) == [
        platform,
        ("6 cars charged by it", 60.0, 120.0),
        ("4 cars that also give", 1_200.0, 160.0),
    ]
    assert paid(case("uncontrolled")) == []


def test_against_a_baseline_that_is_managed_only_giving_is_paid_for():
    assert paid(case("v2g_peak", giving=4), case("valley")) == [
        ("4 cars that also give", 1_200.0, 160.0)
    ]


def test_a_stationary_battery_is_priced_by_kw_and_kwh():
    storage = [{"name": "b", "kw": 100, "kwh": 200.0}]
    assert paid(case(storage=storage)) == [
        ("battery of 100 kW, 200 kWh", 90_000.0, 1_800.0)
    ]
    assert paid(case(storage=storage), case(storage=storage)) == []
    assert unpriced(case(storage=[{"kw": 5}]), case()) == ["storage.0"]


def test_what_a_study_adds_is_paid_as_well():
    extra = {
        "investment_usd": 5.0,
        "yearly_usd": 1.0,
        "life_years": None,
        "words": None,
    }
    assert paid(case(), extra=extra) == [("as the study says", 5.0, 1.0)]


def test_what_no_item_prices_is_named():
    mine = case("valley", customers={"pv_share": 0.5}, seed=2)
    theirs = case(customers={"pv_share": 0.0}, seed=1)
    assert unpriced(mine, theirs) == ["customers.pv_share"]


def test_a_variant_is_told_in_words():
    many = [{**TAP, "words": f"tap {k}"} for k in range(5)]
    assert in_words(case(changes=many), case(), {}) == [
        "tap 0",
        "tap 1",
        "tap 2",
        "and 2 more changes",
    ]
    assert in_words(case("valley"), case(), {}) == ["valley: 10 cars charged by it"]
    assert in_words(case(), case(), {"words": "wait"}) == ["wait"]
    assert in_words(case("v2g_peak", giving=4), case(), {}) == [
        "v2g_peak: 6 cars charged by it, 4 that also give"
    ]
    assert in_words(case("v2g_peak", giving=10), case(), {}) == [
        "v2g_peak: 10 cars that also give"
    ]


def test_money_is_discounted_over_the_horizon():
    """1,000 USD for 40 years at 7 %, and 10 a year that rise by 2 %, over 20 years."""
    money, q = Money(20, 0.07, 0.02), 1.02 / 1.07
    once = sum(75.0091389 / 1.07**year for year in range(1, 21))
    yearly = sum(10 * q**year for year in range(1, 21))
    item = Item("x", 1_000.0, 10.0, 40.0, "")
    assert money.present_usd(item) == pytest.approx(once + yearly, rel=1e-7)


def row(variant, npv, baseline=False, **left):
    figures = dict.fromkeys(LEFT, 0.0) | left
    spread = {f"{key}_{q}": value for key, value in figures.items() for q in QS}
    return {
        "variant": variant, "baseline": baseline, "words": f"{variant} <b>", "seeds": 3,
        "investment_usd": npv, "yearly_usd": 0.0, "npv_usd": npv, **spread,
    }  # fmt: skip


QS = ("p10", "p50", "p90")


def weighed(*rows):
    item = {
        "words": "x", "investment_usd": 1.0, "yearly_usd": 0.0, "life_years": 40.0,
        "mark": "assumed", "present_usd": 1.0,
    }  # fmt: skip
    record = {
        "baseline": "timer", "horizon_years": 20, "discount_rate": 0.07,
        "escalation": 0.02, "catalogue": "here", "days": 1.0, "seeds": [1, 2, 3],
        "variants": {
            one["variant"]: {"words": [], "items": [item], "not_priced": ["a.b"]}
            for one in rows
        },
        "elements": [
            {"kind": "line", "name": "L", "seeds": {r["variant"]: 2 for r in rows}}
        ],
    }  # fmt: skip
    return Alternatives(pl.DataFrame(rows), record)


TIMER = row("timer", 0.0, True, transformers_over_normal=5.0, customers_beyond=1.0)


def test_the_cheapest_that_leaves_nothing_is_named_first():
    found = weighed(
        TIMER,
        row("larger", 9_000.0),
        row("taps", 100.0, transformers_over_normal=2.0),
        row("valley", 700.0),
    )
    assert answer(found) == [
        "The cheapest that leaves nothing beyond limits: valley, NPV of its cost over "
        "20 years 700 USD; then larger (9,000).",
        "timer (timer <b>): 5 transformers beyond the normal rating, 1 customer "
        "outside the voltage band.",
    ]
    assert effects(found)[1] == (
        "taps: NPV of its cost 100 USD; leaves 2 transformers beyond the normal rating."
    )


def test_where_nothing_cures_all_that_is_said():
    found = weighed(TIMER, row("taps", 100.0, lines_over_normal=1.0))
    assert answer(found)[0] == "No alternative takes everything back within limits."


def test_where_the_baseline_is_well_what_breaks_is_said():
    found = weighed(row("intact", 0.0, True), row("out", 0.0, customers_beyond=4.0))
    assert answer(found) == [
        "Variants that break a limit: out.",
        "intact (intact <b>): nothing beyond limits.",
    ]


def test_what_is_not_known_is_not_called_clean():
    found = weighed(TIMER, row("lost", 1.0, lines_over_normal=None))
    assert answer(found)[0] == "No alternative takes everything back within limits."


def test_the_front_is_what_no_cheaper_variant_beats():
    assert front([(5.0, 0.0), (0.0, 4.0), (2.0, 4.0), (3.0, 1.0)]) == [
        (0.0, 4.0),
        (3.0, 1.0),
        (5.0, 0.0),
    ]


def test_costs_far_apart_stand_by_powers_of_ten():
    place, ticks = scale([0.0, 10.0, 1_000.0])
    assert (place(10.0), place(1_000.0), place(0.0)) == (1.0, 3.0, 0.5)
    assert ticks["ticktext"] == ["0", "10", "100", "1,000"]
    assert scale([0.0, 10.0, 20.0])[0](15.0) == 15.0
    assert scale([-5.0, 10.0, 1_000.0])[0](-5.0) == -5.0


def test_section_and_text_tell_every_variant_and_whose_prices_these_are():
    found = weighed(TIMER, row("valley", 700.0))
    told, plain = section(found), text(found)
    for part in ("valley &lt;b&gt;", "2 of 3", "assumed", "a.b", "Energy, losses"):
        assert part in told
    for part in ("Alternatives side by side", "valley", "700", "a.b", "7 % a year"):
        assert part in plain
    assert max(map(len, plain.splitlines())) <= 100
    names = [trace.name for trace in cost_figure(found).data if trace.showlegend]
    assert names == ["timer", "valley"]


def test_the_median_is_the_middle_and_the_ends_are_a_seeds_own():
    assert quantile([4.0, 1.0], 0.5) == 2.5
    assert quantile([4.0, 1.0, 2.0], 0.5) == 2.0
    assert quantile([9.0, 1.0, 2.0, 4.0], 0.5) == 3.0
    assert [quantile([1.0, 4.0], q) for q in (0.1, 0.9)] == [1.0, 4.0]
    assert quantile([], 0.5) is None


def test_half_an_asset_is_written_and_half_a_kw_is_not():
    left = {"lines_over_normal_p10": 2.0, "lines_over_normal_p50": 2.5}
    left |= {"lines_over_normal_p90": 3.0, "peak_kw_p10": 40.0, "peak_kw_p50": 40.5}
    found = row("a", 0.0) | left | {"peak_kw_p90": 41.0}
    assert band(found, "lines_over_normal") == ("2.5", "2 to 3")
    assert band(found, "peak_kw") == ("40", "40 to 41")
    assert band(row("a", 0.0), "lines_over_normal") == ("0", "")


def test_every_column_of_what_is_left_has_a_heading():
    assert len(BRIEF) == len(LEFT)
    said = text(weighed(TIMER, row("valley", 700.0, stored_change_kwh=-12.0)))
    heads, rest = said[said.index("transf.") :], "in batt."
    assert rest in " ".join(heads.split()) and "−12" in heads


def test_the_caption_says_that_costs_stand_by_powers_of_ten_where_they_do():
    near = weighed(TIMER, row("a", 100.0), row("b", 700.0))
    far = weighed(TIMER, row("a", 100.0), row("b", 9_000.0))
    assert "logarithmic" in about(far) and "logarithmic" not in about(near)
    assert "logarithmic" in section(far)
