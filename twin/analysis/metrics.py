"""What a run answers: peaks, voltages, loadings, energy, journeys; flat and named."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import polars as pl

from twin.accounts.chemistries import CHEMISTRIES
from twin.analysis.battery_wear import period_loss
from twin.analysis.beside import answers as beside_answers
from twin.analysis.bills import DAYS_PER_MONTH
from twin.analysis.calls import call_answers
from twin.analysis.case import Case
from twin.analysis.digest import NOISE_KW
from twin.analysis.operator_figures import operator_figures
from twin.analysis.outages import outage_answers
from twin.analysis.participation import participation_answers
from twin.analysis.requests import response_figures
from twin.analysis.stationary import storage_answers
from twin.analysis.violations import violations, violations_of
from twin.analysis.voltage_quality import judged
from twin.arrays import Floats
from twin.results.record import Run

__all__ = [
    "headline",
    "headline_of",
    "transformers",
    "transformers_of",
    "violations",
    "violations_of",
]

Answer = float | int | str | None
SHORT_SHARE = 0.01
WEEKLY_SHARE = 0.05


def headline(run: Run) -> dict[str, Answer]:
    """The answers of one run, in the order of tables; None: not recorded."""
    return headline_of(Case(run))


def headline_of(case: Case) -> dict[str, Answer]:
    """The same of a case whose tables may have been read already."""
    return {
        **_peak(case),
        **_counted(case, _reverse(case)),
        **_diversity(case),
        **_voltage(case),
        **_phases(case),
        **_operations(case.run),
        **_counted(case, _customer_hours(case)),
        **_counted(case, _quality(case)),
        **_counted(case, _loading(case)),
        **_life(case),
        **_counted(case, _losses(case)),
        **_energy(case),
        **storage_answers(case),
        **_inverters(case.run),
        **_wear(case),
        **_bills(case),
        **beside_answers(case),
        **outage_answers(case),
        **participation_answers(case),
        "reference": case.reference or None,
        **call_answers(case),
        **response_figures(case),
        **operator_figures(case),
        **_mobility(case),
        **_trust(case),
    }


def transformers(run: Run) -> pl.DataFrame:
    """Every transformer: rating, highest loading and when, hours over its ratings."""
    return transformers_of(Case(run))


def transformers_of(case: Case) -> pl.DataFrame:
    """The same, the most loaded first."""
    rows = [_transformer(case, index) for index in range(case.transformers.height)]
    frame = pl.DataFrame(rows, schema=_TRANSFORMER_SCHEMA, orient="row")
    return frame.sort("peak_loading", descending=True, nulls_last=True)


def _counted(case: Case, found: dict[str, Answer]) -> dict[str, Answer]:
    """Counts of solved intervals: nothing counted is unknown where others are not."""
    if not case.steps_failed:
        return found
    return {key: None if value == 0 else value for key, value in found.items()}


def _peak(case: Case) -> dict[str, Answer]:
    """The substation's highest power, when, and what the cars drew just then."""
    steps = case.steps.filter(pl.col("grid_kw").is_not_null())
    if steps.is_empty():
        return dict.fromkeys(("peak_kw", "peak_time", "peak_ev_kw", "min_kw"))
    top = steps.row(_arg_max(steps["grid_kw"]), named=True)
    return {
        "peak_kw": top["grid_kw"],
        "peak_time": case.local(top["time"]),
        "peak_ev_kw": top["ev_charge_kw"] - top["ev_discharge_kw"],
        "min_kw": _number(steps["grid_kw"].min()),
    }


def _reverse(case: Case) -> dict[str, Answer]:
    """When power ran backwards: at the substation, and through transformers."""
    back = case.steps["grid_kw"].fill_null(0.0).to_numpy()
    through = None if case.loadings is None else case.loadings.transformers.reverse_h
    return {
        "reverse_h": float((back < -NOISE_KW).sum() * case.step_h),
        "reverse_depth_kw": float(max(0.0, -back.min(initial=0.0))),
        "transformer_reverse_h": _sum(through),
    }


def _diversity(case: Case) -> dict[str, Answer]:
    """How far peaks of homes, and of cars, fall apart; unknown of a summary."""
    answers: dict[str, Answer] = {}
    of = {"homes": case.homes_diversity, "ev": case.charging_diversity}
    for name, found in of.items():
        answers[f"diversity_{name}"] = None if found is None else found.factor
        answers[f"coincidence_{name}"] = None if found is None else found.coincidence
    return answers


