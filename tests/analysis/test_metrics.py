from __future__ import annotations

import numpy as np
import pytest

from twin.analysis.metrics import headline, transformers, violations
from twin.errors import InputError


def test_the_peak_is_told_with_its_hour_and_what_cars_drew(make_run):
    found = headline(make_run())
    assert found["peak_kw"] == 50.0
    assert found["peak_time"] == "2026-01-12 20:00"
    assert found["peak_ev_kw"] == 28.0
    assert found["min_kw"] == -5.0


def test_phases_are_told_of_where_there_are_any(make_run):
    shares, amps = [0.01, np.nan, 0.031] + [0.02] * 5, [3.0] * 7 + [40.0]
    phases = {"vuf_max": shares, "neutral_max_a": amps}
    found = headline(make_run(phases=phases))
    assert (found["vuf_max"], found["neutral_max_a"]) == (0.031, 40.0)
    found = headline(make_run())
    assert (found["vuf_max"], found["neutral_max_a"]) == (None, None)


def test_operations_are_known_where_they_were_counted(make_run):
    keys = ("tap_operations", "capacitor_operations")
    for counts in ((12, 0), (None, None)):
        record = {"controls": dict(zip(keys, counts, strict=True))}
        found = headline(make_run(record=record))
        assert tuple(found[key] for key in keys) == counts
    assert headline(make_run())["tap_operations"] is None


def test_reverse_flow_has_hours_and_a_depth(make_run):
    found = headline(make_run())
    assert found["reverse_h"] == 2.0
    assert found["reverse_depth_kw"] == 5.0
    assert found["transformer_reverse_h"] == 2.0


def test_voltage_extremes_name_node_and_time(make_run):
    found = headline(make_run())
    assert found["v_min_pu"] == 0.84
    assert found["v_min_node"] == "d"
    assert found["v_min_time"] == "2026-01-12 20:00"
    assert found["v_max_pu"] == 1.11
    assert found["v_max_node"] == "d"
    assert found["v_max_time"] == "2026-01-13 00:00"


def test_customer_hours_are_counted_at_terminals(make_run):
    found = headline(make_run())
    assert found["customer_hours_below"] == 3.0  # A: 0.89; B: 0.84, 0.88
    assert found["customer_hours_above"] == 1.0
    assert found["customer_hours_below_outer"] == 1.0
    assert found["customers_beyond"] == 2
    assert found["customers_noncompliant"] == 2  # 1 and 3 of 8 intervals


def test_transformers_are_judged_by_both_ratings(make_run):
    found = headline(make_run())
    assert found["transformers_over_normal"] == 1
    assert found["transformer_h_over_normal"] == 3.0
    assert found["transformers_over_emergency"] == 1
    assert found["transformer_h_over_emergency"] == 1.0
    assert found["worst_transformer"] == "T1"
    assert found["worst_transformer_loading"] == pytest.approx(1.3)
    assert found["lines_over_normal"] == 1
    assert found["worst_line_loading"] == pytest.approx(1.1)


def test_a_transformer_row_tells_its_longest_overload(make_run):
    row = transformers(make_run()).row(0, named=True)
    assert row["peak_loading"] == pytest.approx(1.3)
    assert row["peak_time"] == "2026-01-12 20:00"
    assert (row["over_normal_h"], row["longest_over_normal_h"]) == (3.0, 2.0)
    assert (row["customers"], row["evs"], row["reverse_h"]) == (2, 2, 2.0)


def test_energy_by_mode(make_run):
    found = headline(make_run())
    assert found["losses_kwh"] == 10.0
    assert found["homes_kwh"] == 80.0
    assert found["ev_charged_kwh"] == 74.0
    assert found["ev_discharged_kwh"] == 15.0
    assert found["losses_share"] == pytest.approx(10 / 154)
    assert found["ev_public_kwh"] == 2.0
    assert found["stored_change_kwh"] == pytest.approx(0.2 * 50 + 0.1 * 60)


def test_departures_short_of_target_are_ended_stays_lacking_over_one_percent(make_run):
    found = headline(make_run())
    assert found["departures"] == 4
    assert found["departures_short_share"] == 0.5
    assert found["shortfall_kwh"] == pytest.approx(4.6)
    assert (found["trips"], found["trips_short"]) == (4, 2)


def test_counts_and_hypothetical_cars(make_run):
    found = headline(make_run())
    assert (found["n_customers"], found["n_ev"], found["n_bidirectional"]) == (2, 2, 1)
    assert found["hypothetical_ev"] == 1
    assert (found["steps_failed"], found["peak_is_lower_bound"]) == (0, 0)


def test_a_failed_step_is_counted_and_left_out(make_run):
    volts = np.array([(1.0, 0.98, 0.95, 0.93)] * 8)
    volts[2] = np.nan
    converged = [True, True, False, *[True] * 5]
    grid = [10.0, 20.0, float("nan"), 40.0, 30.0, 10.0, -5.0, -2.0]
    found = headline(make_run(v_pu=volts, converged=converged, grid_kw=grid))
    assert (found["steps_failed"], found["peak_is_lower_bound"]) == (1, 1)
    assert found["peak_kw"] == 40.0
    assert found["v_min_pu"] == 0.93
    assert found["customer_hours_below"] is None  # of that hour nothing is known


def test_a_run_without_cars_answers_too(make_run):
    found = headline(make_run(policy="uncontrolled", cars=False))
    assert found["n_ev"] == 0
    assert found["departures_short_share"] is None
    assert found["ev_charged_kwh"] == 0.0


def test_every_answer_is_plain(make_run):
    found = headline(make_run())
    assert all(isinstance(v, float | int | str | None) for v in found.values())
    assert not any(isinstance(v, np.generic) for v in found.values())


def test_a_summary_run_answers_what_it_can(make_run):
    whole, daily = headline(make_run()), headline(make_run(level="summary"))
    same = (
        "peak_kw",
        "v_min_pu",
        "v_min_node",
        "customer_hours_below",
        "customer_hours_above",
        "transformers_over_normal",
        "transformer_h_over_normal",
        "transformer_h_over_emergency",
        "worst_transformer",
        "departures_short_share",
    )
    assert {key: daily[key] for key in same} == {key: whole[key] for key in same}
    assert daily["customer_hours_below_outer"] is None
    assert daily["transformer_reverse_h"] is None


def test_violations_are_paired_by_customer_and_time(make_run):
    base = np.full((8, 4), 0.95)
    base[2, 2] = 0.89  # home A, also in the run
    base[4, 3] = 0.89  # home B, not in the run
    run, other = make_run(), make_run(v_pu=base, cars=False, policy="uncontrolled")
    assert violations(run, other) == {
        "total_h": 4.0,
        "preexisting_h": 1.0,
        "caused_h": 3.0,
        "cured_h": 1.0,
    }
    assert violations(run)["total_h"] == 4.0
    assert violations(run)["caused_h"] is None


def test_violations_pair_customers_by_name(make_run):
    base = np.full((8, 4), 0.95)
    base[2, 2] = 0.89
    other = make_run(v_pu=base, names=("home B", "home A"))
    assert violations(make_run(), other)["preexisting_h"] == 1.0
    base[2] = (1.0, 1.0, 1.0, 0.89)
    swapped = make_run(v_pu=base, names=("home B", "home A"))
    assert violations(make_run(), swapped)["preexisting_h"] == 1.0
    strangers = make_run(v_pu=base, names=("x", "x"))
    with pytest.raises(InputError, match="different customers"):
        violations(make_run(), strangers)
