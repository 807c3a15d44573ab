"""Answers on hosting: curves, capacities, what binds first, what V2G changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from twin.analysis.hosting import NO_SOLUTION, Hosting
from twin.analysis.hosting_curve import (
    Against,
    Capacity,
    Share,
    against,
    capacity_of,
    first_violation,
    hosted,
    recovers,
    share_of,
)
from twin.arrays import Bools, Floats

ANY = "any"
MANAGED = "valley"


@dataclass(frozen=True, eq=False)
class DrawCourse:
    """One draw of a variant along the penetrations that it has. Arrays [n_point]."""

    seed: int
    point: Floats
    violated: Bools
    evs: Floats
    charge_kw: Floats
    give_kw: Floats

    def hosted(self, what: str) -> tuple[float, bool]:
        """What it hosts, in a column's unit, and whether more might do."""
        return hosted(getattr(self, what), self.violated)


@dataclass(frozen=True)
class Binding:
    """An element that is beyond a limit at a draw's first violation.

    ``time`` is that of the worst of all draws, local; none where it is not recorded.
    """

    criterion: str
    element: str
    phase: int
    draws: int
    worst: float
    limit: float
    time: str | None


def runs_of(hosting: Hosting) -> pl.DataFrame:
    """A row a run: whether any limit that counts is broken by cars."""
    keys = ["variant", "seed", "penetration"]
    broken = (pl.col("violated") & pl.col("counts")).fill_null(value=False)
    return (
        hosting.table.group_by(keys, maintain_order=True)
        .agg(
            broken.any().alias(ANY),
            *(pl.col(name).first() for name in ("evs", "charge_kw", "give_kw")),
            pl.col("policy").first(),
        )
        .sort(keys, maintain_order=True)
    )


def limits_of(hosting: Hosting) -> tuple[str, ...]:
    """Any limit, then those that are told; no solution only where that happened."""
    broken = set(hosting.table.filter(pl.col("violated"))["criterion"])
    told = [c for c in hosting.criteria if c != NO_SOLUTION or c in broken]
    return (ANY, *told)


def curve(hosting: Hosting, variant: str, limit: str = ANY) -> dict[float, Share]:
    """Share of draws with a violation by cars at each penetration above 0."""
    if limit == ANY:
        rows = runs_of(hosting).filter(variant=variant)
        rows = rows.with_columns(violated=pl.col(ANY))
    else:
        rows = hosting.table.filter(variant=variant, criterion=limit)
    rows = rows.filter((pl.col("evs") > 0) & pl.col("violated").is_not_null())
    found = rows.group_by("penetration").agg(
        pl.col("violated").sum().alias("k"), pl.len().alias("n")
    )
    return {
        float(q): share_of(int(k), int(n))
        for q, k, n in found.sort("penetration").iter_rows()
    }


def courses(hosting: Hosting, variant: str, limit: str = ANY) -> list[DrawCourse]:
    """Every draw of a variant, by rising penetration and seed."""
    runs = runs_of(hosting).filter((pl.col("variant") == variant) & (pl.col("evs") > 0))
    if limit != ANY:
        own = hosting.table.filter(variant=variant, criterion=limit)
        known = own.select("seed", "penetration", "violated")
        runs = runs.join(known, on=["seed", "penetration"])
        runs = runs.with_columns(pl.col("violated").alias(ANY)).drop_nulls(ANY)
    return [
        DrawCourse(
            int(seed[0]),
            *(
                rows[name].to_numpy()
                for name in ("penetration", ANY, "evs", "charge_kw", "give_kw")
            ),
        )
        for seed, rows in runs.sort("seed", "penetration").group_by(
            "seed", maintain_order=True
        )
    ]


