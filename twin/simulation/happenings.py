"""What happened, as rows of tables: stays at a plug, trips, steps that failed."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from twin.arrays import Ints, Records
from twin.fleet.state import NEVER_S
from twin.fleet.travel import TripPurpose
from twin.simulation.violations import nothing

PURPOSES = tuple(purpose.name.lower() for purpose in TripPurpose)


def session_rows(rows: Records, traits: Records, first: datetime) -> pl.DataFrame:
    """Stays at a plug as the table has them; an open one has no plug_out."""
    ev = rows["ev"]
    missing = np.maximum(0.0, rows["soc_target"] - rows["soc_out"])
    return pl.DataFrame(
        {
            "ev": ev,
            "customer": traits["customer"][ev],
            "plug_in": instants(rows["plug_in_s"], first),
            "plug_out": instants(rows["plug_out_s"], first),
            "declared": instants(rows["declared_s"], first),
            "soc_in": rows["soc_in"],
            "soc_out": rows["soc_out"],
            "soc_target": rows["soc_target"],
            "charged_kwh": rows["charged_kwh"],
            "discharged_kwh": rows["discharged_kwh"],
            "shortfall_kwh": missing * traits["capacity_kwh"][ev],
        }
    )


def trip_rows(rows: Records, first: datetime) -> pl.DataFrame:
    """Trips as the table has them."""
    return pl.DataFrame(
        {
            "ev": rows["ev"],
            "depart": instants(rows["depart_s"], first),
            "arrive": instants(rows["arrive_s"], first),
            "distance_km": rows["distance_km"],
            "energy_kwh": rows["energy_kwh"],
            "purpose": [PURPOSES[purpose] for purpose in rows["purpose"]],
            "short_kwh": rows["short_kwh"],
        },
        schema_overrides={"purpose": pl.String},
    )


def failed_steps(began: NDArray[np.datetime64], step: np.timedelta64) -> pl.DataFrame:
    """Intervals for which no method found a power flow solution."""
    return pl.DataFrame(
        {
            "time": began,
            "until": began + step,
            "kind": ["failed_step"] * len(began),
            "entity": ["grid"] * len(began),
            "value": np.full(len(began), np.nan),
            "reason": ["no power flow solution"] * len(began),
        },
        schema=nothing().schema,
    )


def instants(seconds: Ints, first: datetime) -> pl.Series:
    """Instants so many seconds after the first; null where there is none."""
    start = np.datetime64(first.replace(tzinfo=None), "us")
    known = np.abs(seconds) < NEVER_S
    shifted = start + np.where(known, seconds, 0).astype("timedelta64[s]")
    return pl.Series(shifted).cast(pl.Datetime("us")).set(pl.Series(~known), None)
