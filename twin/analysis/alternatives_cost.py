"""What each variant of a study costs beyond the baseline, item by item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from twin.accounts.deferral import within_horizon_usd, yearly_present_usd
from twin.accounts.upgrades import Measures, Upgrades
from twin.analysis.case import Case

UNSTEERED = ("uncontrolled", "tou")
GIVING = ("v2g", "v2h", "emergency")
PRICED = ("feeder.changes", "storage", "policy", "reference", "output", "seed", "name")
OF_CARS = ("fleet.bidirectional_share", "fleet.export_permit", "participation")
SHOWN = 3


@dataclass(frozen=True)
class Item:
    """One thing that is paid for: once, then every year. mark: whose price it is."""

    words: str
    investment_usd: float
    yearly_usd: float
    life_years: float
    mark: str


@dataclass(frozen=True)
class Money:
    """Over which horizon money is counted, and how it is discounted."""

    horizon_years: float
    discount_rate: float
    escalation: float

    def present_usd(self, item: Item) -> float:
        """Cost of an item within the horizon, in money of today."""
        once = within_horizon_usd(
            item.investment_usd, item.life_years, self.horizon_years, self.discount_rate
        )
        return once + yearly_present_usd(
            item.yearly_usd, self.horizon_years, self.discount_rate, self.escalation
        )


@dataclass(frozen=True)
class Prices:
    """The catalogue of a region, as a study has it."""

    assets: Upgrades
    measures: Measures


def items(
    case: Case, base: Case, prices: Prices, extra: Mapping[str, Any]
) -> list[Item]:
    """All that a variant costs beyond the baseline."""
    found = [
        *_of_changes(case, base, prices),
        *_of_storage(case, base, prices.measures),
        *_of_cars(case, base, prices.measures),
        *_of_study(extra, prices.measures),
    ]
    return [one for one in found if one.investment_usd or one.yearly_usd]


def new_changes(case: Case, base: Case) -> list[Mapping[str, Any]]:
    """Changes of the grid that the baseline has not, as the run recorded them."""
    known = {one["words"] for one in _changes(base)}
    return [one for one in _changes(case) if one["words"] not in known]


def _changes(case: Case) -> list[Mapping[str, Any]]:
    feeder = case.run.record.get("feeder") or {}
    return list(feeder.get("changes") or [])


def _of_changes(case: Case, base: Case, prices: Prices) -> Iterator[Item]:
    assets, others = prices.assets, prices.measures
    life = others.asset_life_years
    for one in new_changes(case, base):
        words, kind = str(one["words"]), one["kind"]
        if kind == "transformer":
            usd = assets.of_transformer(float(one["kva"]))
            yield Item(words, usd, 0.0, life, assets.marks["transformer_usd"])
        elif kind == "line":
            usd = int(one["count"]) * assets.of_line(float(one["km"]))
            yield Item(words, usd, 0.0, life, assets.marks["line_usd_per_km"])
        elif kind in ("tap", "phase"):
            usd = others.tap_usd if kind == "tap" else others.phase_usd
            yield Item(words, usd, 0.0, life, others.marks[f"{kind}_usd"])


def storage_of(case: Case) -> list[Mapping[str, Any]]:
    """Stationary batteries that the scenario says, where it says any."""
    said = case.scenario.get("storage") or []
    rows = said if isinstance(said, Sequence) else [said]
    return [one for one in rows if isinstance(one, Mapping)]


def _of_storage(case: Case, base: Case, prices: Measures) -> Iterator[Item]:
    theirs = storage_of(base)
    for one in storage_of(case):
        kw, kwh = one.get("kw"), one.get("kwh")
        if one in theirs or not (_is_number(kw) and _is_number(kwh)):
            continue
        size_kw, size_kwh = float(kw or 0.0), float(kwh or 0.0)
        usd = prices.storage_usd_per_kw * size_kw
        usd += prices.storage_usd_per_kwh * size_kwh
        yield Item(
            f"battery of {size_kw:g} kW, {size_kwh:g} kWh",
            usd,
            prices.storage_yearly_share * usd,
            prices.storage_life_years,
            prices.marks["storage_usd_per_kwh"],
        )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def steered(case: Case) -> tuple[int, int]:
    """Cars in a programme that only takes, and cars that also give."""
    if case.policy in UNSTEERED or not case.n_ev:
        return 0, 0
    if not case.policy.startswith(GIVING):
        return case.n_ev, 0
    give = int((case.evs["discharge_kw"] > 0.0).sum())
    return case.n_ev - give, give


def _of_cars(case: Case, base: Case, prices: Measures) -> Iterator[Item]:
    """Enrolled cars beyond the baseline's; the platform where it has no programme."""
    (takes, gives), (had_takes, had_gives) = steered(case), steered(base)
    life = prices.car_life_years
    if takes + gives and not had_takes + had_gives:
        yield Item(
            "platform of the programme",
            prices.platform_usd,
            prices.platform_usd_per_year,
            life,
            prices.marks["platform_usd"],
        )
    for n, words, key in (
        (takes - had_takes, "cars charged by it", "managed_usd_per_car"),
        (gives - had_gives, "cars that also give", "v2g_usd_per_car"),
    ):
        if n > 0:
            once, yearly = getattr(prices, key), getattr(prices, f"{key}_year")
            said = prices.marks[f"{key}_year"]
            yield Item(f"{n} {words}", n * once, n * yearly, life, said)


def _of_study(extra: Mapping[str, Any], prices: Measures) -> Iterator[Item]:
    if extra:
        yield Item(
            "as the study says",
            float(extra["investment_usd"]),
            float(extra["yearly_usd"]),
            float(extra["life_years"] or prices.asset_life_years),
            "said in the study",
        )


def unpriced(case: Case, base: Case) -> list[str]:
    """Keys in which a variant differs from the baseline and that no item prices."""
    mine, theirs = _leaves(case.scenario), _leaves(base.scenario)
    keys = sorted(key for key in mine | theirs if mine.get(key) != theirs.get(key))
    known = (*PRICED, *OF_CARS)
    found = [key for key in keys if not key.startswith(known)]
    odd = [
        f"storage.{k}"
        for k, one in enumerate(storage_of(case))
        if not (_is_number(one.get("kw")) and _is_number(one.get("kwh")))
    ]
    return [*found, *odd]


def _leaves(tree: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in tree.items():
        here = f"{path}.{key}" if path else key
        found |= _leaves(value, here) if isinstance(value, Mapping) else {here: value}
    return found


def in_words(case: Case, base: Case, extra: Mapping[str, Any]) -> list[str]:
    """What a variant is, against the baseline."""
    if extra.get("words"):
        return [str(extra["words"])]
    if case is base:
        return [f"as it is: {_policy(case)}"]
    changes = [str(one["words"]) for one in new_changes(case, base)]
    more = len(changes) - SHOWN
    said = changes[:SHOWN] + ([f"and {more} more changes"] if more > 0 else [])
    said += [
        f"battery of {one.get('kw')} kW, {one.get('kwh')} kWh"
        for one in storage_of(case)
        if one not in storage_of(base)
    ]
    if case.policy != base.policy or steered(case) != steered(base):
        said.append(_policy(case))
    return said or ["as the baseline"]


def _policy(case: Case) -> str:
    takes, gives = steered(case)
    if not takes + gives:
        return f"{case.policy}, {case.n_ev} cars in no programme"
    parts = [f"{takes} cars charged by it"] if takes else []
    parts += [f"{gives} {'' if takes else 'cars '}that also give"] if gives else []
    return f"{case.policy}: {', '.join(parts)}"
