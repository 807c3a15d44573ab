"""Every customer's bill by calendar month, made of a run's recorded intervals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np
import polars as pl

from twin.accounts.baselines import DayLoad, event_pay_usd, similar_days
from twin.accounts.bills import Bill, bill, metered_kw
from twin.accounts.rates import Month, Rates, RecordedRates, TariffRates, months
from twin.analysis.meters import reference_net_kw, run_net_kw
from twin.arrays import Bools, Floats, Ints
from twin.results.record import Run
from twin.scenario.tariff_words import TariffSpec
from twin.surroundings.tariff import Span as Minutes
from twin.surroundings.tariffs import Prices, charged_by, tariff
from twin.timeline import Timeline

DAYS_PER_MONTH = 365.25 / 12
Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Bills:
    """A run's bills.

    frame    a row a customer and month: energy, peaks, components, their sum
    tariff   by which they are made
    days     how many days are billed
    notes    what a reader must know of them
    spans    by month, where its billed intervals begin and end
    """

    frame: pl.DataFrame
    tariff: str
    days: int
    notes: tuple[str, ...]
    spans: Mapping[date, Span]

    @property
    def components(self) -> tuple[str, ...]:
        """The columns that sum to the total, in the bill's order."""
        return tuple(
            name
            for name in self.frame.columns
            if name.endswith("_usd") and name != "total_usd"
        )

    def per_month(self, customers: Bools) -> dict[str, float]:
        """Mean over chosen customers, by component and in total, USD a month.

        Of a month of 365.25 / 12 days; ``customers``: which are meant [n_customer].
        """
        columns = [*self.components, "total_usd"]
        chosen = self._of(customers)
        count = max(int(customers.sum()), 1)
        scale = DAYS_PER_MONTH / self.days / count
        sums = chosen.select(pl.col(columns).sum()).row(0, named=True)
        return {name: value * scale for name, value in sums.items()}

    def totals(self, customers: Bools) -> Floats:
        """Each chosen customer's total, USD a month [n_chosen]."""
        sums = self._of(customers).group_by("customer", maintain_order=True)
        usd = sums.agg(pl.col("total_usd").sum())["total_usd"].to_numpy()
        totals: Floats = usd * (DAYS_PER_MONTH / self.days)
        return totals

    def by_customer(self) -> pl.DataFrame:
        """Every customer's energy in kWh and components in USD, a month of them all.

        Of a month of 365.25 / 12 days; sorted by ``customer``.
        """
        names = [name for name in self.frame.columns if name.endswith(("_usd", "_kwh"))]
        scale = DAYS_PER_MONTH / self.days
        sums = self.frame.group_by("customer", "name", "kind").agg(
            pl.col(names).sum() * scale
        )
        return sums.sort("customer")

    def _of(self, customers: Bools) -> pl.DataFrame:
        rows = np.flatnonzero(customers)
        return self.frame.filter(pl.col("customer").is_in(rows.tolist()))


def bills_of_run(
    run: Run, scenario: Mapping[str, Any], asked: str = "", reference: bool = False
) -> Bills | None:
    """Bills by the run's own tariff, or by another that is asked for.

    None where intervals of customers, or the customers, are not recorded, or not one
    whole day is. What is paid for energy given back stays as it was recorded.
    With ``reference``, cars charge as the run's reference did; None if it had none.
    """
    needed = ("customer_steps", "customers", "evs", *["shadow_steps"] * reference)
    if not all(map(run.has, needed)):
        return None
    timeline = timeline_of(scenario)
    steps = run.static("steps").select(
        pl.col("price_usd_per_kwh", "export_price_usd_per_kwh")
        .fill_nan(None)
        .fill_null(0.0)
    )
    price, export = (steps[name].to_numpy() for name in steps.columns)
    rates, name = _rates(scenario, timeline, price, asked)
    billed = months(rates, export)
    if not billed:
        return None
    paid = _Events.of(rates, _enrolled(run), called_spans(scenario))
    paid.by_car = run.has("participants")
    net_kw = reference_net_kw if reference else run_net_kw
    found = [_month_of(month, net_kw(run, month.steps), paid) for month in billed]
    frame = pl.concat(map(_frame, found), how="diagonal").with_columns(
        pl.col(pl.Float64).fill_null(0.0)
    )
    notes = _notes(rates, billed, asked, bool(export.any()), paid)
    days = sum(one.days for one in billed)
    spans = {one.first.replace(day=1): _span(timeline, one) for one in billed}
    return Bills(with_names(run, frame), name, days, tuple(notes), spans)


