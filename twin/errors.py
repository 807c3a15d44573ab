"""What can go wrong, said so that a planner can mend it.

TwinError
├── InputError   the user's input is wrong          exit 2, nothing written
├── Busy         another process is writing there   exit 3, nothing written
└── RunFailed    the run failed                     exit 3, what it has is kept
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

MOST_LISTED = 6


@dataclass(frozen=True)
class Problem:
    """One thing wrong with the input: where, which key, what and what is allowed."""

    where: str
    key: str
    message: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.where, self.key, self.message) if part)


class TwinError(Exception):
    """Any failure that the twin explains itself."""

    exit_code = 3


class InputError(TwinError):
    """All that is wrong with the user's input, told at once."""

    exit_code = 2

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    @classmethod
    def of(cls, message: str, key: str = "", where: str = "") -> InputError:
        """A single problem."""
        return cls([Problem(where, key, message)])


class Busy(TwinError):
    """Somebody else is writing there just now."""


class RunFailed(TwinError):
    """A run that could not be finished."""


def nearest(word: str, allowed: Iterable[str]) -> str:
    """A hint at the closest allowed word, or nothing: "; did you mean 'valley'?"."""
    close = get_close_matches(word, list(allowed), n=1)
    return f"; did you mean '{close[0]}'?" if close else ""


def listed(word: str, allowed: Iterable[str]) -> str:
    """A few allowed words and how many more there are; the closest, in any case, shown.

    "a, b, c and 3 more; did you mean 'c'?"
    """
    every = list(dict.fromkeys(allowed))
    shown = every[:MOST_LISTED]
    lower = {name.lower(): name for name in every}
    close = [lower[name] for name in get_close_matches(word.lower(), lower, n=1)]
    if close and close[0] not in shown:
        shown[-1] = close[0]
    rest = len(every) - len(shown)
    more = f" and {rest} more" if rest else ""
    hint = f"; did you mean '{close[0]}'?" if close else ""
    return f"{', '.join(shown)}{more}{hint}"
