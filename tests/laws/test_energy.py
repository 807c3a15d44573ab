"""Laws of energy: what comes from the grid goes somewhere, and so in each car."""

from __future__ import annotations

import numpy as np
from hypothesis import given

from tests.worlds import WORLDS, Diary, lived, scenarios
from twin.fleet.charging import TAPER_END_SOC
from twin.fleet.state import Phase
from twin.scenario.spec import Scenario


@WORLDS
@given(scenarios())
def test_energy_is_neither_made_nor_lost(said: Scenario) -> None:
    diary = lived(said)
    assert all(row["converged"] for row in diary.rows)
    _the_grid_balances(diary)
    _each_battery_balances(diary)
    _no_car_gives_more_than_it_had(diary)


def _the_grid_balances(diary: Diary) -> None:
    load, pv = (diary.column(name).sum(axis=1) for name in ("load_kw", "pv_kw"))
    charge = diary.column("charge_kw").sum(axis=1)
    give = diary.column("give_kw").sum(axis=1)
    grid_kw, losses = diary.column("grid_kw"), diary.column("losses_kw")
    own_kw = diary.world.customers.fixed_kw.sum()
    off = np.abs(grid_kw - (load + own_kw - pv + charge - give + losses))
    through = np.abs(grid_kw) + load + pv + charge + give + losses
    assert (off / through).max() <= 1e-6
    assert diary.world.recorder.worst_residual <= 1e-6


def _each_battery_balances(diary: Diary) -> None:
    traits, state = diary.world.fleet.traits, diary.world.fleet.state
    stored_kwh = (state["soc"] - diary.soc_start) * traits["capacity_kwh"]
    flows_kwh = (
        state["charged_kwh"]
        - state["discharged_kwh"]
        - state["loss_kwh"]
        - state["standby_kwh"]
        - state["driven_kwh"]
        + state["public_kwh"]
    )
    np.testing.assert_allclose(stored_kwh, flows_kwh, rtol=0, atol=1e-9)
    hours = diary.world.timeline.step_h
    for total, power in (("charged_kwh", "charge_kw"), ("discharged_kwh", "give_kw")):
        metered_kwh = diary.column(power).sum(axis=0) * hours
        np.testing.assert_allclose(metered_kwh, state[total], rtol=0, atol=1e-9)
    for lost in ("loss_kwh", "standby_kwh", "driven_kwh", "public_kwh"):
        assert (state[lost] >= 0.0).all()


def _no_car_gives_more_than_it_had(diary: Diary) -> None:
    traits, state = diary.world.fleet.traits, diary.world.fleet.state
    one_way = traits["battery_efficiency"]
    there_kwh = diary.soc_start * traits["capacity_kwh"]
    most_kwh = one_way * (there_kwh + one_way * state["charged_kwh"])
    assert (state["discharged_kwh"] <= most_kwh + 1e-9).all()


@WORLDS
@given(scenarios())
def test_a_battery_is_never_overfull_nor_less_than_empty(said: Scenario) -> None:
    diary = lived(said)
    traits = diary.world.fleet.traits
    soc = diary.column("soc")
    before = np.vstack([diary.soc_start[None, :], soc])[:-1]
    charge_kw, give_kw = diary.column("charge_kw"), diary.column("give_kw")
    assert (soc >= 0.0).all()
    assert (soc <= 1.0).all()
    assert (charge_kw >= 0.0).all()
    assert (give_kw >= 0.0).all()
    drove = _drove_within(diary)
    full = before >= np.minimum(traits["target_soc"], TAPER_END_SOC)
    gave = give_kw > 0.0
    assert (charge_kw[full & ~gave & ~drove] == 0.0).all()
    empty = before <= traits["floor_soc"]
    took = charge_kw > 0.0
    assert (give_kw[empty & ~took & ~drove] == 0.0).all()


@WORLDS
@given(scenarios())
def test_a_car_that_is_away_neither_draws_nor_gives(said: Scenario) -> None:
    diary = lived(said)
    away = _away_throughout(diary)
    assert (diary.column("charge_kw")[away] == 0.0).all()
    assert (diary.column("give_kw")[away] == 0.0).all()


def _drove_within(diary: Diary) -> np.ndarray:
    """Intervals in which a car was on the road at any time [n_step, n_ev]."""
    driving = diary.column("phase") == Phase.DRIVING
    before = np.vstack([diary.phase_start == Phase.DRIVING, driving[:-1]])
    drove = driving | before
    step_s = diary.world.timeline.step_s
    for trip in diary.trips:
        first, last = trip["depart_s"] // step_s, trip["arrive_s"] // step_s
        drove[max(0, first) : last + 1, trip["ev"]] = True
    return drove


def _away_throughout(diary: Diary) -> np.ndarray:
    """Unplugged at both ends of an interval, and no stay began in it."""
    plugged = diary.column("phase") == Phase.PLUGGED
    began = np.zeros_like(plugged)
    step_s = diary.world.timeline.step_s
    for stay in diary.sessions:
        first, last = stay["plug_in_s"] // step_s, stay["plug_out_s"] // step_s
        began[max(0, first) : last + 1, stay["ev"]] = True
    return ~plugged & ~np.vstack([plugged[:1], plugged[:-1]]) & ~began
