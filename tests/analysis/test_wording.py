from __future__ import annotations

import pytest

from twin.analysis.comparison import Comparison
from twin.analysis.wording import headline


@pytest.fixture
def said(make_run):
    """The headline of clever and V2G runs with these peaks, a seed each."""

    def say(clever, v2g, **more):
        def run(policy, seed, peak):
            grid = [8.0, 10.0, peak, 16.0, 12.0, 8.0, 4.0, 2.0]
            return make_run(policy=policy, seed=seed, grid_kw=grid, **more)

        runs = [("valley", run("valley", n, p)) for n, p in enumerate(clever)]
        runs += [("v2g", run("v2g_peak", n, p)) for n, p in enumerate(v2g)]
        return headline(Comparison.of(runs))

    return say


def test_v2g_may_lower_the_peak(said):
    assert said([40.0], [30.0])[0] == (
        "V2G lowers the peak by 10.0 kW (25.0 %) against clever one-way charging."
    )


def test_v2g_may_raise_the_peak(said):
    assert said([40.0], [50.0])[0] == (
        "V2G raises the peak by 10.0 kW (25.0 %) against clever one-way charging."
    )


def test_v2g_may_change_nothing(said):
    assert said([40.0], [40.01])[0] == (
        "V2G leaves the peak as it is against clever one-way charging."
    )


def test_seeds_that_disagree_are_no_clear_difference(said):
    assert said([40.0, 40.0], [30.0, 42.0])[0] == (
        "V2G makes no clear difference to the peak against clever one-way charging: "
        "−4.0 kW (10.0 %) on average (from −10.0 to +2.0 kW over 2 seeds)."
    )


def test_two_v2g_variants_are_named(make_run):
    runs = [
        ("valley", make_run(policy="valley")),
        ("peak", make_run(policy="v2g_peak")),
        ("price", make_run(policy="v2g_price")),
    ]
    found = headline(Comparison.of(runs))
    assert any(line.startswith("V2G (peak) leaves the peak") for line in found)
    assert any(line.startswith("V2G (price) leaves the peak") for line in found)


def test_what_it_costs_the_cars_is_told(said):
    found = " ".join(said([40.0], [30.0]))
    assert "The cars give back 15 kWh for it" in found
    assert "as many departures fall short of target (50.00 %)" in found


def test_without_a_clever_variant_each_is_set_against_the_baseline(make_run):
    runs = [
        ("none", make_run(policy="uncontrolled", cars=False, grid_kw=[20.0] * 8)),
        ("free", make_run(policy="uncontrolled")),
    ]
    found = headline(Comparison.of(runs, "none"))
    assert found[0] == "free raises the peak by 30.0 kW (150.0 %) against none."
    assert any("already 4.0 customer-hours beyond" in line for line in found)


def test_a_single_run_tells_its_peak(make_run):
    found = headline(Comparison.of([("one", make_run())]))
    assert found == [
        "The substation peaks at 50.0 kW (2026-01-12 20:00); EVs draw 28.0 kW of it.",
        "The lowest voltage is 0.8400 pu, with 3.0 customer-hours below the limit.",
    ]


def test_the_sign_of_the_difference_stands_before_the_unit(said):
    assert "−-" not in " ".join(said([40.0, 40.0], [30.0, 42.0]))
