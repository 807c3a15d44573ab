"""Which asset exceeds its limit in which studied year, by policy, over the seeds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from twin.accounts.deferral import deferral_value_usd, levelised_usd_per_kw_year
from twin.accounts.upgrades import Upgrades, upgrades
from twin.analysis.case import Case
from twin.analysis.comparison import Comparison
from twin.analysis.study import Subject
from twin.arrays import Bools, Floats, Ints
from twin.results.durable import replacing
from twin.scenario.names import region_of

FILE = "timeline"
JUDGED = ("transformer", "regulator", "line", "switch")
AXES_OF_DESIGN = re.compile(r"(adoption\.year|time\.\w+|condition)[ =]")
QUANTILES = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
SAME_VOLTAGE = 0.01


@dataclass(frozen=True)
class Asset:
    """What may be too small: a transformer, regulator, line or switch.

    size   its rating in kVA, or of a line its length in km
    """

    kind: str
    name: str
    size: float
    bus: str
    customers: int | None
    x: float | None = None
    y: float | None = None

    @property
    def title(self) -> str:
        """As a reader would call it."""
        size = {
            "transformer": f" ({self.size:g} kVA)",
            "regulator": f" ({self.size:g} kVA)",
            "line": f" ({1000 * self.size:.0f} m)",
        }
        return f"{self.kind} {self.name}{size.get(self.kind, '')}"


@dataclass(frozen=True, eq=False)
class Timeline:
    """Every asset's way beyond its limit.

    evs, joined   cars, and cars that can give    [n_policy, n_year, n_seed]
    share         highest load of an asset over its limit, the fullest of the days
                  that a year was run for         [n_policy, n_year, n_seed, n_asset]
    over          whether it exceeds its limit then, or did before
    """

    policies: tuple[str, ...]
    roles: Mapping[str, str]
    years: tuple[int, ...]
    seeds: tuple[int, ...]
    assets: tuple[Asset, ...]
    evs: Floats
    joined: Floats
    share: Floats
    over: Bools
    words: Mapping[str, Any]
    costs: Upgrades
    illustrative: bool

    @property
    def horizon(self) -> int:
        """The year after the last: what is not needed by then is built no sooner."""
        return self.years[-1] + 1

    @cached_property
    def first_year(self) -> Floats:
        """When each asset first exceeds; inf: not by the last studied year.

        [n_policy, n_seed, n_asset]
        """
        years = np.array(self.years, dtype=np.float64)[None, :, None, None]
        first: Floats = np.where(self.over, years, np.inf).min(axis=1)
        return first

    @cached_property
    def cost_usd(self) -> Floats:
        """Of an upgrade of each asset that carries the highest load [n_asset]."""
        highest = self.share.max(axis=(0, 1, 2))
        return np.array(
            [self._cost(*pair) for pair in zip(self.assets, highest, strict=True)]
        )

    def _cost(self, asset: Asset, share: float) -> float:
        if asset.kind == "transformer":
            kva = self.costs.next_kva(asset.size, asset.size * share)
            return self.costs.of_transformer(kva)
        if asset.kind == "line":
            return self.costs.of_line(asset.size)
        regulator = asset.kind == "regulator"
        return self.costs.regulator_usd if regulator else self.costs.switch_usd

    @cached_property
    def needed(self) -> Bools:
        """Assets that exceed their limit under any policy [n_seed, n_asset]."""
        return np.asarray(np.isfinite(self.first_year).any(axis=0), dtype=np.bool_)

    def built(self, policy: str) -> Floats:
        """Year in which each asset is replaced, the horizon at the latest.

        [n_seed, n_asset]
        """
        first = self.first_year[self.policies.index(policy)]
        return np.asarray(np.minimum(first, self.horizon), dtype=np.float64)

    def present_usd(self, policy: str) -> Floats:
        """Present value, in the first year, of what is replaced by the last [n_seed].

        PV = sum_i I_i ((1 + g) / (1 + r))^(y_i - y_0)
        """
        built = self.built(policy)
        paid = self.cost_usd * self._kept ** (built - self.years[0])
        present: Floats = np.where(built < self.horizon, paid, 0.0).sum(axis=1)
        return present

    def saved_usd(self, policy: str, against: str) -> Floats:
        """What building later, or not by the horizon, is worth at least [n_seed].

        Of each asset that the other policy needs sooner (later: less than nothing):
        I ((1 + g)/(1 + r))^(y - y_0) (1 - ((1 + g)/(1 + r))^n), n = y_policy - y.
        """
        sooner, later = self.built(against), self.built(policy)
        total = np.zeros(len(self.seeds))
        for seed, asset in np.argwhere(sooner != later).tolist():
            start = float(sooner[seed, asset])
            value = deferral_value_usd(
                float(self.cost_usd[asset]),
                float(later[seed, asset]) - start,
                self.rates[0],
                self.rates[1],
            )
            total[seed] += value * self._kept ** (start - self.years[0])
        return total

    def years_bought(self, policy: str, against: str) -> Floats:
        """Mean years by which an upgrade that the other policy needs is later [n_seed].

        At least so many: what is not needed by the last year counts up to the horizon.
        """
        sooner, later = self.built(against), self.built(policy)
        needs = sooner < self.horizon
        count = np.maximum(needs.sum(axis=1), 1)
        bought: Floats = np.where(needs, later - sooner, 0.0).sum(axis=1) / count
        return bought

    def affordable_usd(self, policy: str, against: str) -> Floats:
        """The most that each car may cost a year [n_seed]; NaN: there are none.

        What is saved as an even yearly payment over the years, by the mean number of
        cars that can give; of all cars where the policy does not give.
        """
        saved, row = self.saved_usd(policy, against), self.policies.index(policy)
        span = self.years[-1] - self.years[0] + 1
        cars_of = self.joined if self.roles[policy] == "v2g" else self.evs
        every = np.arange(self.years[0], self.years[-1] + 1)
        mean = [
            float(np.interp(every, self.years, cars_of[row, :, seed]).mean())
            for seed in range(len(self.seeds))
        ]
        return np.array(
            [
                levelised_usd_per_kw_year(usd, cars, self.rates[0], span)
                if cars
                else np.nan
                for usd, cars in zip(saved.tolist(), mean, strict=True)
            ]
        )

    @property
    def rates(self) -> tuple[float, float]:
        """Discount rate, escalation."""
        return float(self.words["discount_rate"]), float(self.words["escalation"])

    @property
    def _kept(self) -> float:
        return (1.0 + self.rates[1]) / (1.0 + self.rates[0])

    def counts(self, policy: str) -> Ints:
        """Assets that exceed their limit, or did before [n_year, n_seed]."""
        counts: Ints = self.over[self.policies.index(policy)].sum(axis=2)
        return counts

    def of_role(self, role: str) -> str | None:
        """The policy that is ``uncontrolled``, ``managed`` or ``v2g`` here."""
        return next((name for name, one in self.roles.items() if one == role), None)

    def frame(self) -> pl.DataFrame:
        """A row an asset and policy, of assets that exceed their limit under any."""
        rows = [
            self._row(policy, asset)
            for asset in self.ranked()
            for policy in self.policies
        ]
        return pl.DataFrame(rows, schema=COLUMNS)

    def ranked(self) -> list[int]:
        """Assets ever beyond their limit: the soonest first, then the fullest."""
        soonest = np.quantile(
            self.first_year.min(axis=0), 0.5, axis=0, method="inverted_cdf"
        )
        highest = self.share.max(axis=(0, 1, 2))
        order = np.lexsort((-highest, self.first_year.min(axis=(0, 1)), soonest))
        ever = np.asarray(self.needed.any(axis=0))
        return [row for row in order.tolist() if ever[row]]

    def _row(self, policy: str, asset: int) -> dict[str, Any]:
        place, one = self.policies.index(policy), self.assets[asset]
        first = self.first_year[place, :, asset]
        return {
            "kind": one.kind,
            "asset": one.name,
            "bus": one.bus,
            "x": one.x,
            "y": one.y,
            "size": one.size,
            "customers": one.customers,
            "policy": policy,
            **{f"first_year_{key}": quantile(first, q) for key, q in QUANTILES.items()},
            "seeds_over": int(np.isfinite(first).sum()),
            "seeds": len(self.seeds),
            "highest_share": float(self.share[place, :, :, asset].max()),
            "upgrade_usd": float(self.cost_usd[asset]),
        }


COLUMNS: dict[str, Any] = {
    "kind": pl.String,
    "asset": pl.String,
    "bus": pl.String,
    "x": pl.Float64,
    "y": pl.Float64,
    "size": pl.Float64,
    "customers": pl.Int64,
    "policy": pl.String,
    "first_year_p10": pl.Int64,
    "first_year_p50": pl.Int64,
    "first_year_p90": pl.Int64,
    "seeds_over": pl.Int64,
    "seeds": pl.Int64,
    "highest_share": pl.Float64,
    "upgrade_usd": pl.Float64,
}


def quantile(first_year: Floats, q: float) -> int | None:
    """A studied year such that at least a share q of seeds is over by then, or None."""
    found = float(np.quantile(first_year, q, method="inverted_cdf"))
    return int(found) if np.isfinite(found) else None


def timeline_of(comparison: Comparison) -> Timeline | None:
    """The timeline of a study of years ahead; None where runs speak of fewer than two.

    Runs that differ by their days only (axes ``time.*``) are design conditions of one
    year: the fullest counts.
    """
    cases = [case for case in comparison.cases if _year(case) and case.loadings]
    years = tuple(sorted({_year(case) for case in cases}))
    if len(years) < 2:
        return None
    policies = tuple(dict.fromkeys(map(_policy, cases)))
    seeds = tuple(sorted({case.seed for case in cases}))
    shape = (len(policies), len(years), len(seeds))
    words = cases[0].scenario["adoption"]["upgrades"]
    assets, place = _assets_of(cases)
    share = np.zeros((*shape, len(assets)))
    over = np.zeros((*shape, len(assets)), dtype=np.bool_)
    evs, joined = np.zeros(shape), np.zeros(shape)
    missing = np.ones(shape, dtype=np.bool_)
    for case in cases:
        at = (
            policies.index(_policy(case)),
            years.index(_year(case)),
            seeds.index(case.seed),
        )
        mine, beyond = _shares(case, place, len(assets), words)
        share[at], over[at] = np.maximum(share[at], mine), over[at] | beyond
        evs[at], joined[at], missing[at] = case.n_ev, _joined(case), False
    whole = [k for k in range(len(seeds)) if not missing[:, :, k].any()]
    if not whole:
        return None
    return Timeline(
        policies=policies,
        roles={_policy(case): _role(case) for case in cases},
        years=years,
        seeds=tuple(seeds[k] for k in whole),
        assets=assets,
        evs=evs[:, :, whole],
        joined=joined[:, :, whole],
        share=share[:, :, whole],
        over=np.logical_or.accumulate(over[:, :, whole], axis=1),
        words=words,
        costs=upgrades(_region(cases[0]), words),
        illustrative=cases[0].scenario["adoption"]["totals"] is None,
    )


def last_case(comparison: Comparison, policy: str) -> Case | None:
    """The first seed's run of a policy in the last year; None where there is none."""
    mine = [case for case in comparison.cases if _policy(case) == policy]
    return max(mine, key=lambda case: (_year(case), -case.seed), default=None)