def with_names(run: Run, frame: pl.DataFrame) -> pl.DataFrame:
    """A row a customer and month, with each customer's name and kind before it."""
    names = run.static("customers").select("name", "kind").with_row_index("customer")
    names = names.cast({"customer": frame.schema["customer"]})
    return names.join(frame, on="customer", how="inner", maintain_order="right")


def _span(timeline: Timeline, month: Month) -> Span:
    first, end = (timeline.step_s * k for k in (month.steps.start, month.steps.stop))
    return timeline.utc(first), timeline.utc(end)


def timeline_of(scenario: Mapping[str, Any]) -> Timeline:
    """The calendar that a scenario runs by."""
    time = scenario["time"]
    start = date.fromisoformat(str(time["start"]))
    return Timeline(start, time["days"], time["step_min"], time["timezone"])


def _rates(
    scenario: Mapping[str, Any], timeline: Timeline, price: Floats, asked: str
) -> tuple[Rates, str]:
    """The rates, and the tariff's name with the date from which it holds."""
    words = TariffSpec.model_validate(scenario.get("tariff") or {})
    if asked:
        other = tariff(asked)
        prices = Prices(other, timeline)
        return TariffRates(prices), f"{other.name} of {other.effective}"
    if words.file is not None:
        return RecordedRates(timeline, price), f"realtime, {words.file.name}"
    prices = charged_by(words, timeline)
    held = dict.fromkeys(
        prices.tariff_on(timeline.date_of(day)).effective
        for day in range(timeline.days)
    )
    return TariffRates(prices), f"{prices.tariff.name} of {' and '.join(held)}"


def _enrolled(run: Run) -> Bools:
    """Homes in a programme: with an enrolled car, where the run says, else any car."""
    count = run.static("customers")["evs"].to_numpy()
    if not run.has("participants"):
        with_car: Bools = count > 0
        return with_car
    cars = run.static("participants").filter(pl.col("enrolled"))["ev"]
    homes = run.static("evs")["customer"].to_numpy()[cars.to_numpy()]
    return np.bincount(homes, minlength=len(count)) > 0


def called_spans(scenario: Mapping[str, Any]) -> dict[date, tuple[Minutes, ...]]:
    """Wall-clock minutes of a scenario's calls by date, up to midnight."""
    found: dict[date, tuple[Minutes, ...]] = {}
    for event in scenario.get("events") or ():
        if event["kind"] == "call":
            at = datetime.fromisoformat(event["start"])
            begin = 60 * at.hour + at.minute
            end = min(1440, begin + round(60 * event["hours"]))
            found[at.date()] = (*found.get(at.date(), ()), (begin, end))
    return found


def _month_of(month: Month, net_kw: Floats, paid: _Events) -> Bill:
    """One month's bill, of what its steps drew at each meter [n_step, n_customer]."""
    metered = metered_kw(month, np.nan_to_num(net_kw, nan=0.0))
    return bill(month, metered, paid.of_month(month, metered))


@dataclass(frozen=True)
class _Metered:
    """A day's metering intervals: their begins [n], their power [n, n_customer]."""

    minute: Ints
    interval_h: float
    kw: Floats


def _within(minute: Ints, span: Minutes) -> Bools:
    within: Bools = (minute >= span[0]) & (minute < span[1])
    return within