def _voltage(case: Case) -> dict[str, Answer]:
    low_time, low = _extreme(case.steps, "v_min_pu", -1)
    high_time, high = _extreme(case.steps, "v_max_pu", 1)
    kept = case.voltages
    return {
        "v_min_pu": low,
        "v_min_time": case.local(low_time),
        "v_min_node": None if kept is None else _node(case, kept.node_min_pu, -1),
        "v_max_pu": high,
        "v_max_time": case.local(high_time),
        "v_max_node": None if kept is None else _node(case, kept.node_max_pu, 1),
    }


def _phases(case: Case) -> dict[str, Answer]:
    """Unbalance and neutral current; unknown where there are no phases."""
    keys = ("vuf_max", "neutral_max_a")
    known = set(case.steps.columns)
    return {
        key: _extreme(case.steps, key, 1)[1] if key in known else None for key in keys
    }


def _operations(run: Run) -> dict[str, Answer]:
    """What regulators and capacitors moved; known from steps that are fine enough."""
    controls = run.record.get("controls") or {}
    keys = ("tap_operations", "capacitor_operations")
    return {key: controls.get(key) for key in keys}


def _customer_hours(case: Case) -> dict[str, Answer]:
    """Customer-hours beyond the limits, and customers beyond the weekly 95 %."""
    kept = case.voltages if case.run.has("customers") else None
    weekly = (
        None
        if kept is None or (case.limits.standard != "en50160" and case.quality is None)
        else kept.worst_week
    )
    return {
        "customer_hours_below": None if kept is None else float(kept.below_h.sum()),
        "customer_hours_above": None if kept is None else float(kept.above_h.sum()),
        "customer_hours_below_outer": None
        if kept is None
        else _sum(kept.outer_below_h),
        "customer_hours_above_outer": None
        if kept is None
        else _sum(kept.outer_above_h),
        "customers_beyond": None
        if kept is None
        else int(((kept.below_h > 0) | (kept.above_h > 0)).sum()),
        "customers_noncompliant": None
        if weekly is None
        else int((weekly > WEEKLY_SHARE).sum()),
    }


def _quality(case: Case) -> dict[str, Answer]:
    """Customers who break a rule of voltage quality; instants with a rapid change."""
    found, quality = judged(case), case.quality
    keys = {
        "customers_outside_a": "range_a",
        "customers_outside_b": "range_b",
        "customers_unbalanced": "unbalance",
        "customers_rapid_change": "rapid_change",
    }
    counts: dict[str, Answer] = {
        key: found[rule].count if rule in found and found[rule].known else None
        for key, rule in keys.items()
    }
    return {
        **counts,
        "rapid_changes": None if quality is None else int(quality.instants.sum()),
        "rapid_by_cars": None
        if quality is None
        else int(quality.instants_by_cars.sum()),
    }


def _loading(case: Case) -> dict[str, Answer]:
    found = transformers_of(case)
    known = found.filter(pl.col("peak_loading").is_not_null())
    worst = known.row(0, named=True) if known.height else {}
    none = case.loadings is None
    return {
        "transformers_over_normal": None if none else _count(found, "over_normal_h"),
        "transformer_h_over_normal": None if none else _total(found, "over_normal_h"),
        "transformers_over_emergency": None
        if none
        else _count(found, "over_emergency_h"),
        "transformer_h_over_emergency": None
        if none
        else _total(found, "over_emergency_h"),
        "transformers_over_duration": _too_long(case),
        "worst_transformer_loading": worst.get("peak_loading"),
        "worst_transformer": worst.get("name"),
        "lines_over_normal": _lines_over(case),
        "worst_line_loading": _worst_line(case),
    }


def _life(case: Case) -> dict[str, Answer]:
    """How warm transformers got and how they aged; unknown without a course."""
    keys = ("hot_spot_degc", "worst_transformer_ageing", "transformer_aged_h")
    if case.life is None or not np.isfinite(case.life.rate).any():
        return dict.fromkeys(keys)
    return {
        "hot_spot_degc": float(np.nanmax(case.life.hot_spot_degc)),
        "worst_transformer_ageing": float(np.nanmax(case.life.rate)),
        "transformer_aged_h": float(case.life.aged_h.sum()),
    }


def _wear(case: Case) -> dict[str, Answer]:
    """What a car's battery lost in the run, by the chemistry that it may have."""
    wear = case.wear
    return {
        f"battery_fade_{name}": None
        if wear is None
        else float(period_loss(wear, name)[2].mean())
        for name in CHEMISTRIES
    }


def _losses(case: Case) -> dict[str, Answer]:
    """Losses, and their share of what the solved intervals delivered."""
    solved = case.steps.filter("converged")
    lost, homes, cars = (
        float(solved[column].sum() or 0.0) * case.step_h
        for column in ("losses_kw", "homes_kw", "ev_charge_kw")
    )
    delivered = homes + cars
    share = lost / delivered if delivered > 0 else None
    return {"losses_kwh": lost, "losses_share": share}


