"""Steps put to the engine: its process is guarded like the converting one."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from tests.grid.unseen_circuits import END, HEAD, SERVICE, of
from twin.errors import InputError
from twin.grid import opendss_steps
from twin.grid.opendss import to_feeder
from twin.grid.opendss_circuit import Circuit
from twin.grid.opendss_process import converted
from twin.grid.opendss_steps import Engine, Step

CLEAN = of(SERVICE)


@pytest.fixture(scope="module")
def circuit(tmp_path_factory: pytest.TempPathFactory) -> Circuit:
    master = tmp_path_factory.mktemp("clean") / "Master.dss"
    master.write_text(CLEAN)
    return converted(master)


def engine_of(circuit: Circuit, folder: Path, script: str = CLEAN) -> Engine:
    """The engine of a circuit whose file says this by now."""
    (folder / "Master.dss").write_text(script)
    feeder = to_feeder(circuit, "clean")
    return Engine(circuit, feeder, folder / "Master.dss", folder)


def step_of(engine: Engine) -> Step:
    kw, kvar = engine.feeder.terminals.p_kw, engine.feeder.terminals.q_kvar
    return Step(kw, kvar, 0.0 * kw, 0.0 * kw)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("doscmd touch {mark}", "doscmd: no command for a circuit"),
        ("set editor=/usr/bin/touch\nfileedit {mark}", "editor: no option"),
        ("new loadshape.s npts=1 mult=(file={secret})", "lies outside of"),
        ("redirect {secret}", "lies outside of"),
        ("redirect Master.dss", "files within one another"),
        ("new line.x phases=1e9", "a number from 0 to"),
        ("new generator.g usermodel=evil", "usermodel: code or data"),
        ("save circuit dir={mark}", "not what they were"),
    ],
)
def test_a_file_that_turns_evil_during_the_run_does_nothing(
    line: str, told: str, circuit: Circuit, tmp_path: Path
) -> None:
    inside, mark, secret = (tmp_path / name for name in ("in", "mark", "secret.dss"))
    inside.mkdir()
    secret.write_text("solve\n")
    evil = f"{HEAD}{line.format(mark=mark, secret=secret)}\n{SERVICE}{END}"
    engine = engine_of(circuit, inside, evil)
    with pytest.raises(InputError, match=told):
        engine.solve([step_of(engine)], 1, 0.0)
    assert not mark.exists()
    assert [path.name for path in inside.iterdir()] == ["Master.dss"]


def test_a_circuit_that_is_not_what_it_was_is_not_compared(
    circuit: Circuit, tmp_path: Path
) -> None:
    engine = engine_of(circuit, tmp_path, CLEAN.replace("length=1", "length=2"))
    with pytest.raises(InputError, match="not what they were when the run began"):
        engine.solve([step_of(engine)], 1, 0.0)


def test_an_engine_that_hangs_or_crashes_is_ended_and_told(
    circuit: Circuit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, mark = engine_of(circuit, tmp_path), tmp_path / "mark"
    code = f"import subprocess as s; s.run(['sh', '-c', 'sleep 3; touch {mark}'])"
    monkeypatch.setattr(opendss_steps, "CHILD", ("-c", code))
    with pytest.raises(InputError, match="not done within 1 s"):
        engine.solve([step_of(engine)], 1, 0.0, most_seconds=1.0)
    monkeypatch.setattr(opendss_steps, "CHILD", ("-c", "import os; os.abort()"))
    with pytest.raises(InputError, match="ended with signal 6"):
        engine.solve([step_of(engine)], 1, 0.0)
    time.sleep(2.5)
    assert not mark.exists()


def test_steps_beyond_those_always_solved_wait_for_time(
    circuit: Circuit, tmp_path: Path
) -> None:
    engine = engine_of(circuit, tmp_path)
    found = engine.solve([step_of(engine)] * 3, 2, time.monotonic() - 1.0)
    assert len(found.v) == 2
    assert np.all(found.tolerance <= 1e-9)
    assert found.engine.startswith("OpenDSS (DSS C-API ")
    assert np.all(np.abs(np.abs(found.v) - 1.0) < 0.05)
