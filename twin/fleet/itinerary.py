"""The trips of the days around now, one row per car, in order of time."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from twin.arrays import Floats, Ints, Records
from twin.fleet.consumption import temperature_factor
from twin.fleet.state import NEVER_S, TRIP
from twin.fleet.travel import DAY_START_MIN, DayTrips, Place, Travel, TripPurpose
from twin.randomness import Purpose, normal, uniform
from twin.timeline import Timeline

DAYS_BEFORE, DAYS_AFTER = 1, 2


class Itinerary:
    """What drivers will do from yesterday to the day after tomorrow.

    ``trips`` [n_ev, m] is a pure function of seed, car and date: it is thrown away
    and drawn again, never saved. ``driven_km`` is what each travel day that was drawn
    so far comes to, by car [n_ev].
    """

    def __init__(
        self,
        travel: Travel,
        timeline: Timeline,
        seed: int,
        traits: Records,
        departure_error_min: float,
    ) -> None:
        self.travel, self.timeline, self.seed = travel, timeline, seed
        self.traits = traits
        self.departure_error_min = departure_error_min
        self.day = 0
        self.trips = no_trips(len(traits), 1)
        self.driven_km: dict[int, Floats] = {}
        self._days: dict[int, Records] = {}

    def roll(self, day: int, temperature_degc: dict[int, Floats]) -> None:
        """Know the trips from the day before to two days after ``day``.

        ``temperature_degc`` gives each of these days its hourly mean [24].
        """
        span = range(day - DAYS_BEFORE, day + DAYS_AFTER + 1)
        self._days = {
            d: self._days[d] if d in self._days else self._draw(d, temperature_degc[d])
            for d in span
        }
        self.day = day
        rows = np.concatenate([self._days[d] for d in span], axis=1)
        order = np.argsort(rows["depart_s"], axis=1, kind="stable")
        packed = np.take_along_axis(rows, order, axis=1)
        longest = int((packed["depart_s"] < NEVER_S).sum(axis=1).max(initial=0))
        self.trips = np.ascontiguousarray(packed[:, : max(1, longest)])

    def horizon(self, day: int) -> range:
        """The days that ``roll(day)`` needs a temperature for."""
        return range(day - DAYS_BEFORE, day + DAYS_AFTER + 1)

    def _draw(self, day: int, temperature_degc: Floats) -> Records:
        date = self.timeline.start + timedelta(days=day)
        drawn = self.travel.day(date, self.traits["entity"])
        self.driven_km[day] = drawn.distance_km.sum(axis=1)
        trips = no_trips(*drawn.depart_min.shape)
        exists = np.arange(drawn.depart_min.shape[1]) < drawn.n[:, None]
        trips["depart_s"][exists] = self._instants(day, drawn.depart_min[exists])
        trips["arrive_s"][exists] = self._instants(day, drawn.arrive_min[exists])
        trips["purpose"] = drawn.purpose
        trips["place"] = _places(drawn)
        trips["distance_km"] = drawn.distance_km
        trips["energy_kwh"] = drawn.distance_km * self._kwh_per_km(
            drawn.depart_min, temperature_degc
        )
        self._add_keyed_draws(trips, date.toordinal())
        return trips

    def _instants(self, day: int, minute: Ints) -> Ints:
        """Seconds from the start to minutes of a travel day, which ends at 04:00.

        In a night in which clocks change, the small hours are stretched or squeezed
        between midnight and 04:00: no minute is skipped, none comes twice, and trips
        stay in order.
        """
        midnight_s = self.timeline.midnight(day + 1)
        morning_s = int(self.timeline.seconds(day + 1, DAY_START_MIN))
        night_s = (minute - 1440) * (morning_s - midnight_s) // DAY_START_MIN
        evening = np.minimum(minute, 1439)
        instants: Ints = np.where(
            minute < 1440, self.timeline.seconds(day, evening), midnight_s + night_s
        )
        return instants

    def _kwh_per_km(self, depart_min: Ints, temperature_degc: Floats) -> Floats:
        hour = np.clip(depart_min // 60, 0, 23)
        factor = temperature_factor(temperature_degc)[hour]
        kwh_per_km: Floats = self.traits["consumption_kwh_per_km"][:, None] * factor
        return kwh_per_km

    def _add_keyed_draws(self, trips: Records, ordinal: int) -> None:
        key = self.traits["entity"][:, None], ordinal, np.arange(trips.shape[1])
        trips["plug_in_draw"] = uniform(self.seed, Purpose.PLUG_IN, *key)
        error = normal(self.seed, Purpose.DECLARED_ERROR, *key)
        trips["declared_error_s"] = 60.0 * self.departure_error_min * error


def no_trips(n_ev: int, width: int) -> Records:
    """A table of trips without any [n_ev, width]."""
    rows = np.zeros((n_ev, width), dtype=TRIP)
    rows["depart_s"] = rows["arrive_s"] = NEVER_S
    return rows


def _places(drawn: DayTrips) -> Ints:
    place = np.full(drawn.purpose.shape, int(Place.OTHER))
    place[drawn.purpose == TripPurpose.HOME] = int(Place.HOME)
    place[drawn.purpose == TripPurpose.WORK] = int(Place.WORK)
    return place
