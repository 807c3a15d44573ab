"""The years ahead on a small grid: totals, whose choice, who can give, grown loads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest

from tests.worlds import DORFNETZ, grid, lived, planned, scenario
from twin.errors import InputError
from twin.scenario.check import findings, notes
from twin.simulation.adopted import Adopted, neighbours_of
from twin.simulation.households import households
from twin.simulation.plan import Plan

CSV = """\
year,evs,load_factor,pv_kw,heat_pumps
2026,10,1.0,25,0
2030,30,1.1,50,6
2040,50,1.2,100,30
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    path: Path = tmp_path_factory.mktemp("totals") / "totals.csv"
    path.write_text(CSV)
    return path


def ahead(file: Path | None, year: int = 2040, **words: Any) -> Plan:
    said: dict[str, Any] = {"year": year, **words.pop("adoption", {})}
    if file is not None:
        said["totals"] = file
    return planned(
        scenario(feeder__source=DORFNETZ, fleet__ev_share=None, adoption=said, **words)
    )


def of(plan: Plan) -> Adopted:
    assert plan.ahead is not None
    return plan.ahead


def test_totals_are_met_in_the_fleet_the_roofs_and_the_loads(file: Path):
    then = ahead(file, 2030)
    base = planned(scenario(feeder__source=DORFNETZ))
    assert len(then.cars) == 30
    assert (then.households.pv_kwp > 0).sum() == 10
    assert then.households.export_limit_kw.sum() == pytest.approx(50.0)
    assert then.households.annual_kwh == pytest.approx(base.households.annual_kwh * 1.1)
    day, before = then.profile.day_kw(0), base.profile.day_kw(0)
    warm = ~of(then).owned.heat_pump
    assert warm.sum() == 57 - 6
    assert day[:, warm] == pytest.approx(before[:, warm] * 1.1)
    added = day[:, ~warm] - before[:, ~warm] * 1.1
    outside = then.weather.temperature_degc(0)
    heat_kw = 0.150 * (16.0 - outside.mean())
    assert added.min() > heat_kw / 4.5 and added.max() < heat_kw / 2.0


def test_a_year_between_lies_on_the_line(file: Path):
    assert len(ahead(file, 2028).cars) == 20


def test_no_policy_changes_who_owns_what(file: Path):
    told = [
        ahead(file, policy__name=name, policy__reserve_soc=reserve)
        for name, reserve in (("uncontrolled", 0.0), ("v2g_peak", 0.3), ("valley", 0.9))
    ]
    first = told[0].cars
    for other in told[1:]:
        assert (other.cars.traits["entity"] == first.traits["entity"]).all()
        assert other.cars.model == first.model
        assert (other.cars.traits["give_kw"] == first.traits["give_kw"]).all()
        assert (of(other).owned.enrolled == of(told[0]).owned.enrolled).all()


def test_a_later_year_holds_the_earlier_ones(file: Path):
    early, late = (set(ahead(file, y).cars.traits["entity"]) for y in (2026, 2040))
    assert early < late
    whole = [len(owned) for owned in of(ahead(file)).years]
    assert whole == [10, 15, 20, 25, 30, *range(32, 51, 2)]


def test_cars_bought_later_can_give_more_often(file: Path):
    words = {"charger_share": 1.0, "permit_share": 1.0, "enrolled_share": 1.0}
    shares = []
    for year in (2026, 2030, 2040):
        plan = ahead(file, year, participation=words, adoption={"standard_year": 2027})
        assert plan.cars.participants is not None
        shares.append(float(plan.cars.participants.takes_part.mean()))
    assert shares[0] < shares[1] < shares[2]


def test_a_share_that_is_said_holds_whatever_the_year(file: Path):
    words = {
        f"{stage}_share": 1.0
        for stage in ("carmaker", "vehicle", "charger", "permit", "enrolled")
    }
    plan = ahead(file, 2026, participation=words | {"standard": "unified"})
    assert plan.cars.participants is not None
    assert plan.cars.participants.takes_part.all()
    assert (plan.cars.traits["give_kw"] == plan.cars.could_kw).all()


def test_a_run_without_cars_keeps_the_years_load(file: Path):
    said = scenario(
        feeder__source=DORFNETZ,
        fleet__ev_share=0.0,
        adoption={"year": 2040, "totals": file},
    )
    plan = planned(said)
    assert len(plan.cars) == 0
    assert (plan.households.pv_kwp > 0).sum() == 20


def test_without_totals_every_output_says_illustrative():
    plan = ahead(None, 2035)
    said = [note for note in plan.notes if note.startswith("adoption:")]
    assert "illustrative" in said[0] and "no forecast of anybody" in said[0]
    assert any("illustrative" in note for note in notes(plan.scenario))


def test_whose_totals_they_are_is_told(file: Path):
    plan = ahead(file)
    said = [note for note in plan.notes if note.startswith("adoption:")]
    assert said[0] == "adoption: control totals of totals.csv, met exactly"
    assert file in plan.inputs and of(plan).data.file in plan.inputs


def test_a_year_beyond_the_totals_is_refused(file: Path):
    with pytest.raises(InputError) as told:
        ahead(file, 2041)
    assert str(told.value) == (
        "adoption.year: got 2041; totals.csv runs from 2026 to 2040"
    )


def test_other_words_for_the_same_are_refused():
    words = {
        "fleet": {"ev_share": 0.4},
        "customers": {"feeder_head": "head.csv"},
        "adoption": {"year": 2030},
    }
    told = dict(findings(words))
    assert told["fleet.ev_share"] == (
        "adoption says who owns a car; allowed beside it: nothing, or 0 for a run "
        "without cars"
    )
    assert "later years" in told["customers.feeder_head"]
    assert not dict(findings({"fleet": {}, "adoption": {"year": 2030}}))
    assert dict(findings({"fleet": {}}))


def test_everybody_has_as_many_neighbours_as_asked_at_least():
    feeder = grid(DORFNETZ).feeder
    people = households(scenario(feeder__source=DORFNETZ), feeder)
    graph = neighbours_of(feeder, people, 4)
    assert min(dict(graph.degree).values()) >= 4
    assert nx.number_of_selfloops(graph) == 0
    assert set(graph) == set(range(people.n_home))


def test_neighbours_of_one_node_are_each_other():
    """Homes behind one load lie in a row: nobody is everybody's neighbour."""
    said = scenario(feeder__source=DORFNETZ, customers__homes_per_load=30)
    feeder = grid(DORFNETZ).feeder
    people = households(said, feeder)
    graph = neighbours_of(feeder, people, 4)
    assert max(dict(graph.degree).values()) <= 12
    same = [people.node[a] == people.node[b] for a, b in graph.edges]
    assert np.mean(same) > 0.9


def test_a_year_ahead_lives(file: Path):
    diary = lived(
        scenario(
            feeder__source=DORFNETZ,
            fleet__ev_share=None,
            adoption={"year": 2030, "totals": file},
            policy__name="v2g_peak",
            time__days=1,
        )
    )
    assert diary.column("charge_kw").sum() > 0.0
    assert diary.column("converged").all()
