"""Small worlds to test laws on: a scenario in words, its grid, a life watched.

slack --trafo-- bus --- bus --- ...      Kerber's village grids, and smaller ones
                 |       |
                home    home + car
"""

from __future__ import annotations

import os
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import simpy
from hypothesis import Phase, settings
from hypothesis import strategies as st

from twin.fleet.state import DRIVEN, SESSION
from twin.scenario.spec import Scenario
from twin.simulation.build import Grid, Plan, build, load_grid, plan
from twin.simulation.run import simulate
from twin.simulation.world import World

LANDNETZ = "pandapower:create_kerber_landnetz_kabel_1"
DORFNETZ = "pandapower:create_kerber_dorfnetz"
BRANCHES = "pandapower:four_loads_with_branches_out"
FOUR_BUS = "pandapower:simple_four_bus_system"
GRIDS = (LANDNETZ, DORFNETZ, BRANCHES, FOUR_BUS)
POLICIES = (
    "uncontrolled",
    "tou",
    "valley",
    "v2g_peak",
    "v2g_price",
    "v2h",
    "emergency",
)
CLOCK_CHANGES = (date(2026, 3, 28), date(2026, 10, 24))

SHARP = {
    "mode": "volt_var_watt",
    "volt_var": [[0.96, 0.9], [0.99, 0.0], [1.01, -0.9]],
    "volt_watt": [[0.97, 1.0], [1.0, 0.1]],
}
INVERTERS: tuple[dict[str, Any], ...] = (
    {},
    {},
    {"mode": "power_factor"},
    {"mode": "volt_var", "vars_while": "plugged", "kva_per_kw": 1.1},
    SHARP,
)

