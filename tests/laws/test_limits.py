"""Laws of limits: no car beyond its plug, no meter beyond its connection."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.worlds import WORLDS, Diary, lived, scenarios, world
from twin.agents.observation import Observation
from twin.fleet.state import Phase
from twin.scenario.spec import Scenario
from twin.simulation.run import simulate

ROUNDING_KW = 1e-9


class AnythingGoes:
    """Asks every car for anything between two powers, also for what it cannot do."""

    watches_departure = True

    def __init__(self, seed: int, least_kw: float, most_kw: float) -> None:
        self.seed, self.least_kw, self.most_kw = seed, least_kw, most_kw

    def decide(self, seen: Observation) -> np.ndarray:
        draw = np.random.default_rng([self.seed, seen.step])
        return draw.uniform(self.least_kw, self.most_kw, len(seen.soc))


@WORLDS
@given(scenarios())
def test_policies_keep_within_every_limit(said: Scenario) -> None:
    diary = lived(said)
    _no_plug_beyond_its_power(diary)
    _no_meter_beyond_its_connection(diary)
    _no_export_without_a_permit(diary, said)


ASKED_KW = st.sampled_from(((-3, 3), (-30, 30), (0, 30), (-30, 0)))


@WORLDS
@given(scenarios(fleet__ev_share=1.0), st.integers(0, 2**20), ASKED_KW)
def test_no_policy_passes_a_limit_where_homes_have_one_car(
    said: Scenario, seed: int, asked_kw: tuple[float, float]
) -> None:
    diary = _lived_under(said, AnythingGoes(seed, *asked_kw))
    _no_plug_beyond_its_power(diary)
    _no_meter_beyond_its_connection(diary)
    _no_export_without_a_permit(diary, said)


@WORLDS
@given(scenarios(fleet__ev_count=20), st.integers(0, 2**20), ASKED_KW)
def test_no_policy_passes_a_limit_where_cars_share_a_meter(
    said: Scenario, seed: int, asked_kw: tuple[float, float]
) -> None:
    diary = _lived_under(said, AnythingGoes(seed, *asked_kw))
    _no_plug_beyond_its_power(diary)
    _no_meter_beyond_its_connection(diary)
    _no_export_without_a_permit(diary, said)
    plugged = diary.column("phase") == Phase.PLUGGED
    _within_the_connection(diary, np.where(plugged, diary.column("set_kw"), 0.0))


def _lived_under(said: Scenario, policy: AnythingGoes) -> Diary:
    born = world(said)
    born.population.policy = policy
    diary = Diary(born)
    simulate(born)
    return diary


def _no_plug_beyond_its_power(diary: Diary) -> None:
    traits = diary.world.fleet.traits
    assert (diary.column("charge_kw") <= traits["charge_kw"] + ROUNDING_KW).all()
    assert (diary.column("give_kw") <= traits["give_kw"] + ROUNDING_KW).all()
    set_kw = diary.column("set_kw")
    assert (set_kw <= traits["charge_kw"]).all()
    assert (set_kw >= -traits["give_kw"]).all()


def _no_meter_beyond_its_connection(diary: Diary) -> None:
    _within_the_connection(diary, diary.column("charge_kw") - diary.column("give_kw"))


def _within_the_connection(diary: Diary, cars_kw: np.ndarray) -> None:
    """Cars have what load and sun leave, in both directions, in every interval."""
    customers = diary.world.customers
    at_meter = np.array([customers.cars_kw(row) for row in cars_kw])
    home_kw = diary.column("load_kw") - diary.column("pv_kw")
    most_in = np.maximum(0.0, customers.import_limit_kw - home_kw)
    most_out = np.maximum(0.0, customers.export_limit_kw + home_kw)
    assert (at_meter <= most_in + ROUNDING_KW).all()
    assert (at_meter >= -most_out - ROUNDING_KW).all()


def _no_export_without_a_permit(diary: Diary, said: Scenario) -> None:
    """Without a permit a car may feed its home, never the grid."""
    if said.fleet.export_permit or said.customers.export_limit_kw is not None:
        return
    customers = diary.world.customers
    give_kw = np.array([customers.cars_kw(row) for row in diary.column("give_kw")])
    charge_kw = np.array([customers.cars_kw(row) for row in diary.column("charge_kw")])
    home_kw = diary.column("load_kw") - diary.column("pv_kw") + charge_kw
    feeding = give_kw > 0.0
    fed_kw = np.maximum(0.0, give_kw - home_kw)[feeding]
    allowed_kw = np.broadcast_to(customers.pv_kwp, give_kw.shape)[feeding]
    assert (fed_kw <= allowed_kw + ROUNDING_KW).all()
