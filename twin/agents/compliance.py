"""Who follows what is asked: drivers who opt out, cars that do not respond, lost links.

Every draw is a pure function of seed, car and instant, so that nothing here is state.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from scipy.stats import poisson

from twin.agents.observation import Observation
from twin.arrays import Bools, Floats, Ints
from twin.randomness import Purpose, uniform

DAY_S = 86_400
LONGEST_IN_MEANS = 12.0


class Response(IntEnum):
    """What a car does with a request, as recorded in ``responses.response``."""

    FOLLOWS = 0
    OPTED_OUT = 1
    NO_RESPONSE = 2
    NO_LINK = 3


@dataclass(frozen=True)
class Compliance:
    """Shares of those who do not act, as a scenario says them.

    ``first_utc_s`` is the run's first instant, in seconds since the proleptic day 0.
    """

    seed: int
    non_response_share: float
    opt_out_share: float
    link_loss_share: float
    link_loss_h: float
    first_utc_s: int

    def opted_out(self, entity: Ints, day: int) -> Bools:
        """Drivers who opt out on a local day, an ordinal [n_ev]."""
        draw = uniform(self.seed, Purpose.OPT_OUT, entity, day)
        out: Bools = draw < self.opt_out_share
        return out

    def responses(self, seen: Observation) -> Ints:
        """What each car does in the interval that begins, a ``Response`` [n_ev]."""
        deaf = self.unresponsive(seen.entity, seen.day, seen.minute_of_day)
        cut = self.without_link(seen.entity, seen.now_s)
        out = self.opted_out(seen.entity, seen.day)
        found = np.where(out, int(Response.OPTED_OUT), int(Response.FOLLOWS))
        found = np.where(deaf, int(Response.NO_RESPONSE), found)
        return np.where(cut, int(Response.NO_LINK), found)

    def unresponsive(self, entity: Ints, day: int, minute: int) -> Bools:
        """Cars that do not follow in the interval from a minute of a local day on."""
        draw = uniform(self.seed, Purpose.NON_RESPONSE, entity, day, minute)
        deaf: Bools = draw < self.non_response_share
        return deaf

    def without_link(self, entity: Ints, now_s: int) -> Bools:
        """Cars whose link is down at an instant of the run [n_ev].

        Losses begin as a Poisson process, day by day (of UTC), and last exponentially.
        A link is down while any lasts, in the long run for ``p`` of the time with

            rate = -ln(1 - p) / mean length

        Source: docs/model.md "Stress"; the busy share of a queue M/G/infinity.
        """
        down = np.zeros(len(entity), dtype=np.bool_)
        if self.link_loss_share <= 0.0:
            return down
        today, at_s = divmod(self.first_utc_s + now_s, DAY_S)
        back = int(np.ceil(LONGEST_IN_MEANS * self.link_loss_h / 24.0))
        for day in range(today - back, today + 1):
            down |= self._lost_on(entity, day, at_s + DAY_S * (today - day))
        return down

    def _lost_on(self, entity: Ints, day: int, at_s: int) -> Bools:
        """Cars for whom a loss that began on a day lasts so long after its begin."""
        rate_h = -np.log1p(-self.link_loss_share) / self.link_loss_h
        draw = uniform(self.seed, Purpose.LINK_LOSSES, entity, day)
        count = poisson.ppf(draw, 24.0 * rate_h).astype(np.int64)
        down = np.zeros(len(entity), dtype=np.bool_)
        for index in range(int(count.max(initial=0))):
            key = (entity, day, index)
            begin_s = DAY_S * uniform(self.seed, Purpose.LINK_LOSS_START, *key)
            drawn = uniform(self.seed, Purpose.LINK_LOSS_LENGTH, *key)
            end_s = begin_s - 3600.0 * self.link_loss_h * np.log1p(-drawn)
            down |= (index < count) & (begin_s <= at_s) & (at_s < end_s)
        return down


def followed_kw(seen: Observation, asked_kw: Floats, response: Ints) -> Floats:
    """What cars do of what is asked: who does not hear it charges uncontrolled."""
    deaf = response >= int(Response.NO_RESPONSE)
    followed: Floats = np.where(deaf, seen.charge_kw, asked_kw)
    return followed