CASES = int(os.environ.get("CASES") or 10)
WORLDS = settings(max_examples=CASES, phases=(Phase.explicit, Phase.generate))
FEW_WORLDS = settings(WORLDS, max_examples=max(4, 2 * CASES // 5))


def scenario(**changes: Any) -> Scenario:
    """A two-day scenario; ``changes`` are keys with ``__`` for the dot."""
    words: dict[str, Any] = {
        "schema": 1,
        "name": "small",
        "time": {"start": "2026-01-12", "days": 2, "step_min": 15},
        "feeder": {"source": LANDNETZ},
        "fleet": {"ev_share": 0.6},
    }
    for key, value in changes.items():
        *sections, last = key.split("__")
        place = words
        for section in sections:
            place = place.setdefault(section, {})
        place[last] = value
    said = "ev_share" if words["fleet"].get("ev_count") is None else "ev_count"
    words["fleet"] = {
        key: value
        for key, value in words["fleet"].items()
        if key == said or not key.startswith("ev_")
    }
    return Scenario.model_validate(words)


@cache
def grid(source: str) -> Grid:
    """The feeder, loaded once."""
    return load_grid(scenario(feeder__source=source))


def planned(said: Scenario) -> Plan:
    """Who is who, on the shared grid."""
    return plan(said, grid(said.feeder.source))


def world(said: Scenario) -> World:
    """A world at its first instant."""
    return build(planned(said))


class Diary:
    """Everything that a world writes down, in full precision, interval by interval."""

    def __init__(self, watched: World) -> None:
        self.world = watched
        self.phase_start = watched.fleet.state["phase"].copy()
        self.soc_start = watched.fleet.state["soc"].copy()
        self.rows: list[dict[str, Any]] = []
        self.sessions = np.zeros(0, dtype=SESSION)
        self.trips = np.zeros(0, dtype=DRIVEN)
        self._write = watched.recorder.write
        watched.recorder.write = self._look  # type: ignore[method-assign]

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, name: str) -> np.ndarray:
        """One quantity over all intervals [n_step, ...]."""
        return np.array([row[name] for row in self.rows])

    def _look(self, k, given, taken, demand, flow, fleet) -> None:
        self.rows.append(
            {
                "load_kw": given.load_kw.copy(),
                "pv_kw": given.pv_kw.copy(),
                "price": given.price_usd_per_kwh,
                "temperature": given.temperature_degc,
                "charge_kw": taken.charge_kw.copy(),
                "give_kw": taken.give_kw.copy(),
                "island_kw": taken.island_kw.copy(),
                "island_pv_kw": np.zeros_like(given.load_kw)
                if given.island_pv_kw is None
                else given.island_pv_kw.copy(),
                "drawn_kw": given.drawn_kw.copy(),
                "kvar": taken.kvar.copy(),
                "held_back_kw": taken.held_back_kw.copy(),
                "v_pu": flow.v_pu.copy(),
                "grid_kw": flow.grid_kw,
                "losses_kw": flow.losses_kw,
                "converged": flow.converged,
                "soc": fleet.state["soc"].copy(),
                "phase": fleet.state["phase"].copy(),
                "set_kw": fleet.state["set_kw"].copy(),
            }
        )
        timeline = self.world.timeline
        assert self.world.now_s == (k + 1) * timeline.step_s
        if k == timeline.steps_of_day(int(timeline.day_of_step[k]))[-1]:
            self.sessions = np.concatenate([self.sessions, fleet.sessions()])
            self.trips = np.concatenate([self.trips, fleet.driven()])
        self._write(k, given, taken, demand, flow, fleet)


def lived(said: Scenario) -> Diary:
    """A world that lived to its end, and its diary."""
    born = world(said)
    diary = Diary(born)
    simulate(born)
    return diary


def interrupted_life(born: World, events_between: list[int]) -> int:
    """Live to the end, throwing clock and processes away after so many events each.

    Returns how often they were thrown away.
    """
    env, cuts = simpy.Environment(), 0
    done = born.begin(env)
    for events in events_between:
        for _ in range(events):
            if done.triggered:
                return cuts
            env.step()
        env, cuts = simpy.Environment(initial_time=env.now), cuts + 1
        done = born.begin(env)
    env.run(until=done)
    return cuts


@st.composite
def scenarios(draw: st.DrawFn, **fixed: Any) -> Scenario:
    """Any small scenario: grid, calendar, people, cars and policy drawn at random."""
    words: dict[str, Any] = {
        "seed": draw(st.integers(0, 2**63 - 1)),
        "feeder__source": draw(st.sampled_from(GRIDS)),
        "time__start": str(
            draw(
                st.sampled_from(CLOCK_CHANGES)
                | st.dates(date(2025, 1, 2), date(2027, 12, 1))
            )
        ),
        "time__days": draw(st.integers(1, 3)),
        "time__step_min": draw(st.sampled_from((15, 15, 30, 60, 10))),
        "policy__name": draw(st.sampled_from(POLICIES)),
        "policy__reserve_soc": draw(st.sampled_from((0.0, 0.3, 0.7))),
        "policy__outlook": draw(
            st.sampled_from(("persistence", "day_ahead_error", "perfect"))
        ),
        "policy__target_share": draw(st.sampled_from((0.3, 0.9, 1.2))),
        "tariff__name": draw(st.sampled_from(("flat", "sdge_ev_tou_5"))),
        "tariff__export_price_usd_per_kwh": draw(st.sampled_from((0.0, 0.3, 0.9))),
        "customers__pv_share": draw(st.sampled_from((0.0, 0.5, 1.0))),
        "customers__export_limit_kw": draw(st.sampled_from((None, 0.0, 3.0, 30.0))),
        "customers__import_limit_kw": draw(st.sampled_from((None, 4.0, 12.0))),
        "fleet__bidirectional_share": draw(st.sampled_from((0.0, 0.5, 1.0))),
        "fleet__charger_kw": draw(st.sampled_from((None, 2.3, 7.2, 11.0, 22.0))),
        "fleet__plug_in": draw(st.sampled_from(("always", "when_needed"))),
        "fleet__initial_soc": draw(st.sampled_from((None, 0.0, 0.5, 1.0))),
        "fleet__target_soc": draw(st.sampled_from((0.5, 0.9, 1.0))),
        "fleet__export_permit": draw(st.booleans()),
        "fleet__departure_error_min": draw(st.sampled_from((0.0, 30.0, 240.0))),
        "fleet__inverter": draw(st.sampled_from(INVERTERS)),
    }
    if "fleet__ev_share" in fixed or draw(st.booleans()):
        words["fleet__ev_share"] = draw(st.sampled_from((0.0, 0.3, 1.0)))
    else:
        words["fleet__ev_count"] = draw(st.integers(0, 20))
    return scenario(**(words | fixed))
