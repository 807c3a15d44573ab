"""The report's section on outages: who was dark, who stayed alight, and why."""

from __future__ import annotations

from datetime import datetime

import plotly.graph_objects as go
import polars as pl

from twin.analysis import page
from twin.analysis.case import Case
from twin.analysis.comparison import Comparison
from twin.analysis.outages import DARK_H, critical_only, outage_rows
from twin.analysis.theme import dressed, looks, plain
from twin.analysis.unasked import unasked

FEW = 10
NONE = "The scenario has no outages."
HEAD = (
    "customer",
    "outage",
    "without supply [h]",
    "alight on its car [h]",
    "would have used [kWh]",
    "served by its car [kWh]",
    "by its PV [kWh]",
    "not served [kWh]",
    "why dark",
)
SUN = "served_by_pv_kwh"
GROUP_KWH = ("demand_kwh", "served_by_car_kwh", SUN, "unserved_kwh")
GROUP_HEAD = (
    "customers",
    "hit",
    "outages of one",
    "without supply [h]",
    "of these dark [h]",
    "longest dark [h]",
    "kept alight through",
    "would have used [kWh]",
    "served by their cars [kWh]",
    "by their PV [kWh]",
    "not served [kWh]",
)


def outages(comparison: Comparison) -> str:
    """Homes with power over time, then the worst and the best homes, then all."""
    shown = list(map(comparison.first, _struck(comparison)))
    if not shown:
        return page.paragraphs([unasked(comparison, "events", NONE)], "gap")
    note = "A home is alight while its own car supplies it. Times are local."
    return "".join(
        [
            page.figure(
                "homes-powered",
                "Homes with power",
                "Customers with supply, or alight on their own car, over the outages.",
                _figure(comparison),
                "",
            ),
            *(_groups(case, len(comparison.labels) > 1) for case in shown),
            *(_homes(case, len(comparison.labels) > 1) for case in shown),
            page.paragraphs([note, *filter(None, map(_of_panel, shown))], "note"),
        ]
    )


def _of_panel(case: Case) -> str:
    """What alight means where a car supplies a part of the home; else empty."""
    if not critical_only(case):
        return ""
    share = float((case.scenario.get("backup") or {}).get("critical_share", 0.0))
    return (
        f"{case.label}: cars supply critical circuits only, {100 * share:g} % of a "
        "home's load (backup.panel: critical). Alight is said of these, the rest is "
        "not served; SAIFI and SAIDI as felt count such a home as supplied."
    )


def _struck(comparison: Comparison) -> list[str]:
    """The variants with outages; often it is one of many, and not in the spotlight."""
    every = comparison.labels
    return [x for x in every if outage_rows(comparison.first(x)) is not None]


def groups(case: Case) -> pl.DataFrame | None:
    """Homes with a medical baseline and all others, a row each; none without any.

    homes, outages  customers hit, rows of `outages`
    out_h, dark_h   customer-hours without supply, and without light
    longest_h       the longest that one of them was dark in an outage
    lit             outages through which a customer's own car kept it alight
    """
    rows = outage_rows(case)
    if rows is None or "medical" not in rows.columns or not rows["medical"].any():
        return None
    lit = (pl.col("dark_h") <= DARK_H) & (pl.col("alight_h") > 0.0)
    return (
        rows.group_by("medical")
        .agg(
            pl.col("customer").n_unique().alias("homes"),
            pl.len().alias("outages"),
            pl.col("hours").sum().alias("out_h"),
            pl.col("dark_h").sum(),
            pl.col("dark_h").max().alias("longest_h"),
            lit.sum().alias("lit"),
            pl.col(*GROUP_KWH).sum(),
        )
        .sort("medical", descending=True)
    )


def _groups(case: Case, named: bool) -> str:
    found = groups(case)
    if found is None:
        return ""
    body: list[list[object] | str] = [
        [
            "medical baseline" if row["medical"] else "all others",
            row["homes"],
            row["outages"],
            *(f"{row[name]:.1f}" for name in ("out_h", "dark_h", "longest_h")),
            row["lit"],
            *(f"{row[name]:.1f}" for name in GROUP_KWH),
        ]
        for row in found.iter_rows(named=True)
    ]
    head = page.paragraphs([case.label], "about") if named else ""
    return head + page.table(list(GROUP_HEAD), body, (0,))


