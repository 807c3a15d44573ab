"""By which tariff a run was billed: its source, its date, and how sure it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from twin.analysis.bills import timeline_of
from twin.analysis.case import Case
from twin.errors import TwinError
from twin.scenario.tariff_words import TariffSpec
from twin.surroundings.tariff import Tariff
from twin.surroundings.tariff_files import MARKS
from twin.surroundings.tariffs import Prices, prices_of


@dataclass(frozen=True)
class Part:
    """A part of a tariff: how sure it is, in words, and of what that follows."""

    tariff: str
    name: str
    mark: str
    how: str

    @property
    def is_sure(self) -> bool:
        """Whether it was held against a publication."""
        return self.mark == "published"

    @property
    def words(self) -> str:
        """How sure, as people say it."""
        return MARKS[self.mark]


def prices(case: Case) -> Prices | None:
    """What the run was billed by; none of recorded prices, or of an unknown name."""
    words = TariffSpec.model_validate(case.scenario.get("tariff") or {})
    if words.file is not None:
        return None
    try:
        return prices_of(words, timeline_of(case.scenario))
    except TwinError:
        return None


def parts_of(tariffs: Sequence[Tariff]) -> list[Part]:
    """Every part of every version in force, the least sure first."""
    order = list(MARKS)[::-1]
    found = [
        Part(f"{one.name} of {one.effective}", name, mark, how)
        for one in tariffs
        for name, mark, how in one.verified
    ]
    return sorted(found, key=lambda part: order.index(part.mark))


def doubts(case: Case) -> str:
    """That prices are not sure, in a sentence; empty if all were published."""
    found = prices(case)
    if found is None:
        return ""
    unsure = [part for part in parts_of(found.in_force) if not part.is_sure]
    if not unsure and not (found.avoided and found.avoided.notes):
        return ""
    said = list(dict.fromkeys(f"{part.name} {part.words}" for part in unsure))
    assumed = ["export prices assumed"] if found.avoided else []
    name = found.tariff.name
    return f"Tariff {name}: {'; '.join([*said, *assumed])}. All money here rests on it."
