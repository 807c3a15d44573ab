"""Outages in a run's step: what the homes and their cars make of having no supply."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from twin.arrays import Bools, Floats, Ints
from twin.customers.backup import BackupRules, Cars, Islands
from twin.customers.customers import Customers
from twin.customers.pickup import mean_factor
from twin.customers.supply import NEVER_S, Supply
from twin.fleet.fleet import Fleet
from twin.fleet.state import Phase
from twin.grid.feeder import Feeder
from twin.grid.flow import Demand
from twin.randomness import Purpose, uniform
from twin.scenario.outage_words import Restoration
from twin.scenario.spec import Scenario
from twin.simulation.happenings import instants
from twin.simulation.households import Households
from twin.simulation.outage_book import OutageBook
from twin.simulation.strikes import Strike, Struck
from twin.simulation.violations import nothing
from twin.surroundings.surroundings import Given
from twin.timeline import Timeline


@dataclass
class Outages:
    """Supply lost and won, applied to homes [n_customer] and cars [n_ev].

    ``capable`` cars can supply their home, with its PV where ``sunny``; ``wait_s`` is
    how long after its home's return each car waits until it charges. What the future
    depends on is in the fleet's columns and the book's.
    """

    supply: Supply
    rules: BackupRules
    transfer_s: int
    restoration: Restoration
    capable: Bools
    home: Ints
    sunny: bool
    wait: Floats
    terminal_node: Ints
    fixed_kw: Floats
    timeline: Timeline
    book: OutageBook
    strikes: tuple[Strike, ...]

    def instants(self) -> Ints:
        """When something changes for somebody, ascending, within the run."""
        returns = np.unique(self.supply.back_s[self.supply.back_s > NEVER_S])
        waits = [self._wait_s(np.full(len(self.home), back)) + back for back in returns]
        every = np.unique(np.concatenate([self.supply.instants, *waits]))
        end_s = self.timeline.n_steps * self.timeline.step_s
        return every[(every > 0) & (every < end_s)].astype(np.int64)

    def given(self, k: int, base: Given) -> Given:
        """What interval k brings with its outages: PV off, picked-up and lost load."""
        begin_s, end_s = self._bounds(k)
        share = self.supply.share_out(begin_s, end_s)
        drawn_kw = base.load_kw * (1.0 - share) * self._picked_up(begin_s, end_s)
        held = self.supply.share_held(begin_s, end_s)
        return base._replace(
            load_kw=drawn_kw + share * base.load_kw,
            pv_kw=base.pv_kw * (1.0 - held),
            grid_load_kw=drawn_kw,
        )

    def asked(self, k: int, demand: Demand) -> Demand:
        """The demand of interval k, with the nodes that are dead for all of it."""
        dead = self.supply.dead_during(*self._bounds(k))
        if dead is None:
            return demand
        off = dead[self.terminal_node]
        return demand._replace(
            fixed_kw=np.where(off, 0.0, demand.fixed_kw),
            fixed_kvar=np.where(off, 0.0, demand.fixed_kvar),
            dead=dead,
            off_kw=float(self.fixed_kw[off].sum()),
        )

    def island_pv_kw(self) -> Floats:
        """What homes' PV made in their islands since this was last asked [n]."""
        made_kwh, self.book.made_kwh = self.book.made_kwh, 0.0 * self.book.made_kwh
        return made_kwh / self.timeline.step_h

    def account(self, now_s: int, load_kw: Floats, fleet: Fleet) -> None:
        """Enter what happened since the last time, at the interval's own load."""
        forming = np.flatnonzero(fleet.state["forming"] == 1)
        fleet.settle_cars(forming, now_s)
        self.book.enter(now_s, load_kw, fleet.state, self.supply)

    def struck(self, now_s: int) -> Ints:
        """Cars for whom something changes at an instant."""
        before, after = self.supply.out_at(now_s - 1), self.supply.out_at(now_s)
        back_s = self.supply.back_at(now_s)
        free = now_s == back_s + self.supply.delay_s
        again = now_s == back_s[self.home] + self._wait_s(back_s[self.home])
        return np.flatnonzero(((before != after) | free)[self.home] | again)

    def hold(
        self,
        now_s: int,
        load_kw: Floats,
        pv_kw: Floats,
        allowed_kw: Floats,
        fleet: Fleet,
        cars: Ints,
    ) -> Floats:
        """What outages leave of what cars may do, per car [n_ev].

        Of `cars`, which are settled, it is noted who supplies a home by itself.
        """
        out = self.supply.out_at(now_s)
        islands = self._islands(out, load_kw, pv_kw * self.sunny, fleet)
        self.book.why(islands.why)
        self.book.pv_kw = islands.pv_kw
        self._form(now_s, out, islands, fleet, cars)
        state, here = fleet.state, self.home
        allowed_kw = np.where(out[here], 0.0, allowed_kw)
        feeds = self.supply.may_feed_at(now_s)[here]
        allowed_kw = np.where(feeds, allowed_kw, np.maximum(allowed_kw, 0.0))
        waits = self._waits(now_s)
        allowed_kw = np.where(waits, np.minimum(allowed_kw, 0.0), allowed_kw)
        forming = state["forming"] == 1
        allowed_kw = np.where(forming, -islands.kw[here], allowed_kw)
        return allowed_kw

    def room_kw(self, now_s: int, room_kw: Floats) -> Floats:
        """What a car may draw from the moment it plugs in [n_ev]."""
        return np.where(self.shut(now_s), 0.0, room_kw)

    def shut(self, now_s: int) -> Bools:
        """Cars that may not charge: without supply, or not yet again [n_ev]."""
        shut: Bools = self.supply.out_at(now_s)[self.home] | self._waits(now_s)
        return shut

    def events(self, day: int) -> pl.DataFrame:
        """Of a local day: the outages that began, homes that were dark or alight."""
        first_s, end_s = self.timeline.midnight_s[day : day + 2]
        first = self.timeline.first_instant
        begun = [one for one in self.strikes if first_s <= one.begin_s < end_s]
        spans = np.array([(one.begin_s, one.end_s) for one in begun]).reshape(-1, 2)
        rows = {
            "time": instants(spans[:, 0].astype(np.int64), first),
            "until": instants(spans[:, 1].astype(np.int64), first),
            "kind": ["outage"] * len(begun),
            "entity": [one.name for one in begun],
            "value": [float(one.section.customers.sum()) for one in begun],
            "reason": ["customers without supply"] * len(begun),
        }
        told = pl.DataFrame(rows, schema=nothing().schema)
        return told.vstack(self.book.events())

    def table(self) -> pl.DataFrame:
        """Rows of ``outages``, those under way at the run's end without an end."""
        end_s = self.timeline.n_steps * self.timeline.step_s
        self.book.close(end_s, self.supply)
        return self.book.table()

    def storm_h(self, now_s: int) -> Floats:
        """Time until the next outage of each car's home that is forecast by now."""
        ahead = np.full(len(self.home), np.inf)
        for one in self.strikes:
            if one.forecast_s <= now_s < one.begin_s:
                theirs = one.section.customers[self.home]
                left_h = (one.begin_s - now_s) / 3600.0
                ahead = np.where(theirs, np.minimum(ahead, left_h), ahead)
        return ahead

    def is_out(self, now_s: int, car: int) -> bool:
        """Whether a car's home is without supply."""
        return bool(self.supply.out_at(now_s)[self.home[car]])

    def _islands(
        self, out: Bools, load_kw: Floats, sun_kw: Floats, fleet: Fleet
    ) -> Islands:
        state, traits = fleet.state, fleet.traits
        plugged = state["phase"] == Phase.PLUGGED
        powers = (traits[name] for name in ("give_kw", "charge_kw", "min_kw"))
        seen = Cars(self.home, self.capable, plugged, state["soc"], *powers)
        return self.rules.islands(seen, out, load_kw, sun_kw)

    def _form(
        self, now_s: int, out: Bools, islands: Islands, fleet: Fleet, cars: Ints
    ) -> None:
        """Who forms a grid from now on, the transfer once done."""
        state = fleet.state
        forms = islands.car[self.home[cars]] == cars
        began = forms & (state["forming"][cars] == 0)
        state["forms_from_s"][cars[began]] = now_s + self.transfer_s
        state["form_floor_soc"][cars] = self.rules.reserve_soc
        state["forming"][cars] = forms
        state["cut_off"][cars] = out[self.home[cars]]

    def _waits(self, now_s: int) -> Bools:
        """Cars that do not charge yet since their home's supply came back [n_ev]."""
        back_s = self.supply.back_at(now_s)[self.home]
        return (back_s > NEVER_S) & (now_s < back_s + self._wait_s(back_s))

    def _wait_s(self, back_s: Ints) -> Ints:
        if self.restoration.restart == "immediate":
            return np.zeros(len(self.home), dtype=np.int64)
        longest_s = 60.0 * self.restoration.stagger_min
        return np.ceil(self.wait * longest_s).astype(np.int64)

    def _picked_up(self, begin_s: int, end_s: int) -> Floats:
        """Mean factor of an interval's load since the supply is back [n_customer].

        Its mean over the part after the return.
        """
        back_s, extra = self.book.back_s, self.book.extra
        since = np.maximum(begin_s - back_s, 0).astype(np.float64)
        until = np.maximum(end_s - back_s, 1).astype(np.float64)
        return mean_factor(extra, since, until, self.restoration.pickup_h)

    def _bounds(self, k: int) -> tuple[int, int]:
        step_s = self.timeline.step_s
        return k * step_s, (k + 1) * step_s


