"""SimPy's clock with an order of its own among events of the same second."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, cast

import simpy

_PER_KIND = 2**40


class Turn(IntEnum):
    """Who goes first within a second; the grid step comes last."""

    CALENDAR = 1
    CAR = 3
    STEP = 9


class Instant(simpy.Event):
    """Happens at a given second, in its turn: (kind, entity), never by creation.

    A queue that is rebuilt from data therefore orders events as the lost one did.
    """

    def __init__(
        self, env: simpy.Environment, at_s: int, turn: Turn, entity: int = 0
    ) -> None:
        super().__init__(env)
        self._ok = True
        self._value = None
        key = cast(Any, int(turn) * _PER_KIND + entity)
        env.schedule(self, priority=key, delay=at_s - env.now)
