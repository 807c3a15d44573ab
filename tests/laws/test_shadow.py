"""Law of the shadow: it is the run that the reference would have been, to the byte."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from tests.laws.test_outages import EVENTS
from tests.worlds import (
    FEW_WORLDS,
    Diary,
    interrupted_life,
    lived,
    scenario,
    scenarios,
    world,
)
from twin.scenario.spec import Scenario
from twin.simulation.run import simulate

GIVING: dict[str, Any] = {
    "policy__name": "v2g_peak",
    "fleet__ev_share": 1.0,
    "fleet__bidirectional_share": 1.0,
}
OUTAGES: list[dict[str, Any]] = [
    {"events": EVENTS},
    {"events": EVENTS, "restoration__restart": "staggered", "fleet__ev_count": 12},
]


class Beside(Diary):
    """A diary that keeps the shadow's cars, too."""

    def _look(self, k, given, taken, demand, flow, fleet) -> None:
        shadow = self.world.guests.shadow
        assert shadow is not None
        super()._look(k, given, taken, demand, flow, fleet)
        self.rows[-1]["shadow_kw"] = shadow.kw.copy()
        self.rows[-1]["shadow_soc"] = shadow.soc.copy()


def beside(said: Scenario) -> Beside:
    born = world(said)
    diary = Beside(born)
    simulate(born)
    return diary


@FEW_WORLDS
@given(
    scenarios(fleet__inverter={"mode": "unity"}, fleet__ev_count=7),
    st.sampled_from((("v2g_peak", "uncontrolled"), ("tou", "valley"))),
)
def test_the_shadow_is_the_reference_run(
    said: Scenario, names: tuple[str, str]
) -> None:
    own, plain = (said.policy.model_copy(update={"name": name}) for name in names)
    diary = beside(said.model_copy(update={"policy": own, "reference": names[1]}))
    other = lived(said.model_copy(update={"policy": plain, "reference": "none"}))
    same_course(diary, other)


@pytest.mark.parametrize("more", OUTAGES)
def test_without_supply_the_shadow_waits_as_the_reference_would(
    more: dict[str, Any],
) -> None:
    diary = beside(scenario(**(GIVING | more)))
    plain = GIVING | more | {"policy__name": "uncontrolled", "reference": "none"}
    same_course(diary, lived(scenario(**plain)))


def same_course(diary: Beside, other: Diary) -> None:
    """Power and state of charge in every interval, and totals at the end."""
    assert_array_equal(diary.column("shadow_kw"), other.column("charge_kw"))
    assert_array_equal(diary.column("shadow_soc"), other.column("soc"))
    assert diary.world.guests.shadow is not None
    mine, theirs = diary.world.guests.shadow.fleet.state, other.world.fleet.state
    for name in ("charged_kwh", "public_kwh", "loss_kwh", "driven_kwh", "plug_ins"):
        assert_array_equal(mine[name], theirs[name], name)
    assert not mine["discharged_kwh"].any()


def test_a_shadow_changes_nothing_of_the_run() -> None:
    with_one = beside(scenario(**GIVING))
    without = lived(scenario(**GIVING, reference="none"))
    assert without.world.guests.shadow is None
    for name in without.rows[0]:
        assert_array_equal(with_one.column(name), without.column(name), name)
    assert with_one.column("shadow_kw").any()
    assert not np.array_equal(with_one.column("shadow_soc"), with_one.column("soc"))


def test_a_shadow_outlives_clocks_that_are_thrown_away() -> None:
    said = scenario(**GIVING, fleet__ev_count=12, events=EVENTS)
    straight, cut = world(said), world(said)
    simulate(straight)
    assert interrupted_life(cut, [37] * 60) > 10
    assert straight.guests.shadow is not None and cut.guests.shadow is not None
    assert_array_equal(
        straight.guests.shadow.fleet.state, cut.guests.shadow.fleet.state
    )


@pytest.mark.parametrize(
    ("more", "reference"),
    [
        ({"policy__name": "uncontrolled"}, None),
        ({"policy__name": "uncontrolled", "reference": "valley"}, "valley"),
        ({"policy__name": "uncontrolled", "events": EVENTS}, "uncontrolled"),
        (
            {"policy__name": "uncontrolled", "fleet__inverter": {"mode": "volt_watt"}},
            "uncontrolled",
        ),
        ({"policy__name": "valley"}, "uncontrolled"),
        ({"policy__name": "valley", "reference": "none"}, None),
    ],
)
def test_where_the_run_is_its_own_reference_there_is_no_shadow(
    more: dict[str, Any], reference: str | None
) -> None:
    assert scenario(**more).shadowed_by == reference


def test_without_cars_there_is_no_shadow() -> None:
    assert (
        world(scenario(policy__name="valley", fleet__ev_share=0.0)).guests.shadow
        is None
    )