def capacity(
    hosting: Hosting, variant: str, what: str = "point", limit: str = ANY
) -> Capacity:
    """P10, P50 and P90 over draws of what is hosted; `what` names a column."""
    found = [one.hosted(what) for one in courses(hosting, variant, limit)]
    value, open_ = (np.array(column) for column in zip(*found, strict=True))
    return capacity_of(value.astype(np.float64), open_.astype(np.bool_))


def recovering(hosting: Hosting, variant: str) -> int:
    """Draws in which a higher penetration is clean again after a violation."""
    return sum(recovers(one.violated) for one in courses(hosting, variant))


def bindings(hosting: Hosting, variant: str) -> list[Binding]:
    """What is beyond its limit at each draw's first violation, the most frequent first.

    Of each limit broken there the worst element counts, so a draw may count at several.
    """
    first = [
        (one.seed, float(one.point[at]))
        for one in courses(hosting, variant)
        if (at := first_violation(one.violated)) < len(one.point)
    ]
    schema = {"seed": pl.Int64, "penetration": pl.Float64}
    at_first = pl.DataFrame(first, schema=schema, orient="row")
    broken = (pl.col("variant") == variant) & pl.col("violated") & pl.col("counts")
    rows = hosting.table.filter(broken).join(at_first, on=list(schema), how="semi")
    low = pl.col("criterion") == "voltage_low"
    far = pl.when(low).then(-pl.col("value")).otherwise("value")
    worst_last = rows.sort(far, maintain_order=True)
    found = worst_last.group_by("criterion", "element", "phase").agg(
        pl.len().alias("draws"),
        pl.col("value").last().alias("worst"),
        pl.col("limit").last(),
        pl.col("time").last(),
    )
    found = found.sort(
        "draws", "criterion", "element", "phase", descending=[True, False, False, False]
    )
    return [Binding(*row) for row in found.iter_rows()]


def v2g_pairs(hosting: Hosting) -> list[tuple[str, str]]:
    """Each variant that may give, with managed charging where the study has it."""
    first = runs_of(hosting).filter(pl.col("evs") > 0).group_by("variant").first()
    policy = dict(first.select("variant", "policy").iter_rows())
    managed = [one for one in hosting.variants if policy[one] == MANAGED]
    gives = [one for one in hosting.variants if _gives(policy[one])]
    return [(one, managed[0]) for one in gives if managed]


def compared(hosting: Hosting, one: str, other: str) -> Against:
    """Draws in which one variant hosts more than another, paired by seed."""
    mine = {draw.seed: draw.hosted("point") for draw in courses(hosting, one)}
    theirs = {draw.seed: draw.hosted("point") for draw in courses(hosting, other)}
    both = sorted(mine.keys() & theirs.keys())
    return against([mine[seed] for seed in both], [theirs[seed] for seed in both])


def summary(hosting: Hosting) -> dict[str, Any]:
    """All answers as plain data, for ``hosting.json``."""
    limits = limits_of(hosting)
    return {
        "limits": list(limits),
        "variants": {
            variant: {
                "curves": {
                    limit: _plain_curve(curve(hosting, variant, limit))
                    for limit in limits
                },
                "hosted": {
                    what: asdict(capacity(hosting, variant, column))
                    for what, column in _WHAT.items()
                },
                "draws_that_recover": recovering(hosting, variant),
                "binding": [asdict(one) for one in bindings(hosting, variant)],
            }
            for variant in hosting.variants
        },
        "v2g_against_managed": [
            {
                "variant": one,
                "against": other,
                "draws": asdict(compared(hosting, one, other)),
            }
            for one, other in v2g_pairs(hosting)
        ],
    }


_WHAT: Mapping[str, str] = {
    "penetration": "point",
    "evs": "evs",
    "charge_kw": "charge_kw",
    "give_kw": "give_kw",
}


def _gives(policy: str) -> bool:
    return policy.startswith("v2g") or policy == "emergency"


def _plain_curve(found: Mapping[float, Share]) -> list[dict[str, float]]:
    return [{"penetration": q, **asdict(one)} for q, one in found.items()]
