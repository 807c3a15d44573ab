"""Events of one second happen in the order of their kind and entity."""

from __future__ import annotations

from itertools import permutations

import pytest
import simpy

from twin.agents.clock import Instant, Turn, place

EVENTS = ((Turn.STEP, 0), (Turn.CAR, 2), (Turn.CALENDAR, 0), (Turn.CAR, 1))


@pytest.mark.parametrize("created", list(permutations(EVENTS)))
def test_the_order_of_creation_does_not_matter(created: tuple) -> None:
    env = simpy.Environment(initial_time=10)
    happened = []
    for turn, entity in created:
        instant = Instant(env, 50, place(turn, entity))
        instant.callbacks.append(lambda _, which=(turn, entity): happened.append(which))
    env.run()
    assert env.now == 50
    assert happened == [
        (Turn.CALENDAR, 0), (Turn.CAR, 1), (Turn.CAR, 2), (Turn.STEP, 0),
    ]  # fmt: skip


def test_a_process_waits_for_its_instant() -> None:
    env = simpy.Environment()
    woken = []

    def live():
        for second in (3, 3, 7):
            yield Instant(env, second, place(Turn.CAR, 1))
            woken.append(env.now)

    env.process(live())
    env.run()
    assert woken == [3, 3, 7]


def test_many_cars_stay_before_the_step() -> None:
    env = simpy.Environment()
    happened = []
    for turn, entity in ((Turn.STEP, 0), (Turn.CAR, 10**9)):
        Instant(env, 1, place(turn, entity)).callbacks.append(
            lambda _, kind=turn: happened.append(kind)
        )
    env.run()
    assert happened == [Turn.CAR, Turn.STEP]