@dataclass
class _Events:
    """Pay for events, settled day by day as the months go by."""

    prices: Prices | None
    enrolled: Bools
    wanted: Mapping[date, Sequence[date]]
    spans: Mapping[date, tuple[Minutes, ...]]
    loads: dict[date, _Metered] = field(default_factory=dict)
    without_baseline: list[date] = field(default_factory=list)
    outside: list[date] = field(default_factory=list)
    by_car: bool = False

    @classmethod
    def of(
        cls, rates: Rates, enrolled: Bools, spans: Mapping[date, tuple[Minutes, ...]]
    ) -> _Events:
        """The called days of the run, and the earlier days that they need."""
        prices = rates.prices if isinstance(rates, TariffRates) else None
        programme = prices.programme if prices else None
        if prices is None or programme is None:
            return cls(None, enrolled, {}, {})
        timeline = prices.timeline
        known = [timeline.date_of(day) for day in range(timeline.days)]
        kind_of = prices.tariff.day_type
        called = prices.called | spans.keys()
        wanted = {
            day: similar_days(
                day, known, called, kind_of, programme.similar[kind_of(day)]
            )
            for day in sorted(called & set(known))
        }
        whole = (programme.span,)
        theirs = {day: spans.get(day, whole) for day in wanted}
        return cls(prices, enrolled, wanted, theirs)

    def of_month(self, month: Month, metered: Floats) -> Floats:
        """Pay of a month's called days [n_customer]; those enrolled have a car."""
        pay = np.zeros(metered.shape[1])
        if self.prices is None or self.prices.programme is None:
            return pay
        programme = self.prices.programme
        keep = {one for days in self.wanted.values() for one in days} | set(self.wanted)
        for day, load in self._days(month, metered):
            if day in keep:
                self.loads[day] = load
            if day not in self.wanted:
                continue
            earlier = [self._load(self.loads[one], day) for one in self.wanted[day]]
            kind, today = self.prices.tariff.day_type(day), self._load(load, day)
            if not len(today.called_kw):
                self.outside.append(day)
                continue
            found = event_pay_usd(programme, kind, earlier, today, load.interval_h)
            if found is None:
                self.without_baseline.append(day)
            else:
                pay += np.where(self.enrolled, found, 0.0)
        return pay

    def _load(self, metered: _Metered, event: date) -> DayLoad:
        """A day's load in the hours of an event, within those of the programme."""
        assert self.prices is not None and self.prices.programme is not None
        programme, minute = self.prices.programme, metered.minute
        called = np.zeros(len(minute), dtype=np.bool_)
        for span in self.spans[event]:
            called |= _within(minute, span)
        called &= _within(minute, programme.span)
        before = _within(minute, programme.before)
        return DayLoad(metered.kw[called], metered.kw[before])

    def _days(self, month: Month, metered: Floats) -> Iterator[tuple[date, _Metered]]:
        assert self.prices is not None
        for day in np.unique(month.day):
            rows = month.day == day
            today = self.prices.timeline.date_of(int(day))
            hours = float(month.hours[rows][0])
            yield today, _Metered(month.minute[rows], hours, metered[rows])


def _frame(one: Bill) -> pl.DataFrame:
    n = len(one.total_usd)
    month = one.month
    head = {
        "customer": np.arange(n, dtype=np.int32),
        "month": [month.first.replace(day=1)] * n,
        "days": np.full(n, month.days, dtype=np.int32),
        "days_in_month": np.full(n, month.days_in_month, dtype=np.int32),
    }
    return pl.DataFrame(
        {**head, **one.kwh, **one.kw, **one.usd, "total_usd": one.total_usd}
    )


def _notes(
    rates: Rates,
    billed: Sequence[Month],
    asked: str,
    pays_for_export: bool,
    paid: _Events,
) -> Iterator[str]:
    if asked:
        yield (
            f"These bills are by {asked}, not by the run's own tariff: the cars were "
            "not steered by it, and events are left out."
        )
    partial = [one for one in billed if one.is_partial]
    if partial:
        said = ", ".join(
            f"{one.first:%B %Y} {one.days} of {one.days_in_month} days"
            for one in partial
        )
        yield (
            f"Billed in part: {said}. Fixed, minimum and demand charges and allowances "
            "are in proportion."
        )
    step, metering = rates.timeline.step_min, rates.metering_min
    if metering % step:
        yield (
            f"Steps of {step} min do not divide the metering interval of {metering} "
            "min: each step is netted by itself, and peaks are means of steps."
        )
    earns = "as the run recorded it" if pays_for_export else "nothing"
    yield f"Energy given back earns {earns}."
    yield from _of_tariff(rates)
    if paid.wanted:
        who = "an enrolled car" if paid.by_car else "a car"
        yield f"Homes with {who} are enrolled in the programme."
    if paid.outside:
        days = ", ".join(map(str, paid.outside))
        yield f"Calls outside the programme's hours are not paid: {days}."
    if paid.without_baseline:
        days = ", ".join(map(str, paid.without_baseline))
        yield f"Too few earlier similar days make no baseline, and no pay, on {days}."


def _of_tariff(rates: Rates) -> Iterator[str]:
    if not isinstance(rates, TariffRates):
        yield "Realtime prices are of energy alone: no fixed or other charges."
        return
    for note in rates.prices.notes[:-1]:
        yield f"{note[0].upper()}{note[1:]}."
