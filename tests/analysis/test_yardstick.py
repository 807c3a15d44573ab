"""A yardstick of whole runs: never above what was, kept beside them, told in words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.worlds import BRANCHES, FOUR_BUS, LANDNETZ, POLICIES, grid, scenario
from twin.accounts.yardstick import lowest_peak
from twin.analysis import report
from twin.analysis import yardstick as measuring
from twin.analysis.case import Case
from twin.analysis.plugged import _below, plugged_of
from twin.analysis.yardstick import HEAD, Row, kept_rows, yardstick
from twin.analysis.yardstick_section import sentence, text
from twin.errors import InputError
from twin.results.record import Run
from twin.results.verify import verify
from twin.simulation.run import run

pytestmark = pytest.mark.long

V2G = {"fleet__ev_share": 1.0, "fleet__bidirectional_share": 0.6}
OUTAGES = [
    {"kind": "outage", "start": "2026-01-12T18:07", "hours": 3.25},
    {"kind": "outage", "start": "2026-01-13T05:10", "hours": 1.0},
]
CASES: dict[str, dict[str, Any]] = {
    **{name: {"policy__name": name} for name in POLICIES},
    "shared meters": {
        "fleet__ev_count": 20,
        "customers__import_limit_kw": 12.0,
        "policy__name": "v2g_peak",
        "feeder__source": FOUR_BUS,
    },
    "sun, no permit": {
        "customers__pv_share": 1.0,
        "time__start": "2026-06-12",
        "fleet__export_permit": False,
        "policy__name": "v2g_price",
        "tariff__export_price_usd_per_kwh": 0.9,
    },
    "outages": {"events": OUTAGES, "backup__share": 1.0, "policy__name": "v2g_peak"},
    "sunny islands": {
        "time__start": "2026-06-12",
        "events": [OUTAGES[0] | {"start": "2026-06-12T10:07"}],
        "backup__share": 1.0,
        "backup__pv": True,
        "customers__pv_share": 1.0,
    },
    "by phase": {"feeder__model": "three_phase", "policy__name": "v2g_peak"},
    "inverters": {
        "fleet__inverter": {"mode": "volt_var_watt"},
        "policy__name": "v2g_price",
    },
    "deep": {
        "policy__reserve_soc": 0.7,
        "fleet__initial_soc": 0.0,
        "policy__name": "v2g_peak",
        "policy__target_share": 0.3,
    },
}


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("yardsticks")


def ran(out: Path, **changes: Any) -> Run:
    said = scenario(**({"feeder__source": BRANCHES} | V2G | changes))
    return Run.open(run(said, out, grid(said.feeder.source)))


@pytest.fixture(scope="module", params=list(CASES))
def lived(request: pytest.FixtureRequest, out: Path) -> Run:
    return ran(out, **CASES[request.param])


def test_the_best_is_never_above_what_was(lived: Run) -> None:
    case = Case(lived)
    plugged = plugged_of(case)
    for place in range(case.transformers.height + 1):
        row = measuring._peak_row(case, plugged, place)
        assert row.best <= row.actual + 1e-3
        assert row.best <= row.best_most + 1e-6 <= row.actual + 1e-3
        assert row.best <= row.one_way + 1e-6 <= row.at_once + 2e-6
        paid = measuring._bill_row(case, plugged, place)
        assert paid.best <= paid.actual + 1e-3
        assert paid.best <= paid.one_way + 1e-6
        assert paid.best <= paid.at_once + 1e-3


def test_the_load_is_what_was_recorded(lived: Run) -> None:
    case = Case(lived)
    plugged, steps = plugged_of(case), case.steps
    terminals = steps["homes_kw"] - steps["pv_kw"] - steps["generation_kw"]
    terminals += steps["ev_charge_kw"] - steps["ev_discharge_kw"]
    np.testing.assert_allclose(plugged.load_kw[:, -1], terminals, atol=1e-3)
    solved = steps["grid_kw"] - steps["losses_kw"] - steps["shunts_kw"]
    np.testing.assert_allclose(plugged.load_kw[:, -1], solved, atol=2e-3)


def test_what_cars_did_is_within_what_they_could(lived: Run) -> None:
    """The recorded course itself: within the room of its slots, as in the files."""
    case = Case(lived)
    plugged = plugged_of(case)
    flex, n_step = plugged.flex, case.steps.height
    cars = lived.static("ev_steps")["kw"].to_numpy()
    index = flex.step * case.n_ev + flex.stays.car[flex.stay]
    most, least = (
        np.bincount(index, kwh, n_step * case.n_ev).reshape(n_step, -1)
        for kwh in (flex.charge_kwh, flex.give_kwh)
    )
    touched = touched_by_outages(case)
    free = np.where(touched, 0.0, cars) * case.step_h
    assert (free <= most + 1e-5).all()
    assert (-free <= least + 1e-5).all()
    assert not most[touched].any()


def touched_by_outages(case: Case) -> np.ndarray:
    """Intervals of cars whose home was out, second by second."""
    found = np.zeros((case.steps.height, case.n_ev), dtype=bool)
    if not case.run.has("outages"):
        return found
    step = case.steps["time"][1] - case.steps["time"][0]
    rows = case.run.static("outages").select("customer", "start", "until").rows()
    for number, begin in enumerate(case.steps["time"].to_list()):
        for customer, start, until in rows:
            if start < begin + step and (until is None or until > begin):
                found[number] |= (case.evs["customer"] == customer).to_numpy()
    return found


def test_the_schedule_lives_when_it_is_replayed(lived: Run) -> None:
    case = Case(lived)
    plugged = plugged_of(case)
    flex, hours = plugged.flex, np.full(case.steps.height, case.step_h)
    base_kw = plugged.base_kw[:, -1]
    best = lowest_peak(flex, base_kw, hours)
    assert best.schedule is not None
    load_kw = base_kw + flex.load_kw(best.schedule.net_kwh, hours)
    assert load_kw.max() == pytest.approx(best.lower_kw, abs=1e-5)
    stays = flex.stays
    stored = stays.start_kwh.copy()
    for slot, stay in enumerate(flex.stay.tolist()):
        charge = best.schedule.charge_kwh[slot]
        give = best.schedule.give_kwh[slot]
        assert -1e-7 <= charge <= flex.charge_kwh[slot] + 1e-7
        assert -1e-7 <= give <= flex.give_kwh[slot] + 1e-7
        stored[stay] += stays.into[stay] * charge - give / stays.out_of[stay]
        assert stays.floor_kwh[stay] - 1e-5 <= stored[stay]
        assert stored[stay] <= stays.most_kwh[stay] + 1e-5
    assert (stored >= stays.end_kwh - 1e-5).all()


def test_weeks_between_the_charge_that_there_was(out: Path, monkeypatch: Any) -> None:
    case = Case(ran(out, policy__name="v2g_peak", time__days=3))
    plugged = plugged_of(case)
    whole = measuring._peak_row(case, plugged, 0)
    monkeypatch.setattr(measuring, "WINDOW_H", 24.0)
    daily = measuring._peak_row(case, plugged, 0)
    assert whole.best <= daily.best + 1e-6
    assert daily.best <= daily.actual + 1e-3
    assert daily.best_given_kwh is None


@pytest.fixture
def village(out: Path) -> Run:
    return ran(out, feeder__source=LANDNETZ, policy__name="v2g_peak", time__days=1)


def test_it_is_kept_and_the_run_is_as_it_was(village: Run, out: Path) -> None:
    told: list[str] = []
    rows = yardstick(village, "peak", watch=told.append)
    assert [row.place for row in rows] == told
    assert rows[0].place == HEAD
    assert kept_rows(village, "peak") == rows
    assert kept_rows(village, "bill") == []
    assert verify(village.path) == []
    assert Run.open(village.path).is_complete
    name = rows[1].place
    alone = yardstick(village, "peak", transformer=name)
    assert [row.place for row in alone] == [name]
    assert [row.place for row in kept_rows(village, "peak")] == told


def test_other_code_or_a_spoilt_file_is_no_answer(village: Run, monkeypatch) -> None:
    yardstick(village, "peak")
    path = village.path / "yardstick-peak.json"
    whole = path.read_text(encoding="utf-8")
    monkeypatch.setattr(measuring, "SOURCES", measuring.SOURCES[1:])
    assert kept_rows(village, "peak") == []
    monkeypatch.undo()
    path.write_text(whole[:-20], encoding="utf-8")
    assert kept_rows(village, "peak") == []
    path.write_text(whole.replace('"cars"', '"kars"'), encoding="utf-8")
    assert kept_rows(village, "peak") == []


def test_the_report_shows_what_was_computed(village: Run, tmp_path: Path) -> None:
    (village.path / "yardstick-peak.json").unlink(missing_ok=True)
    page = report.write(village.path, tmp_path / "before.html")
    assert "twin yardstick &lt;run folder&gt;" in page.read_text(encoding="utf-8")
    row = yardstick(village, "peak")[0]
    page = report.write(village.path, tmp_path / "after.html")
    said = page.read_text(encoding="utf-8")
    assert "twin yardstick &lt;run folder&gt;" not in said
    assert f"{row.actual:.1f}" in said and "best possible" in said


ROW = Row(
    "T1", 100.0, 3, 1, 40.0, 100.0, 80.0, 75.0, 75.0, 60.0, 60.04, 5.0, 4.0
)  # fmt: skip


def test_the_answer_in_words_by_hand() -> None:
    assert ROW.reached == pytest.approx(0.5)
    assert ROW.reached_one_way == pytest.approx(0.8)
    assert sentence(ROW, "peak") == (
        "T1: of the possible reduction against charging at once (40.0 kW) the policy "
        "reached 50 %."
    )
    table = text([ROW], "peak")
    assert "80 %" in table and "60.0" in table and "60.0 to" not in table
    worse = replace(ROW, actual=110.0)
    assert sentence(worse, "bill") == (
        "T1: the policy is 10.0 USD above charging at once, where 40.0 USD less was "
        "possible."
    )
    nothing = replace(ROW, at_once=60.0)
    assert nothing.reached is None
    assert "nothing could have been gained" in sentence(nothing, "peak")
    wide = replace(ROW, best_most=62.0, best_given_kwh=None)
    assert "60.0 to 62.0" in text([wide], "peak")


def test_the_base_is_told_without_cars(village: Run) -> None:
    plugged = plugged_of(Case(village))
    row = kept_rows(village, "peak") or yardstick(village, "peak")
    assert row[0].without == pytest.approx(plugged.base_kw[:, -1].max())


def test_a_tree_of_transformers_is_summed_upwards(make_run) -> None:
    """Service transformers below another: those above carry them all."""
    case = Case(make_run())
    below = _below(case)
    assert below.tolist() == [[True, False], [True, True]]


def test_mistakes_are_told_in_words(out, village, make_run, interrupted) -> None:
    with pytest.raises(InputError) as told:
        yardstick(village, "peak", transformer="trafo_1")
    name = str(village.static("transformers")["name"][0])
    assert "'trafo_1' is no transformer of this run" in str(told.value)
    assert f"'{name}'" in str(told.value)
    with pytest.raises(InputError) as told:
        yardstick(make_run(level="summary"), "peak")
    assert "a yardstick needs a run with `output.level: all`" in str(told.value)
    with pytest.raises(InputError) as told:
        yardstick(ran(out, fleet__ev_share=0.0), "peak")
    assert "has no cars" in str(told.value)
    with pytest.raises(InputError) as told:
        yardstick(interrupted, "peak")
    assert "the run is interrupted" in str(told.value)
