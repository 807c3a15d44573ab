"""On-load tap changers of a pandapower network, by its transformers' tap data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.arrays import Complexes, Ints
from twin.errors import InputError, nearest
from twin.grid.controls import Regulation
from twin.grid.feeder import REFERENCE, Feeder
from twin.grid.ppc import Network, called
from twin.grid.regulators import Regulator
from twin.grid.taps import Element, Elements

KIND = "transformer"
RATIO = ("Ratio", "ratio", "nan", "None", "")
KEY = "regulators"


@dataclass(frozen=True)
class TapRule:
    """What a tap changer holds: the lower voltage, at its own terminals.

    trafo      name, or index as text
    band_pu    whole width of the band
    """

    trafo: str
    v_set_pu: float
    band_pu: float
    delay_s: float
    tap_delay_s: float = 2.0


def regulation_of(net: Network, feeder: Feeder, rules: Sequence[TapRule]) -> Regulation:
    """Regulators of these transformers, each at its present tap."""
    rows = [_row(net, rule) for rule in rules]
    elements = Elements.of([_element(net, feeder, row) for row in rows])
    return Regulation(
        elements=elements,
        regulators=tuple(
            _regulator(net, feeder, elements, k, row, rule)
            for k, (row, rule) in enumerate(zip(rows, rules, strict=True))
        ),
    )


def _row(net: Network, rule: TapRule) -> int:
    """The transformer's place in its table; what is wrong with it for a regulator."""
    names = [called(net.trafo, "trafo", row) for row in range(len(net.trafo))]
    indices = [str(one) for one in net.trafo.index]
    if rule.trafo not in names and rule.trafo not in indices:
        hint = nearest(rule.trafo, names)
        raise InputError.of(f"no transformer is called '{rule.trafo}'{hint}", KEY)
    row = (names if rule.trafo in names else indices).index(rule.trafo)
    why = _why_not(net, row)
    if why:
        raise InputError.of(
            f"transformer '{rule.trafo}' can't be regulated: {why}", KEY
        )
    if rule.band_pu < _step(net, row):
        raise InputError.of(
            f"a band of {rule.band_pu:g} pu is narrower than the taps of transformer "
            f"'{rule.trafo}', {_step(net, row):g} pu: it would hunt",
            KEY,
        )
    return row


def _why_not(net: Network, row: int) -> str:
    one = net.trafo.iloc[row]
    if str(one.get("tap_side")) not in ("hv", "lv"):
        return "no tap_side"
    if not _step(net, row) > 0.0:
        return f"tap_step_percent is {one['tap_step_percent']}, not above 0"
    if float(one.get("tap_step_degree") or 0.0) > 0.0:
        return "its taps shift the phase"
    if str(one.get("tap_changer_type")) not in RATIO:
        return f"tap_changer_type is {one['tap_changer_type']}, not Ratio"
    if bool(one.get("tap_dependency_table")):
        return "its impedance follows a table of taps"
    return ""


def _step(net: Network, row: int) -> float:
    return float(net.trafo["tap_step_percent"].iloc[row]) / 100.0


def _tap(net: Network, row: int, position: float) -> float:
    """Share of the rated turns at a tap position."""
    neutral = float(net.trafo["tap_neutral"].iloc[row])
    return 1.0 + (position - neutral) * _step(net, row)


def _element(net: Network, feeder: Feeder, row: int) -> Element:
    """The transformer's admittances: those of its branches, phase by phase."""
    branches, index = feeder.branches, int(net.trafo.index[row])
    mine = np.flatnonzero(
        (branches.element == index) & (np.array(branches.kind) == KIND)
    )
    if not len(mine):
        raise InputError.of(f"transformer {index} is not supplied", KEY)
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
    low, tapped = 1, 0 if str(net.trafo["tap_side"].iloc[row]) == "hv" else 1
    through = elements.conductors(k, low)
    a = elements.node[through]
    base_v = 1000.0 * float(feeder.nodes.v_base_kv[a[0]])
    table = net.trafo.iloc[row]
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
        band=rule.band_pu * base_v,
        opposite=tapped != low,
        delay_s=rule.delay_s,
        tap_delay_s=rule.tap_delay_s,
    )
