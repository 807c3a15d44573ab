"""How far a run's policy is from the best possible: a row a place, kept with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from twin.accounts.flexibility import Flexibility
from twin.accounts.yardstick import (
    Peak,
    bracketed_peak,
    energy_cost,
    lowest_cost,
)
from twin.analysis.case import Case
from twin.analysis.plugged import Plugged, plugged_of
from twin.arrays import Bools, Floats
from twin.errors import InputError, nearest
from twin.results.durable import write_json
from twin.results.record import RUN_FILE, Run

Objective = Literal["peak", "bill"]
OBJECTIVES: tuple[Objective, ...] = get_args(Objective)
HEAD = "head"
MOST_TRANSFORMERS = 5
WINDOW_H = 168.0
HOMES_AT_ONCE = 16
SOURCES = (
    "yardstick.py",
    "plugged.py",
    "../accounts/yardstick.py",
    "../accounts/flexibility.py",
    "../fleet/charging.py",
)


@dataclass(frozen=True)
class Row:
    """One place: what was, what could have been. kW of a peak, USD of a bill.

    without        if cars had stood still, without those slots' energy
    at_once        if every car had charged from its plug-in on, to where it came
    actual         what the policy did
    one_way        the best if no car could give; to `one_way_most` at worst
    best           the best with what each car can; to `best_most` at worst
    given_kwh      what cars gave; at least for the best: `best_given_kwh`, None if that
                   is not known
    """

    place: str
    rating_kva: float | None
    cars: int
    two_way: int
    without: float
    at_once: float
    actual: float
    one_way: float
    one_way_most: float
    best: float
    best_most: float
    given_kwh: float
    best_given_kwh: float | None

    @property
    def reached(self) -> float | None:
        """Share of the possible reduction that the policy reached; None: none is."""
        return _share(self.at_once - self.actual, self.at_once - self.best)

    @property
    def reached_one_way(self) -> float | None:
        """The same of what was possible without giving."""
        return _share(self.at_once - self.actual, self.at_once - self.one_way)


def yardstick(
    run: Run,
    objective: Objective,
    transformer: str = "",
    watch: Callable[[str], None] = lambda place: None,
) -> list[Row]:
    """Solve it and keep it: the head and the fullest transformers, or the one named.

    ``watch`` is told each place before it is solved.
    """
    case = _usable(run)
    places = _places(case, transformer)
    plugged = plugged_of(case)
    if not transformer:
        places += _fullest(case, plugged)
    measure = {"peak": _peak_row, "bill": _bill_row}[objective]
    rows = []
    for place in places:
        watch(_name(case, place))
        rows.append(measure(case, plugged, place))
    found = {row.place: row for row in [*kept_rows(run, objective), *rows]}
    _keep(run, objective, list(found.values()))
    return rows


def kept_rows(run: Run, objective: Objective) -> list[Row]:
    """What was solved before of this run by the same code; none otherwise."""
    try:
        said = json.loads(_file(run, objective).read_text(encoding="utf-8"))
        if said["of"] != _of(run):
            return []
        return [Row(**row) for row in said["rows"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _keep(run: Run, objective: Objective, rows: Sequence[Row]) -> None:
    said = [asdict(row) for row in rows]
    path = _file(run, objective)
    try:
        write_json(path, {"objective": objective, "of": _of(run), "rows": said})
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError.of(f"cannot be written: {reason}", where=str(path)) from error


def _file(run: Run, objective: Objective) -> Path:
    return run.path / f"yardstick-{objective}.json"


def _of(run: Run) -> str:
    """What the rows depend on: the run's record and the code that made them."""
    of = hashlib.sha256((run.path / RUN_FILE).read_bytes())
    for name in SOURCES:
        of.update(Path(__file__).parent.joinpath(name).read_bytes())
    return of.hexdigest()[:16]


