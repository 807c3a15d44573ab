"""A scenario's changes of its grid, as the room of the grid is asked for them."""

from __future__ import annotations

from collections.abc import Sequence

from twin.accounts.upgrades import upgrades
from twin.grid.changes import KEY, Change, Wanted
from twin.scenario import change_words
from twin.scenario.change_rules import DONE_TO
from twin.scenario.feeder_words import FeederSpec
from twin.scenario.names import region_of


def wanted_of(words: FeederSpec) -> Wanted:
    """What a scenario changes in its grid, and the standard ratings there."""
    if not words.changes:
        return Wanted()
    sizes = upgrades(region_of(words.source), {}).sizes_kva
    return Wanted(tuple(_changes(words.changes)), tuple(sizes.tolist()))


def _changes(said: Sequence[change_words.Change]) -> list[Change]:
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