def _energy(case: Case) -> dict[str, Answer]:
    def kwh(column: str) -> float:
        return float(case.steps[column].sum() or 0.0) * case.step_h

    grid_kw = case.steps["grid_kw"].drop_nulls().to_numpy()
    return {
        "grid_import_kwh": float(np.maximum(grid_kw, 0.0).sum()) * case.step_h,
        "grid_export_kwh": float(np.maximum(-grid_kw, 0.0).sum()) * case.step_h,
        "homes_kwh": kwh("homes_kw"),
        "unserved_kwh": kwh("unserved_kw"),
        "pv_kwh": kwh("pv_kw"),
        "ev_charged_kwh": kwh("ev_charge_kw"),
        "ev_discharged_kwh": kwh("ev_discharge_kw"),
        **_batteries(case),
    }


def _inverters(run: Run) -> dict[str, Answer]:
    """What inverters of cars held back and did in vars; unknown without any."""
    said = run.record.get("inverters") or {}
    back = said.get("giving_held_back_kwh") or {}
    return {
        "held_back_by_volt_watt_kwh": back.get("by_volt_watt"),
        "held_back_by_vars_kwh": back.get("by_vars"),
        "ev_absorbed_kvarh": said.get("absorbed_kvarh"),
        "ev_injected_kvarh": said.get("injected_kvarh"),
    }


def _batteries(case: Case) -> dict[str, Answer]:
    """What only a run that came to its end has added up."""
    if not case.run.has("evs"):
        keys = ("ev_public_kwh", "stored_change_kwh", "wear_usd", "driven_km")
        return dict.fromkeys(keys)
    stored = (case.evs["soc_end"] - case.evs["soc_start"]) * case.evs["capacity_kwh"]
    return {
        "ev_public_kwh": float(case.evs["public_kwh"].sum()),
        "stored_change_kwh": float(stored.sum()),
        "wear_usd": float(case.evs["wear_usd"].sum()),
        "driven_km": float(case.evs["km"].sum()),
    }


def _bills(case: Case) -> dict[str, Answer]:
    """The mean home's bill, and what its cars bought away from home, USD a month."""
    keys = ("bill_ev_usd", "bill_other_usd", "bill_event_pay_usd", "public_ev_usd")
    if case.bills is None:
        return dict.fromkeys(keys)
    home = (case.customers["kind"] == "home").to_numpy()
    car = case.customers["evs"].to_numpy() > 0
    found: dict[str, Answer] = dict.fromkeys(keys)
    if (home & car).any():
        means = case.bills.per_month(home & car)
        found["bill_ev_usd"] = means["total_usd"]
        found["bill_event_pay_usd"] = -means["event_pay_usd"]
        a_month = DAYS_PER_MONTH / case.days / int((home & car).sum())
        found["public_ev_usd"] = float(case.evs["public_usd"].sum()) * a_month
    if (home & ~car).any():
        found["bill_other_usd"] = case.bills.per_month(home & ~car)["total_usd"]
    return found


def _mobility(case: Case) -> dict[str, Answer]:
    """Departures below target: an ended stay that lacks over 1 % of the capacity."""
    if not (case.run.has("sessions") and case.run.has("evs")):
        keys = ("departures", "departures_short_share", "shortfall_kwh")
        return {**dict.fromkeys(keys), **_trips(case.run)}
    capacity = case.evs.select("ev", "capacity_kwh")
    ended = (
        case.run.scan("sessions")
        .filter(pl.col("plug_out").is_not_null())
        .select("ev", "shortfall_kwh")
        .collect()
        .join(capacity, on="ev", how="left")
    )
    short = ended.filter(
        pl.col("shortfall_kwh") > SHORT_SHARE * pl.col("capacity_kwh")
    ).height
    return {
        "departures": ended.height,
        "departures_short_share": short / ended.height if ended.height else None,
        "shortfall_kwh": float(ended["shortfall_kwh"].sum()),
        **_trips(case.run),
    }


def _trips(run: Run) -> dict[str, Answer]:
    if not run.has("trips"):
        return {"trips": None, "trips_short": None}
    short = (pl.col("short_kwh") > 1e-6).sum()
    count, lacking = (
        run.scan("trips").select(pl.len(), short.alias("s")).collect().row(0)
    )
    return {"trips": int(count), "trips_short": int(lacking)}


