"""Lead-in days: the first day begins as a run does that has lived them, to the byte."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from tests.worlds import Diary, planned, scenario, world
from twin.analysis.case import Case
from twin.analysis.comparison import Comparison
from twin.analysis.unsettled import unsettled
from twin.errors import InputError
from twin.fleet.state import NEVER_S, Phase
from twin.results.record import Run
from twin.scenario.read import read
from twin.simulation.build import build
from twin.simulation.lead_in import led_in
from twin.simulation.run import run, simulate
from twin.simulation.world import World

FIRST = date(2026, 1, 15)
OUTAGE = {"kind": "outage", "start": f"{FIRST}T18:07", "hours": 3, "section": "feeder"}
CROWDED = {
    "feeder__source": "pandapower:create_kerber_dorfnetz",
    "fleet__ev_share": 1.0,
    "customers__annual_kwh": 9000,
}
BATTERY = {"name": "middle", "bus": 2, "kw": 20.0, "kwh": 40.0, "target_kw": 10.0}


def short(lead_in, **changes):
    words = {"time__start": str(FIRST), "time__days": 2, "time__step_min": 60}
    words |= {"fleet__bidirectional_share": 1.0, "customers__pv_share": 0.5}
    return scenario(**words | {"time__lead_in_days": lead_in} | changes)


def begun_earlier(days, **changes):
    """The same days as the end of a run that starts so much earlier."""
    start = date.fromisoformat(changes.get("time__start", str(FIRST)))
    earlier = {"time__start": str(start - timedelta(days=days)), "time__days": 2 + days}
    return world(short(0, **changes | earlier))


def started(said) -> World:
    plan = planned(said)
    return build(plan, None, led_in(plan))


def lived(of: World) -> Diary:
    diary = Diary(of)
    simulate(of)
    return diary


@pytest.mark.parametrize(
    "changes",
    [
        {"policy__name": "uncontrolled", "fleet__plug_in": "when_needed"},
        {"policy__name": "v2g_peak"},
        {"policy__name": "v2g_price", "reference": "valley"},
        {"policy__name": "valley", "time__start": "2026-03-30"},
        {"policy__name": "uncontrolled", "operator": "envelopes", **CROWDED},
        {"policy__name": "v2g_peak", "backup__share": 1.0, "events": [OUTAGE]},
    ],
    ids=[
        "when_needed",
        "v2g_peak",
        "v2g_price",
        "clocks change in the lead-in",
        "envelopes",
        "an outage on the first day",
    ],
)
def test_the_days_are_the_end_of_a_run_that_starts_earlier(changes) -> None:
    """Every state of charge, phase, power and voltage of every interval is the same."""
    mine, longer = started(short(2, **changes)), begun_earlier(2, **changes)
    days, whole = lived(mine), lived(longer)
    for name in ("soc", "phase", "set_kw", "charge_kw", "give_kw", "v_pu", "losses_kw"):
        end = whole.column(name)[-len(days) :]
        assert np.array_equal(days.column(name), end, equal_nan=True), name
    if mine.guests.shadow is not None:
        assert np.array_equal(mine.guests.shadow.soc, longer.guests.shadow.soc)


def test_who_is_dimmed_stays_so() -> None:
    """A spell that goes on is told from the first instant on."""
    words = {
        "policy__name": "uncontrolled",
        "feeder__source": "pandapower:create_kerber_dorfnetz",
        "fleet__ev_share": 1.0,
        "operator": {"method": "dimming", "begin_loading": 0.2, "end_loading": 0.05},
    }
    mine, longer = started(short(1, **words)), begun_earlier(1, **words)
    assert mine.guests.operator.spells and mine.guests.operator.spells[0].begin_s == 0
    days, whole = lived(mine), lived(longer)
    assert np.array_equal(days.column("soc"), whole.column("soc")[-len(days) :])
    assert mine.guests.operator.any_h < longer.guests.operator.any_h


def test_stationary_batteries_begin_as_lived() -> None:
    mine = started(short(2, policy__name="valley", storage=[BATTERY]))
    longer = begun_earlier(2, policy__name="valley", storage=[BATTERY])
    begun = mine.guests.storage.start_kwh.copy()
    lived(mine), lived(longer)
    assert begun != pytest.approx(longer.guests.storage.start_kwh)
    assert np.array_equal(
        mine.guests.storage.batteries.store_kwh,
        longer.guests.storage.batteries.store_kwh,
    )
    assert mine.guests.storage.residual() < 1e-9


def test_what_counts_begins_on_the_first_day() -> None:
    state = started(short(3, policy__name="v2g_peak")).fleet.state
    for name in ("charged_kwh", "discharged_kwh", "driven_kwh", "distance_km"):
        assert not state[name].any()
    plugged = state["phase"] == Phase.PLUGGED
    assert plugged.any() and (state["plug_ins"] == plugged).all()
    assert (state["soc_in"] == state["soc"])[plugged].all()
    assert (state["wake_s"] > 0).all() and (
        np.abs(state["departed_s"]) <= NEVER_S
    ).all()


def test_a_run_records_its_days_only_and_balances(tmp_path) -> None:
    mine = Case(Run.open(run(short(2, policy__name="v2g_peak"), tmp_path)))
    assert mine.steps.height == 48
    assert str(mine.steps["time"][0])[:10] == str(FIRST - timedelta(days=1))
    balance = mine.run.record["balance"]
    assert balance["fleet_residual_kwh"] < 1e-6
    assert balance["largest_relative_residual"] < 1e-6
    stays, trips = mine.run.static("sessions"), mine.run.static("trips")
    assert stays["plug_in"].min() >= mine.steps["time"][0]
    assert stays["charged_kwh"].sum() == pytest.approx(mine.evs["charged_kwh"].sum())
    assert trips["distance_km"].sum() == pytest.approx(mine.evs["km"].sum())
    other = mine.run.static("shadow_evs")
    assert (other["soc_start"] != mine.evs["soc_start"]).any()
    assert any(
        "2 lead-in days from 2026-01-13 on" in one for one in mine.run.record["notes"]
    )


def test_a_day_by_itself_misses_what_the_day_before_put_off(tmp_path) -> None:
    """Said of a run without lead-in days; with three the night charges what it does."""
    words = {"policy__name": "valley", "time__days": 1, "fleet__ev_share": 1.0}
    alone, after_three = (
        Run.open(run(short(days, **words), tmp_path)) for days in (0, 3)
    )
    (said,) = unsettled(Comparison.of([("valley", alone)], None))
    assert said.startswith("Batteries end with less than they began with (valley ")
    assert unsettled(Comparison.of([("valley", after_three)], None)) == []
    first, then = (Case(one).evs["charged_kwh"].sum() for one in (alone, after_three))
    assert first < 0.7 * then


def test_the_reference_is_what_a_run_of_it_would_be(tmp_path) -> None:
    """It begins as it has lived itself, and so does its paired run."""
    mine = Case(Run.open(run(short(2, policy__name="v2g_peak"), tmp_path)))
    paired = Case(Run.open(run(short(2, policy__name="uncontrolled"), tmp_path)))
    other = mine.run.static("shadow_evs")
    for name in ("soc_start", "soc_end", "charged_kwh", "losses_kwh"):
        assert np.array_equal(other[name], paired.evs[name]), name
    won = (mine.evs["soc_end"] - mine.evs["soc_start"]) - (
        paired.evs["soc_end"] - paired.evs["soc_start"]
    )
    kept = mine.soc_kept_beyond_reference.to_numpy()
    assert kept == pytest.approx(won.to_numpy())


def test_without_lead_in_the_question_is_what_it_was() -> None:
    said = short(0)
    assert "lead_in_days" not in said.resolved()["time"]
    assert short(2).resolved()["time"]["lead_in_days"] == 2
    assert planned(said).before is None and led_in(planned(said)) is None


BASE = """\
schema: 1
name: base
time: {start: 2026-01-12, days: 1, step_min: 60, lead_in_days: %s}
feeder: {source: "pandapower:create_kerber_landnetz_kabel_1"}
customers: {profiles: loads.csv}
fleet: {ev_share: 0.5}
"""


@pytest.mark.parametrize("said", ["-1", "32", "half"])
def test_days_that_make_no_sense_are_told(tmp_path, said) -> None:
    (tmp_path / "base.yaml").write_text(BASE % said)
    with pytest.raises(InputError) as told:
        read(tmp_path / "base.yaml")
    assert f"time.lead_in_days: got {said}" in str(told.value).replace("'", "")


def test_days_before_the_data_begin_are_told(tmp_path) -> None:
    """Loads from 11 January on are enough for one day before the 12th, not for two."""
    hours = pl.datetime_range(
        date(2026, 1, 11), date(2026, 1, 14), "1h", eager=True
    ).dt.strftime("%Y-%m-%dT%H:%M")
    homes = {f"home_{one}": [1.0] * len(hours) for one in range(1, 9)}
    pl.DataFrame({"time": hours, **homes}).write_csv(tmp_path / "loads.csv")
    (tmp_path / "base.yaml").write_text(BASE % 1)
    assert planned(read(tmp_path / "base.yaml")).before is not None
    (tmp_path / "base.yaml").write_text(BASE % 2)
    with pytest.raises(InputError) as told:
        planned(read(tmp_path / "base.yaml"))
    assert (
        "covers 2026-01-10T23:00Z to 2026-01-14T00:00Z, the run needs "
        "2026-01-09T23:00Z to 2026-01-12T23:00Z, 2 of time.lead_in_days before it "
        "included"
    ) in str(told.value)
