"""Who owns what in which year, without simulating any day: for a look beforehand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import networkx as nx
import numpy as np
import polars as pl

from twin.arrays import Bools
from twin.errors import InputError
from twin.results.disk import written
from twin.results.durable import replacing
from twin.scenario.read import read
from twin.scenario.spec import Scenario
from twin.scenario.study import Study, is_study, read_study
from twin.simulation.adopted import Adopted, adopted
from twin.simulation.cars import cars
from twin.simulation.grids import Grid, load_grid
from twin.simulation.households import Households, households

NOT_ASKED = "nothing is said of years ahead; `adoption: {year: 2035}` asks for one"
TITLES = {
    "year": "year",
    "evs": "EVs",
    "homes_with_ev": "homes with",
    "evs_that_can_give": "can give",
    "homes_enrolled": "enrolled",
    "homes_with_pv": "PV",
    "homes_with_heat_pump": "heat pumps",
    "load_factor": "load x",
    "joined": "clustering",
}
HOMES_FILE, YEARS_FILE = "homes.csv", "years.csv"


@dataclass(frozen=True)
class Years:
    """Years lived on one feeder with one seed, and which of them were asked for."""

    scenario: Scenario
    variant: str
    grid: Grid
    people: Households
    lived: Adopted
    asked: tuple[int, ...]

    def in_year(self, year: int) -> Adopted:
        """What the years up to this one have come to."""
        place = year - self.lived.years[0].year
        words = self.lived.words.model_copy(update={"year": year})
        return replace(self.lived, words=words, years=self.lived.years[: place + 1])

    def totals(self) -> pl.DataFrame:
        """A row a year: how many there are, and how close together."""
        return pl.DataFrame([self._totals(year) for year in self.asked])

    def lines(self) -> list[str]:
        """The same in words for a terminal, with whose totals they are."""
        table = self.totals()
        head = [TITLES[name] for name in table.columns[2:]]
        rows = [
            [f"{cell:.2f}" if isinstance(cell, float) else f"{cell}" for cell in row]
            for row in table.select(table.columns[2:]).iter_rows()
        ]
        wide = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
        said = [
            "  ".join(word.rjust(k) for word, k in zip(row, wide, strict=True))
            for row in (head, *rows)
        ]
        name = f"{self.variant}, " if self.variant else ""
        notes = [f"note: {note}" for note in self.lived.notes if "totals" in note]
        return [f"{name}seed {self.scenario.seed}", *said, *notes]

    def _totals(self, year: int) -> dict[str, str | float | int]:
        then, n = self.in_year(year), self.people.n_home
        owned = then.owned
        evs = np.bincount(owned.home, minlength=n)
        part = cars(self.scenario, self.people, then).participants
        return {
            "variant": self.variant,
            "seed": self.scenario.seed,
            "year": year,
            "evs": len(owned),
            "homes_with_ev": int(np.count_nonzero(evs)),
            "evs_that_can_give": 0 if part is None else int(part.takes_part.sum()),
            "homes_enrolled": int(owned.enrolled.sum()),
            "homes_with_pv": int((owned.pv | (self.people.pv_kwp[:n] > 0)).sum()),
            "homes_with_heat_pump": int(owned.heat_pump.sum()),
            "load_factor": then.load_factor,
            "joined": joined(evs > 0, then.neighbours),
        }

    def homes(self) -> pl.DataFrame:
        """A row a year and home that owns anything, with where it is."""
        return pl.concat([self._homes(year) for year in self.asked])

    def _homes(self, year: int) -> pl.DataFrame:
        then, people, nodes = self.in_year(year), self.people, self.grid.feeder.nodes
        owned, n = then.owned, people.n_home
        node = people.node[:n]
        transformer = people.zones.transformer_of_node[node]
        names = [*self.grid.feeder.transformers.name, ""]
        last = np.full(n, -1)
        np.maximum.at(last, owned.home, owned.bought)
        new = then.on(people, self.scenario.customers.pv_kw, True)
        frame = pl.DataFrame(
            {
                "variant": [self.variant] * n,
                "seed": np.full(n, self.scenario.seed),
                "year": np.full(n, year),
                "customer": list(people.name[:n]),
                "bus": [nodes.bus[k] for k in node.tolist()],
                "transformer": [names[k] for k in transformer.tolist()],
                "x": nodes.x[node],
                "y": nodes.y[node],
                "evs": np.bincount(owned.home, minlength=n),
                "last_bought": last,
                "pv_kw": new.pv_kwp[:n],
                "heat_pump": owned.heat_pump.astype(np.int64),
                "enrolled": owned.enrolled.astype(np.int64),
            }
        ).with_columns(
            pl.when(pl.col("last_bought") >= 0).then(pl.col("last_bought")),
            pl.col("x", "y").fill_nan(None),
        )
        return frame.filter(
            (pl.col("evs") > 0) | (pl.col("pv_kw") > 0) | (pl.col("heat_pump") > 0)
        )


def joined(owns: Bools, neighbours: nx.Graph) -> float:
    """How much likelier than any home an owner's neighbour owns one, too; 1: by chance.

    A join count over its expectation where owners are strewn at random:
    J = (pairs of neighbours who both own) / (pairs of neighbours),
    E J = k (k - 1) / (n (n - 1)) with k owners among n homes.

    Source: Cliff and Ord, Spatial Processes, 1981, join counts without replacement.
    """
    pairs = np.array(list(neighbours.edges), dtype=np.int64).reshape(-1, 2)
    n, k = len(owns), int(owns.sum())
    if k < 2 or not len(pairs):
        return float("nan")
    both = float(np.mean(owns[pairs[:, 0]] & owns[pairs[:, 1]]))
    return both / (k * (k - 1) / (n * (n - 1)))


def years_of(file: Path, overrides: Sequence[str] = ()) -> list[Years]:
    """Every seed's years of a scenario, or of a study's points; nothing simulated."""
    grids: dict[str, Grid] = {}
    if not is_study(file):
        scenario = read(file, list(overrides))
        if scenario.adoption is None:
            raise InputError.of(NOT_ASKED, "adoption", str(file))
        return [_years(scenario, "", (), grids)]
    if overrides:
        raise InputError.of("a study has no overrides", key="--set")
    courses = _courses(read_study(file))
    if not courses:
        raise InputError.of(NOT_ASKED, "adoption", str(file))
    return [
        _years(by_year[max(by_year)], variant, tuple(sorted(by_year)), grids)
        for variant, by_year in courses
    ]


def write(years: Sequence[Years], out: Path) -> list[Path]:
    """The tables as CSV files of a folder: by year, and by home for a map."""
    tables = {
        YEARS_FILE: pl.concat([one.totals() for one in years]),
        HOMES_FILE: pl.concat([one.homes() for one in years]),
    }
    with written("who owns what", out):
        out.mkdir(parents=True, exist_ok=True)
        for name, table in tables.items():
            with replacing(out / name) as temporary:
                table.write_csv(temporary)
    return [out / name for name in tables]


def _years(
    scenario: Scenario, variant: str, asked: tuple[int, ...], grids: dict[str, Grid]
) -> Years:
    key = scenario.feeder.model_dump_json()
    if key not in grids:
        grids[key] = load_grid(scenario)
    grid = grids[key]
    people = households(scenario, grid.feeder, grid.loads)
    lived = adopted(scenario, grid.feeder, people)
    assert lived is not None
    every = tuple(one.year for one in lived.years)
    return Years(scenario, variant, grid, people, lived, asked or every)


def _courses(study: Study) -> list[tuple[str, dict[int, Scenario]]]:
    """Each different course of years: the variant that has it first, and its years."""
    found: dict[str, tuple[str, dict[int, Scenario]]] = {}
    for one in study.runs():
        words = [f"{key}={json.dumps(value)}" for key, value in one.overrides.items()]
        scenario = read(study.base, [*words, f"seed={one.seed}"])
        none = 0 in (scenario.fleet.ev_share, scenario.fleet.ev_count)
        if scenario.adoption is not None and not none:
            _, by_year = found.setdefault(_course(scenario), (one.variant, {}))
            by_year.setdefault(scenario.adoption.year, scenario)
    return list(found.values())


def _course(scenario: Scenario) -> str:
    """All that ownership and who can take part hang on, but the year."""
    keys = {"feeder", "customers", "fleet", "participation", "adoption", "seed"}
    words = scenario.model_dump(mode="json", include=keys)
    for key in ("year", "upgrades"):
        words["adoption"].pop(key)
    return json.dumps(words, sort_keys=True)
