"""What got lost between plug and cells, in and out, by recorded power and charge."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.arrays import Bools, Floats


@dataclass(frozen=True, eq=False)
class Throughput:
    """Sums over intervals in which a car did but one thing at its plug. [n_ev]

    charged_kwh    drawn, AC
    stored_kwh     what the cells held more
    given_kwh      given, AC
    withdrawn_kwh  what the cells held less, standby within
    """

    charged_kwh: Floats
    stored_kwh: Floats
    given_kwh: Floats
    withdrawn_kwh: Floats

    @property
    def into(self) -> float | None:
        """Efficiency from the socket into the cells, all cars; None if none charged."""
        return _ratio(self.stored_kwh.sum(), self.charged_kwh.sum())

    @property
    def out_of(self) -> float | None:
        """Efficiency from the cells to the socket; None if none gave."""
        return _ratio(self.given_kwh.sum(), self.withdrawn_kwh.sum())

    @property
    def round_trip(self) -> float | None:
        """From the socket and back to it, of the cars that gave; None if none did.

        eta = sum(given) / sum(withdrawn / eta_in), eta_in = stored / charged of the
        same car; of all cars where it was not seen to charge. The denominator is the AC
        energy that puts back what giving took out.
        """
        fleet = self.into
        if not fleet or self.out_of is None:
            return None
        own = np.divide(
            self.stored_kwh,
            self.charged_kwh,
            out=np.full_like(self.stored_kwh, fleet),
            where=self.stored_kwh > 0,
        )
        gave = self.given_kwh > 0
        refill_kwh = self.withdrawn_kwh[gave] / own[gave]
        return _ratio(self.given_kwh.sum(), refill_kwh.sum())


def nothing_yet(n_ev: int) -> Throughput:
    """Before the first interval."""
    return Throughput(*(np.zeros(n_ev) for _ in range(4)))


def plus(
    sums: Throughput,
    kw: Floats,
    gain_kwh: Floats,
    whole: Bools,
    step_h: float,
) -> Throughput:
    """The same after further intervals.

    kw        at the plug, mean; > 0 charges, < 0 gives                 [n_step, n_ev]
    gain_kwh  what the cells held more at the end than at the start     [n_step, n_ev]
    whole     whether the car was at its plug all through, doing one thing
    """
    kwh = step_h * np.asarray(kw, np.float64)
    charges, gives = whole & (kwh > 0), whole & (kwh < 0)
    return Throughput(
        sums.charged_kwh + np.where(charges, kwh, 0.0).sum(axis=0),
        sums.stored_kwh + np.where(charges, gain_kwh, 0.0).sum(axis=0),
        sums.given_kwh - np.where(gives, kwh, 0.0).sum(axis=0),
        sums.withdrawn_kwh - np.where(gives, gain_kwh, 0.0).sum(axis=0),
    )


def _ratio(part: float, whole: float) -> float | None:
    return float(part / whole) if whole > 0 else None
