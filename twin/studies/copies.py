"""The feeders of a territory: every copy of every member, with a seed of its own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

from twin.scenario.territory_words import Territory


@dataclass(frozen=True)
class Copy:
    """One feeder of a territory: which member, number from 1, and the study's seed."""

    member: str
    number: int
    of_seed: int

    @property
    def seed(self) -> int:
        """The seed of its run, of nothing but these three: 63 bits of a hash.

        Copies that are added change no other.
        """
        said = json.dumps([self.of_seed, self.member, self.number])
        return int.from_bytes(hashlib.sha256(said.encode()).digest()[:8]) >> 1


def copies_of(territory: Territory, member: str, seed: int) -> Iterator[Copy]:
    """Every feeder of a member."""
    for number in range(1, territory.members[member].copies + 1):
        yield Copy(member, number, seed)
