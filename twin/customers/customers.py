"""Who lives where: terminals, meters, connection limits, rooftop generation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from twin.arrays import Bools, Floats, Ints, totals
from twin.customers.sharing import shared_kw
from twin.customers.spread import Spread


@dataclass(frozen=True)
class Customers:
    """Customers [n] on the terminals of a feeder, and the cars [n_ev] at their plugs.

    ``spread`` says at which of the feeder's terminals customers draw, ``car_spread``
    the same of cars (none: as their customers do); ``zone`` indexes the transformer
    zones; ``kvar_per_kw`` is the reactive share of a load. ``fixed_kw`` and
    ``fixed_kvar`` [n_terminal] are the feeder's own injections, generation < 0.
    Where cars may not lean on each other, no power of one makes room for another's.
    ``phase_limit_kw`` is the most that cars may make a customer feed in at any one of
    its terminals, ``phase_spread`` what of each car is at which of them.
    """

    name: tuple[str, ...]
    kind: tuple[str, ...]
    spread: Spread
    zone: Ints
    annual_kwh: Floats
    kvar_per_kw: Floats
    pv_kwp: Floats
    import_limit_kw: Floats
    export_limit_kw: Floats
    car_customer: Ints
    fixed_kw: Floats
    fixed_kvar: Floats
    n_zone: int
    cars_may_export: bool = True
    cars_may_lean: bool = True
    voltage_dependent: bool = False
    car_spread: Spread | None = None
    phase_limit_kw: float | None = None
    phase_spread: Spread | None = None

    @cached_property
    def alone(self) -> Bools:
        """Which cars have their customer's meter to themselves [n_ev]."""
        cars_at = np.bincount(self.car_customer, minlength=len(self.name))
        alone: Bools = cars_at[self.car_customer] == 1
        return alone

    @cached_property
    def plugs(self) -> Spread:
        """At which terminals the cars draw."""
        return self.car_spread or self.spread.of(self.car_customer)

    def __len__(self) -> int:
        return len(self.name)

    def net(
        self, load_kw: Floats, pv_kw: Floats, car_kw: Floats
    ) -> tuple[Floats, Floats, Floats, Floats]:
        """Terminals' loads and fixed injections: kW, kvar, kW, kvar [n_terminal]."""
        n = len(self.fixed_kw)
        at_load = self.spread.at_terminals(load_kw, n)
        at_load_kvar = self.spread.kvar_at_terminals(load_kw * self.kvar_per_kw, n)
        at_pv = self.spread.at_terminals(pv_kw, n)
        at_car = self.plugs.at_terminals(car_kw, n)
        return (
            at_load,
            at_load_kvar,
            self.fixed_kw + at_car - at_pv,
            self.fixed_kvar,
        )

    def served_kw(self, load_kw: Floats, terminal_kw: Floats) -> Floats:
        """What customers draw where their terminals draw so much, by voltage [n]."""
        asked = self.spread.at_terminals(load_kw, len(self.fixed_kw))
        share = np.divide(
            terminal_kw, asked, out=np.ones_like(asked), where=asked != 0.0
        )
        return self.spread.by_owner(load_kw, share)

    def cars_kw(self, car_kw: Floats) -> Floats:
        """What the cars take at each customer's meter [n]."""
        return totals(self.car_customer, car_kw, len(self))

    def by_zone(self, customer_kw: Floats) -> Floats:
        """Sum over the customers of each transformer zone [n_zone]."""
        return totals(self.zone, customer_kw, self.n_zone)

    def import_room_kw(self, load_kw: Floats, pv_kw: Floats) -> Floats:
        """The most that a customer's cars may take together [n]."""
        return np.maximum(0.0, self.import_limit_kw - load_kw + pv_kw)

    def export_room_kw(self, load_kw: Floats, pv_kw: Floats) -> Floats:
        """The most that a customer's cars may give together [n].

        Without a permit of their own they feed the home at most, never the grid.
        """
        limit_kw = self.export_limit_kw if self.cars_may_export else 0.0
        return np.maximum(0.0, limit_kw + load_kw - pv_kw)

    def shares_plug(self, car: int) -> bool:
        """Whether a car's customer has other cars, too."""
        return not self.alone[car]

    def lone_room_kw(self, import_kw: Floats) -> Floats:
        """What a car that has its meter to itself may draw, 0 for others [n_ev]."""
        return np.where(self.alone, import_kw[self.car_customer], 0.0)

    @cached_property
    def shares_any(self) -> bool:
        """Whether any customer has more than one car."""
        return not self.alone.all()

    def netted(
        self, wanted_kw: Floats, plugged: Bools, lasting_kw: tuple[Floats, Floats]
    ) -> Floats:
        """Wishes that may stand against each other at one meter, per car [n_ev].

        Where some of a customer's cars take and others give, each is held to the
        power (taken, given) that it can keep up for the whole interval: nobody may
        lean on a car that fills up or runs empty within it.
        """
        home, n = self.car_customer, len(self)
        present = np.where(plugged, wanted_kw, 0.0)
        takes = totals(home, np.maximum(present, 0.0), n)
        gives = totals(home, np.maximum(-present, 0.0), n)
        mixed = ((takes > 0.0) & (gives > 0.0))[home]
        held = np.clip(wanted_kw, -lasting_kw[1], lasting_kw[0])
        return np.where(mixed, held, wanted_kw)

    def room(
        self,
        wanted_kw: Floats,
        min_kw: Floats,
        plugged: Bools,
        import_kw: Floats,
        export_kw: Floats,
    ) -> Floats:
        """What each meter's limits leave of the cars' wishes, per car [n_ev].

        Cars at one customer share the room in proportion to what they want, after
        opposite signs are netted. Where a share is less than its charger's minimum,
        the customer's last such car stands back for the others.
        A car that is alone at its customer keeps its share while it is away, for the
        moment it plugs in.
        """
        home, present = self.car_customer, plugged | self.alone
        if not self.shares_any:
            allowed = np.clip(
                np.where(present, wanted_kw, 0.0), -export_kw[home], import_kw[home]
            )
            return np.where(np.abs(allowed) < min_kw, 0.0, allowed)
        lean = 1.0 if self.cars_may_lean else 0.0
        return shared_kw(wanted_kw, min_kw, present, home, import_kw, export_kw, lean)

    def within_phases(
        self, allowed_kw: Floats, min_kw: Floats, load_kw: Floats, pv_kw: Floats
    ) -> Floats:
        """What the limit by phase leaves of giving, per car [n_ev].

        Cars on one terminal give the same share of what they may; one on several gives
        what the fullest leaves, or nothing below its charger's least power.
        """
        if self.phase_limit_kw is None:
            return allowed_kw
        n, spread = len(self.fixed_kw), self.phase_spread or self.plugs
        room = self.spread.at_terminals(load_kw - pv_kw, n) + self.phase_limit_kw
        gives = spread.at_terminals(np.maximum(-allowed_kw, 0.0), n)
        share = np.minimum(_ratio(np.maximum(room, 0.0), gives), 1.0)
        least = allowed_kw * spread.lowest(share[spread.terminal])
        left = np.where(np.abs(least) < min_kw, 0.0, least)
        return np.where(allowed_kw < 0.0, left, allowed_kw)


def _ratio(part: Floats, whole: Floats) -> Floats:
    ratio: Floats = np.divide(part, whole, out=np.zeros_like(part), where=whole > 0.0)
    return ratio
