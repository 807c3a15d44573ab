"""What tap changers and switched capacitors of a pandapower network go by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from twin.errors import InputError, listed

ALL = "all"
GLOB = frozenset("*?[")


@dataclass(frozen=True)
class Drop:
    """A line's drop, pu of voltage at `rated_a` (none: the transformer's rated)."""

    r_pu: float = 0.0
    x_pu: float = 0.0
    rated_a: float | None = None


@dataclass(frozen=True)
class Reverse:
    """Settings in reverse power; none of them: as forward, or as `pp_regulation` has.

    neutral    go to the neutral tap, hold no voltage
    """

    neutral: bool = False
    v_set_pu: float | None = None
    band_pu: float | None = None
    drop: Drop | None = None
    delay_s: float = 60.0
    threshold_kw: float | None = None


@dataclass(frozen=True)
class TapRule:
    """What the tap changers of one or several transformers hold.

    trafo      name, index, glob on names, or all
    band_pu    whole width of the band; none: twice the step of a tap
    key        where the rule is said
    """

    trafo: str | int
    v_set_pu: float
    band_pu: float | None = None
    delay_s: float = 60.0
    side: str = "lv"
    phase: int = 1
    drop: Drop | None = None
    reverse: Reverse | None = None
    key: str = "regulation.transformers"


@dataclass(frozen=True)
class CapacitorRule:
    """By what one or several shunts are switched.

    shunt      name, index, glob on names, or all
    kind       voltage, kvar or time; `on`, `off`: pu, kvar, hour of the day
    at         branch whose flow is read; none: the nearest transformer upstream
    """

    shunt: str | int
    kind: str
    on: float
    off: float
    at: str | int | None = None
    phase: int = 1
    delay_s: float = 60.0
    dead_time_s: float = 300.0
    key: str = "regulation.capacitors"


def chosen(
    word: str | int, names: Sequence[str], indices: Sequence[int], what: str, key: str
) -> tuple[list[int], bool]:
    """Places that a word means, and whether it names one and not a group.

    A name that is there goes before an index, and that before a glob.
    """
    text = str(word)
    for known in (names, [str(index) for index in indices]):
        if isinstance(word, int) and known is names:
            continue
        found = [place for place, name in enumerate(known) if name == text]
        if found:
            return found, True
    if text == ALL or GLOB & set(text):
        pattern = "*" if text == ALL else text
        found = [k for k, name in enumerate(names) if fnmatchcase(name, pattern)]
        if found:
            return found, False
    raise InputError.of(_unknown(text, names, what), key)


def _unknown(text: str, names: Sequence[str], what: str) -> str:
    if not names:
        return f"no {what} is called '{text}': the network has no {what}s"
    return f"no {what} is called '{text}'; there are {listed(text, names)}"
