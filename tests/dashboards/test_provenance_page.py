"""Where numbers come from is told from the record, and the scenario runs again."""

from pathlib import Path

import numpy as np
import pytest

from dashboards.overview import origin
from dashboards.pages import provenance
from twin.analysis.case import Case
from twin.scenario.read import read

SCENARIOS = Path(__file__).parents[2] / "scenarios"


def texts(component):
    """Every text of a tree of components, joined."""
    if component is None or isinstance(component, int | float):
        return "" if component is None else str(component)
    if isinstance(component, str):
        return component
    if isinstance(component, list | tuple):
        return " ".join(texts(one) for one in component)
    own = [getattr(component, name, None) for name in ("children", "title")]
    return " ".join(texts(one) for one in own if one is not None)


@pytest.fixture
def case(make_run):
    return Case(make_run())


def test_the_page_says_everything_that_the_record_does(case):
    said = texts(provenance._body(case, {}))
    assert "loads are synthetic" in said
    assert "ab" * 32 in said
    assert "policy" in said and "v2g_peak" in said
    assert "en50160: 0.9 to 1.1 pu; outer 0.85 to 1.1 pu" in said
    assert "None: all 8 steps have a power flow solution." in said
    for name, sha256 in case.run.record["outputs"].items():
        assert name in said and sha256 in said
    assert "twin run hand_made.yaml" in said


def test_a_broken_audit_or_balance_is_told(make_run):
    record = {
        "audit": {"largest_difference_pu": 1e-3, "steps": []},
        "balance": {"largest_relative_residual": 0.5},
    }
    said = texts(provenance._body(Case(make_run(record=record)), {}))
    assert "1.0e-03 pu (more than it should be" in said
    assert "does not close" in said


def test_an_interrupted_run_has_a_page(interrupted):
    said = texts(provenance._body(Case(interrupted), {}))
    assert "This run is interrupted" in said


def test_a_record_that_holds_nothing_has_a_page(make_run):
    nothing = dict.fromkeys(
        ("audit", "balance", "versions", "inputs", "notes", "counts", "limits")
    )
    said = texts(provenance._body(Case(make_run(record=nothing)), {}))
    assert "No audit is recorded" in said and "Nothing was noted." in said


def test_failed_steps_are_listed_in_local_time(make_run):
    case = Case(make_run(converged=(True,) * 7 + (False,)))
    assert origin.failed_steps(case) == ("Tue 13 Jan 2026, 01:00",)
    assert "1 of 8 steps" in texts(provenance._failed_card(case))


def test_the_worst_interval_is_the_largest_share(case, monkeypatch):
    steps = case.steps.with_columns(
        residual_kw=np.array([0, 1e-6, 0, -2e-6, 0, 0, 0, 1e-6])
    )
    monkeypatch.setitem(vars(case), "steps", steps)
    worst = origin.worst_residual(case)
    through = 2.0 + 2.0 + 5.0
    assert worst.kw == 1e-6 and worst.share == pytest.approx(1e-6 / through)
    assert case.local(worst.time) == "2026-01-13 01:00"


def test_no_residual_where_no_step_is_solved(make_run):
    assert origin.worst_residual(Case(make_run(converged=(False,) * 8))) is None


def test_the_file_reads_back_as_the_same_question(make_run, tmp_path):
    asked = read(SCENARIOS / "village.yaml")
    record = {"scenario": asked.resolved()}
    case = Case(make_run(name="village", record=record))
    path = tmp_path / provenance.file_name(case)
    path.write_text(origin.scenario_file(case))
    assert path.name == "village.yaml"
    assert read(path).resolved() == asked.resolved()


def test_leaves_are_dotted_and_none_is_lost():
    tree = {"a": {"b": 1.5, "c": {"d": None}}, "e": [], "f": True}
    assert origin.leaves(tree) == [
        ("a.b", "1.5"),
        ("a.c.d", "–"),
        ("e", "–"),
        ("f", "yes"),
    ]


def test_wall_times_are_shares_of_the_whole(make_run):
    case = Case(make_run())
    case.run.record["wall_time_s"].update(
        {"simulate": 3.0, "audit": 1.0, "finish": 0.0}
    )
    figure = origin.wall_times(case, "light")
    bars = dict(zip(figure.data[0].y, figure.data[0].text, strict=True))
    assert bars["simulating"] == "3.00 s (75 %)"


def test_warnings_are_not_noted_twice(make_run):
    record = {"warnings": ["mind this"], "notes": ["mind this", {"kind": "other"}]}
    case = Case(make_run(record=record))
    assert origin.warnings_of(case) == ["mind this"]
    assert origin.notes_of(case) == ["kind: other"]


def test_a_file_that_is_gone_is_said_to_be(case):
    assert origin.size(case, "nowhere.parquet") == "not there"
    assert origin.size(case, "steps.parquet").endswith("kB")


def test_files_that_the_scenario_needs_are_named(make_run):
    scenario = {
        "feeder": {"source": "json:grid.json"},
        "customers": {"profiles": "load.csv", "file": None},
        "fleet": {"travel_file": "days.csv"},
    }
    case = Case(make_run(record={"scenario": scenario}))
    assert origin.own_files(case) == ["days.csv", "grid.json", "load.csv"]
    assert "Put them beside it" in texts(provenance._repeat_card(case))
