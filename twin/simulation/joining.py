"""Which cars of a year ahead can take part: by stage, and by year of purchase."""

from __future__ import annotations

import numpy as np

from twin.arrays import Bools, Floats, Ints
from twin.fleet.catalogue import Vehicle
from twin.fleet.participation import Known, Stages, brand_fits, stages
from twin.randomness import Purpose, uniform
from twin.scenario.participation_words import Participation
from twin.scenario.spec import Scenario
from twin.simulation.adopted import Adopted
from twin.simulation.participants import STAGES, Participants, refuse_unknown, said_or


def joining(
    scenario: Scenario, ahead: Adopted, entity: Ints, models: list[Vehicle], able: Bools
) -> Participants:
    """Every stage of each car; shares that `participation` says hold in all years.

    A make that is not committed, a model that is not able, may be so for cars of a
    later year of purchase; chargers and permits by the year that is simulated; homes
    enrol by a hazard of their own. ``able`` [n_ev]: cars that the catalogue knows.
    """
    words = scenario.participation or Participation()
    data, seed, owned = stages(scenario.region), scenario.seed, ahead.owned
    makes = [model.make for model in models]
    refuse_unknown(words, makes)
    makers = _makers(words, ahead, data, makes)
    charger = said_or(words.charger_share, _by_year(ahead, "charger"))
    permit = said_or(words.permit_share, _by_year(ahead, "permit"))
    home, which = owned.home, owned.replaced
    has_charger = uniform(seed, Purpose.TWO_WAY_CHARGER, home)
    passes = [
        uniform(seed, Purpose.CARMAKER, entity, 0, which) < makers,
        _vehicle(words, ahead, seed, entity, able),
        (has_charger < charger.share)
        & _fits(words, ahead, data, seed, entity, makes, has_charger),
        uniform(seed, Purpose.EXPORT_PERMIT, home) < permit.share,
        _enrolled(words, ahead, seed, entity),
    ]
    rows = np.array(passes, dtype=np.bool_).reshape(len(STAGES), len(entity))
    return Participants(
        tuple(makes),
        rows,
        (
            _told(
                rows[0], makers, "by make and year of purchase", words.carmaker_share
            ),
            _told(
                rows[1], rows[1], "by model and year of purchase", words.vehicle_share
            ),
            charger,
            permit,
            _told(
                rows[4], rows[4], "adoption.enrolment_per_year", words.enrolled_share
            ),
        ),
        ahead.data.date,
        data.file,
        words,
    )


def _makers(
    words: Participation, ahead: Adopted, data: Stages, makes: list[str]
) -> Floats:
    """Likelihood that a car's maker is committed, by year of purchase [n_ev]."""
    if words.carmaker_share is not None:
        return np.full(len(makes), words.carmaker_share)
    said = words.carmakers
    now = np.array([said.get(m, data.carmaker(m).share) for m in makes], dtype=float)
    fixed = np.array([m in said for m in makes], dtype=np.bool_)
    later = now + (1.0 - now) * ahead.data.committed.at(ahead.owned.bought)
    return np.where(fixed, now, later)


def _vehicle(
    words: Participation, ahead: Adopted, seed: int, entity: Ints, able: Bools
) -> Bools:
    drawn = uniform(seed, Purpose.BIDIRECTIONAL, entity, 0, ahead.owned.replaced)
    if words.vehicle_share is not None:
        said: Bools = drawn < words.vehicle_share
        return said
    later: Bools = able | (drawn < ahead.data.able.at(ahead.owned.bought))
    return later


def _fits(
    words: Participation,
    ahead: Adopted,
    data: Stages,
    seed: int,
    entity: Ints,
    makes: list[str],
    has_charger: Floats,
) -> Bools:
    """Whether charger and car work together: by brand, until the standard holds.

    A charger is of the standard where its home had none the year before it.
    """
    if words.standard == "unified":
        return np.ones(len(makes), dtype=np.bool_)
    owned, year = ahead.owned, ahead.words.standard_year
    share = said_or(words.matched_share, data.matched).share
    matched = uniform(seed, Purpose.CHARGER_MATCHED, entity) < share
    brand = uniform(seed, Purpose.CHARGER_BRAND, owned.home)
    later = has_charger >= ahead.data.charger.in_year(year - 1)
    unified: Bools = later & (owned.bought >= year) & (owned.year >= year)
    fits: Bools = matched | brand_fits(data.brands, brand, makes) | unified
    return fits


def _enrolled(words: Participation, ahead: Adopted, seed: int, entity: Ints) -> Bools:
    if words.enrolled_share is None:
        enrolled: Bools = ahead.owned.enrolled[ahead.owned.home]
        return enrolled
    drawn: Bools = uniform(seed, Purpose.ENROLLED, entity) < words.enrolled_share
    return drawn


def _by_year(ahead: Adopted, stage: str) -> Known:
    course = {"charger": ahead.data.charger, "permit": ahead.data.permit}[stage]
    return course.known(ahead.owned.year, ahead.data.date)


def _told(passes: Bools, shares: Floats | Bools, how: str, said: float | None) -> Known:
    """What a stage rests on that differs from car to car: the cars' mean share."""
    if said is not None:
        return said_or(said, Known(said, "", "", ""))
    mean = float(np.mean(shares)) if len(passes) else 0.0
    return Known(mean, "assumed", f"{how}, see data/adoption", "")
