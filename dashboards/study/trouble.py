"""Which transformers are in trouble, when, and in which variants of a study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from dashboards.address import run_href
from twin.analysis.case import Case
from twin.analysis.measures import MEASURES
from twin.analysis.metrics import transformers_of

RATING = MEASURES["worst_transformer_loading"]
FULL, NEAR = 1.0, 0.8


@dataclass(frozen=True)
class Variant:
    """A variant of a study, by one of its runs."""

    label: str
    scenario: str
    run_id: str
    case: Case

    @property
    def words(self) -> str:
        """As a sentence calls it."""
        return self.label if self.case.n_ev else f"{self.label} (no EVs)"


@dataclass(frozen=True)
class Peak:
    """The highest loading of a transformer in a variant, 1 is its rating."""

    variant: Variant
    transformer: int
    loading: float
    when: str
    over_h: float
    evs: int

    @property
    def href(self) -> str:
        """The page where that transformer is looked at in that run."""
        at = self.variant
        pick = {"pick": str(self.transformer)}
        return run_href(at.scenario, at.run_id, "transformers", pick)


@dataclass(frozen=True)
class Trouble:
    """One transformer over all variants that have it."""

    name: str
    rating_kva: float | None
    customers: int
    peaks: Mapping[str, Peak]

    @property
    def worst(self) -> Peak:
        """Where it is loaded most."""
        return max(self.peaks.values(), key=lambda peak: peak.loading)


def troubles(variants: Sequence[Variant]) -> list[Trouble]:
    """Every transformer whose loading is known, the most loaded first."""
    found: dict[tuple[int, str], Trouble] = {}
    for variant in variants:
        daily = _is_daily(variant.case)
        for row in transformers_of(variant.case).iter_rows(named=True):
            if row["peak_loading"] is None:
                continue
            key = int(row["transformer"]), str(row["name"])
            known = found.get(key)
            peaks = {**known.peaks} if known else {}
            peaks[variant.label] = _peak(variant, row, daily)
            found[key] = Trouble(
                key[1], row["rating_kva"], int(row["customers"] or 0), peaks
            )
    return sorted(found.values(), key=lambda one: -one.worst.loading)


def summary(found: Sequence[Trouble], variants: Sequence[Variant]) -> list[str]:
    """In words: the worst transformer, when, because of whom, and in which variants."""
    if not found:
        return []
    worst = found[0].worst
    return [
        _first(found[0], worst),
        _elsewhere(found[0], variants),
        _over(found, variants),
    ]


def rows(found: Sequence[Trouble], variants: Sequence[Variant]) -> list[dict[str, Any]]:
    """A table's rows: loading in per cent under ``v0``, ``v1`` ... by variant."""
    fields = {variant.label: f"v{at}" for at, variant in enumerate(variants)}
    return [
        {
            "name": one.name,
            "about": _about(one),
            "key": f"{one.worst.transformer}/{one.name}",
            "highest": 100 * one.worst.loading,
            **{fields[x]: 100 * peak.loading for x, peak in one.peaks.items()},
            "cells": {
                fields[label]: {
                    "words": f"{RATING.written(peak.loading)} %",
                    "when": peak.when,
                    "href": peak.href,
                }
                for label, peak in one.peaks.items()
            },
        }
        for one in found
    ]


def cars_kw(peak: Peak) -> float | None:
    """What the cars behind a transformer drew at its peak; > 0 is charging."""
    case = peak.variant.case
    if case.loadings is None or not (case.run.has("ev_steps") and case.run.has("evs")):
        return None
    instant = case.loadings.transformers.time[peak.transformer]
    at = instant.astype("datetime64[us]").item().replace(tzinfo=UTC)
    found = case.run.at("ev_steps", at)
    if not found.height or not case.evs.height:
        return None
    behind = (case.evs["transformer"] == peak.transformer).fill_null(False).to_numpy()
    return float(np.asarray(found["kw"].to_numpy()[0], float)[behind].sum())


def when_words(local: str | None, daily: bool = False) -> str:
    """``2026-01-15 23:45`` as ``Thu 15 Jan 23:45``; of a daily figure the day only."""
    if not local:
        return ""
    at = datetime.fromisoformat(local)
    day = f"{at:%a} {at.day} {at:%b %Y}"
    return day if daily else f"{day}, {at:%H:%M}"


def _peak(variant: Variant, row: Mapping[str, Any], daily: bool) -> Peak:
    return Peak(
        variant,
        int(row["transformer"]),
        float(row["peak_loading"]),
        when_words(row["peak_time"], daily),
        float(row["over_normal_h"] or 0.0),
        int(row["evs"] or 0),
    )


def _is_daily(case: Case) -> bool:
    return case.loadings is not None and case.loadings.transformers.longest_h is None


def _first(trouble: Trouble, worst: Peak) -> str:
    over = worst.loading > FULL
    said = (
        f"{trouble.name} is {'overloaded' if over else 'the most loaded transformer'}: "
        f"{RATING.written(worst.loading)} % of its rating with {worst.variant.words}, "
        f"{worst.when}"
    )
    drawn = cars_kw(worst)
    behind = f"{worst.evs} EVs at {trouble.customers} customers behind it"
    if drawn is not None and worst.evs:
        does = "draw" if drawn >= 0 else "give back"
        return f"{said}; the {behind} {does} {abs(drawn):,.0f} kW just then."
    return f"{said}; {behind}." if worst.evs else f"{said}."


def _elsewhere(trouble: Trouble, variants: Sequence[Variant]) -> str:
    worst = trouble.worst.variant.label
    others = [
        f"{RATING.written(trouble.peaks[one.label].loading)} % with {one.words}"
        for one in variants
        if one.label in trouble.peaks and one.label != worst
    ]
    return f"The same transformer reaches {', '.join(others)}." if others else ""


def _over(found: Sequence[Trouble], variants: Sequence[Variant]) -> str:
    counts = {
        one.label: sum(
            one.label in trouble.peaks and trouble.peaks[one.label].loading > FULL
            for trouble in found
        )
        for one in variants
    }
    if not any(counts.values()):
        return "No transformer is loaded above its rating in any variant."
    said = [f"{count} with {label}" for label, count in counts.items() if count]
    none = [label for label, count in counts.items() if not count]
    rest = f"; none with {', '.join(none)}" if none else ""
    return f"Above their rating, of {len(found)}: {', '.join(said)}{rest}."


def _about(one: Trouble) -> str:
    rating = "" if one.rating_kva is None else f"{one.rating_kva:,.0f} kVA · "
    return f"{rating}{one.customers} customers · {one.worst.evs} EVs"