def _trust(case: Case) -> dict[str, Answer]:
    return {
        "steps_failed": case.steps_failed,
        "peak_is_lower_bound": int(case.steps_failed > 0),
        "n_customers": case.n_customers,
        "n_ev": case.n_ev,
        **_able(case),
    }


def _able(case: Case) -> dict[str, Answer]:
    """Cars that can give; as counted beforehand where the run was stopped."""
    if not case.run.has("evs"):
        counts = case.run.record.get("counts") or {}
        return {
            "n_bidirectional": counts.get("bidirectional"),
            "hypothetical_ev": counts.get("hypothetical"),
        }
    return {
        "n_bidirectional": int((case.evs["discharge_kw"] > 0).sum()),
        "hypothetical_ev": int(case.evs["hypothetical"].sum()),
    }


_TRANSFORMER_SCHEMA: dict[str, Any] = {
    "transformer": pl.Int64,
    "name": pl.String,
    "rating_kva": pl.Float64,
    "peak_loading": pl.Float64,
    "peak_time": pl.String,
    "over_normal_h": pl.Float64,
    "over_emergency_h": pl.Float64,
    "longest_over_normal_h": pl.Float64,
    "reverse_h": pl.Float64,
    "customers": pl.Int64,
    "evs": pl.Int64,
}


def _transformer(case: Case, index: int) -> tuple[Any, ...]:
    row = case.transformers.row(index, named=True)
    kept = None if case.loadings is None else case.loadings.transformers
    numbers: list[Any] = [None] * 6
    if kept is not None and np.isfinite(kept.highest[index]):
        numbers = [
            float(kept.highest[index]),
            _when(case, kept.time[index]),
            *(
                None if hours is None else float(hours[index])
                for hours in (
                    kept.over_normal_h,
                    kept.over_emergency_h,
                    kept.longest_h,
                    kept.reverse_h,
                )
            ),
        ]
    name, rating = row["name"], row["rating_kva"]
    return (index, name, rating, *numbers, row["customers"], row["evs"])


def _when(case: Case, instant: np.datetime64) -> str | None:
    """Local time; the day where an element's extremes are known by the day only."""
    told = case.local(instant)
    if told is None or not case.run.has("branches_daily"):
        return told
    return told.partition(" ")[0]


def _too_long(case: Case) -> int | None:
    """Transformers above normal rating for longer than the emergency rating allows."""
    if case.loadings is None or case.loadings.transformers.longest_h is None:
        return None
    allowed = case.branches["emergency_h"].fill_null(np.nan).to_numpy()
    longest_h = case.loadings.transformers.longest_h.tolist()
    pairs = zip(case.transformer_branches, longest_h, strict=True)
    limits = [(np.fmin.reduce(allowed[rows], initial=np.inf), h) for rows, h in pairs]
    return sum(bool(hours > limit) for limit, hours in limits)


def _lines_over(case: Case) -> int | None:
    """Lines of which any phase was above its normal rating."""
    if case.loadings is None:
        return None
    over = case.loadings.over_normal_h > 0
    lines = case.branches.filter(pl.Series(over) & (pl.col("kind") == "line"))
    first = lines["phase"].to_list(), lines["name"].to_list(), lines["branch"].to_list()
    seen = {
        (name, branch if phase == 0 else None)
        for phase, name, branch in zip(*first, strict=True)
    }
    return len(seen)


def _worst_line(case: Case) -> float | None:
    if case.loadings is None:
        return None
    lines = (case.branches["kind"] == "line").to_numpy()
    highest = case.loadings.highest[lines]
    return None if np.isnan(highest).all() else float(np.nanmax(highest))


def _extreme(
    steps: pl.DataFrame, column: str, sign: int
) -> tuple[datetime | None, float | None]:
    known = steps.filter(pl.col(column).is_not_null())
    if known.is_empty():
        return None, None
    row = _arg_max(known[column] * sign)
    return known["time"][row], float(known[column][row])


def _node(case: Case, values: Floats, sign: int) -> str | None:
    if np.isnan(values).all():
        return None
    judged = np.where(case.nodes["auxiliary"].to_numpy(), np.nan, values)
    node = case.nodes.row(int(np.nanargmax(sign * judged)), named=True)
    return str(node["bus"]) + (f".{node['phase']}" if node["phase"] else "")


def _arg_max(series: pl.Series) -> int:
    found = series.arg_max()
    assert found is not None
    return found


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _sum(values: Floats | None) -> float | None:
    return None if values is None else float(values.sum())


def _count(frame: pl.DataFrame, column: str) -> int:
    return int((frame[column].fill_null(0.0) > 0).sum())


def _total(frame: pl.DataFrame, column: str) -> float:
    return float(frame[column].sum())
