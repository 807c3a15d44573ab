"""Law of bytes: the same scenario writes the same files, however it was lived."""

from __future__ import annotations

import random
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from tests.simulation.circuit import regulated
from tests.worlds import (
    FEW_WORLDS,
    POLICIES,
    interrupted_life,
    planned,
    scenario,
    scenarios,
)
from twin.results.store import RunWriter
from twin.scenario.spec import Scenario
from twin.simulation import statics
from twin.simulation.build import build
from twin.simulation.run import simulate
from twin.simulation.world import World

Life = Callable[[World], object]


@pytest.mark.long
@FEW_WORLDS
@given(scenarios(), st.randoms(use_true_random=False))
def test_shuffled_and_rebuilt_lives_write_the_same_bytes(
    said: Scenario, chance: random.Random
) -> None:
    straight = written(said, simulate)
    assert written(said, lambda world: _shuffled(world, chance)) == straight
    assert written(said, lambda world: _rebuilt_at_seconds(world, chance)) == straight
    assert written(said, lambda world: _rebuilt_after_events(world, chance)) == straight


@pytest.mark.parametrize("policy", POLICIES)
def test_lives_rebuilt_where_events_meet_steps_write_the_same_bytes(
    policy: str,
) -> None:
    said = scenario(
        policy__name=policy,
        fleet__ev_count=12,
        fleet__bidirectional_share=1.0,
        tariff__name="sdge_ev_tou_5",
        tariff__export_price_usd_per_kwh=0.6,
        time__start="2026-03-28",
    )
    straight = written(said, simulate)
    assert written(said, _rebuilt_at_every_step) == straight
    assert written(said, _rebuilt_after_every_event) == straight


def test_a_rebuilt_life_with_taps_that_move_writes_the_same_bytes(
    tmp_path: Path,
) -> None:
    said = scenario(
        feeder__source=f"opendss:{regulated(tmp_path)}",
        time__days=1,
        time__timezone="America/Los_Angeles",
        fleet__ev_count=3,
    )
    straight = written(said, simulate)
    assert written(said, _rebuilt_at_every_step) == straight
    assert written(said, _rebuilt_after_every_event) == straight


def test_another_seed_writes_other_bytes() -> None:
    one, other = (written(scenario(seed=seed), simulate) for seed in (1, 2))
    assert one["steps"] != other["steps"]
    assert one["trips"] != other["trips"]


def written(said: Scenario, live: Life) -> dict[str, str]:
    """Checksum of every table of a run."""
    with TemporaryDirectory() as folder:
        run = planned(said)
        with RunWriter.open(Path(folder), said.name, "0" * 16) as writer:
            world = build(run, writer)
            soc_start = world.fleet.state["soc"].copy()
            live(world)
            writer.table("customers", statics.customers(run, world))
            writer.table("evs", statics.evs(run, world, soc_start))
            if world.guests.shadow is not None:
                writer.table("shadow_evs", statics.shadow_evs(run, world.guests.shadow))
            final = writer.finish({})
        files = sorted(final.rglob("*.parquet"))
        assert len(files) >= 10
        return {file.stem: sha256(file.read_bytes()).hexdigest() for file in files}


def _shuffled(world: World, chance: random.Random) -> None:
    """Drivers begin their lives in another order than that of their cars."""
    agents = world.population.agents
    agents.random = chance
    agents.shuffle(inplace=True)
    simulate(world)


def _rebuilt_at_seconds(world: World, chance: random.Random) -> None:
    end_s = int(world.timeline.midnight_s[-1])
    instants = sorted(chance.randrange(1, end_s) for _ in range(6))
    _rebuilt_at(world, instants)


def _rebuilt_at_every_step(world: World) -> None:
    step_s = world.timeline.step_s
    _rebuilt_at(world, [k * step_s for k in range(1, world.timeline.n_steps)])


def _rebuilt_at(world: World, instants: list[int]) -> None:
    env = simpy.Environment()
    done = world.begin(env)
    for instant in instants:
        if instant > env.now:
            env.run(until=instant)
        env = simpy.Environment(initial_time=env.now)
        done = world.begin(env)
    env.run(until=done)


def _rebuilt_after_events(world: World, chance: random.Random) -> None:
    """Also between events of one second: cars first, then the step."""
    lives = 2 + 2 * len(world.fleet)
    interrupted_life(world, [chance.randrange(lives, 40 * lives) for _ in range(6)])


def _rebuilt_after_every_event(world: World) -> None:
    beginnings = len(world.fleet) + 2
    cuts = interrupted_life(world, [beginnings + 1] * 5_000)
    assert cuts > world.timeline.n_steps
