"""Calls to cars in an emergency: announced, begun, ended, and let go in turn."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Call:
    """One call, in seconds from the run's start.

    From ``announced_s`` on it is known. After ``end_s`` each car returns at a random
    instant before ``returned_s``. ``number`` and ``date``, an ordinal, are its key.
    """

    number: int
    date: int
    announced_s: int
    begin_s: int
    end_s: int
    returned_s: int

    def concerns(self, now_s: int) -> bool:
        """Whether anybody may do anything because of it at an instant."""
        return self.announced_s <= now_s < self.returned_s

    def is_under_way(self, now_s: int) -> bool:
        """Whether it has begun and not ended."""
        return self.begin_s <= now_s < self.end_s
