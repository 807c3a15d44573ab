"""What a run did to batteries and bills, beside its own reference: by car, by home."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

from twin.accounts.attribution import Attribution, attribute, usd_per_kwh_given
from twin.accounts.chemistries import CHEMISTRIES
from twin.accounts.rainflow import CLASS_EDGES
from twin.analysis.battery_wear import end_of, later_of
from twin.analysis.bills import DAYS_PER_MONTH, Bills
from twin.analysis.case import Case
from twin.analysis.wear import Wear
from twin.arrays import Bools, Floats

CAR_PARTS = (
    "calendar_change",
    "cycling_change",
    "loss_change",
    "change_usd",
    "change_usd_per_kwh_given",
)
CYCLE_PARTS = (
    "full_cycles",
    "deepest_cycle",
    *(
        f"cycles_{100 * low:.0f}_{100 * high:.0f}"
        for low, high in pairwise(CLASS_EDGES)
    ),
)
CAR_SCHEMA: Mapping[str, Any] = {
    "ev": pl.Int64,
    "model": pl.String,
    "customer": pl.Int64,
    "capacity_kwh": pl.Float64,
    "charged_kwh": pl.Float64,
    "reference_charged_kwh": pl.Float64,
    "given_kwh": pl.Float64,
    **dict.fromkeys(CYCLE_PARTS, pl.Float64),
    **{f"reference_{part}": pl.Float64 for part in CYCLE_PARTS},
    **{f"{name}_{part}": pl.Float64 for name in CHEMISTRIES for part in CAR_PARTS},
}
HOME_SCHEMA: Mapping[str, Any] = {
    "customer": pl.Int64,
    "name": pl.String,
    "kind": pl.String,
    "evs": pl.Int64,
    "bill_usd": pl.Float64,
    "reference_bill_usd": pl.Float64,
    "bill_change_usd": pl.Float64,
    "public_change_usd": pl.Float64,
    "change_usd_per_month": pl.Float64,
}


def wear_change(wear: Wear, other: Wear, name: str, later: bool = False) -> Attribution:
    """What the one charging took beyond the other, if of that chemistry. [n_ev]

    later  of new batteries after ten years like the run's, instead of in the run
    """
    of = later_of if later else end_of
    return attribute(of(wear, name), of(other, name))


def wear_by_car(case: Case) -> pl.DataFrame:
    """Every car; no rows without a course of charge, or of a run that was stopped.

    full_cycles, deepest_cycle              as rainflow counts them
    cycles_<from>_<to>                      how many as deep, in % of the capacity; half
                                            a cycle is 0.5
    reference_...                           the same cars under the run's reference;
                                            without one null, as all that follows, which
                                            are differences; < 0: spared
    <chemistry>_calendar_change, _cycling_change, _loss_change
                                            shares of the new capacity
    <chemistry>_change_usd                  its part of a pack's price
    <chemistry>_change_usd_per_kwh_given    null where the car gave nothing
    """
    if case.wear is None or not case.run.has("evs"):
        return pl.DataFrame(schema=CAR_SCHEMA)
    columns: dict[str, Any] = {
        **{key: case.evs[key] for key in ("ev", "model", "customer", "capacity_kwh")},
        "charged_kwh": case.evs["charged_kwh"],
        "given_kwh": case.evs["discharged_kwh"],
        **_cycles(case.wear),
    }
    if case.reference_wear is not None:
        columns |= _beyond_reference(case, case.wear, case.reference_wear)
    unknown = [None] * case.evs.height
    told = {key: columns.get(key, unknown) for key in CAR_SCHEMA}
    frame = pl.DataFrame(told, schema=CAR_SCHEMA, strict=False)
    return frame.with_columns(pl.col(pl.Float64).fill_nan(None))


def _cycles(wear: Wear) -> dict[str, Floats]:
    """``CYCLE_PARTS`` of each car."""
    values = (wear.full_cycles, wear.cycled.deepest, *wear.cycled.cycles.T)
    return dict(zip(CYCLE_PARTS, values, strict=True))


def _beyond_reference(case: Case, wear: Wear, other: Wear) -> dict[str, Any]:
    """What the reference made of the same cars, and the wear beyond it."""
    capacity_kwh = case.evs["capacity_kwh"].to_numpy()
    given_kwh = case.evs["discharged_kwh"].to_numpy()
    charged_kwh = case.run.static("shadow_evs")["charged_kwh"]
    columns: dict[str, Any] = {"reference_charged_kwh": charged_kwh}
    columns |= {f"reference_{part}": one for part, one in _cycles(other).items()}
    for name in CHEMISTRIES:
        found = wear_change(wear, other, name)
        usd = found.usd(capacity_kwh)
        losses = (found.calendar, found.cycling, found.total)
        parts = (*losses, usd, _ratio(usd, given_kwh))
        columns |= {
            f"{name}_{part}": values
            for part, values in zip(CAR_PARTS, parts, strict=True)
        }
    return columns


def bill_by_home(case: Case) -> pl.DataFrame:
    """Every customer, over the billed days; no rows where bills are not known.

    public_change_usd     of its cars' energy bought away, over the whole run
    change_usd_per_month  of both, of a month of 365.25 / 12 days
    """
    bills, other = case.bills, case.reference_bills
    if bills is None or other is None:
        return pl.DataFrame(schema=HOME_SCHEMA)
    n = case.customers.height
    mine, theirs = _by_customer(bills, n), _by_customer(other, n)
    public = np.zeros(n)
    public_usd = case.run.static("shadow_evs")["public_usd"].to_numpy()
    change_usd = case.evs["public_usd"].to_numpy() - public_usd
    np.add.at(public, case.evs["customer"].to_numpy(), change_usd)
    per_month = (mine - theirs) / bills.days + public / case.days
    columns = {
        **{key: case.customers[key] for key in ("customer", "name", "kind", "evs")},
        "bill_usd": mine,
        "reference_bill_usd": theirs,
        "bill_change_usd": mine - theirs,
        "public_change_usd": public,
        "change_usd_per_month": DAYS_PER_MONTH * per_month,
    }
    return pl.DataFrame(columns, schema=HOME_SCHEMA, strict=False)


def answers(case: Case) -> dict[str, float | None]:
    """Headline figures: a car's wear and a home's bill beside the reference."""
    found: dict[str, float | None] = {}
    for name in CHEMISTRIES:
        found |= _wear_answers(case, name)
    with_car = (case.customers["evs"].to_numpy() > 0) if case.customers.height else None
    found["bill_change_ev_usd"] = _bill_answer(case, with_car)
    return found


def _wear_answers(case: Case, name: str) -> dict[str, float | None]:
    keys = (f"wear_change_{name}_usd", f"wear_{name}_usd_per_kwh_given")
    if case.wear is None or case.reference_wear is None or not case.run.has("evs"):
        return dict.fromkeys(keys)
    change = wear_change(case.wear, case.reference_wear, name)
    usd = change.usd(case.evs["capacity_kwh"].to_numpy())
    given_kwh = case.evs["discharged_kwh"].to_numpy()
    values = (float(usd.mean()), usd_per_kwh_given(usd, given_kwh))
    return dict(zip(keys, values, strict=True))


def _bill_answer(case: Case, with_car: Bools | None) -> float | None:
    bills, other = case.bills, case.reference_bills
    if bills is None or other is None or with_car is None or not with_car.any():
        return None
    return (
        bills.per_month(with_car)["total_usd"] - other.per_month(with_car)["total_usd"]
    )


def _by_customer(bills: Bills, n: int) -> Floats:
    """Each customer's total over the billed days [n_customer]."""
    total = np.zeros(n)
    frame = bills.frame.select("customer", "total_usd")
    np.add.at(total, frame["customer"].to_numpy(), frame["total_usd"].to_numpy())
    return total


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0)
