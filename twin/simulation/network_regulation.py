"""What moves in a pandapower network: by the scenario's rules, else by its own."""

from __future__ import annotations

from twin.errors import InputError
from twin.grid.controls import Regulation
from twin.grid.feeder import Feeder
from twin.grid.pp_controllers import own_rules
from twin.grid.pp_regulation import regulation_of
from twin.grid.pp_rules import CapacitorRule, Drop, Reverse, TapRule
from twin.grid.ppc import Network, listed
from twin.grid.regulators import Phase
from twin.scenario.regulation import (
    LineDrop,
    RegulationSpec,
    ReversePower,
    SwitchedCapacitor,
    TapChanger,
)
from twin.scenario.spec import Scenario

PHASES = {"lowest": int(Phase.LOWEST), "highest": int(Phase.HIGHEST)}


def network_moves(
    scenario: Scenario, net: Network, feeder: Feeder
) -> Regulation | None:
    """Tap changers and capacitors that move; none where nothing does.

    The scenario's rules come after the network's own and so have the last word.
    """
    said = scenario.regulation
    if scenario.power_flow.solver == "pandapower" or (feeder.unsolvable and not said):
        return None
    own = own_rules(net)
    if not said and not own:
        return None
    _refuse_other_engines(feeder)
    found = regulation_of(net, feeder, [*own, *_tap_rules(said)], _bank_rules(said))
    return found if found.regulators or found.capacitors else None


def _refuse_other_engines(feeder: Feeder) -> None:
    """Taps move in the fixed point alone, which holds no machine's voltage."""
    held = [*feeder.generators.name, *feeder.unsolvable]
    if held:
        raise InputError.of(
            f"taps can't move beside {listed(held)}, which the fixed point cannot "
            "hold; leave regulation out, or say power_flow.controls: held",
            key="regulation",
        )


def _tap_rules(said: RegulationSpec) -> list[TapRule]:
    return [_tap_rule(one, k) for k, one in enumerate(said.transformers)]


def _tap_rule(one: TapChanger, k: int) -> TapRule:
    return TapRule(
        trafo=one.transformer,
        v_set_pu=one.setpoint_pu,
        band_pu=one.band_pu,
        delay_s=one.delay_s,
        side=one.side,
        phase=_phase(one.phase),
        drop=_drop(one.line_drop),
        reverse=_reverse(one.reverse),
        key=f"regulation.transformers.{k}",
    )


def _bank_rules(said: RegulationSpec) -> list[CapacitorRule]:
    return [_bank_rule(one, k) for k, one in enumerate(said.capacitors)]


def _bank_rule(one: SwitchedCapacitor, k: int) -> CapacitorRule:
    return CapacitorRule(
        shunt=one.capacitor,
        kind=one.by,
        on=_level(one.on),
        off=_level(one.off),
        at=one.at,
        phase=_phase(one.phase),
        delay_s=one.delay_s,
        dead_time_s=one.dead_time_s,
        key=f"regulation.capacitors.{k}",
    )


def _drop(line: LineDrop | None) -> Drop | None:
    return None if line is None else Drop(line.r_pu, line.x_pu, line.rated_a)


def _reverse(words: ReversePower | None) -> Reverse | None:
    if words is None:
        return None
    return Reverse(
        neutral=words.mode == "neutral",
        v_set_pu=words.setpoint_pu,
        band_pu=words.band_pu,
        drop=_drop(words.line_drop),
        delay_s=words.delay_s,
        threshold_kw=words.threshold_kw,
    )


def _phase(word: int | str) -> int:
    return PHASES[word] if isinstance(word, str) else word


def _level(value: float | str) -> float:
    """A number, or a time of day as hours."""
    if not isinstance(value, str):
        return value
    hour, minute = value.split(":")
    return int(hour) + int(minute) / 60.0
