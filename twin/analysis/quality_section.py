"""The report's section on voltage quality: by rule, told apart, the worst by name."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
import polars as pl

from twin.analysis import page
from twin.analysis.case import Case
from twin.analysis.comparison import Comparison, Difference
from twin.analysis.theme import dressed, left_out, looks, plain, spotlight
from twin.analysis.verdict import cautions
from twin.analysis.voltage_quality import (
    RERUN,
    Apart,
    Judged,
    bounds,
    judged,
    told_apart,
    written,
)
from twin.arrays import Ints
from twin.grid.voltage_rules import RULE_OF, RULES, Rule

MOST_CUSTOMERS = 20
MOST_EVENTS = 20
RAPID = "rapid_change"


def voltage_quality(comparison: Comparison) -> str:
    """Rules, what is whose fault, a curve, then the worst customers and events."""
    if not any(judged(case) for case in comparison.cases):
        return page.paragraphs([RERUN], "gap")
    return "".join(
        [
            page.paragraphs(cautions(comparison), "gap"),
            _by_rule(comparison),
            _apart_tables(comparison),
            _figure(comparison),
            *(_of_variant(comparison.first(label)) for label in spotlight(comparison)),
            page.paragraphs([left_out(comparison)], "note"),
            page.bullets(_bounds(comparison)),
        ]
    )


def _by_rule(comparison: Comparison) -> str:
    """A row a rule: how many customers break it, below it the worst of them."""
    found = {label: judged(comparison.first(label)) for label in comparison.labels}
    rows = [
        [
            (rule.title, rule.says),
            *(_cell(found[label].get(rule.key)) for label in comparison.labels),
            f"{rule.source} [{rule.confidence}]",
        ]
        for rule in RULES
    ]
    head = ["rule", *comparison.labels, "source [confidence]"]
    note = (
        "Customers who break the rule, in the seed that comes first; below, the worst "
        "of them. Every rule is judged, whichever standard binds here."
    )
    table = page.table(head, rows, (0, len(head) - 1))
    return table + page.paragraphs([note], "note")


def _cell(one: Judged | None) -> object:
    if one is None or not one.known:
        return "–"
    count = f"{one.count} of {one.known}"
    return count, f"worst {written(one.rule, one.worst)} {one.rule.measure}"


def pairs_of(comparison: Comparison) -> list[Difference]:
    """Each variant against its baseline, and clever ones against uncontrolled."""
    pairs = [
        pair for pair in comparison.differences if pair.against in comparison.bases
    ]
    free = [
        label
        for label in comparison.labels
        if comparison.first(label).policy == "uncontrolled"
        and comparison.first(label).n_ev
    ]
    for label in comparison.labels:
        case = comparison.first(label)
        one = comparison.most_like(label, free)
        if one not in (None, label) and case.n_ev and case.policy != "uncontrolled":
            pairs.append(Difference(label, str(one)))
    return list(dict.fromkeys(pairs))


def _apart_tables(comparison: Comparison) -> str:
    """For each pair: there already, made worse, eased, caused, cured."""
    rows: list[list[object] | str] = []
    for pair in pairs_of(comparison):
        case = comparison.first(pair.variant)
        other = comparison.case(pair.against, case.seed)
        found = [] if other is None else told_apart(case, other)
        if other is None or not found:
            continue
        whom = "no EVs" if not other.n_ev else other.policy
        rows.append(f"{pair.variant} against {pair.against} ({whom})")
        rows += [_apart_row(one) for one in found]
    if not rows:
        return ""
    head = [
        "customers who break the rule",
        "there already",
        "of these worse",
        "of these eased",
        "caused (only here)",
        "cured (only there)",
    ]
    note = (
        "Paired by customer, in the seed that comes first. Against a run without EVs, "
        "caused is what EVs cause; against uncontrolled charging, cured is what the "
        "policy cures."
    )
    return page.table(head, rows) + page.paragraphs([note], "note")


def _apart_row(one: Apart) -> list[object]:
    counts = (one.already, one.worse, one.eased, one.caused, one.cured)
    return [one.rule.title, *counts]


def _figure(comparison: Comparison) -> str:
    rule = _governing(comparison)
    title = f"Customers by {rule.title}: {rule.measure}"
    caption = (
        "Customers of each variant sorted by how long they are outside, the worst "
        "left; lowest seed."
    )
    figure = _curves(comparison, rule)
    gap = f"No customer of any variant is ever outside ({rule.title})."
    return page.figure("quality", title, caption, figure, gap)


def _governing(comparison: Comparison) -> Rule:
    """The rule that binds where the run was judged."""
    standard = comparison.cases[0].limits.standard
    return RULE_OF["en_week" if standard == "en50160" else "range_a"]


def _curves(comparison: Comparison, rule: Rule) -> go.Figure | None:
    figure = go.Figure()
    for label, look in looks(comparison).items():
        found = judged(comparison.first(label))
        if not found or not found[rule.key].worst > 0:
            continue
        value = -np.sort(-found[rule.key].value)
        value = value[: np.count_nonzero(value) + 1]
        figure.add_scatter(
            x=np.arange(1, len(value) + 1),
            y=(100 * value if rule.key == "en_week" else value).astype(np.float32),
            mode="lines",
            name=plain(label),
            line={"color": look.colour, "dash": look.dash, "width": 2, "shape": "hv"},
            hovertemplate="customer %{x}: %{y:.2f}",
        )
    if not figure.data:
        return None
    figure.update_xaxes(title="customers, the worst first")
    figure.update_yaxes(title=rule.measure, rangemode="tozero")
    return dressed(figure, 320)


def _of_variant(case: Case) -> str:
    found = judged(case)
    if not found:
        return ""
    worst, events = _worst_customers(case), _worst_events(case)
    title = f"{case.label}, seed {case.called_seed}: {len(worst)} worst customers"
    return page.details(title, _customer_table(case, found, worst)) + events


def _worst_customers(case: Case) -> Ints:
    """Those who break any rule, by how deep they are outside range A, or jump."""
    quality, found = case.quality, judged(case)
    assert quality is not None
    any_broken = np.any([one.broken for one in found.values()], axis=0)
    order = np.lexsort(
        (-quality.rapid_changes, -quality.a_depth_pu_h, -quality.worst_week)
    )
    rows: Ints = order[any_broken[order]][:MOST_CUSTOMERS]
    return rows


def _customer_table(case: Case, found: Mapping[str, Judged], rows: Ints) -> str:
    if not len(rows):
        return page.paragraphs(["No customer breaks any of these rules."], "note")
    quality = case.quality
    assert quality is not None
    bus = case.nodes["bus"].to_list()
    head = ["customer", "node", "phase", "farthest pu", *_HEADS, "depth A pu h"]
    table = [
        [
            case.customers["name"][row],
            bus[case.customers["node"][row]],
            f"{quality.worst_phase[row]:.0f}" if quality.worst_phase[row] else "all",
            f"{quality.worst_pu[row]:.4f}",
            *(written(one.rule, float(one.value[row])) for one in found.values()),
            f"{quality.a_depth_pu_h[row]:.4f}",
        ]
        for row in rows.tolist()
        if case.customers.height
    ]
    return page.table(head, table, (0, 1))


_HEADS = (
    "outside A h",
    "outside B h",
    "worst week outside %",
    "beyond 0.85 to 1.1 pu h",
    "unbalance p95 %",
    "rapid changes",
)


def _worst_events(case: Case) -> str:
    """The largest rapid changes: when, where, how far, and what cars did."""
    if not case.run.has("events"):
        return ""
    rows = (
        case.run.scan("events")
        .filter(pl.col("kind") == RAPID)
        .sort(pl.col("value").abs(), descending=True)
        .head(MOST_EVENTS)
        .collect()
    )
    if rows.is_empty():
        return ""
    table = [
        [case.local(row["time"]), row["entity"], f"{100 * row['value']:+.2f}",
         row["reason"]]
        for row in rows.iter_rows(named=True)
    ]  # fmt: skip
    head = ["at (local time)", "where farthest", "change %", "what happened"]
    title = f"{case.label}, seed {case.called_seed}: the largest rapid voltage changes"
    return page.details(title, page.table(head, table, (0, 1, 3)))


def _bounds(comparison: Comparison) -> list[str]:
    """What to know, once where it holds for all variants."""
    said = [line for x in comparison.labels for line in bounds(comparison.first(x))]
    return list(dict.fromkeys(said))
