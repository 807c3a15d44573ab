"""A scenario's changes of its grid, as the room of the grid is asked for them."""

from __future__ import annotations

from collections.abc import Sequence

from twin.accounts.upgrades import upgrades
from twin.arrays import Floats
from twin.grid.changes import KEY, Change
from twin.scenario import change_words
from twin.scenario.change_rules import DONE_TO
from twin.scenario.feeder_words import FeederSpec
from twin.scenario.names import region_of


def asked_of(said: Sequence[change_words.Change]) -> list[Change]:
    """Each change with the key that says it; a load is a customer."""
    found = []
    for k, one in enumerate(said):
        words = one.model_dump(exclude_none=True)
        what = next(name for name in DONE_TO if name in words)
        do = next((name for name in DONE_TO[what] if name in words), "")
        known = "customer" if what == "load" else what
        to = words.get(do) if do else None
        found.append(Change(known, words[what], do, to, f"{KEY}.{k}", what))
    return found


def sizes_of(words: FeederSpec) -> Floats:
    """Standard ratings of transformers where the feeder stands, kVA."""
    return upgrades(region_of(words.source), {}).sizes_kva
