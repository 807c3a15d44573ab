"""One run with its label, and what every answer asks of it, read once and kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from twin.accounts.diversity import Diversity
from twin.accounts.life import Life
from twin.accounts.ratings import GUIDE_OF_REGION, Thermal
from twin.accounts.round_trip import Throughput
from twin.analysis.bills import Bills
from twin.analysis.bills_digest import kept_bills
from twin.analysis.digest import (
    Limits,
    Loadings,
    Voltages,
    daily_loadings_of,
    daily_voltages_of,
    loadings_of,
    voltages_of,
)
from twin.analysis.diversity import of_charging, of_homes
from twin.analysis.kept import kept
from twin.analysis.life import life_of
from twin.analysis.quality_digest import Quality, quality_of
from twin.analysis.round_trip import throughput_of
from twin.analysis.wear import Wear, wear_of
from twin.arrays import Floats, Ints
from twin.grid.limits import STANDARDS, limits_by_name
from twin.results.record import Run
from twin.tables import TABLES

LONGEST_SEED, SHORT_SEED = 9, 6


@dataclass(frozen=True, eq=False)
class Case:
    """A run under the name that tables and figures give it.

    billed_by   a tariff to bill by in place of the run's own
    """

    run: Run
    label: str = ""
    billed_by: str = ""

    @cached_property
    def scenario(self) -> Mapping[str, Any]:
        """The scenario as it was resolved."""
        return _mapping(self.run.record.get("scenario"))

    @cached_property
    def seed(self) -> int:
        """The seed of everything drawn at random."""
        return int(self.run.record.get("seed", self.scenario.get("seed", 0)) or 0)

    @property
    def called_seed(self) -> str:
        """As headings say it: of a long one, as feeders of a territory have, a part."""
        digits = str(self.seed)
        return digits if len(digits) <= LONGEST_SEED else f"{digits[:SHORT_SEED]}…"

    @cached_property
    def policy(self) -> str:
        """The name of the policy that decided."""
        policy = self.scenario.get("policy", "uncontrolled")
        return str(policy if isinstance(policy, str) else policy.get("name", ""))

    @cached_property
    def is_v2g(self) -> bool:
        """Whether cars may give power back to the grid."""
        return self.policy.startswith("v2g") or self.policy == "emergency"

    @cached_property
    def step_h(self) -> float:
        """Length of an interval."""
        minutes = _mapping(self.scenario.get("time")).get("step_min")
        if minutes:
            return float(minutes) / 60
        seconds = self.steps["time"].diff().dt.total_seconds().median()
        return float(seconds) / 3600 if isinstance(seconds, int | float) else 0.25

    @cached_property
    def days(self) -> float:
        """How long the recorded time is."""
        return self.steps.height * self.step_h / 24

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone of local times."""
        name = _mapping(self.scenario.get("time")).get("timezone") or "UTC"
        return ZoneInfo(str(name))

    @cached_property
    def limits(self) -> Limits:
        """Within which voltages are judged."""
        said = _mapping(self.run.record.get("limits"))
        asked = _mapping(self.scenario.get("limits")).get("standard")
        standard = str(said.get("standard") or asked or "en50160")
        usual = limits_by_name(standard if standard in STANDARDS else "en50160")
        low, high = said.get("low_pu", usual.low_pu), said.get("high_pu", usual.high_pu)
        outer_low = said.get("outer_low_pu", min(low, usual.outer_low_pu))
        outer_high = said.get("outer_high_pu", max(high, usual.outer_high_pu))
        return Limits(standard, low, high, outer_low or low, outer_high or high)

    @cached_property
    def steps(self) -> pl.DataFrame:
        """Every interval's totals; unknown is null."""
        return self.run.static("steps").with_columns(
            pl.col(pl.Float64, pl.Float32).fill_nan(None)
        )

    @cached_property
    def steps_failed(self) -> int:
        """Intervals without a solution."""
        return int((~self.steps["converged"]).sum())

    @cached_property
    def is_unsolved(self) -> bool:
        """Whether not one interval has a solution."""
        return self.steps_failed == self.steps.height

    @cached_property
    def n_customers(self) -> int:
        """How many customers; a run that was stopped has only counted them."""
        return self._count("customers")

    @cached_property
    def n_ev(self) -> int:
        """How many cars; a run that was stopped has only counted them."""
        return self._count("evs")

    @cached_property
    def nodes(self) -> pl.DataFrame:
        """The nodes; unknown coordinates are null."""
        return self._static("nodes")

    @cached_property
    def branches(self) -> pl.DataFrame:
        """The branches."""
        return self._static("branches")

    @cached_property
    def customers(self) -> pl.DataFrame:
        """The customers."""
        return self._static("customers")

    @cached_property
    def transformers(self) -> pl.DataFrame:
        """The transformers."""
        return self._static("transformers")

    @cached_property
    def evs(self) -> pl.DataFrame:
        """The cars."""
        return self._static("evs")

    @cached_property
    def terminals(self) -> Ints:
        """The nodes of each customer, a column a phase. [n_customer, n_phase]"""
        node = self.customers["node"].to_numpy().astype(np.int64)
        phases = self.nodes["phase"].to_numpy()
        if not len(node) or not (phases > 0).any():
            return node[:, None]
        return _all_phases(self.nodes, node, self.customers["phase"].to_numpy())

    @cached_property
    def voltages(self) -> Voltages | None:
        """What the voltages were; None where they are not recorded or not known.

        Weeks as they were judged by phase while the run lived, if they were.
        """
        found, quality = self._voltages, self.quality
        if found is None or quality is None or not self.run.has("customers"):
            return found
        return replace(found, worst_week=quality.worst_week)

    @cached_property
    def quality(self) -> Quality | None:
        """What each rule counted of each customer; None where it is not recorded."""
        if self.is_unsolved or not self.run.has("quality_daily"):
            return None
        return kept(
            self.run, "quality_daily", Quality, (), lambda: quality_of(self.run)
        )

    @property
    def _voltages(self) -> Voltages | None:
        if self.is_unsolved:
            return None
        if self.run.has("voltages"):
            asked = (self.terminals, self.limits, self.step_h)
            return kept(
                self.run,
                "voltages",
                Voltages,
                asked,
                lambda: voltages_of(self.run, *asked),
            )
        if self.run.has("nodes_daily"):
            return daily_voltages_of(self.run, self.terminals)
        return None

    @cached_property
    def transformer_branches(self) -> tuple[Ints, ...]:
        """The rows in ``branches`` of each transformer's phases; empty if none."""
        of = self.branches["transformer"].fill_null(-1).to_numpy()
        return tuple(
            np.flatnonzero(of == row) for row in range(self.transformers.height)
        )

    @cached_property
    def emergency(self) -> Floats:
        """Emergency rating over normal rating; NaN if there is none. [n_branch]"""
        share = self.branches["emergency_a"] / self.branches["normal_a"]
        return share.fill_null(np.nan).to_numpy()

    @cached_property
    def loadings(self) -> Loadings | None:
        """How the branches were loaded; None where it is not recorded or not known."""
        if self.is_unsolved:
            return None
        groups = self.transformer_branches
        if self.run.has("flows"):
            asked = (self.emergency, groups, self.step_h)
            return kept(
                self.run,
                "flows",
                Loadings,
                asked,
                lambda: loadings_of(self.run, *asked),
            )
        if self.run.has("branches_daily"):
            return daily_loadings_of(self.run, groups)
        return None

    @cached_property
    def outdoor_degc(self) -> Floats | None:
        """Outdoor temperature of each interval; None where it is not recorded."""
        if "temperature_degc" not in self.steps.columns:
            return None
        known = self.steps["temperature_degc"].interpolate().fill_null(strategy="mean")
        return known.to_numpy() if known.null_count() < len(known) else None

    @cached_property
    def thermal(self) -> Thermal:
        """The transformers' thermal parameters, by region and rating."""
        region = str(_mapping(self.run.record.get("feeder")).get("region", "")).lower()
        rating = self.transformers["rating_kva"].fill_null(np.nan).to_numpy()
        return Thermal.by_rating(GUIDE_OF_REGION.get(region, "iec"), rating)

    @cached_property
    def life(self) -> Life | None:
        """How the transformers aged; None without a course of loads or air."""
        air = self.outdoor_degc
        if self.is_unsolved or not self.run.has("flows") or air is None:
            return None
        asked = (self.thermal.guide, self.transformer_branches, air, self.step_h)
        return kept(
            self.run,
            "flows",
            Life,
            (*asked, self.thermal.classes),
            lambda: life_of(self.run, self.thermal, *asked[1:]),
        )

    @cached_property
    def wear(self) -> Wear | None:
        """How the batteries faded; None without a course of charge or air."""
        return self._wear("ev_steps")

    @cached_property
    def reference(self) -> str:
        """The one-way charging that was recorded beside the run; empty: none."""
        return str(self.scenario.get("reference")) * self.run.has("shadow_evs")

    @cached_property
    def reference_wear(self) -> Wear | None:
        """How the same batteries fade under reference charging; None if not known."""
        return self._wear("shadow_steps")

    @property
    def reference_soc_start(self) -> pl.Series:
        """Where each car began under reference charging: as in the run, or as lived."""
        if self.run.has("shadow_evs"):
            other = self.run.static("shadow_evs")
            if "soc_start" in other.columns:
                return other["soc_start"]
        return self.evs["soc_start"]

    @property
    def soc_kept_beyond_reference(self) -> pl.Series:
        """What each battery won in the run less what it won under the reference."""
        mine = self.evs["soc_end"] - self.evs["soc_start"]
        theirs = self.run.static("shadow_evs")["soc_end"] - self.reference_soc_start
        return mine - theirs

    def _wear(self, table: str) -> Wear | None:
        air = self.outdoor_degc
        if not self.run.has(table) or air is None or not self.n_ev:
            return None
        start = None
        if self.run.has("evs"):
            is_other = table == "shadow_steps"
            begun = self.reference_soc_start if is_other else self.evs["soc_start"]
            start = begun.to_numpy()
        asked = (start, air, self.step_h, self.zone.key)
        return kept(
            self.run,
            table,
            Wear,
            asked,
            lambda: wear_of(self.run, *asked, table),
            "" if table == "ev_steps" else table,
        )

    @cached_property
    def homes_diversity(self) -> Diversity | None:
        """How far homes' peaks fall apart; None if not every interval is recorded."""
        run, table = self.run, "customer_steps"
        if not (run.has(table) and run.has("customers")):
            return None
        homes = np.flatnonzero((self.customers["kind"] == "home").to_numpy())
        return kept(
            run, table, Diversity, (homes,), lambda: of_homes(run, homes), "homes"
        )

    @cached_property
    def charging_diversity(self) -> Diversity | None:
        """How far cars' highest powers fall apart; None likewise."""
        run, n_ev = self.run, self.n_ev
        if not (run.has("ev_steps") and n_ev):
            return None
        return kept(
            run, "ev_steps", Diversity, (n_ev,), lambda: of_charging(run, n_ev), "cars"
        )

    @cached_property
    def throughput(self) -> Throughput | None:
        """What cars lost in charging and in giving; None likewise."""
        run = self.run
        if not (run.has("ev_steps") and run.has("evs") and self.evs.height):
            return None
        start, capacity = (
            self.evs[name].to_numpy().astype(np.float64)
            for name in ("soc_start", "capacity_kwh")
        )
        asked = (start, capacity, self.step_h)
        return kept(
            run, "ev_steps", Throughput, asked, lambda: throughput_of(run, *asked)
        )

    @cached_property
    def bills(self) -> Bills | None:
        """Every customer's bills; None where it is not recorded what they drew."""
        return kept_bills(self.run, self.scenario, self.billed_by)

    @cached_property
    def reference_bills(self) -> Bills | None:
        """The same under reference charging, on the same loads; None if not known."""
        return kept_bills(self.run, self.scenario, self.billed_by, reference=True)

    def local(self, instant: datetime | np.datetime64 | None) -> str | None:
        """An instant as the feeder's clocks show it, to the minute."""
        if isinstance(instant, datetime):
            return f"{instant.astimezone(self.zone):%Y-%m-%d %H:%M}"
        if instant is None or np.isnat(instant):
            return None
        utc = instant.astype("datetime64[us]").item().replace(tzinfo=UTC)
        return f"{utc.astimezone(self.zone):%Y-%m-%d %H:%M}"

    def _count(self, table: str) -> int:
        if self.run.has(table):
            return self._static(table).height
        return int(_mapping(self.run.record.get("counts")).get(table) or 0)

    def _static(self, table: str) -> pl.DataFrame:
        if not self.run.has(table):
            return pl.DataFrame(schema=_empty(table))
        return self.run.static(table)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _empty(table: str) -> dict[str, Any]:
    types = {"text": pl.String, "i32": pl.Int32, "bool": pl.Boolean}
    return {
        column.name: types.get(column.dtype, pl.Float64)
        for column in TABLES[table].columns
    }


def _all_phases(nodes: pl.DataFrame, node: Ints, phase: Ints) -> Ints:
    """A customer on all phases (0) is judged at each live phase of its bus."""
    rows: dict[str, list[int]] = {}
    known = nodes.select("bus", "phase", "auxiliary").iter_rows()
    for index, (bus, of, auxiliary) in enumerate(known):
        if of > 0 and not auxiliary:
            rows.setdefault(bus, []).append(index)
    buses = nodes["bus"].to_list()
    found = np.repeat(node[:, None], 3, axis=1)
    for customer in np.flatnonzero(phase == 0).tolist():
        same = rows.get(buses[node[customer]], [])[:3]
        found[customer, : len(same)] = same
    return found