def _usable(run: Run) -> Case:
    """The run as a case; what it lacks for a yardstick is told."""
    case = Case(run)
    where = str(run.path)
    if not run.is_complete:
        raise InputError.of(
            f"the run is {run.status}, and a yardstick needs one that came to its end; "
            "run it again",
            where=where,
        )
    if not (run.has("ev_steps") and run.has("customer_steps")):
        raise InputError.of(
            "has no course of its cars and meters; a yardstick needs a run with "
            "`output.level: all`",
            where=where,
        )
    if not case.n_ev:
        raise InputError.of(
            "has no cars, so nothing could have been done otherwise; a yardstick needs "
            "a run with fleet.ev_share or fleet.ev_count above 0",
            where=where,
        )
    return case


def _places(case: Case, transformer: str) -> list[int]:
    if not transformer:
        return [case.transformers.height]
    names = [str(name) for name in case.transformers["name"]]
    if transformer not in names:
        known = f"it has {len(names)}, as '{names[0]}'" if names else "it has none"
        hint = nearest(transformer, names)
        raise InputError.of(
            f"'{transformer}' is no transformer of this run{hint} ({known})",
            key="--transformer",
        )
    return [names.index(transformer)]


def _fullest(case: Case, plugged: Plugged) -> list[int]:
    """Transformers with cars, by their highest load over their rating."""
    rating = case.transformers["rating_kva"].fill_null(np.nan).to_numpy()
    n = case.transformers.height
    if not n or not case.steps.height:
        return []
    loading = plugged.load_kw[:, :n].max(axis=0) / rating
    able = np.array([plugged.cars(place).any() for place in range(n)])
    ranked = np.argsort(-np.nan_to_num(np.where(able, loading, -np.inf), nan=-1e9))
    return [int(t) for t in ranked[:MOST_TRANSFORMERS] if able[t]]


def _name(case: Case, place: int) -> str:
    if place == case.transformers.height:
        return HEAD
    return str(case.transformers["name"][place])


def _head(case: Case, plugged: Plugged, place: int) -> dict[str, Any]:
    """What every row begins with."""
    cars = plugged.cars(place)
    known = place < case.transformers.height
    rating = case.transformers["rating_kva"][place] if known else None
    gives = case.evs["discharge_kw"].to_numpy() > 0.0
    return {
        "place": _name(case, place),
        "rating_kva": None if rating is None else float(rating),
        "cars": int(cars.sum()),
        "two_way": int((cars & gives).sum()),
        "given_kwh": float(plugged.given_kwh[cars].sum()),
    }


def _peak_row(case: Case, plugged: Plugged, place: int) -> Row:
    cars, step_h = plugged.cars(place), case.step_h
    flex, stored = _of_cars(plugged, cars)
    base_kw, load_kw = plugged.base_kw[:, place], plugged.load_kw[:, place]
    hours = np.full(len(base_kw), step_h)
    once_kw = base_kw + flex.load_kw(flex.one_way.at_once_kwh(), hours)
    one_way = _lowest_peak(flex.one_way, stored, base_kw, once_kw, step_h)
    best = one_way
    if flex.gives.any():
        best = _lowest_peak(flex, stored, base_kw, load_kw, step_h)
    given = best.given_kwh
    return Row(
        **_head(case, plugged, place),
        without=float(base_kw.max()),
        at_once=float(once_kw.max()),
        actual=float(load_kw.max()),
        one_way=one_way.lower_kw,
        one_way_most=one_way.upper_kw,
        best=best.lower_kw,
        best_most=min(best.upper_kw, float(load_kw.max())),
        best_given_kwh=None if np.isnan(given) else given,
    )


