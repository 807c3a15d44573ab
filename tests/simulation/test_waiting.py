"""No car waits longer than a day for its energy: one car that stays at home, by hand.

It comes home empty at 17:30 of the first day, and 50 kWh from the meter fill it to its
target of 0.9: five hours at its 10 kW, or 2.2 kW all the time until 1.25 h before it is
due, at 17:30 of the second day. That is below what its charger can, so that a policy
puts it off as long as it may.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandapower as pp
import pytest
from numpy.testing import assert_allclose

from tests.sources.by_hand.test_day_by_hand import Mild, OneKilowatt, network
from tests.worlds import Diary, scenario
from twin.fleet.state import NEVER_S
from twin.fleet.travel import DayTrips, TripPurpose
from twin.simulation.build import build, load_grid, plan
from twin.simulation.run import simulate

FIRST = date(2026, 1, 12)
HOME_H, DUE_H = 17.5, 17.5 + 24.0
CLEVER = ("valley", "v2g_peak")


@dataclass
class Outings:
    """300 km, from 08:00 to 17:30, on some days of the run."""

    days: tuple[int, ...]
    name, effective_sample, notes, inputs = "outings", 1, (), ()

    def day(self, date: date, cars: np.ndarray) -> DayTrips:
        goes = (date - FIRST).days in self.days
        return DayTrips(
            n=np.array([2 if goes else 0]),
            depart_min=np.array([[480, 960]]),
            arrive_min=np.array([[570, 1050]]),
            distance_km=np.array([[150.0, 150.0]]),
            purpose=np.array([[TripPurpose.WORK, TripPurpose.HOME]]),
        )


class TwoDearHours:
    """1 kW, but 10 kW from 18:00 to 20:00."""

    name, notes, inputs = "dear", (), ()

    def day_kw(self, day: int) -> np.ndarray:
        rows = np.ones((96, 1))
        rows[72:80] = 10.0
        return rows

    mean_kw = day_kw


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    written = tmp_path_factory.mktemp("net") / "line.json"
    pp.to_json(network(), str(written))
    return written


def life(
    file: Path,
    policy: str,
    days: tuple[int, ...] = (0,),
    profile: Any = None,
    min_kw: float = 4.14,
    give_kw: float = 10.0,
) -> Diary:
    """Five days of one home and its car."""
    said = scenario(
        feeder__source=f"json:{file}",
        time__days=5,
        time__timezone="Europe/Berlin",
        customers__profiles="network_constant",
        fleet__ev_count=1,
        fleet__departure_error_min=0.0,
        policy__name=policy,
        policy__outlook="perfect",
    )
    run = plan(said, load_grid(said))
    own = run.cars.traits.copy()
    own["capacity_kwh"], own["charge_kw"], own["rated_kw"] = 50.0, 10.0, 10.0
    own["give_kw"], own["min_kw"], own["standby_kw"] = give_kw, min_kw, 0.0
    own["battery_efficiency"] = own["efficiency"] = 0.9
    own["consumption_kwh_per_km"] = 0.2
    own["loss_constant"] = own["loss_linear"] = own["loss_quadratic"] = 0.0
    run = replace(
        run,
        cars=replace(run.cars, traits=own),
        profile=profile or OneKilowatt(),
        travel=Outings(days),
        weather=Mild(),
    )
    diary = Diary(build(run))
    simulate(diary.world)
    return diary


def soc_at(diary: Diary, hour: float) -> float:
    return float(diary.column("soc")[round(4 * hour) - 1, 0])


@pytest.mark.parametrize("policy", CLEVER)
def test_a_car_that_never_declares_is_at_its_target_within_a_day(
    file: Path, policy: str
) -> None:
    """Put off all evening: 50 kWh over the hours left need 4.14 kW only at night."""
    lived = life(file, policy)
    assert lived.world.fleet.state["declared_s"][0] == NEVER_S
    assert soc_at(lived, HOME_H) == soc_at(lived, 24.0) == 0.0
    assert soc_at(lived, DUE_H - 1.0) == pytest.approx(0.9, abs=1e-12)


@pytest.mark.parametrize("policy", CLEVER)
def test_a_car_that_has_been_full_since_is_left_alone(file: Path, policy: str) -> None:
    lived = life(file, policy)
    later = slice(round(4 * DUE_H), None)
    assert_allclose(lived.column("soc")[later], 0.9, atol=1e-12)
    assert lived.column("charge_kw")[later].max() == 0.0
    assert lived.column("give_kw").max() == 0.0


@pytest.mark.parametrize("policy", CLEVER)
def test_a_car_that_declares_a_later_day_has_its_reserve_within_one(
    file: Path, policy: str
) -> None:
    """It leaves at 08:00 of the fourth day, which its driver says at first midnight."""
    lived = life(file, policy, days=(0, 3))
    assert soc_at(lived, 24.0) == 0.0
    assert 0.3 <= soc_at(lived, DUE_H) < 0.5
    assert soc_at(lived, 3 * 24 + 8) == pytest.approx(0.9, abs=1e-12)


def test_a_car_gives_each_evening_and_is_full_again_before_the_next(
    file: Path,
) -> None:
    """1 kW above nine tenths of 10 kW, for two hours, from the second evening on."""
    lived = life(file, "v2g_peak", profile=TwoDearHours(), min_kw=0.5)
    for day in (1, 2, 3):
        evening = slice(96 * day + 72, 96 * day + 80)
        assert_allclose(lived.column("give_kw")[evening], 1.0, atol=1e-9)
        assert soc_at(lived, 24 * day + 20) < 0.9
        assert soc_at(lived, 24 * (day + 1) + 18) == pytest.approx(0.9, abs=1e-12)
