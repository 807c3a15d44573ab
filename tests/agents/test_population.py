"""Drivers are registered, live, and leave; a policy's answer is checked."""

from __future__ import annotations

import numpy as np
import pytest
import simpy

from tests.worlds import scenario, world
from twin.agents.drivers import Driver
from twin.errors import RunFailed


class Answers:
    """A policy that answers whatever it was told to."""

    watches_departure = False

    def __init__(self, answer: object) -> None:
        self.answer = answer

    def decide(self, seen: object) -> object:
        return self.answer


def test_every_car_has_a_driver_who_knows_it() -> None:
    born = world(scenario(fleet__ev_share=1.0))
    drivers = list(born.population.agents_by_type[Driver])
    assert sorted(driver.car for driver in drivers) == list(range(len(born.fleet)))
    homes = [born.customers.name[home] for home in born.customers.car_customer]
    assert {driver.home for driver in drivers} == set(homes)
    assert all(driver.vehicle for driver in drivers)


def test_time_is_the_clocks_whatever_is_assigned() -> None:
    born = world(scenario())
    env = simpy.Environment(initial_time=77)
    born.population.begin(env)
    assert born.population.time == 77.0
    born.population.time = 5.0
    assert born.population.time == 77.0


def test_a_driver_who_leaves_stops_living() -> None:
    born = world(scenario(fleet__ev_share=1.0))
    env = simpy.Environment()
    done = born.begin(env)
    gone = next(iter(born.population.agents_by_type[Driver]))
    env.run(until=3600)
    before = born.fleet.state[gone.car].copy()
    gone.remove()
    assert gone not in born.population.agents
    env.run(until=done)
    assert not gone.process.is_alive
    assert born.fleet.state[gone.car]["departed_s"] == before["departed_s"]
    others = born.fleet.state["departed_s"] > before["departed_s"]
    assert others.any()


def test_a_driver_who_never_lived_can_leave() -> None:
    born = world(scenario(fleet__ev_share=1.0))
    gone = next(iter(born.population.agents))
    gone.remove()
    assert len(born.population.agents) == len(born.fleet) - 1


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_policy_must_answer_with_numbers(bad: float) -> None:
    born = world(scenario(fleet__ev_share=1.0))
    answer = np.zeros(len(born.fleet))
    answer[-1] = bad
    born.population.policy = Answers(answer)
    with pytest.raises(RunFailed) as caught:
        born.decide(3, None, None)
    assert str(caught.value).startswith(
        f"policy Answers at step 3: decide must return {len(answer)} finite powers in "
        "kW"
    )


def test_infinities_of_both_signs_do_not_cancel() -> None:
    born = world(scenario(fleet__ev_share=1.0))
    answer = np.zeros(len(born.fleet))
    answer[:2] = np.inf, -np.inf
    born.population.policy = Answers(answer)
    with pytest.raises(RunFailed, match="finite"):
        born.decide(0, None, None)


@pytest.mark.parametrize("shape", [(), (1,), (3, 3)])
def test_a_policy_must_answer_for_every_car(shape: tuple[int, ...]) -> None:
    born = world(scenario(fleet__ev_share=1.0))
    born.population.policy = Answers(np.zeros(shape))
    with pytest.raises(RunFailed) as caught:
        born.decide(0, None, None)
    n_ev = len(born.fleet)
    assert f"must return {n_ev} finite powers in kW" in str(caught.value)
    assert f"got an array of shape {shape}" in str(caught.value)


@pytest.mark.parametrize("answer", ["all", [1.0, None], {"car": 1.0}, [[1.0], []]])
def test_what_are_no_numbers_is_told_in_words(answer: object) -> None:
    born = world(scenario(fleet__ev_share=1.0))
    born.population.policy = Answers(answer)
    with pytest.raises(RunFailed, match="policy Answers at step 0"):
        born.decide(0, None, None)


def test_whole_numbers_and_lists_are_powers_too() -> None:
    born = world(scenario(fleet__ev_share=1.0))
    born.population.policy = Answers([1] * len(born.fleet))
    born.decide(0, None, None)
    assert (born.fleet.state["wanted_kw"] == 1.0).all()


def test_what_breaks_in_a_policy_is_told_with_its_line() -> None:
    class Breaks:
        watches_departure = False

        def decide(self, seen: object) -> object:
            return 1 / 0

    born = world(scenario(fleet__ev_share=1.0))
    born.population.policy = Breaks()
    with pytest.raises(RunFailed) as caught:
        born.decide(7, None, None)
    told = str(caught.value)
    assert told.startswith(
        "policy Breaks at step 7: ZeroDivisionError: division by zero ("
    )
    assert "test_population.py:" in told


def test_no_plug_is_asked_for_more_than_it_can() -> None:
    born = world(scenario(fleet__ev_share=1.0, fleet__bidirectional_share=0.5))
    traits = born.fleet.traits
    for answer, expected in ((99.0, traits["charge_kw"]), (-99.0, -traits["give_kw"])):
        born.population.policy = Answers(np.full(len(born.fleet), answer))
        born.decide(0, None, None)
        np.testing.assert_array_equal(born.fleet.state["wanted_kw"], expected)