def _lowest_peak(
    flex: Flexibility, stored: Floats, base_kw: Floats, known_kw: Floats, step_h: float
) -> Peak:
    """The lowest peak of a run, a week at a time between the charge that it had.

    known_kw  a course that is possible: a week that it keeps below what another
              week needs at least is not solved
    """
    length = round(WINDOW_H / step_h)
    week = np.arange(len(base_kw)) // length
    if week[-1] == 0:
        return bracketed_peak(flex, base_kw, step_h)
    cut = flex.cut(week[flex.step], stored, 1e-6)
    tops = np.array([known_kw[week == one].max() for one in range(week[-1] + 1)])
    found = Peak(-np.inf, -np.inf, np.nan, None)
    for one in np.argsort(-tops, kind="stable").tolist():
        if tops[one] <= found.lower_kw:
            break
        inside = cut.kept(week[cut.step] == one)
        alone = replace(inside, step=inside.step - one * length)
        next_one = bracketed_peak(alone, base_kw[week == one], step_h)
        found = Peak(
            max(found.lower_kw, next_one.lower_kw),
            max(found.upper_kw, next_one.upper_kw),
            np.nan,
            None,
        )
    return found


def _of_cars(plugged: Plugged, cars: Bools) -> tuple[Flexibility, Floats]:
    mine = cars[plugged.flex.stays.car][plugged.flex.stay]
    return plugged.flex.of_cars(cars), plugged.stored_kwh[mine]


def _bill_row(case: Case, plugged: Plugged, place: int) -> Row:
    """What the homes with a car below a place pay for energy, and for their wear."""
    cars = plugged.cars(place)
    homes = np.unique(plugged.home[cars])
    prices = _prices(case)
    wear = _wear_usd_per_kwh(case)
    parts = [
        _bill_of(case, plugged, homes[at : at + HOMES_AT_ONCE], prices, wear)
        for at in range(0, len(homes), HOMES_AT_ONCE)
    ]
    without, once, actual, one_way, best, given = np.sum(parts, axis=0)
    head = _head(case, plugged, place)
    actual += wear * head["given_kwh"]
    return Row(
        **head,
        without=float(without),
        at_once=float(once),
        actual=float(actual),
        one_way=float(one_way),
        one_way_most=float(one_way),
        best=float(best),
        best_most=float(best),
        best_given_kwh=float(given),
    )


def _bill_of(
    case: Case,
    plugged: Plugged,
    homes: Any,
    prices: tuple[Floats, Floats],
    wear: float,
) -> Floats:
    """USD without cars, at once, as it was, one way, best; kWh given for the best."""
    cars = np.isin(plugged.home, homes)
    flex, step_h = plugged.flex.of_cars(cars), case.step_h
    n_step = len(plugged.meter_kw)
    row = np.searchsorted(homes, plugged.home[flex.stays.car])[flex.stay]
    meter = row * n_step + flex.step
    base = plugged.meter_kw[:, homes].T.ravel() * step_h
    price, export = (np.tile(one, len(homes)) for one in prices)
    net = plugged.net_kw[:, homes].T.ravel() * step_h
    once = base + np.bincount(meter, flex.one_way.at_once_kwh(), len(base))
    costs = [energy_cost(kwh, price, export).sum() for kwh in (base, once, net)]
    alone = lowest_cost(flex.one_way, meter, base, price, export, wear)
    best = alone
    if flex.gives.any():
        best = lowest_cost(flex, meter, base, price, export, wear)
    return np.array([*costs, alone.usd, best.usd, best.given_kwh])


def _prices(case: Case) -> tuple[Floats, Floats]:
    """What a kWh costs and what one is paid, of each interval, USD. [n_step]"""
    names = ("price_usd_per_kwh", "export_price_usd_per_kwh")
    price, export = (case.steps[name].fill_null(0.0).to_numpy() for name in names)
    return price, export


def _wear_usd_per_kwh(case: Case) -> float:
    policy = case.scenario.get("policy")
    said = policy.get("wear_usd_per_kwh", 0.0) if isinstance(policy, Mapping) else 0.0
    return float(said)


def _share(reached: float, possible: float) -> float | None:
    """None where less than a ten-thousandth of a unit is possible."""
    return reached / possible if possible > 1e-4 else None


COLUMNS = tuple(field.name for field in fields(Row))