def outages_of(
    struck: Struck,
    scenario: Scenario,
    customers: Customers,
    fleet: Fleet,
    feeder: Feeder,
    timeline: Timeline,
    people: Households,
) -> Outages:
    """A run's outages at its start."""
    words, restoration, seed = scenario.backup, scenario.restoration, scenario.seed
    home, traits = fleet.traits["customer"], fleet.traits
    has = uniform(seed, Purpose.HOME_BACKUP, np.arange(len(customers))) < words.share
    capable = has[home] & (traits["give_kw"] > 0.0)
    panel = words.critical_share if words.panel == "critical" else 1.0
    return Outages(
        supply=struck.supply,
        strikes=struck.strikes,
        rules=BackupRules(panel, words.overload == "trip", words.reserve_soc),
        transfer_s=words.transfer_s,
        restoration=restoration,
        capable=capable,
        home=home,
        sunny=words.pv,
        wait=uniform(seed, Purpose.RESTART_DELAY, traits["entity"]),
        terminal_node=feeder.terminals.node_a,
        fixed_kw=customers.fixed_kw,
        timeline=timeline,
        book=OutageBook.of(
            people.name, people.medical, home, capable, restoration, timeline
        ),
    )


def outage_warnings(scenario: Scenario, moves: bool) -> list[str]:
    """What a reader must know of how outages are modelled here."""
    told = []
    if moves:
        told.append(
            "outages: while a regulator or switched capacitor has voltage, what is cut "
            "off stays connected without its loads, so that its no-load losses count"
        )
    if scenario.time.step_min > 1 and scenario.backup.share > 0.0:
        told.append(
            f"outages: energy only: loads are means of {scenario.time.step_min} min, "
            "so that an overload of a home's own car by a short peak is not seen"
        )
    return told
