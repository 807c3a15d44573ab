"""A small American feeder from scenario to report: rules counted as its voltages say.

shop and flats on three phases of 480 V, and a pole with two legs of 120 V.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.simulation.circuit import written
from tests.worlds import scenario
from twin.analysis.case import Case
from twin.analysis.metrics import headline
from twin.analysis.report import write
from twin.analysis.voltage_quality import judged
from twin.results.record import Run
from twin.simulation.build import load_grid
from twin.simulation.run import run

pytestmark = pytest.mark.long

LEGS = ("pole.1", "pole.2")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """Eight days of quarter hours, every interval and as a summary."""
    folder = tmp_path_factory.mktemp("circuit")
    master = written(folder)
    found: dict[str, Run] = {}
    for level in ("all", "summary"):
        said = scenario(
            feeder__source=f"opendss:{master}",
            time__days=8,
            time__timezone="America/Los_Angeles",
            feeder__source_voltage_pu=0.957,
            fleet__ev_count=6,
            fleet__charger_kw=11.5,
            limits={"rapid_change_pu": 0.003},
            output__level=level,
        )
        grid = load_grid(said)
        found[level] = Run.open(run(said, folder / "results", grid))
    return found


@pytest.fixture(scope="module")
def case(runs: dict[str, Run]) -> Case:
    return Case(runs["all"])


def at_legs(case: Case) -> np.ndarray:
    """Voltages of the two legs of the pole [n_step, 2], pu of 120 V."""
    nodes = case.nodes
    names = nodes["bus"].to_numpy() + "." + nodes["phase"].cast(pl.String).to_numpy()
    row = [int(np.flatnonzero(names == leg)[0]) for leg in LEGS]
    v_pu = case.run.static("voltages")["v_pu"].to_numpy()
    return v_pu[:, row].astype(np.float64)


def pole(case: Case) -> int:
    """The customer whose load is given as two legs."""
    row = case.customers["name"].to_list().index("leg_1")
    assert case.customers["phase"][row] == 0
    return row


def test_hours_of_the_pole_are_those_of_either_leg(case: Case) -> None:
    v, quality, row = at_legs(case), case.quality, pole(case)
    assert quality is not None
    outside = ((v < 0.95) | (v > 1.05)).any(axis=1)
    assert outside.any()
    assert quality.a_outside_h[row] == pytest.approx(0.25 * outside.sum())
    depth = np.maximum(0.95 - v, v - 1.05).max(axis=1).clip(0.0)
    assert quality.a_depth_pu_h[row] == pytest.approx(0.25 * depth.sum(), abs=1e-4)
    beyond = ((v < 110 / 120) | (v > 127 / 120)).any(axis=1)
    assert quality.b_outside_h[row] == pytest.approx(0.25 * beyond.sum())


def test_weeks_of_the_pole_are_those_of_its_worse_leg(case: Case) -> None:
    v, quality, row = at_legs(case), case.quality, pole(case)
    assert quality is not None
    out = (v < 0.9) | (v > 1.1)
    week = 7 * 96
    want = [out[:week].mean(axis=0).max(), out[week:].mean(axis=0).max()]
    assert quality.week_days.tolist() == [7, 1]
    assert quality.week_outside[:, row] == pytest.approx(want, abs=1e-5)


def test_jumps_of_the_pole_are_those_of_either_leg(case: Case) -> None:
    v, quality, row = at_legs(case), case.quality, pole(case)
    assert quality is not None
    jumps = (np.abs(np.diff(v, axis=0)) > 0.003).any(axis=1)
    assert jumps.any()
    assert quality.rapid_changes[row] == jumps.sum()
    told = case.run.static("events").filter(pl.col("kind") == "rapid_change")
    times = case.run.static("voltages")["time"][1:].filter(pl.Series(jumps))
    assert set(times) <= set(told["time"])
    assert told["value"].abs().min() > 0.003
    assert headline(case.run)["rapid_changes"] == told["time"].n_unique()


def test_cars_push_the_voltage_that_they_are_blamed_for(case: Case) -> None:
    quality = case.quality
    assert quality is not None
    assert 0 < quality.rapid_by_cars[pole(case)] <= quality.rapid_changes[pole(case)]


def test_unbalance_is_judged_where_there_are_three_phases(case: Case) -> None:
    quality, row = case.quality, pole(case)
    assert quality is not None
    assert np.isnan(quality.vuf_p95[row])
    known = judged(case)["unbalance"]
    assert known.known == 2
    highest = case.steps["vuf_max"].max()
    assert 0.0 < known.worst <= highest + 1e-6


def test_a_summary_counts_the_same(runs: dict[str, Run]) -> None:
    whole, summary = (one.static("quality_daily") for one in runs.values())
    assert whole.equals(summary, null_equal=True)
    mine, theirs = (headline(one) for one in runs.values())
    for key in ("customers_outside_a", "customers_outside_b", "rapid_changes"):
        assert mine[key] == theirs[key]
    assert mine["customers_noncompliant"] == theirs["customers_noncompliant"]


def test_the_report_tells_it(case: Case, tmp_path: Path) -> None:
    html = write(case.run.path, tmp_path / "r.html").read_text()
    assert 'id="voltage-quality"' in html
    assert "leg_1" in html
    assert "switched" in html
    assert "No verdict on voltage" not in html
