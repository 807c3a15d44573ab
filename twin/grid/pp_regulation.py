"""On-load tap changers of a pandapower network, by its transformers' tap data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twin.arrays import Complexes, Ints
from twin.errors import InputError, Problem
from twin.grid.controls import Regulation
from twin.grid.feeder import REFERENCE, Feeder
from twin.grid.pp_capacitors import Banks
from twin.grid.pp_rules import CapacitorRule, Drop, TapRule, chosen
from twin.grid.ppc import Network, called
from twin.grid.regulators import Regulator
from twin.grid.taps import Element, Elements

KIND = "transformer"
RATIO = ("Ratio", "ratio", "nan", "None", "", "<NA>")
TAP_DATA = ("tap_neutral", "tap_pos", "tap_min", "tap_max", "tap_step_percent")
STEPS_PER_BAND = 2.0
REVERSE_SHARE = 0.05
TAP_DELAY_S = 2.0
NO_LINE = Drop()


def regulation_of(
    net: Network,
    feeder: Feeder,
    rules: Sequence[TapRule],
    capacitors: Sequence[CapacitorRule] = (),
) -> Regulation:
    """What these rules move, each where it stands now; of two rules the later counts.

    Every mistake is told at once. Where a rule names a group, what of it has no taps
    that can be moved is left out, by name.
    """
    problems: list[Problem] = []
    left_out: dict[int, str] = {}
    by_row: dict[int, TapRule] = {}
    for rule in rules:
        try:
            _choose(net, feeder, rule, by_row, left_out)
        except InputError as error:
            problems += error.problems
    banks = Banks.of(net, feeder, capacitors, problems)
    if problems:
        raise InputError(problems)
    rows = sorted(by_row)
    taps = [_element(net, feeder, row) for row in rows]
    elements = Elements.of([*taps, *banks.elements])
    return Regulation(
        elements=elements,
        regulators=tuple(
            _regulator(net, feeder, elements, k, row, by_row[row])
            for k, row in enumerate(rows)
        ),
        capacitors=banks.controls(elements, len(taps)),
        left_out=tuple(why for row, why in left_out.items() if row not in by_row),
    )


def _choose(
    net: Network,
    feeder: Feeder,
    rule: TapRule,
    by_row: dict[int, TapRule],
    left_out: dict[int, str],
) -> None:
    """Note the rule for every transformer that it means."""
    names = [called(net.trafo, "trafo", row) for row in range(len(net.trafo))]
    rows, by_name = chosen(
        rule.trafo, names, net.trafo.index.tolist(), "transformer", rule.key
    )
    why = {row: _why_not(net, feeder, row) for row in rows}
    able = [row for row in rows if not why[row]]
    if not able or (by_name and len(able) < len(rows)):
        row = next(row for row in rows if why[row])
        raise InputError.of(
            f"transformer '{names[row]}' can't be regulated: {why[row]}", rule.key
        )
    for row in able:
        _check_band(net, row, rule, names[row])
        by_row[row] = rule
    left_out |= {
        row: f"transformer {names[row]}: {why[row]}" for row in rows if why[row]
    }


def _check_band(net: Network, row: int, rule: TapRule, name: str) -> None:
    step = _step(net, row)
    bands = (rule.band_pu, rule.reverse.band_pu if rule.reverse else None)
    for band in bands:
        if band is not None and band < step:
            raise InputError.of(
                f"a band of {band:.4g} pu is narrower than the taps of transformer "
                f"'{name}', {step:g} pu: it would hunt",
                rule.key,
            )


def _why_not(net: Network, feeder: Feeder, row: int) -> str:
    """Why a transformer's taps can't be moved; empty where they can."""
    one = net.trafo.iloc[row]
    if str(one.get("tap_side")) not in ("hv", "lv"):
        return f"no tap data: no tap_side (it is {one.get('tap_side')})"
    missing = [key for key in TAP_DATA if not np.isfinite(float(one.get(key, np.nan)))]
    if missing:
        return f"no tap data: {', '.join(missing)} missing"
    if not _step(net, row) > 0.0:
        return f"tap_step_percent is {one['tap_step_percent']}, not above 0"
    if float(one.get("tap_step_degree") or 0.0) > 0.0:
        return "its taps shift the phase"
    if str(one.get("tap_changer_type")) not in RATIO:
        return f"tap_changer_type is {one['tap_changer_type']}, not Ratio"
    if one.get("tap_dependency_table") is True or one.get("tap_dependency_table") == 1:
        return "its impedance follows a table of taps"
    if not len(_branches(net, feeder, row)):
        return "it is not supplied or out of service"
    return ""


def _step(net: Network, row: int) -> float:
    return float(net.trafo["tap_step_percent"].iloc[row]) / 100.0


def _tap(net: Network, row: int, position: float) -> float:
    """Share of the rated turns at a tap position."""
    neutral = float(net.trafo["tap_neutral"].iloc[row])
    return 1.0 + (position - neutral) * _step(net, row)


def _branches(net: Network, feeder: Feeder, row: int) -> Ints:
    """A transformer's branches, phase by phase."""
    branches, index = feeder.branches, int(net.trafo.index[row])
    return np.flatnonzero(
        (branches.element == index) & (np.array(branches.kind) == KIND)
    )


