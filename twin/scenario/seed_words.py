"""Words for a study's seeds: a list of them, or the first and how many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from pydantic import Field

from twin.errors import Problem
from twin.scenario.document import Node
from twin.scenario.words import Words

LAST_SEED = 2**63 - 1
MOST_SEEDS = 100_000
Seed = Annotated[int, Field(ge=0, le=LAST_SEED)]


class SeedRange(Words):
    """So many seeds one after another."""

    first: Annotated[int, Field(ge=0, le=LAST_SEED - MOST_SEEDS)] = Field(
        default=1, description="The first seed"
    )
    count: Annotated[int, Field(ge=1, le=MOST_SEEDS)] = Field(
        description="How many, each one more than the one before"
    )

    @property
    def each(self) -> range:
        """The seeds."""
        return range(self.first, self.first + self.count)


Seeds = Annotated[list[Seed], Field(min_length=1)] | SeedRange


def listed(seeds: Sequence[int] | SeedRange) -> Sequence[int]:
    """Every seed, however it was said."""
    return seeds.each if isinstance(seeds, SeedRange) else seeds


def count_of(plain: Any) -> int:
    """How many seeds plain values say; 1 where they say nothing that can be counted."""
    if isinstance(plain, list):
        return max(1, len(plain))
    count = plain.get("count") if isinstance(plain, dict) else None
    return count if isinstance(count, int) and count > 0 else 1


def seed_problems(tree: Node, plain: Any) -> Iterator[Problem]:
    """Seeds that are there twice."""
    node = tree.child("seeds")
    if node is None or not isinstance(plain, list):
        return
    twice = sorted({str(seed) for seed in plain if plain.count(seed) > 1})
    if twice:
        message = f"{', '.join(twice)} given twice; keep one"
        yield Problem(node.where, "seeds", message)
