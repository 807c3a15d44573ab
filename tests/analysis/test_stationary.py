"""What is told of stationary batteries, of a run made by hand."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from twin.analysis import report, stationary_section
from twin.analysis.case import Case
from twin.analysis.comparison import Comparison
from twin.analysis.metrics import headline
from twin.analysis.stationary import KEYS, course, peak_of
from twin.analysis.study import Subject
from twin.results.record import Run

KW = (4.0, 0.0, -6.0, -2.0, 0.0, 0.0, 5.0, 0.0)
SOC = (0.6, 0.6, 0.3, 0.2, 0.2, 0.2, 0.4, 0.4)
ROW = {
    "battery": [0],
    "name": ["b<1>"],
    "node": [1],
    "transformer": [0],
    "kw": [10.0],
    "kwh": [20.0],
    "round_trip_efficiency": [0.81],
    "standby_kw": [0.0],
    "soc_low": [0.1],
    "soc_high": [0.9],
    "target_kw": [np.nan],
    "soc_start": [0.5],
    "soc_end": [0.4],
    "charged_kwh": [9.0],
    "discharged_kwh": [8.0],
    "losses_kwh": [1.6],
    "standby_kwh": [0.4],
    "full_cycles": [0.55],
}


NONE = pl.Series([None], dtype=pl.Int32)


def with_battery(run: Run, **changes: object) -> Case:
    pl.DataFrame(ROW | changes).write_parquet(run.path / "storage.parquet")
    time = run.static("steps")["time"]
    single = pl.Array(pl.Float32, 1)
    pl.DataFrame(
        {
            "time": time,
            "kw": pl.Series([[kw] for kw in KW], dtype=single),
            "soc": pl.Series([[soc] for soc in SOC], dtype=single),
        }
    ).write_parquet(run.path / "storage_steps.parquet")
    return Case(Run.open(run.path))


def test_totals_are_of_all_batteries(make_run):
    found = headline(with_battery(make_run()).run)
    assert found["storage_charged_kwh"] == 9.0
    assert found["storage_discharged_kwh"] == 8.0
    assert found["storage_losses_kwh"] == pytest.approx(2.0)
    assert found["storage_cycles"] == pytest.approx(0.55)


def test_without_batteries_nothing_is_told(make_run):
    run = make_run()
    assert all(headline(run)[key] is None for key in KEYS)
    said = report.html(Subject.open(run.path))
    assert stationary_section.TITLE not in said


def test_a_battery_is_set_beside_the_load_of_its_transformer(make_run):
    found = course(with_battery(make_run()), 0)
    assert found.kw.tolist() == list(KW)
    assert found.soc == pytest.approx(SOC)
    assert found.load[found.peak] == 50.0
    assert found.is_loaded


def test_a_battery_below_no_transformer_is_set_beside_the_substation(make_run):
    case = with_battery(make_run(), transformer=NONE)
    assert peak_of(case, None) == (50.0, "2026-01-12 20:00")
    told = stationary_section.section(Comparison.of([("with", case.run)]))
    assert f"bus {case.nodes['bus'][1]}" in told


def test_a_summary_knows_the_peak_but_not_its_hour(make_run):
    run = make_run(level="summary")
    file = run.path / "branches_daily.parquet"
    highest = pl.Series("p_max_kw", [[40.0, 1, 1], [50.0, 2, 2]])
    highest = highest.cast(pl.Array(pl.Float32, 3))
    pl.read_parquet(file).with_columns(highest).write_parquet(file)
    case = with_battery(run)
    assert peak_of(case, 0) == (50.0, None)
    told = stationary_section.section(Comparison.of([("with", case.run)]))
    assert "The day on which it gave most" in told
    assert "stationary-0" in told


def test_the_section_tells_the_peak_with_and_without(make_run):
    with_it = with_battery(make_run(), transformer=NONE)
    without = make_run(name="plain", grid_kw=[10.0, 20, 57, 40, 30, 10, -5, -2])
    both = Comparison.of([("with", with_it.run), ("none", without)], baseline="none")
    told = stationary_section.section(both)
    assert "<td>50.0<small>2026-01-12 20:00</small></td>" in told
    assert "<td>57.0<small>none</small></td>" in told
    assert "10 kW, 20 kWh<small>by forecast</small>" in told
    assert "b&lt;1&gt;" in told and "b<1>" not in told


def test_the_report_has_a_section_where_there_are_batteries(make_run):
    said = report.html(Subject.open(with_battery(make_run()).run.path))
    assert f'<section id="{stationary_section.KEY}">' in said


def test_a_target_is_told(make_run):
    case = with_battery(make_run(), target_kw=[33.25])
    told = stationary_section.section(Comparison.of([("with", case.run)]))
    assert "10 kW, 20 kWh<small>33.2 kW</small>" in told
    assert "<td>–</td></tr>" in told
