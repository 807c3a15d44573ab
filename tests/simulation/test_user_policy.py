"""A policy of the user's: found by its path, told in words where it goes wrong."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.worlds import grid, lived, planned, scenario
from twin.errors import InputError, RunFailed
from twin.results.record import Run
from twin.simulation.run import run

MODULE = '''
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Half:
    """Half of full power at every plug."""

    share: float = 0.5

    def decide(self, seen):
        return self.share * seen.charge_kw


class Urgent(Half):
    watches_departure = True


class Broken:
    def decide(self, seen):
        return np.full(len(seen.soc), np.nan) if seen.step == 3 else 0 * seen.soc


class Short:
    def decide(self, seen):
        return seen.soc[1:]


class Raises:
    def decide(self, seen):
        return seen.no_such_thing


class NoPolicy:
    pass


half = Half()
'''


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a module of policies, as if the user worked in it."""
    (tmp_path / "my_rules.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    sys.modules.pop("my_rules", None)


def test_a_policy_is_found_in_the_current_folder(here: Path) -> None:
    said = scenario(policy__name="my_rules:Half", fleet__ev_share=1.0)
    run_plan = planned(said)
    assert run_plan.policy_file == here / "my_rules.py"
    diary = lived(said)
    charge_kw = diary.column("charge_kw")
    assert charge_kw.max() == pytest.approx(
        0.5 * diary.world.fleet.traits["charge_kw"].max()
    )
    assert diary.world.fleet.urgent_s == 0


def test_a_policy_takes_the_scenarios_parameters() -> None:
    policy = planned(
        scenario(policy__name="my_rules:Half", policy__parameters={"share": 0.25})
    ).policy
    assert policy.share == 0.25


def test_a_policy_may_watch_departures() -> None:
    diary = lived(scenario(policy__name="my_rules:Urgent"))
    assert diary.world.fleet.urgent_s == 900


def test_the_current_folder_is_not_left_on_the_path(here: Path) -> None:
    planned(scenario(policy__name="my_rules:Half"))
    assert str(here) not in sys.path


@pytest.mark.parametrize(
    "name, told",
    [
        ("nowhere_at_all:Half", "cannot import 'nowhere_at_all' from"),
        ("my_rules:Third", "'Third' in my_rules is no class with a method decide"),
        ("my_rules:NoPolicy", "'NoPolicy' in my_rules is no class with a method"),
        ("my_rules:half", "'half' in my_rules is no class with a method"),
    ],
)
def test_what_is_no_policy_is_told(name: str, told: str) -> None:
    with pytest.raises(InputError) as caught:
        planned(scenario(policy__name=name))
    assert "policy.name" in str(caught.value)
    assert told in str(caught.value)


def test_a_module_that_breaks_is_told(here: Path) -> None:
    (here / "broken_rules.py").write_text("1 / 0\n")
    with pytest.raises(InputError, match=r"broken_rules.*division by zero"):
        planned(scenario(policy__name="broken_rules:Half"))


def test_a_parameter_that_it_does_not_take_is_told() -> None:
    said = scenario(policy__name="my_rules:Half", policy__parameters={"half": 1})
    with pytest.raises(InputError, match=r"policy\.parameters: Half\(.*'half'"):
        planned(said)


@pytest.mark.parametrize(
    "name, told",
    [
        ("Broken", "policy Broken at step 3: decide must return 5 finite powers in kW"),
        ("Short", "got an array of shape (4,)"),
        ("Raises", "policy Raises at step 0: AttributeError"),
    ],
)
def test_a_wrong_answer_fails_the_run_and_keeps_it(
    here: Path, name: str, told: str
) -> None:
    said = scenario(policy__name=f"my_rules:{name}", fleet__ev_count=5)
    with pytest.raises(RunFailed) as caught:
        run(said, here / "results", grid(said.feeder.source))
    assert told in str(caught.value)
    (folder,) = (here / "results" / "small").glob("*.part")
    assert Run.open(folder).status == "failed"


def test_an_edited_policy_is_another_run(here: Path) -> None:
    said = scenario(policy__name="my_rules:Half", time__days=1)
    first = run(said, here / "results", grid(said.feeder.source))
    text = MODULE.replace("0.5", "0.75")
    (here / "my_rules.py").write_text(text)
    sys.modules.pop("my_rules")
    second = run(said, here / "results", grid(said.feeder.source))
    assert first != second
    assert np.isclose(
        pl.read_parquet(first / "ev_steps.parquet")["kw"].to_numpy().max(), 5.5, 1
    )
