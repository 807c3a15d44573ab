"""What the grid operator's holding back comes to: energy put off, departures short."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from twin.arrays import Bools, Floats, Ints
from twin.fleet.fleet import Fleet, Taken

Array = NDArray[np.float64] | NDArray[np.float32] | Ints

NOTHING_KW = 1e-6
SHORT_SHARE = 0.01


@dataclass
class HeldBack:
    """Follows each car from when it is first cut until it has caught up, or left.

    ``would_kwh`` is what it was asked and its meter allowed since, at most what was
    missing to its target then; ``did_kwh`` what it took. Their difference is what it
    is behind; the most of it is what was put off. Arrays [n_ev].
    """

    step_h: float
    follows: Bools
    missing_kwh: Floats
    would_kwh: Floats
    did_kwh: Floats
    most_kwh: Floats
    plug_in_s: Floats
    asked_kw: Floats
    allowed_kw: Floats
    put_off_kwh: float = 0.0
    short_kwh: float = 0.0
    departures_short: int = 0
    cut_car_h: float = 0.0
    cut_give_kwh: float = 0.0
    _rows: list[tuple[int, float, float, float]] = field(default_factory=list)

    @classmethod
    def of(cls, n_ev: int, step_h: float) -> HeldBack:
        """Nobody has been cut."""
        row = np.zeros((7, n_ev))
        none = np.zeros(n_ev, dtype=np.bool_)
        return cls(step_h, none, row[0], row[1], row[2], row[3], row[4], row[5], row[6])

    def begin(self, fleet: Fleet, asked_kw: Floats, allowed_kw: Floats) -> None:
        """Note what an interval that begins leaves of what was asked [n_ev]."""
        here = fleet.plugged
        self.asked_kw = np.where(here, asked_kw, 0.0)
        self.allowed_kw = np.where(here, allowed_kw, 0.0)
        new = self.cut & ~self.follows
        traits, state = fleet.traits, fleet.state
        short_soc = np.maximum(0.0, traits["target_soc"] - state["soc"])
        missing = short_soc * traits["capacity_kwh"] / traits["efficiency"]
        self.missing_kwh = np.where(new, missing, self.missing_kwh)
        self.plug_in_s = np.where(new, state["plug_in_s"], self.plug_in_s)
        for column in (self.would_kwh, self.did_kwh, self.most_kwh):
            column[new] = 0.0
        self.follows = self.follows | new

    @property
    def cut(self) -> Bools:
        """Cars at a plug that may charge less than they would [n_ev]."""
        cut: Bools = self.asked_kw > np.maximum(self.allowed_kw, 0.0) + NOTHING_KW
        return cut

    def write(self, taken: Taken, fleet: Fleet) -> None:
        """Note an interval that has ended, and who has caught up, or left."""
        h, on = self.step_h, self.follows
        stays = fleet.plugged & (fleet.state["plug_in_s"] == self.plug_in_s)
        took_kwh = np.where(on, taken.charge_kw * h, 0.0)
        asked_kwh = np.maximum(self.asked_kw, 0.0) * h
        added_kwh = np.where(stays, asked_kwh, took_kwh)
        would = np.minimum(self.missing_kwh, self.would_kwh + added_kwh)
        self.would_kwh = np.where(on, would, self.would_kwh)
        self.did_kwh += took_kwh
        behind = self.behind_kwh
        self.most_kwh = np.where(on, np.maximum(self.most_kwh, behind), self.most_kwh)
        self._note(behind)
        self._close(fleet, on & ~stays, behind)
        caught_up = on & stays & ~self.cut & (behind <= 0.0)
        self.put_off_kwh += float(self.most_kwh[caught_up].sum())
        self.follows = on & stays & ~caught_up

    @property
    def behind_kwh(self) -> Floats:
        """How far each car is behind what it would have taken [n_ev]."""
        lag = np.maximum(0.0, self.would_kwh - self.did_kwh)
        return np.where(self.follows, lag, 0.0)

    def columns(self, bound: list[int]) -> dict[str, Array]:
        """Columns of ``operator_steps`` since the last call, with what bound whom."""
        rows, self._rows = self._rows, []
        names = ("cut_kw", "cut_give_kw", "behind_kwh")
        numbers = np.array([row[1:] for row in rows], dtype=np.float64).reshape(-1, 3)
        return {
            "binding": np.array(bound, dtype=np.int64),
            "cut_evs": np.array([row[0] for row in rows], dtype=np.int64),
            **dict(zip(names, numbers.T, strict=True)),
        }

    def summary(self) -> dict[str, float | int]:
        """Sums of the run, those who are behind at its end included."""
        open_kwh = float(self.most_kwh[self.follows].sum())
        return {
            "cut_car_h": self.cut_car_h,
            "put_off_kwh": self.put_off_kwh + open_kwh,
            "departures_short": self.departures_short,
            "short_kwh": self.short_kwh,
            "cut_give_kwh": self.cut_give_kwh,
        }

    def told(self) -> str:
        """What it comes to, in words."""
        sums = self.summary()
        return (
            f"{sums['put_off_kwh']:,.1f} kWh of charging put off, "
            f"{self.departures_short} departures short by it ({self.short_kwh:,.1f} "
            "kWh)"
        )

    def _note(self, behind: Floats) -> None:
        cut_kw = self.asked_kw - np.maximum(self.allowed_kw, 0.0)
        give_kw = np.minimum(self.allowed_kw, 0.0) - np.minimum(self.asked_kw, 0.0)
        n, less_kw = int(self.cut.sum()), float(cut_kw[self.cut].sum())
        give_less_kw = float(np.maximum(give_kw, 0.0).sum())
        self.cut_car_h += n * self.step_h
        self.cut_give_kwh += give_less_kw * self.step_h
        self._rows.append((n, less_kw, give_less_kw, float(behind.sum())))

    def _close(self, fleet: Fleet, left: Bools, behind: Floats) -> None:
        short = left & (behind > SHORT_SHARE * fleet.traits["capacity_kwh"])
        self.put_off_kwh += float(self.most_kwh[left].sum())
        self.departures_short += int(short.sum())
        self.short_kwh += float(behind[short].sum())