def write(folder: Path) -> list[Path]:
    """The timeline of a study's folder as parquet and CSV; nothing without years."""
    timeline = timeline_of(Subject.open(folder).comparison)
    if timeline is None:
        return []
    frame = timeline.frame()
    with replacing(folder / f"{FILE}.parquet") as temporary:
        frame.write_parquet(temporary, compression="zstd")
    with replacing(folder / f"{FILE}.csv") as temporary:
        frame.write_csv(temporary)
    return [folder / f"{FILE}.parquet", folder / f"{FILE}.csv"]


def _year(case: Case) -> int:
    return int((case.scenario.get("adoption") or {}).get("year") or 0)


def _policy(case: Case) -> str:
    """The variant, without its year and days."""
    parts = case.label.split(", ")
    return ", ".join(part for part in parts if not AXES_OF_DESIGN.match(part))


def _role(case: Case) -> str:
    if not case.n_ev:
        return "none"
    if case.is_v2g:
        return "v2g"
    return "uncontrolled" if case.policy == "uncontrolled" else "managed"


def _region(case: Case) -> str:
    words = case.scenario
    return region_of(words["feeder"]["source"], words["time"].get("timezone"))


def _joined(case: Case) -> int:
    """Cars that can give."""
    return int((case.evs["discharge_kw"] > 0.0).sum())


