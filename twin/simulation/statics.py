"""Who is who in a run's arrays, and what each customer and car came to."""

from __future__ import annotations

import numpy as np
import polars as pl

from twin.arrays import Floats, Ints
from twin.grid.feeder import Feeder
from twin.grid.limits import emergency_h
from twin.simulation.build import Plan
from twin.simulation.shadow import Shadow
from twin.simulation.storage import Storage
from twin.simulation.world import World

PUBLIC_USD_PER_KWH = {"DE": 0.65, "US": 0.56}


def nodes(plan: Plan) -> pl.DataFrame:
    """One row a node."""
    feeder = plan.grid.feeder
    place = feeder.nodes
    return pl.DataFrame(
        {
            "node": np.arange(len(place)),
            "bus": place.bus,
            "phase": place.phase,
            "distance_km": place.distance_km,
            "x": place.x,
            "y": place.y,
            "v_base_kv": place.v_base_kv,
            "geographic": np.full(len(place), place.geographic),
            "auxiliary": place.auxiliary,
            "transformer": _or_none(plan.households.zones.transformer_of_node),
        }
    )


def branches(plan: Plan) -> pl.DataFrame:
    """One row a branch."""
    rows = plan.grid.feeder.branches
    return pl.DataFrame(
        {
            "branch": np.arange(len(rows)),
            "name": rows.name,
            "kind": rows.kind,
            "from_node": rows.near,
            "to_node": rows.far,
            "phase": rows.phase,
            "transformer": _or_none(rows.transformer),
            "length_km": np.nan_to_num(rows.length_km),
            "normal_a": rows.rating_a,
            "emergency_a": rows.emergency_a,
            "emergency_h": [emergency_h(kind) for kind in rows.kind],
        }
    )


def transformers(plan: Plan) -> pl.DataFrame:
    """One row a transformer."""
    rows, people = plan.grid.feeder.transformers, plan.households
    n = len(rows)
    return pl.DataFrame(
        {
            "transformer": np.arange(n),
            "name": rows.name,
            "branch": _or_none(rows.branch),
            "node": rows.node_lv,
            "rating_kva": rows.rating_kva,
            "customers": np.bincount(people.zone, minlength=n + 1)[:n],
            "evs": np.bincount(plan.cars.traits["zone"], minlength=n + 1)[:n],
        }
    )


def customers(plan: Plan, world: World) -> pl.DataFrame:
    """One row a customer, with its totals."""
    people, limits = plan.households, world.customers
    n, meters = len(people), world.recorder.meters
    cars_at = np.bincount(plan.cars.traits["customer"], minlength=n)
    return pl.DataFrame(
        {
            "customer": np.arange(n),
            "name": people.name,
            "kind": people.kind,
            "node": people.node,
            "transformer": _zone(plan.grid.feeder, people.zone),
            "phase": people.phase,
            "annual_kwh": people.annual_kwh,
            "pv_kw": people.pv_kwp,
            "import_limit_kw": limits.import_limit_kw,
            "export_limit_kw": limits.export_limit_kw,
            "ports": cars_at,
            "evs": cars_at,
            "demand_kwh": meters[0],
            "served_kwh": meters[1],
            "pv_kwh": meters[2],
            "import_kwh": meters[3],
            "export_kwh": meters[4],
            "import_peak_kw": meters[5],
            "export_peak_kw": meters[6],
        }
    )


def storage(plan: Plan, batteries: Storage) -> pl.DataFrame:
    """One row a stationary battery, with its totals."""
    own, target_kw = batteries.batteries, batteries.target_kw
    window_kwh = own.high_kwh - own.low_kwh
    return pl.DataFrame(
        {
            "battery": np.arange(len(batteries)),
            "name": batteries.names,
            "node": batteries.node[batteries.spread.first_row],
            "transformer": _zone(plan.grid.feeder, batteries.zone),
            "kw": own.kw,
            "kwh": own.kwh,
            "round_trip_efficiency": own.one_way**2,
            "standby_kw": own.standby_kw,
            "soc_low": own.low_kwh / own.kwh,
            "soc_high": own.high_kwh / own.kwh,
            "target_kw": np.where(np.isfinite(target_kw), target_kw, np.nan),
            "soc_start": batteries.start_kwh / own.kwh,
            "soc_end": own.soc,
            "charged_kwh": own.drawn_kwh,
            "discharged_kwh": own.given_kwh,
            "losses_kwh": own.lost_kwh,
            "standby_kwh": own.standby_kwh,
            "full_cycles": own.given_kwh / own.one_way / window_kwh,
        }
    )


def evs(plan: Plan, world: World, soc_start: Floats) -> pl.DataFrame:
    """One row a car, with its totals."""
    traits, state = plan.cars.traits, world.fleet.state
    throughput_kwh = state["charged_kwh"] + state["discharged_kwh"]
    wear = plan.scenario.policy.wear_usd_per_kwh
    return pl.DataFrame(
        {
            "ev": np.arange(len(traits)),
            "model": list(plan.cars.model),
            "customer": traits["customer"],
            "transformer": _zone(plan.grid.feeder, traits["zone"]),
            "phase": plan.plugs.phase,
            "capacity_kwh": traits["capacity_kwh"],
            "charge_kw": traits["charge_kw"],
            "discharge_kw": traits["give_kw"],
            "hypothetical": plan.cars.hypothetical,
            "soc_start": soc_start,
            "soc_end": state["soc"],
            "charged_kwh": state["charged_kwh"],
            "discharged_kwh": state["discharged_kwh"],
            "public_kwh": state["public_kwh"],
            "public_usd": state["public_kwh"]
            * PUBLIC_USD_PER_KWH[plan.scenario.region],
            "driven_kwh": state["driven_kwh"],
            "losses_kwh": state["loss_kwh"] + state["standby_kwh"],
            "km": state["distance_km"],
            "full_cycles": throughput_kwh / (2.0 * traits["capacity_kwh"]),
            "wear_usd": state["discharged_kwh"] * wear,
        },
        schema_overrides={"model": pl.String, "hypothetical": pl.Boolean},
    )


def shadow_evs(plan: Plan, shadow: Shadow) -> pl.DataFrame:
    """One row a car, with its totals under reference charging."""
    state, led_soc = shadow.fleet.state, shadow.led_soc
    public_usd = PUBLIC_USD_PER_KWH[plan.scenario.region]
    return pl.DataFrame(
        {
            "ev": np.arange(len(state)),
            **({} if led_soc is None else {"soc_start": led_soc}),
            "soc_end": state["soc"],
            "charged_kwh": state["charged_kwh"],
            "public_kwh": state["public_kwh"],
            "public_usd": state["public_kwh"] * public_usd,
            "losses_kwh": state["loss_kwh"] + state["standby_kwh"],
            "plug_ins": state["plug_ins"],
        }
    )


def _zone(feeder: Feeder, zone: Ints) -> pl.Series:
    """The transformer of a zone; null for the zone of the sources."""
    return _or_none(np.where(zone < len(feeder.transformers), zone, -1))


def _or_none(index: Ints) -> pl.Series:
    return pl.Series(index, dtype=pl.Int64).set(pl.Series(index < 0), None)
