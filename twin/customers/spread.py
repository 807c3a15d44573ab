"""How what its owners draw is spread over the terminals of a feeder."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from twin.arrays import Floats, Ints, totals


@dataclass(frozen=True)
class Spread:
    """Rows of owners [n_row], those of an owner together and owners ascending.

    Of what owner ``owner[r]`` draws, ``share[r]`` of the kW and ``reactive[r]`` of the
    kvar are at terminal ``terminal[r]``; the shares of an owner sum to 1.
    """

    owner: Ints
    terminal: Ints
    share: Floats
    reactive: Floats

    @classmethod
    def single(cls, terminal: Ints) -> Spread:
        """Each owner at one terminal [n_owner]."""
        whole = np.ones(len(terminal))
        return cls(np.arange(len(terminal)), terminal, whole, whole)

    @cached_property
    def first_row(self) -> Ints:
        """Where each owner's rows begin [n_owner]."""
        begins = np.diff(self.owner, prepend=-1) > 0
        return np.flatnonzero(begins)

    @cached_property
    def first(self) -> Ints:
        """The first terminal of each owner [n_owner]."""
        return self.terminal[self.first_row]

    @cached_property
    def count(self) -> Ints:
        """How many terminals each owner has [n_owner]."""
        return np.diff(self.first_row, append=len(self.owner))

    @cached_property
    def is_single(self) -> bool:
        """Whether every owner has one terminal, with all that it draws."""
        return bool(np.all(self.count == 1) and np.all(self.share == 1.0))

    def of(self, owners: Ints) -> Spread:
        """Other owners, each spread as one of these is [n_other]."""
        counts = self.count[owners]
        owner = np.repeat(np.arange(len(owners)), counts)
        begins = np.repeat(np.cumsum(counts) - counts, counts)
        row = self.first_row[owners][owner] + np.arange(len(owner)) - begins
        return Spread(owner, self.terminal[row], self.share[row], self.reactive[row])

    def at_terminals(self, kw: Floats, n_terminal: int) -> Floats:
        """What owners draw, by terminal [n_terminal]."""
        if self.is_single:
            return totals(self.terminal, kw, n_terminal)
        return totals(self.terminal, kw[self.owner] * self.share, n_terminal)

    def kvar_at_terminals(self, kvar: Floats, n_terminal: int) -> Floats:
        """The same of reactive power [n_terminal]."""
        if self.is_single:
            return totals(self.terminal, kvar, n_terminal)
        return totals(self.terminal, kvar[self.owner] * self.reactive, n_terminal)

    def by_owner(self, kw: Floats, of_terminal: Floats) -> Floats:
        """Each owner's kW, every part of it times its terminal's factor [n_owner]."""
        if self.is_single:
            scaled: Floats = kw * of_terminal[self.terminal]
            return scaled
        parts = kw[self.owner] * self.share * of_terminal[self.terminal]
        return totals(self.owner, parts, len(kw))

    def lowest(self, of_row: Floats) -> Floats:
        """The least of each owner's rows [n_owner]."""
        if self.is_single or not len(of_row):
            return of_row
        least: Floats = np.minimum.reduceat(of_row, self.first_row)
        return least


def spread_of_groups(
    group: Ints, kw: Floats, kvar: Floats, own_reactive: bool = True
) -> Spread:
    """Terminals [n_terminal] by the group that owns them, split as they draw now.

    Groups are numbered from 0 without gaps. Where a group draws nothing, or its parts
    nearly cancel, it is split equally; kvar goes with kW unless ``own_reactive``.
    """
    terminal = np.argsort(group, kind="stable")
    owner = group[terminal]
    share = _split(owner, kw[terminal], None)
    reactive = _split(owner, kvar[terminal], share) if own_reactive else share
    return Spread(owner, terminal, share, reactive)


CANCELLED = 0.1


def _split(owner: Ints, value: Floats, otherwise: Floats | None) -> Floats:
    n = int(owner.max(initial=-1)) + 1
    whole, size = totals(owner, value, n), totals(owner, np.abs(value), n)
    number = totals(owner, np.ones(len(owner)), n)
    equal = 1.0 / number[owner] if otherwise is None else otherwise
    clear = (np.abs(whole) > CANCELLED * size)[owner] & (number[owner] > 1.0)
    own = np.divide(value, whole[owner], out=equal.copy(), where=clear)
    return np.where(number[owner] == 1.0, 1.0, own)