def _shares(
    case: Case, place: Mapping[tuple[str, str], int], n: int, words: Mapping[str, Any]
) -> tuple[Floats, Bools]:
    """Highest load over the limit, and whether it is beyond it [n_asset]."""
    assert case.loadings is not None
    limit = np.ones(case.branches.height)
    if words["limit"] == "emergency":
        limit = np.where(np.isnan(case.emergency), 1.0, case.emergency)
    mine = np.nan_to_num(case.loadings.highest / limit, nan=0.0)
    too_long = case.loadings.over_normal_h > float(words["over_h"])
    rows = np.array([place.get(key, n) for key in _keys(case)])
    share, over = np.zeros(n + 1), np.zeros(n + 1, dtype=np.bool_)
    np.maximum.at(share, rows, mine)
    np.logical_or.at(over, rows, (mine > 1.0) & too_long)
    return share[:n], over[:n]


def _keys(case: Case) -> list[tuple[str, str]]:
    """Kind and name of each branch's asset: a transformer by its own name.

    Phases of one asset share its name; others that do are told apart by a number.
    """
    names = case.transformers["name"].to_list()
    kinds = np.where(_regulates(case), "regulator", case.branches["kind"].to_numpy())
    seen: dict[tuple[str, str, int], int] = {}
    keys = []
    for kind, row in zip(
        kinds.tolist(), case.branches.iter_rows(named=True), strict=True
    ):
        of = row["transformer"]
        name = row["name"] if of is None else names[of]
        same = seen[kind, name, row["phase"]] = (
            seen.get((kind, name, row["phase"]), 0) + 1
        )
        keys.append((kind, name if same == 1 else f"{name}#{same}"))
    return keys


