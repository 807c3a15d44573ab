from __future__ import annotations

from dataclasses import replace

import pytest

from tests.analysis.conftest import LOADING
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


QUIET = tuple(tuple(one / 2 for one in row) for row in LOADING)
WITHIN = ((1.0,) * 4,) * 8


def test_means_of_counts_that_are_not_nothing_are_not_told_as_nothing(make_run):
    """Of three seeds one has its one transformer over rating, with V2G none or all."""
    full = {1: LOADING, 2: QUIET, 3: QUIET}

    def runs(label, policy, loadings, **more):
        return [
            (label, make_run(name=label, policy=policy, seed=n, loading=one, **more))
            for n, one in loadings.items()
        ]

    clever = runs("valley", "valley", full)
    better = runs("v2g", "v2g_peak", dict.fromkeys(full, QUIET))
    found = " ".join(headline(Comparison.of([*clever, *better])))
    assert "transformers over rating 0 instead of 0.3 (not in every seed)" in found
    bare = runs("none", "uncontrolled", full, cars=False, v_pu=WITHIN)
    found = headline(Comparison.of([*bare, *clever], "none"))
    assert "Without EVs there are already 0.3 transformers over normal rating." in found


def test_means_of_counts_that_read_alike_are_told_apart(make_run):
    counts = {"valley": (1, 1, 2), "v2g_peak": (1, 1, 1)}
    runs = [(name, make_run(policy=name, seed=n)) for name in counts for n in range(3)]
    known = {
        (name, seed): {"peak_kw": 50.0, "transformers_over_normal": count}
        for name, mine in counts.items()
        for seed, count in enumerate(mine)
    }
    found = headline(replace(Comparison.of(runs), figures=known))
    assert "Transformers over rating 1.0 instead of 1.3 (not in every seed)." in found
