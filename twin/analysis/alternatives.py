"""What planners could do instead, side by side: cost, what it cures, what is left."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from twin.accounts.upgrades import SAID_IN_STUDY, measures, upgrades
from twin.analysis.alternatives_cost import (
    Item,
    Money,
    Prices,
    in_words,
    items,
    unpriced,
)
from twin.analysis.case import Case
from twin.analysis.comparison import Comparison
from twin.analysis.study import Subject
from twin.errors import InputError
from twin.results.durable import replacing, write_json
from twin.scenario.alternatives_words import AlternativesSpec
from twin.scenario.names import region_of

TABLE, RECORD, SCHEMA = "alternatives.parquet", "alternatives.json", 1
QUANTILES = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
LEFT = (
    "transformers_over_normal",
    "transformers_over_emergency",
    "lines_over_normal",
    "lines_over_emergency",
    "customers_beyond",
    "worst_loading",
    "v_min_pu",
    "peak_kw",
    "losses_kwh",
    "departures_short_share",
    "stored_change_kwh",
)
ASSETS = ("transformer", "transformer3w", "line")


@dataclass(frozen=True, eq=False)
class Alternatives:
    """A row a variant in ``table``; what stands behind it in ``record``."""

    table: pl.DataFrame
    record: Mapping[str, Any]

    @classmethod
    def open(cls, folder: Path) -> Alternatives | None:
        """As written beside a study; None where it asked for nothing of the kind."""
        if not (folder / RECORD).is_file():
            return None
        try:
            record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
            return cls(pl.read_parquet(folder / TABLE), record)
        except (OSError, ValueError, pl.exceptions.PolarsError) as error:
            raise InputError.of(f"cannot be read: {error}", where=str(folder)) from None

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The variants in the study's order."""
        return self.table.rows(named=True)

    def of(self, variant: str) -> Mapping[str, Any]:
        """What the record says of a variant: words, items, what is not priced."""
        found: Mapping[str, Any] = self.record["variants"][variant]
        return found


def write(folder: Path, spec: AlternativesSpec | None) -> None:
    """Weigh a finished study's variants and write the table and the record."""
    if spec is None:
        return
    found = alternatives_of(Subject.open(folder).comparison, spec)
    with replacing(folder / TABLE) as temporary:
        found.table.write_parquet(temporary, compression="zstd")
    write_json(folder / RECORD, dict(found.record))


def alternatives_of(comparison: Comparison, spec: AlternativesSpec) -> Alternatives:
    """Cost and effect of every variant against the baseline at its point."""
    region = _region(comparison.cases[0])
    said = spec.costs.model_dump()
    assets = upgrades(region, said, SAID_IN_STUDY)
    prices = Prices(assets, measures(region, said))
    money = Money(spec.horizon_years, spec.discount_rate, spec.escalation)
    rows, told = [], {}
    for label in comparison.labels:
        extra = spec.variants.get(label.partition(", ")[0])
        plain = extra.model_dump() if extra else {}
        row, words = _variant(comparison, label, prices, money, plain)
        rows.append(row)
        told[label] = words
    record = {
        "schema": SCHEMA,
        "baseline": comparison.baseline,
        "horizon_years": spec.horizon_years,
        "discount_rate": spec.discount_rate,
        "escalation": spec.escalation,
        "catalogue": f"twin/data/upgrades, {region}, as of {prices.assets.date}",
        "days": round(comparison.cases[0].days, 2),
        "seeds": list(comparison.seeds),
        "variants": told,
        "elements": _elements(comparison),
    }
    return Alternatives(pl.DataFrame(rows, infer_schema_length=None), record)


def _region(case: Case) -> str:
    words = case.scenario
    return region_of(words["feeder"]["source"], words["time"].get("timezone"))


def _variant(
    comparison: Comparison,
    label: str,
    prices: Prices,
    money: Money,
    extra: Mapping[str, Any],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """A row of the table, and what the record says of it."""
    cases, against = comparison.of_label(label), comparison.base_of(label) or label
    pairs = [(case, comparison.case(against, case.seed) or case) for case in cases]
    by_seed = [items(case, base, prices, extra) for case, base in pairs]
    first, base = pairs[0]
    middle = _middle(by_seed, money)
    row: dict[str, Any] = {
        "variant": label,
        "baseline": label == against,
        "words": "; ".join(in_words(first, base, extra)),
        "seeds": len(cases),
        "investment_usd": sum(one.investment_usd for one in middle),
        "yearly_usd": sum(one.yearly_usd for one in middle),
        "npv_usd": sum(map(money.present_usd, middle)),
    }
    figures = [left(case, comparison.answers[label, case.seed]) for case in cases]
    for key in LEFT:
        known = [value for one in figures if (value := one[key]) is not None]
        row |= {f"{key}_{name}": quantile(known, q) for name, q in QUANTILES.items()}
    words = {
        "words": in_words(first, base, extra),
        "items": [
            asdict(one) | {"present_usd": money.present_usd(one)} for one in middle
        ],
        "not_priced": unpriced(first, base) if first is not base else [],
    }
    return row, words


def _middle(by_seed: Sequence[list[Item]], money: Money) -> list[Item]:
    """The items of the seed whose cost is the median: seeds may own other cars."""
    costs = [sum(map(money.present_usd, found)) for found in by_seed]
    return by_seed[int(np.argsort(costs, kind="stable")[(len(costs) - 1) // 2])]


def quantile(values: Sequence[float], q: float) -> float | None:
    """A seed's own value; for the median of even numbers the mean of the middle two."""
    if not values:
        return None
    if q == QUANTILES["p50"]:
        return float(np.median(values))
    return float(np.quantile(values, q, method="inverted_cdf"))


def left(case: Case, answers: Mapping[str, Any]) -> dict[str, float | None]:
    """What is left beyond limits in one run, and its figures; None: not known."""
    found: dict[str, Any] = {key: answers.get(key) for key in LEFT}
    loadings = [
        answers.get(f"worst_{kind}_loading") for kind in ("transformer", "line")
    ]
    worst = [float(one) for one in loadings if one is not None]
    found["worst_loading"] = max(worst, default=None)
    if case.loadings is not None:
        beyond = beyond_rating(case, emergency=True)
        found["lines_over_emergency"] = sum(kind == "line" for kind, _ in beyond)
    return {key: None if one is None else float(one) for key, one in found.items()}


def beyond_rating(case: Case, emergency: bool = False) -> set[tuple[str, str]]:
    """Kind and name of lines and transformers ever beyond their rating."""
    if case.loadings is None:
        return set()
    limit = np.nan_to_num(case.emergency, nan=1.0) if emergency else 1.0
    over = np.flatnonzero(case.loadings.highest > limit).tolist()
    kinds, names = case.branches["kind"].to_list(), case.branches["name"].to_list()
    return {(kinds[row], names[row]) for row in over if kinds[row] in ASSETS}


def _elements(comparison: Comparison) -> list[dict[str, Any]]:
    """Assets beyond their normal rating in any run, with the seeds by variant."""
    counts: dict[tuple[str, str], dict[str, int]] = {}
    for case in comparison.cases:
        for asset in beyond_rating(case):
            seeds = counts.setdefault(asset, dict.fromkeys(comparison.labels, 0))
            seeds[case.label] += 1
    ranked = sorted(counts.items(), key=lambda one: (-sum(one[1].values()), one[0]))
    return [
        {"kind": kind, "name": name, "seeds": seeds} for (kind, name), seeds in ranked
    ]
