"""SimPy's clock with an order of its own among events of the same second."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, cast

import simpy

_PER_KIND = 2**40


class Turn(IntEnum):
    """Who goes first within a second; the grid step comes last."""

    CALENDAR = 1
    SUPPLY = 2
    CAR = 3
    STEP = 9


def place(turn: Turn, entity: int = 0) -> int:
    """Where an event stands among those of its second: by kind, then by entity."""
    return int(turn) * _PER_KIND + entity


class Instant(simpy.Event):
    """Happens at a given second, in its place, never in the order of creation.

    A queue that is rebuilt from data therefore orders events as the lost one did.
    """

    def __init__(self, env: simpy.Environment, at_s: int, at_place: int) -> None:
        if at_s < env.now:
            raise ValueError(f"{at_s} s is past: it is {env.now} s")
        self.env = env
        self.callbacks = []
        self._ok = True
        self._value = None
        env.schedule(self, priority=cast(Any, at_place), delay=at_s - env.now)
