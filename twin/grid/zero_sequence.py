"""Zero-sequence data of a pandapower network, completed by declared rules."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from twin.errors import InputError, Problem, nearest
from twin.grid.ppc import Network, called, listed

MAY_BE_NONE = ("line_c0_per_c1", "trafo_mag0_rx", "source_rx", "source_r0_per_x0")
SMALLEST = 1e-6
PERCENT = 100.0
LEAST_MAG0_PERCENT = 300.0
VECTOR_GROUPS = ("YNyn", "Dyn", "Yzn")


@dataclass(frozen=True)
class ZeroSequence:
    """What stands in for zero-sequence data that a network does not give.

    Lines: where a neutral as thick as the phases carries the return current alone,
    z_0 = z_1 + 3 z_n, so r_0 = 4 r_1 and x_0 about 4 x_1; c_0 = c_1 holds for screened
    cores and is the most it can be. Transformers: delta to earthed star, z_0 = z_1 and
    a magnetising branch of 100 times that (three-limb cores have less). The grid above:
    1000 MVA.
    Source: IEC TR 60909-2:2008 (four-core cables, return by the fourth core: R0/R1 = 4,
    X0/X1 about 4); DIgSILENT, technical reference of the two-winding transformer
    (shell type: vk0 = vk, magnetising impedance 10 to 100 vk0); the network library's
    own suggestions for the rest.
    """

    line_r0_per_r1: float = 4.0
    line_x0_per_x1: float = 4.0
    line_c0_per_c1: float = 1.0
    trafo_vk0_per_vk: float = 1.0
    trafo_vkr0_per_vkr: float = 1.0
    trafo_zm0_per_z0: float = 100.0
    trafo_mag0_rx: float = 0.0
    trafo_si0_hv_partial: float = 0.9
    trafo_vector_group: str = "Dyn"
    source_s_sc_mva: float = 1000.0
    source_rx: float = 0.1
    source_x0_per_x1: float = 1.0
    source_r0_per_x0: float = 0.1

    @classmethod
    def of(cls, given: Mapping[str, object]) -> ZeroSequence:
        """From what a scenario says under `feeder.zero_sequence`."""
        allowed = {field.name: field.default for field in fields(cls)}
        problems = [
            problem for word, value in given.items()
            for problem in _problems(word, value, allowed)
        ]  # fmt: skip
        if problems:
            raise InputError(problems)
        numbers: dict[str, Any] = {
            word: value if isinstance(value, str) else float(value)  # type: ignore[arg-type]
            for word, value in given.items()
        }
        return cls(**numbers)


def _problems(word: str, value: object, allowed: Mapping[str, object]) -> list[Problem]:
    key = f"feeder.zero_sequence.{word}"
    if word not in allowed:
        hint = nearest(word, allowed)
        said = f"unknown; allowed: {', '.join(allowed)}{hint}"
        return [Problem("", key, said)]
    if isinstance(allowed[word], str):
        if isinstance(value, str) and group_of(value):
            return []
        return [Problem("", key, f"{value!r}; allowed: {', '.join(VECTOR_GROUPS)}")]
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return [Problem("", key, f"a number is wanted, got {value!r}")]
    low = 0.0 if word in MAY_BE_NONE else SMALLEST
    if low <= value < np.inf:
        return []
    return [Problem("", key, f"a number of {low:g} or more is wanted, got {value!r}")]


def group_of(word: str) -> str:
    """A vector group without its clock number, as pandapower spells it; '' if none."""
    plain = word.strip().rstrip("0123456789").lower()
    return {group.lower(): group for group in VECTOR_GROUPS}.get(plain, "")


def completed(net: Network, rule: ZeroSequence) -> tuple[Network, list[str]]:
    """A copy with all zero-sequence data, and what was put in, by element."""
    copy = deepcopy(net)
    if "vector_group" in copy.trafo:
        plain = [_plain(word) for word in copy.trafo["vector_group"]]
        copy.trafo["vector_group"] = np.array(plain, dtype=object)
    notes = []
    for kind, columns in _wanted(rule).items():
        filled: dict[tuple[bool, ...], list[str]] = {}
        for column, (value, of) in columns.items():
            missing = _fill(copy[kind], column, value, of)
            if any(missing):
                shown = f"{value} x {of}" if of else str(value)
                filled.setdefault(missing, []).append(f"{column} = {shown}")
        for missing, said in filled.items():
            notes.append(
                f"assumed for {_these(copy[kind], kind, missing)}: {', '.join(said)}"
            )
    return copy, [*notes, *_weak_cores(net), *_zigzags(copy)]


def _weak_cores(net: Network) -> list[str]:
    """Given magnetising impedances that no core has: written as a ratio, not percent.

    Earlier versions of the network library took mag0_percent for z_m0 / z_0 itself.
    """
    if "mag0_percent" not in net.trafo:
        return []
    weak = net.trafo["mag0_percent"].to_numpy(dtype=float) < LEAST_MAG0_PERCENT
    if not weak.any():
        return []
    return [
        f"mag0_percent of {_these(net.trafo, 'trafo', tuple(weak.tolist()))} is below"
        f" {LEAST_MAG0_PERCENT:g}: taken as percent of z_0, but no core has so little"
    ]


def _zigzags(net: Network) -> list[str]:
    """Give Yzn the zero sequence of Dyn: its own leakage to earth, cut off from above.

    pandapower's own depends on the base power of the network; PowerFactory gives both
    groups the same voltages.
    """
    if not len(net.trafo):
        return []
    zigzag = (net.trafo["vector_group"] == "Yzn").to_numpy()
    if not zigzag.any():
        return []
    net.trafo.loc[zigzag, "vector_group"] = "Dyn"
    these = _these(net.trafo, "trafo", tuple(zigzag.tolist()))
    return [f"zero sequence of Yzn taken as that of Dyn: {these}"]


def _plain(word: object) -> str | None:
    return group_of(word) or None if isinstance(word, str) else None


def _wanted(rule: ZeroSequence) -> dict[str, dict[str, tuple[float | str, str]]]:
    """By table and column: a value, or a factor and the column that it multiplies."""
    return {
        "line": {
            "r0_ohm_per_km": (rule.line_r0_per_r1, "r_ohm_per_km"),
            "x0_ohm_per_km": (rule.line_x0_per_x1, "x_ohm_per_km"),
            "c0_nf_per_km": (rule.line_c0_per_c1, "c_nf_per_km"),
        },
        "trafo": {
            "vector_group": (group_of(rule.trafo_vector_group), ""),
            "vk0_percent": (rule.trafo_vk0_per_vk, "vk_percent"),
            "vkr0_percent": (rule.trafo_vkr0_per_vkr, "vkr_percent"),
            "mag0_percent": (PERCENT * rule.trafo_zm0_per_z0, ""),
            "mag0_rx": (rule.trafo_mag0_rx, ""),
            "si0_hv_partial": (rule.trafo_si0_hv_partial, ""),
        },
        "ext_grid": {
            "s_sc_max_mva": (rule.source_s_sc_mva, ""),
            "rx_max": (rule.source_rx, ""),
            "x0x_max": (rule.source_x0_per_x1, ""),
            "r0x0_max": (rule.source_r0_per_x0, ""),
        },
    }


def _fill(table: Any, column: str, value: float | str, of: str) -> tuple[bool, ...]:
    """Fill what is missing of a column; which rows were."""
    missing = np.ones(len(table), dtype=bool)
    if column in table:
        missing = table[column].isna().to_numpy()
    filling = np.full(len(table), value)
    if of:
        filling = table[of].to_numpy(dtype=float) * value
    if missing.all() and len(table):
        table[column] = filling
    elif missing.any():
        table.loc[missing, column] = filling[missing]
    return tuple(missing.tolist())


def _these(table: Any, kind: str, missing: tuple[bool, ...]) -> str:
    words = [called(table, kind, int(row)) for row in np.flatnonzero(missing)]
    return f"{len(words)} of {len(table)} in {kind} ({listed(words, 3)})"
