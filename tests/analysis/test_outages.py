"""Indices of outages by the handbook."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from twin.analysis import outage_section
from twin.analysis.case import Case
from twin.analysis.comparison import Comparison
from twin.analysis.outages import indices, outage_answers
from twin.analysis.theme import spotlight
from twin.results.record import Run
from twin.simulation.violations import nothing
from twin.tables import TABLES


def test_indices_of_the_handbook():
    """Case REL."""
    customers, minutes = np.array([500, 1200, 300]), np.array([120, 30, 240])
    found = indices(customers.sum(), (customers * minutes).sum(), 5000)
    assert found.saifi == pytest.approx(0.4)
    assert found.saidi_min == pytest.approx(33.6)
    assert found.caidi_min == pytest.approx(84.0)
    assert indices(0, 0.0, 5000).caidi_min is None


def hit(customer, medical, hours, alight, demand, served):
    begin = datetime(2026, 1, 12, 18, tzinfo=UTC)
    return {
        "event": 0, "customer": customer, "start": begin,
        "until": begin + timedelta(hours=hours), "hours": hours, "alight_h": alight,
        "demand_kwh": demand, "served_by_car_kwh": served,
        "served_by_pv_kwh": 0.0, "unserved_kwh": demand - served,
        "capable": alight > 0, "why_dark": "", "medical": medical,
    }  # fmt: skip


def with_outages(make_run, rows):
    run = make_run()
    frame = pl.DataFrame(rows).select(TABLES["outages"].column_names)
    frame.write_parquet(run.path / "outages.parquet")
    return Case(run)


@pytest.mark.parametrize(
    ("panel", "whole", "critical"), [("whole", 1, None), ("critical", None, 1)]
)
def test_critical_circuits_alight_are_told_apart_from_whole_homes(
    make_run, panel, whole, critical
):
    """One home dark for 3 min of four hours; what is alight of it is the panel's."""
    rows = [hit(0, False, 4.0, 3.95, 2.0, 0.8), hit(1, False, 4.0, 0.0, 2.0, 0.0)]
    made = with_outages(make_run, rows).run
    instant = pl.col("time", "until").cast(pl.Datetime("us", "UTC"))
    nothing().with_columns(instant).write_parquet(made.path / "events.parquet")
    record = json.loads((made.path / "run.json").read_text())
    record["scenario"]["backup"] = {"panel": panel, "critical_share": 0.4}
    (made.path / "run.json").write_text(json.dumps(record))
    case = Case(Run.open(made.path))
    found = outage_answers(case)
    assert found["homes_alight"] == whole
    assert found["homes_critical_alight"] == critical
    told = outage_section.outages(Comparison.of([("storm", case.run)]))
    said = "cars supply critical circuits only, 40 % of a home"
    assert (said in told) == (critical is not None)


def test_medical_homes_are_a_group_of_their_own(make_run):
    case = with_outages(
        make_run,
        [
            hit(0, True, 4.0, 3.95, 2.0, 0.8),
            hit(0, True, 1.0, 0.0, 0.5, 0.0),
            hit(1, False, 4.0, 1.0, 3.0, 0.6),
        ],
    )
    found = outage_section.groups(case)
    assert found is not None
    medical, others = found.rows(named=True)
    assert (medical["homes"], medical["outages"], medical["lit"]) == (1, 2, 1)
    assert medical["out_h"] == 5.0
    assert medical["dark_h"] == pytest.approx(1.05)
    assert medical["longest_h"] == 1.0
    assert medical["unserved_kwh"] == pytest.approx(1.7)
    assert (others["medical"], others["lit"]) == (False, 0)
    assert others["dark_h"] == 3.0
    table = outage_section._groups(case, named=False)
    assert "medical baseline" in table and "all others" in table


def test_without_medical_homes_or_in_older_runs_there_are_no_groups(make_run):
    case = with_outages(make_run, [hit(0, False, 4.0, 1.0, 2.0, 0.8)])
    assert outage_section.groups(case) is None
    assert outage_section._groups(case, named=False) == ""
    path = case.run.path / "outages.parquet"
    pl.read_parquet(path).drop("medical").write_parquet(path)
    assert outage_section.groups(replace(case)) is None


def test_a_variant_out_of_the_spotlight_tells_its_outages(make_run):
    """Of many variants few are drawn; an outage is told wherever it is."""
    struck = with_outages(make_run, [hit(0, False, 4.0, 1.0, 3.0, 0.6)]).run
    instant = pl.col("time", "until").cast(pl.Datetime("us", "UTC"))
    nothing().with_columns(instant).write_parquet(struck.path / "events.parquet")
    names = [f"{word}{n}" for word in ("free", "clever", "v2g") for n in range(3)]
    policies = {"free": "uncontrolled", "clever": "valley", "v2g": "v2g_peak"}
    others = [(name, make_run(policy=policies[name[:-1]], name=name)) for name in names]
    comparison = Comparison.of([*others, ("blackout", Run.open(struck.path))])
    assert "blackout" not in spotlight(comparison)
    told = outage_section.outages(comparison)
    assert "The scenario has no outages" not in told
    assert "blackout: powered" in told and "least served" in told
