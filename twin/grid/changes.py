"""Changes of a grid, as whoever reads it is asked for them, and what came of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from twin.arrays import Floats
from twin.errors import InputError, listed

KEY = "feeder.changes"


@dataclass(frozen=True)
class Change:
    """One change: what is done to which element.

    what   transformer, line, customer, switch, out
    do     rating_kva, tap, parallel, like, phase, closed; empty of what is out
    key    where it is said; said: the word for what, where it is another
    """

    what: str
    name: str | int
    do: str
    to: float | int | str | bool | None
    key: str
    said: str = ""

    @property
    def at(self) -> str:
        """The key of the element's name."""
        return f"{self.key}.{self.said or self.what}"

    @property
    def action(self) -> str:
        """The key of what is done to it."""
        return f"{self.key}.{self.do}" if self.do else self.at


@dataclass(frozen=True)
class Wanted:
    """All changes of a grid, and the standard ratings where it stands, kVA."""

    changes: tuple[Change, ...] = ()
    sizes_kva: tuple[float, ...] = ()

    @property
    def cuts(self) -> tuple[Change, ...]:
        """Those that may leave buses without a source."""
        rows = self.changes
        return tuple(one for one in rows if one.what == "out" or one.to is False)

    @property
    def switches(self) -> bool:
        """Whether any may hang customers on another transformer."""
        return any(one.what in ("out", "switch") for one in self.changes)

    def text(self) -> str:
        """As another process reads it."""
        return json.dumps(asdict(self))

    @classmethod
    def of(cls, text: str) -> Wanted:
        """What ``text`` said."""
        said = json.loads(text)
        rows = tuple(Change(**one) for one in said["changes"])
        return cls(rows, tuple(said["sizes_kva"]))


@dataclass(frozen=True)
class Made:
    """A change that was made, in words, and what prices it.

    kind     transformer, tap, line, phase, switch, out
    kva      rating of the new transformer
    km       length of a new line; count: how many such lines are built
    """

    kind: str
    name: str
    words: str
    kva: float | None = None
    km: float | None = None
    count: int = 1

    def plain(self) -> dict[str, Any]:
        """For a record; what it has no number for is left out."""
        return {key: one for key, one in asdict(self).items() if one is not None}


def next_size(rating_kva: float, sizes_kva: Floats, change: Change) -> float:
    """The smallest standard rating above this one."""
    larger = np.asarray(sizes_kva)[np.asarray(sizes_kva) > rating_kva * 1.001]
    if not len(larger):
        raise InputError.of(
            f"no standard size is above {rating_kva:g} kVA; say the rating in kVA",
            change.action,
        )
    return float(larger.min())


def one_of(
    names: Mapping[str, Sequence[Any]], own: int, change: Change, what: str
) -> Any:
    """The one element that a change names, by all names that elements go by.

    own  how many of these, the first, are elements' own names
    """
    word = str(change.name)
    found = names.get(word, ())
    if len(found) == 1:
        return found[0]
    if len(found) > 1:
        raise InputError.of(
            f"{len(found)} {_many(what)} are called '{word}'; say one by its table and "
            f"index, such as '{_indexed(found[0])}'",
            change.at,
        )
    known = list(names)[:own]
    if not known:
        raise InputError.of(
            f"no {what} is called '{word}': the network has no {_many(what)}", change.at
        )
    raise InputError.of(
        f"no {what} is called '{word}'; there are {listed(word, known)}", change.at
    )


def _many(what: str) -> str:
    return f"{what}es" if what.endswith("ch") else f"{what}s"


def _indexed(element: Any) -> str:
    return " ".join(str(part) for part in element)
