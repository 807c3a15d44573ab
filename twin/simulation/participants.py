"""Which cars can take part in giving: every stage that does not move, drawn by key."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from twin.arrays import Bools, Floats, Ints
from twin.errors import InputError, nearest
from twin.fleet.catalogue import Vehicle, vehicles
from twin.fleet.participation import Known, Stages, brand_fits, stages
from twin.randomness import Purpose, uniform
from twin.scenario.participation_words import Participation
from twin.scenario.spec import Scenario

STAGES = ("carmaker", "vehicle", "charger", "permit", "enrolled")
SAID = "assumed in the scenario"


@dataclass(frozen=True)
class Participants:
    """Who passes each stage by itself [n_stage, n_ev], and what that rests on.

    known   a line a stage: its share, how sure it is, and whose word
    """

    make: tuple[str, ...]
    passes: Bools
    known: tuple[Known, ...]
    date: str
    file: Path
    words: Participation

    @property
    def takes_part(self) -> Bools:
        """Cars that pass every stage [n_ev]."""
        every: Bools = np.logical_and.reduce(self.passes, axis=0)
        return every

    @property
    def enrolled(self) -> Bools:
        """Cars in a programme, whether they can give or not [n_ev]."""
        enrolled: Bools = self.passes[STAGES.index("enrolled")]
        return enrolled

    @property
    def stopped_at(self) -> list[str]:
        """The first stage that each car does not pass; empty where there is none."""
        first = np.argmin(self.passes, axis=0).tolist()
        parts = self.takes_part
        return ["" if parts[k] else STAGES[first[k]] for k in range(len(parts))]

    @property
    def assumptions(self) -> list[str]:
        """What of the stages nobody has measured, in words."""
        return [
            f"participation: {stage}, {_words(one)}"
            for stage, one in zip(STAGES, self.known, strict=True)
            if one.mark != "published"
        ]

    def frame(self, could_kw: Floats) -> pl.DataFrame:
        """Rows of ``participants``: each car, and where it stops."""
        columns = dict(zip(STAGES, self.passes, strict=True))
        return pl.DataFrame(
            {
                "ev": np.arange(len(self.make)),
                "make": list(self.make),
                "could_kw": could_kw,
                **columns,
                "takes_part": self.takes_part,
                "stopped_at": self.stopped_at,
            },
            schema_overrides={"make": pl.String, "stopped_at": pl.String},
        )


def participants(
    scenario: Scenario, entity: Ints, home: Ints, models: list[Vehicle], able: Bools
) -> Participants | None:
    """Draw every stage; None where a scenario says nothing of participation.

    ``able`` [n_ev]: cars that the catalogue knows to be able to give here. Each draw
    is compared with a share, so a higher share only ever adds cars.
    """
    words = scenario.participation
    if words is None:
        return None
    data, seed = stages(scenario.region), scenario.seed
    makes = [model.make for model in models]
    refuse_unknown(words, makes)
    shares = np.array([_committed(words, data, make) for make in makes])
    charger = said_or(words.charger_share, data.charger)
    permit = said_or(words.permit_share, data.permit)
    enrolled = said_or(words.enrolled_share, data.enrolled)
    passes = [
        uniform(seed, Purpose.CARMAKER, entity) < shares,
        _vehicle(words, seed, entity, able),
        (uniform(seed, Purpose.TWO_WAY_CHARGER, home) < charger.share)
        & _fits(words, data, seed, entity, home, makes),
        uniform(seed, Purpose.EXPORT_PERMIT, home) < permit.share,
        uniform(seed, Purpose.ENROLLED, entity) < enrolled.share,
    ]
    known = (
        _makers_known(words, data, makes, shares),
        _vehicle_known(words, able),
        _charger_known(words, data, charger),
        permit,
        enrolled,
    )
    rows = np.array(passes, dtype=np.bool_).reshape(len(STAGES), len(entity))
    return Participants(tuple(makes), rows, known, data.date, data.file, words)


def _committed(words: Participation, data: Stages, make: str) -> float:
    if words.carmaker_share is not None:
        return words.carmaker_share
    return words.carmakers.get(make, data.carmaker(make).share)


def _vehicle(words: Participation, seed: int, entity: Ints, able: Bools) -> Bools:
    if words.vehicle_share is None:
        return able
    drawn: Bools = uniform(seed, Purpose.BIDIRECTIONAL, entity) < words.vehicle_share
    return drawn


def _fits(
    words: Participation,
    data: Stages,
    seed: int,
    entity: Ints,
    home: Ints,
    makes: list[str],
) -> Bools:
    """Whether the home's charger works with the car [n_ev]."""
    if words.standard == "unified":
        return np.ones(len(makes), dtype=np.bool_)
    share = said_or(words.matched_share, data.matched).share
    matched = uniform(seed, Purpose.CHARGER_MATCHED, entity) < share
    brand = uniform(seed, Purpose.CHARGER_BRAND, home)
    fits: Bools = matched | brand_fits(data.brands, brand, makes)
    return fits


def said_or(share: float | None, data: Known) -> Known:
    """A share as the scenario says, else as the data have it."""
    return data if share is None else Known(share, SAID, "the scenario's own", "")


def _makers_known(
    words: Participation, data: Stages, makes: list[str], shares: Floats
) -> Known:
    """The cars' mean share; as sure as the least sure make among them."""
    mean = float(shares.mean()) if len(shares) else 0.0
    if words.carmaker_share is not None:
        return said_or(words.carmaker_share, data.charger)
    rows = [data.carmaker(make) for make in set(makes) - set(words.carmakers)]
    marks = {row.mark for row in rows} | ({SAID} if words.carmakers else set())
    order = ("assumed", "recalled", "reported", SAID, "published")
    mark = next((one for one in order if one in marks), "assumed")
    source = f"by make, see data/participation/{data.file.name}"
    return Known(mean, mark, source, data.date)


def _vehicle_known(words: Participation, able: Bools) -> Known:
    if words.vehicle_share is not None:
        return Known(words.vehicle_share, SAID, "the scenario's own", "")
    share = float(able.mean()) if len(able) else 0.0
    source = "by model, see data/vehicles/bidirectional.csv"
    return Known(share, "reported", source, "dated by row")


def _charger_known(words: Participation, data: Stages, charger: Known) -> Known:
    if words.standard == "unified":
        return charger
    matched = said_or(words.matched_share, data.matched)
    source = (
        f"{charger.source}; works with its own brand only, {100 * matched.share:g} % "
        f"bought for the car ({matched.mark}), the rest by brand "
        f"({data.brands_known.mark})"
    )
    marks = (charger.mark, matched.mark, data.brands_known.mark)
    mark = "assumed" if "assumed" in marks else charger.mark
    return Known(charger.share, mark, source, charger.source_date)


def _words(one: Known) -> str:
    dated = f", {one.source_date}" if one.source_date else ""
    if one.mark == SAID:
        return f"share {one.share:.3g}, {SAID}"
    return f"share {one.share:.3g}, {one.mark}: {one.source}{dated}"


def refuse_unknown(words: Participation, makes: list[str]) -> None:
    """A make that no catalogue knows is the user's error."""
    every = sorted({car.make for car in vehicles().values()} | set(makes))
    for make in words.carmakers:
        if make not in every:
            raise InputError.of(
                f"no make '{make}'; allowed: {', '.join(every)}{nearest(make, every)}",
                key="participation.carmakers",
            )
