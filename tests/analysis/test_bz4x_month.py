"""The month of the bZ4X pilot, shortened: three of its thirty days, all else as it is.

The whole circuit, its 1,379 loads and 522 cars are simulated; only the days are fewer,
and they begin where the month begins. What is expected are the figures that this form
gave when it was made (30 November 2026): where they move, the model has changed. Those
of the whole month stand in docs/validation.md.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from twin.analysis.beside import bill_by_home, wear_by_car
from twin.analysis.case import Case
from twin.analysis.ledger import Books, books_of
from twin.analysis.metrics import headline_of
from twin.results.record import Run
from twin.scenario.read import read
from twin.simulation.run import run

pytestmark = pytest.mark.long

FILE = Path(__file__).parents[2] / "scenarios" / "bz4x_month.yaml"
EXPECTED = {
    "peak_kw": 4475.91,
    "losses_kwh": 6963.86,
    "ev_charged_kwh": 10021.0,
    "ev_discharged_kwh": 4346.41,
    "bill_ev_usd": 764.849,
    "bill_other_usd": 741.295,
    "bill_change_ev_usd": -65.8946,
    "wear_change_nmc_usd": -3.74265,
    "wear_change_lfp_usd": -0.0718375,
    "wear_nmc_usd_per_kwh_given": -0.449488,
    "transformer_aged_h": 11.9613,
}


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    said = read(FILE, ["time.days=3"])
    return Case(Run.open(run(said, tmp_path_factory.mktemp("month"))))


@pytest.fixture(scope="module")
def books(case: Case) -> Books:
    found = books_of(case)
    assert found is not None
    return found


def test_headline_figures_are_as_they_were(case: Case) -> None:
    told = headline_of(case)
    found = {key: told[key] for key in EXPECTED}
    assert found == pytest.approx(EXPECTED, rel=5e-3)


def test_the_ledger_of_a_thousand_homes_closes(case: Case, books: Books) -> None:
    assert case.n_customers == 1379 and case.n_ev == 522
    assert 0.0 <= books.residual_usd < 0.005


def test_cars_rest_lower_and_cycle_more(case: Case) -> None:
    """Charging late spares batteries by time, giving costs cycles: told apart."""
    cars = wear_by_car(case)
    assert cars["nmc_calendar_change"].mean() < 0 < cars["nmc_cycling_change"].mean()
    gave = cars.filter(cars["given_kwh"] > 0)
    assert 0.2 < gave.height / cars.height < 0.55
    assert gave["nmc_cycling_change"].mean() > cars["nmc_cycling_change"].mean()


def test_homes_without_a_car_see_nothing(case: Case) -> None:
    homes = bill_by_home(case)
    with_car = homes["evs"].to_numpy() > 0
    change = homes["bill_change_usd"].to_numpy()
    assert np.abs(change[~with_car]).max() < 1e-4
    assert (change[with_car] < 0).mean() > 0.8
