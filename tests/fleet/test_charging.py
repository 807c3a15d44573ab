"""Battery and converter: by hand, by law, and by integrating the equations."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from twin.arrays import Records
from twin.fleet.charging import (
    TAPER_END_SOC,
    ac_kw_of_dc,
    charge,
    charging_efficiency,
    converter_loss_kw,
    give,
    settle,
    settle_all,
)
from twin.fleet.state import Phase, state, traits

CONVERTER = (0.006, 0.02, 0.035)


def car(**said: float) -> Records:
    """One car of 60 kWh at an 11 kW plug; ``said`` changes its traits."""
    words = {
        "capacity_kwh": 60.0,
        "charge_kw": 11.0,
        "give_kw": 11.0,
        "min_kw": 1.4,
        "rated_kw": 11.0,
        "battery_efficiency": 0.98,
        "loss_constant": CONVERTER[0],
        "loss_linear": CONVERTER[1],
        "loss_quadratic": CONVERTER[2],
        "standby_kw": 0.15,
        "taper_soc": 0.95,
        "target_soc": 1.0,
        "floor_soc": 0.1,
    }
    row = traits(1)
    for name, value in (words | said).items():
        row[name] = value
    return row


def loss_kw(kw: float, own: Records) -> float:
    rated = own["rated_kw"]
    share = abs(kw) / rated
    a, b, c = (own[f"loss_{part}"] for part in ("constant", "linear", "quadratic"))
    return 0.0 if kw == 0.0 else float(rated * (a + b * share + c * share**2))


def test_converter_loss_by_hand() -> None:
    assert converter_loss_kw(0.0, 10.0, *CONVERTER) == 0.0
    assert converter_loss_kw(10.0, 10.0, *CONVERTER) == pytest.approx(0.61)
    assert converter_loss_kw(5.0, 10.0, *CONVERTER) == pytest.approx(0.2475)
    assert converter_loss_kw(-5.0, 10.0, *CONVERTER) == pytest.approx(0.2475)
    assert converter_loss_kw(1e-9, 10.0, *CONVERTER) == pytest.approx(0.06)


@pytest.mark.parametrize("quadratic", [0.0, 0.035])
@pytest.mark.parametrize("ac_kw", [0.3, 2.0, 7.0, 10.0])
def test_ac_of_dc_is_the_inverse_of_power_less_loss(
    ac_kw: float, quadratic: float
) -> None:
    losses = (0.006, 0.02, quadratic)
    dc_kw = ac_kw - converter_loss_kw(ac_kw, 10.0, *losses)
    assert ac_kw_of_dc(dc_kw, 10.0, *losses) == pytest.approx(ac_kw, rel=1e-12)


def test_charging_below_the_taper_by_hand() -> None:
    """5.5 kW for two hours: 2.475 % of 11 kW lost in the converter, 2 % in cells."""
    own = car()[0]
    after, drawn_kwh, lost_kwh = charge(0.5, 5.5, 2.0, own)
    converter_kw = 11.0 * (0.006 + 0.02 * 0.5 + 0.035 * 0.25)
    stored_kwh = 2.0 * 0.98 * (5.5 - converter_kw)
    assert drawn_kwh == pytest.approx(11.0, abs=1e-12)
    assert after == pytest.approx(0.5 + stored_kwh / 60.0, abs=1e-12)
    assert lost_kwh == pytest.approx(11.0 - stored_kwh, abs=1e-12)


def test_charging_ends_at_the_target_and_draws_no_more() -> None:
    own = car(target_soc=0.8)[0]
    after, drawn_kwh, _ = charge(0.79, 5.5, 3.0, own)
    stored_kw = 0.98 * (5.5 - 11.0 * (0.006 + 0.02 * 0.5 + 0.035 * 0.25))
    assert after == 0.8
    assert drawn_kwh == pytest.approx(5.5 * (0.01 * 60.0) / stored_kw, rel=1e-12)
    assert charge(0.8, 5.5, 3.0, own) == (0.8, 0.0, 0.0)
    assert charge(0.9, 5.5, 3.0, own) == (0.9, 0.0, 0.0)


@pytest.mark.parametrize("charge_kw", [2.0, 7.0, 11.0])
def test_efficiency_is_what_charging_at_full_power_stores(charge_kw: float) -> None:
    own = car(charge_kw=charge_kw)
    after, drawn_kwh, _ = charge(0.3, charge_kw, 1.0, own[0])
    stored = (after - 0.3) * 60.0 / drawn_kwh
    assert charging_efficiency(own)[0] == pytest.approx(stored, rel=1e-12)


def test_nothing_is_drawn_without_power_or_time() -> None:
    own = car()[0]
    assert charge(0.5, 0.0, 1.0, own) == (0.5, 0.0, 0.0)
    assert charge(0.5, -3.0, 1.0, own) == (0.5, 0.0, 0.0)
    assert charge(0.5, 3.0, 0.0, own) == (0.5, 0.0, 0.0)


def test_less_than_the_converter_needs_is_lost_whole() -> None:
    own = car(loss_constant=0.1)[0]
    assert charge(0.5, 1.0, 2.0, own) == (0.5, 2.0, 2.0)


@pytest.mark.parametrize("soc", [0.2, 0.93, 0.949, 0.951, 0.97, 0.9985])
@pytest.mark.parametrize("ac_kw", [2.0, 5.5, 11.0])
@pytest.mark.parametrize("hours", [0.25, 1.0, 6.0])
def test_charging_solves_its_differential_equation(
    soc: float, ac_kw: float, hours: float
) -> None:
    """d soc / dt = eta_b min(P - L(P), P_dc,rated (1 - soc)/(1 - taper)) / E."""
    own = car()[0]
    full_kw = 11.0 - loss_kw(11.0, own)
    level_kw = ac_kw - loss_kw(ac_kw, own)

    def dc_kw(at: float) -> float:
        if at >= TAPER_END_SOC:
            return 0.0
        return min(level_kw, full_kw * (1.0 - at) / 0.05)

    def flows(_: float, now: np.ndarray) -> list[float]:
        dc = dc_kw(float(now[0]))
        ac = ac_kw_of_dc(dc, 11.0, *CONVERTER) if dc else 0.0
        return [0.98 * dc / 60.0, ac]

    def is_full(_: float, now: np.ndarray) -> float:
        return float(now[0]) - TAPER_END_SOC

    is_full.terminal = True  # type: ignore[attr-defined]
    lived = solve_ivp(
        flows, (0, hours), [soc, 0.0], rtol=1e-10, atol=1e-12, events=is_full,
        max_step=0.01,
    )  # fmt: skip
    after, drawn_kwh, lost_kwh = charge(soc, ac_kw, hours, own)
    assert after == pytest.approx(lived.y[0, -1], abs=2e-8)
    assert drawn_kwh == pytest.approx(lived.y[1, -1], rel=1e-4)
    assert lost_kwh == pytest.approx(drawn_kwh - (after - soc) * 60.0, abs=1e-12)


def test_the_taper_may_end_at_a_target_below_full() -> None:
    own = car(target_soc=0.97)[0]
    after, drawn_kwh, _ = charge(0.96, 11.0, 10.0, own)
    assert after == 0.97
    decay_h = 0.05 * 60.0 / (0.98 * (11.0 - loss_kw(11.0, own)))
    exact_h = decay_h * math.log(0.04 / 0.03)
    assert charge(0.96, 11.0, 0.99 * exact_h, own)[0] < 0.97
    assert charge(0.96, 11.0, 1.01 * exact_h, own)[0] == 0.97
    assert 0.6 < drawn_kwh < 0.75


def test_giving_by_hand() -> None:
    """5.5 kW at the plug for two hours from cells that also feed the standby."""
    own = car()[0]
    after, given_kwh, lost_kwh, standby_kwh = give(0.8, 5.5, 2.0, own)
    converter_kw = 11.0 * (0.006 + 0.02 * 0.5 + 0.035 * 0.25)
    cells_kw = (5.5 + converter_kw) / 0.98
    assert given_kwh == pytest.approx(11.0, abs=1e-12)
    assert standby_kwh == pytest.approx(0.3, abs=1e-12)
    assert after == pytest.approx(0.8 - 2.0 * (cells_kw + 0.15) / 60.0, abs=1e-12)
    assert lost_kwh == pytest.approx(2.0 * (cells_kw - 5.5), abs=1e-12)


def test_giving_ends_at_the_floor() -> None:
    own = car(floor_soc=0.3)[0]
    after, given_kwh, lost_kwh, standby_kwh = give(0.31, 11.0, 5.0, own)
    cells_kw = (11.0 + 0.61 * 1.1) / 0.98
    hours = 0.6 / (cells_kw + 0.15)
    assert after == 0.3
    assert given_kwh == pytest.approx(11.0 * hours, rel=1e-9)
    assert standby_kwh == pytest.approx(0.15 * hours, rel=1e-9)
    assert given_kwh + lost_kwh + standby_kwh == pytest.approx(0.6, rel=1e-9)
    assert give(0.3, 11.0, 5.0, own) == (0.3, 0.0, 0.0, 0.0)
    assert give(0.2, 11.0, 5.0, own) == (0.2, 0.0, 0.0, 0.0)
    assert give(0.8, 0.0, 5.0, own) == (0.8, 0.0, 0.0, 0.0)
    assert give(0.8, 3.0, 0.0, own) == (0.8, 0.0, 0.0, 0.0)


SHARE = st.floats(0.0, 1.0)


@given(SHARE, st.floats(0.0, 11.0), st.floats(0.0, 24.0), st.floats(0.3, 1.0))
def test_charging_stores_what_is_drawn_less_what_is_lost(
    soc: float, ac_kw: float, hours: float, target_soc: float
) -> None:
    own = car(target_soc=target_soc)[0]
    after, drawn_kwh, lost_kwh = charge(soc, ac_kw, hours, own)
    assert soc <= after <= max(soc, target_soc)
    assert 0.0 <= drawn_kwh <= ac_kw * hours * (1 + 1e-9)
    assert lost_kwh >= -1e-12
    assert drawn_kwh - lost_kwh == pytest.approx((after - soc) * 60.0, abs=1e-9)


@given(SHARE, st.floats(0.0, 11.0), st.floats(0.0, 24.0), SHARE)
def test_giving_drains_what_is_given_and_lost(
    soc: float, ac_kw: float, hours: float, floor_soc: float
) -> None:
    own = car(floor_soc=floor_soc)[0]
    after, given_kwh, lost_kwh, standby_kwh = give(soc, ac_kw, hours, own)
    assert min(soc, floor_soc) <= after <= soc
    assert 0.0 <= given_kwh <= ac_kw * hours * (1 + 1e-9)
    drained_kwh = (soc - after) * 60.0
    assert given_kwh + lost_kwh + standby_kwh == pytest.approx(drained_kwh, abs=1e-9)


@given(
    SHARE,
    st.floats(0.5, 11.0),
    st.lists(st.floats(0.01, 1.0), min_size=2, max_size=5),
    st.sampled_from((0.8, 1.0)),
)
def test_charging_in_pieces_is_charging_at_once(
    soc: float, ac_kw: float, pieces_h: list[float], target_soc: float
) -> None:
    own = car(target_soc=target_soc)[0]
    piecewise, drawn_kwh = soc, 0.0
    for hours in pieces_h:
        piecewise, drawn, _ = charge(piecewise, ac_kw, hours, own)
        drawn_kwh += drawn
    after, drawn_at_once_kwh, _ = charge(soc, ac_kw, sum(pieces_h), own)
    assert piecewise == pytest.approx(after, abs=1e-9)
    assert drawn_kwh == pytest.approx(drawn_at_once_kwh, abs=2e-4)


def test_settling_books_a_charge_everywhere_it_belongs() -> None:
    own, rows = car(), state(1)
    rows["phase"], rows["soc"], rows["set_kw"] = Phase.PLUGGED, 0.5, 5.5
    rows["settled_s"] = 900
    settle(own, rows, 0, 900 + 1800)
    after, drawn_kwh, lost_kwh = charge(0.5, 5.5, 0.5, own[0])
    row = rows[0]
    assert (row["soc"], row["settled_s"]) == (after, 2700)
    for name in ("interval_in_kwh", "session_in_kwh", "charged_kwh"):
        assert row[name] == drawn_kwh
    assert row["loss_kwh"] == lost_kwh
    for name in ("interval_out_kwh", "session_out_kwh", "discharged_kwh"):
        assert row[name] == 0.0
    settle(own, rows, 0, 2700)
    assert rows["charged_kwh"][0] == drawn_kwh


def test_settling_books_what_was_given_everywhere_it_belongs() -> None:
    own, rows = car(), state(1)
    rows["phase"], rows["soc"], rows["set_kw"] = Phase.PLUGGED, 0.5, -5.5
    rows["loss_kwh"] = 1.0
    settle(own, rows, 0, 1800)
    after, given_kwh, lost_kwh, standby_kwh = give(0.5, 5.5, 0.5, own[0])
    row = rows[0]
    assert row["soc"] == after
    for name in ("interval_out_kwh", "session_out_kwh", "discharged_kwh"):
        assert row[name] == given_kwh > 0.0
    assert row["loss_kwh"] == 1.0 + lost_kwh
    assert row["standby_kwh"] == standby_kwh > 0.0
    for name in ("interval_in_kwh", "session_in_kwh", "charged_kwh"):
        assert row[name] == 0.0


@pytest.mark.parametrize("phase", [Phase.PARKED, Phase.DRIVING])
def test_a_car_without_a_plug_settles_nothing(phase: Phase) -> None:
    own, rows = car(), state(1)
    rows["phase"], rows["soc"], rows["set_kw"] = phase, 0.5, 5.5
    settle(own, rows, 0, 3600)
    assert rows["soc"][0] == 0.5
    assert rows["charged_kwh"][0] == 0.0
    assert rows["settled_s"][0] == 3600


@pytest.mark.parametrize("set_kw", [1.0, 0.0, -1.0])
def test_a_plug_settles_what_it_was_set_to(set_kw: float) -> None:
    own, rows = car(), state(1)
    rows["phase"], rows["soc"], rows["set_kw"] = Phase.PLUGGED, 0.5, set_kw
    settle(own, rows, 0, 3600)
    net_kwh = rows["charged_kwh"] - rows["discharged_kwh"]
    assert net_kwh[0] == pytest.approx(set_kw)


def test_every_car_is_settled() -> None:
    own = np.concatenate([car(), car(capacity_kwh=30.0), car()])
    rows = state(3)
    rows["phase"], rows["soc"] = Phase.PLUGGED, 0.5
    rows["set_kw"] = [5.5, 5.5, -5.5]
    settle_all(own, rows, 3600)
    gained = rows["soc"] - 0.5
    assert gained[1] == pytest.approx(2.0 * gained[0], rel=1e-12)
    assert gained[2] < 0.0
    assert (rows["settled_s"] == 3600).all()