def _element(net: Network, feeder: Feeder, row: int) -> Element:
    """The transformer's admittances: those of its branches, phase by phase."""
    branches, mine = feeder.branches, _branches(net, feeder, row)
    near, far = branches.near[mine], branches.far[mine]
    node = np.concatenate([near, far])
    y: Complexes = np.vstack(
        [one[mine][:, node].toarray() for one in (branches.y_near, branches.y_far)]
    )
    high = _high_is_near(feeder, near, far)
    terminal = np.repeat([0, 1] if high else [1, 0], len(mine))
    moved = terminal == (0 if str(net.trafo["tap_side"].iloc[row]) == "hv" else 1)
    position = float(net.trafo["tap_pos"].iloc[row])
    scale = np.where(moved, 1.0 / _tap(net, row, position), 1.0)
    index = int(net.trafo.index[row])
    return Element(
        name=f"trafo.{index}",
        kind=KIND,
        row=index,
        movable=True,
        node=node,
        terminal=terminal.astype(np.int64),
        conductor=np.tile(np.arange(len(mine)), 2),
        y=y / np.outer(scale, scale),
        scale=scale,
    )


def _high_is_near(feeder: Feeder, near: Ints, far: Ints) -> bool:
    base = feeder.nodes.v_base_kv
    return bool(base[near[0]] >= base[far[0]])


def _regulator(
    net: Network, feeder: Feeder, elements: Elements, k: int, row: int, rule: TapRule
) -> Regulator:
    held = 0 if rule.side == "hv" else 1
    tapped = 0 if str(net.trafo["tap_side"].iloc[row]) == "hv" else 1
    through = elements.conductors(k, held)
    a = elements.node[through]
    base_v = 1000.0 * float(feeder.nodes.v_base_kv[a[0]])
    table = net.trafo.iloc[row]
    line = rule.drop or NO_LINE
    back = rule.reverse
    back_line = (back.drop if back else None) or NO_LINE
    band = rule.band_pu or STEPS_PER_BAND * _step(net, row)
    ct_a = line.rated_a or _rated_a(net, row, rule.side)
    back_share = ct_a / (back_line.rated_a or _rated_a(net, row, rule.side))
    return Regulator(
        name=called(net.trafo, "trafo", row),
        read=np.array((a, np.full(len(a), REFERENCE))),
        through=through,
        terminal=through,
        moved=elements.conductors(k, tapped),
        tap=_tap(net, row, float(table["tap_pos"])),
        tap_step=_step(net, row),
        tap_low=_tap(net, row, float(table["tap_min"])),
        tap_high=_tap(net, row, float(table["tap_max"])),
        tap_zero=_tap(net, row, 0.0),
        rated_v=base_v,
        v_set=rule.v_set_pu * base_v,
        band=band * base_v,
        opposite=tapped != held,
        phase=rule.phase,
        ct_rating_a=ct_a,
        r=line.r_pu * base_v,
        x=line.x_pu * base_v,
        delay_s=rule.delay_s,
        tap_delay_s=TAP_DELAY_S,
        most_taps=1,
        reversible=back is not None,
        rev_holds=True,
        rev_v_set=base_v * ((back and back.v_set_pu) or rule.v_set_pu),
        rev_band=base_v * ((back and back.band_pu) or band),
        rev_r=back_share * back_line.r_pu * base_v,
        rev_x=back_share * back_line.x_pu * base_v,
        rev_delay_s=back.delay_s if back else 0.0,
        rev_threshold_w=_threshold_w(net, row, rule),
        rev_neutral=back is not None and back.neutral,
    )


def _rated_a(net: Network, row: int, side: str) -> float:
    one = net.trafo.iloc[row]
    rated_mva = float(one["sn_mva"]) * float(one.get("parallel", 1))
    return float(1000.0 * rated_mva / (np.sqrt(3.0) * float(one[f"vn_{side}_kv"])))


def _threshold_w(net: Network, row: int, rule: TapRule) -> float:
    """Power that counts as reverse, W; a share of the rating where none is said."""
    if rule.reverse is not None and rule.reverse.threshold_kw is not None:
        return 1000.0 * rule.reverse.threshold_kw
    one = net.trafo.iloc[row]
    return 1e6 * REVERSE_SHARE * float(one["sn_mva"]) * float(one.get("parallel", 1))