def _regulates(case: Case) -> Bools:
    """Transformers between equal voltages [n_branch]."""
    base = case.nodes["v_base_kv"].to_numpy()
    ends = [case.branches[end].to_numpy() for end in ("from_node", "to_node")]
    first, second = (base[end] for end in ends)
    same = np.abs(first / second - 1.0) < SAME_VOLTAGE
    regulates: Bools = same & (case.branches["kind"] == "transformer").to_numpy()
    return regulates


def _assets_of(
    cases: list[Case],
) -> tuple[tuple[Asset, ...], dict[tuple[str, str], int]]:
    """Every rated asset of any run, in the order of their feeders."""
    found: dict[tuple[str, str], Asset] = {}
    for case in {_feeder_key(case): case for case in reversed(cases)}.values():
        buses = case.nodes["bus"].to_list()
        rows = case.branches.iter_rows(named=True)
        for (kind, name), row in zip(_keys(case), rows, strict=True):
            if kind in JUDGED and row["normal_a"] == row["normal_a"]:
                found.setdefault((kind, name), _asset(case, kind, name, row, buses))
    return tuple(found.values()), {key: k for k, key in enumerate(found)}


def _feeder_key(case: Case) -> str:
    return str(case.scenario.get("feeder"))


def _asset(
    case: Case, kind: str, name: str, row: Mapping[str, Any], buses: list[str]
) -> Asset:
    bus, size, customers = buses[row["to_node"]], float(row["length_km"] or 0.0), None
    if row["transformer"] is not None:
        own = case.transformers.row(row["transformer"], named=True)
        size, customers = float(own["rating_kva"]), int(own["customers"])
    x, y = (case.nodes[axis][row["to_node"]] for axis in ("x", "y"))
    return Asset(kind, name, size, bus, customers, x, y)
