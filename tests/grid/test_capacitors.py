"""Switched capacitors by hand: hours, dead times, steps, power factors."""

from __future__ import annotations

import numpy as np
import pytest

from twin.grid.capacitors import Capacitor, CapacitorBank, power_factor
from twin.grid.opendss_regulation import bank_admittance
from twin.grid.regulators import Phase, Readings


def by_hand(kind: str, on: float, off: float, **more: object) -> Capacitor:
    """A bank of one step of 300 kvar, open, on two phases to ground."""
    settings: dict[str, object] = {
        "name": "c", "kind": kind, "on": on, "off": off,
        "read": np.array([[0, 1], [-1, -1]]), "through": np.array([0, 1]),
        "terminal": np.array([0, 1]), "moved": np.array([0, 1]),
        "share": np.array([0.0, 1.0]), "kvar": 300.0, "closed": 0,
        "pt_ratio": 1.0, "ct_ratio": 1.0,
    }  # fmt: skip
    return Capacitor(**{**settings, **more})  # type: ignore[arg-type]


def seen(v: tuple[float, float], s_kva: complex = 0.0) -> Readings:
    volts = np.array([*v, 0.0], dtype=complex)
    va = np.full(2, 500.0 * s_kva)
    return Readings(volts, np.conj(va / volts[:2]), va)


def moved(bank: CapacitorBank, readings: Readings, now_s: float) -> float:
    bank.sample(readings, now_s)
    return bank.next_s


def test_it_closes_late_and_not_within_its_dead_time() -> None:
    bank = CapacitorBank(
        [by_hand("voltage", 116.0, 124.0, delay_on_s=30.0, delay_off_s=60.0)]
    )
    assert moved(bank, seen((115.0, 120.0)), 0.0) == 30.0
    assert [one.after for one in bank.act(30.0, 30.0)] == [1]
    assert moved(bank, seen((125.0, 120.0)), 30.0) == 90.0
    assert [one.after for one in bank.act(90.0, 90.0)] == [0]
    assert moved(bank, seen((115.0, 120.0)), 100.0) == 100.0 + 300.0 + 30.0 - 10.0


def test_a_voltage_that_comes_back_disarms_it() -> None:
    bank = CapacitorBank([by_hand("voltage", 116.0, 124.0)])
    assert moved(bank, seen((115.0, 120.0)), 0.0) == 15.0
    assert moved(bank, seen((117.0, 120.0)), 10.0) == np.inf
    assert bank.act(60.0, 60.0) == []


@pytest.mark.parametrize(
    ("phase", "closes"),
    [(1, True), (2, False), (Phase.LOWEST, True), (Phase.HIGHEST, False)],
)
def test_it_reads_the_phase_it_is_told(phase: int, closes: bool) -> None:
    bank = CapacitorBank([by_hand("voltage", 116.0, 124.0, phase=phase)])
    assert (moved(bank, seen((115.0, 120.0)), 0.0) < np.inf) == closes


@pytest.mark.parametrize(
    ("on", "off", "hour", "closes"),
    [(8, 20, 7.99, False), (8, 20, 8.0, True), (8, 20, 20.0, False),
     (20, 8, 21.0, True), (20, 8, 9.0, False), (8, 20, 32.5, True)],
)  # fmt: skip
def test_it_goes_by_the_clock(on: float, off: float, hour: float, closes: bool) -> None:
    bank = CapacitorBank([by_hand("time", on, off)])
    assert (moved(bank, seen((1.0, 1.0)), 3600.0 * hour) < np.inf) == closes


def test_a_low_voltage_overrides() -> None:
    one = by_hand("kvar", 1e9, -1e9, v_override=True)
    for watch, due in ((None, np.inf), (one.read, 15.0)):
        bank = CapacitorBank(
            [by_hand("kvar", 1e9, -1e9, v_override=True, v_min=116.0, watch=watch)]
        )
        assert moved(bank, seen((115.0, 115.0)), 0.0) == due


def test_steps_close_one_by_one_and_scale_by_their_kvar() -> None:
    share = np.array([0.0, 0.25, 1.0])
    bank = CapacitorBank([by_hand("kvar", 100.0, -100.0, share=share)])
    for closed in (1, 2):
        bank.sample(seen((120.0, 120.0), 50.0 + 200.0j), 0.0)
        assert [one.after for one in bank.act(15.0, 0.0)] == [closed]
        scale = np.ones(2)
        bank.set_scale(scale)
        assert scale.tolist() == pytest.approx([np.sqrt(share[closed])] * 2)
    assert moved(bank, seen((120.0, 120.0), 50.0 + 200.0j), 0.0) == np.inf


def test_leading_power_factors_lie_above_one() -> None:
    assert power_factor(80.0 + 60.0j) == pytest.approx(0.8)
    assert power_factor(80.0 - 60.0j) == pytest.approx(1.2)
    assert power_factor(-80.0 + 60.0j) == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("phases", "delta", "bus", "kv"),
    [(1, False, "sourcebus.1", 7.2), (2, False, "sourcebus.1.2", 12.47),
     (3, False, "sourcebus", 12.47), (1, True, "sourcebus.1.2", 12.47),
     (3, True, "sourcebus", 12.47)],
)  # fmt: skip
def test_a_bank_s_matrix_is_the_engine_s(
    phases: int, delta: bool, bus: str, kv: float
) -> None:
    import opendssdirect as dss

    conn = "delta" if delta else "wye"
    for words in (
        "clear",
        "new circuit.c basekv=12.47",
        f"new capacitor.c bus1={bus} phases={phases} kv={kv} kvar=300 conn={conn}",
        "solve",
    ):
        dss.Text.Command(words)
    dss.Circuit.SetActiveElement("capacitor.c")
    flat = np.asarray(dss.CktElement.YPrim()).ravel()
    theirs = flat if np.iscomplexobj(flat) else flat.view(complex)
    ours = bank_admittance(300.0, kv, phases, delta)
    assert np.max(np.abs(ours.ravel() - theirs)) < 1e-12 * np.max(np.abs(theirs))