def powered(case: Case) -> pl.DataFrame | None:
    """How many customers have power from each instant on: time, supplied, powered."""
    rows = outage_rows(case)
    if rows is None:
        return None
    n = case.n_customers
    out = _changes(rows, "start", "until", -1)
    alight = case.run.scan("events").filter(pl.col("kind") == "alight").collect()
    lit = _changes(alight, "time", "until", 1)
    begins = pl.DataFrame({"time": [case.steps["time"][0]], "out": [0], "lit": [0]})
    frames = [
        begins.with_columns(pl.col("out", "lit").cast(pl.Int64)),
        out.select("time", pl.col("by").alias("out"), pl.lit(0, pl.Int64).alias("lit")),
        lit.select("time", pl.lit(0, pl.Int64).alias("out"), pl.col("by").alias("lit")),
    ]
    joined = pl.concat(frames).group_by("time").sum().sort("time")
    supplied = (pl.col("out").cum_sum() + n).alias("supplied")
    return joined.with_columns(supplied).with_columns(
        (pl.col("supplied") + pl.col("lit").cum_sum()).alias("powered")
    )


def _changes(rows: pl.DataFrame, begin: str, end: str, by: int) -> pl.DataFrame:
    """At each instant what a count changes by."""
    first = rows.select(pl.col(begin).alias("time"), pl.lit(by, pl.Int64).alias("by"))
    last = rows.select(pl.col(end).alias("time"), pl.lit(-by, pl.Int64).alias("by"))
    return pl.concat([first, last.drop_nulls()])


def _figure(comparison: Comparison) -> go.Figure | None:
    figure, styles = go.Figure(), looks(comparison)
    for label in _struck(comparison):
        case = comparison.first(label)
        found = powered(case)
        if found is None:
            continue
        local = found["time"].dt.convert_time_zone(str(case.zone))
        times = local.dt.replace_time_zone(None).to_list()
        for column, dash in (("powered", "solid"), ("supplied", "dot")):
            figure.add_scatter(
                x=times,
                y=found[column].to_list(),
                name=f"{plain(label)}: {column}",
                line={"shape": "hv", "dash": dash, "color": styles[label].colour},
            )
    figure.update_yaxes(title="customers", rangemode="tozero")
    return dressed(figure, 320)


def _homes(case: Case, named: bool) -> str:
    rows = outage_rows(case)
    if rows is None or not rows.height:
        return ""
    names = case.run.scan("customers").select("customer", "name").collect()
    rows = rows.join(names, on="customer", how="left")
    ranked = rows.sort("unserved_kwh", "customer", descending=[True, False])
    lit = rows.filter(pl.col("alight_h") > 0.0)
    best = lit.sort("alight_h", "customer", descending=[True, False])
    body: list[list[object] | str] = ["least served"]
    body += [_row(case, row) for row in ranked.head(FEW).iter_rows(named=True)]
    if best.height:
        body.append("longest alight on their own car")
        body += [_row(case, row) for row in best.head(FEW).iter_rows(named=True)]
    every: list[list[object] | str] = [
        _row(case, row) for row in rows.iter_rows(named=True)
    ]
    title = f"Every home and outage ({rows.height})"
    texts = (0, 1, len(HEAD) - 1)
    head = page.paragraphs([case.label], "about") if named else ""
    whole = page.details(title, page.table(list(HEAD), every, texts))
    return head + page.table(list(HEAD), body, texts) + whole


def _row(case: Case, row: dict[str, object]) -> list[object]:
    numbers = ("hours", "alight_h", *GROUP_KWH)
    began, until = row["start"], row["until"]
    back = case.local(until) if isinstance(until, datetime) else "beyond the run"
    span = f"{case.local(began) if isinstance(began, datetime) else ''} to {back}"
    said = [f"{row[name]:.2f}" for name in numbers]
    return [row["name"], span, *said, row["why_dark"] or "–"]
