"""Switched capacitors of a pandapower network: its shunts, by voltage, kvar or time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.arrays import Complexes, Ints
from twin.errors import InputError, Problem
from twin.grid.capacitors import Capacitor
from twin.grid.feeder import REFERENCE, Feeder
from twin.grid.pp_rules import CapacitorRule, chosen
from twin.grid.ppc import Network, called
from twin.grid.taps import Element, Elements
from twin.grid.zones import zones_of

KIND, READ = "shunt", "read"


@dataclass(frozen=True)
class Banks:
    """Shunts that are switched, and the branches whose flow some of them read.

    elements   of the shunts, in the order of `rows`, then of the branches read
    watched    branches that each shunt reads, phase by phase; none where it reads none
    """

    net: Network
    feeder: Feeder
    rows: list[int]
    rules: list[CapacitorRule]
    elements: list[Element]
    watched: list[Ints]

    @classmethod
    def of(
        cls,
        net: Network,
        feeder: Feeder,
        rules: Sequence[CapacitorRule],
        problems: list[Problem],
    ) -> Banks:
        """Those that rules mean; of two rules the later counts. Adds what is wrong."""
        by_row: dict[int, CapacitorRule] = {}
        for rule in rules:
            try:
                _choose(net, feeder, rule, by_row)
            except InputError as error:
                problems += error.problems
        rows = sorted(by_row)
        chosen_rules = [by_row[row] for row in rows]
        elements = [_element(net, feeder, row) for row in rows]
        watched = [np.empty(0, dtype=np.int64)] * len(rows)
        for k, (row, rule) in enumerate(zip(rows, chosen_rules, strict=True)):
            if rule.kind != "kvar":
                continue
            try:
                watched[k] = _read(net, feeder, row, rule)
            except InputError as error:
                problems += error.problems
                continue
            elements.append(_watched(feeder, watched[k]))
        return cls(net, feeder, rows, chosen_rules, elements, watched)

    def controls(self, elements: Elements, first: int) -> tuple[Capacitor, ...]:
        """The controls, the banks' elements being those from number `first` on."""
        return tuple(
            self._control(elements, k, first + k) for k in range(len(self.rows))
        )

    def _through(self, elements: Elements, k: int) -> Ints:
        """Conductors of the branches read, at the end nearer the source.

        Those of the element that moves, where a transformer read moves its taps.
        """
        branches, mine = self.feeder.branches, self.watched[k]
        of = (branches.kind[mine[0]], int(branches.element[mine[0]]))
        known = zip(elements.kind, elements.row.tolist(), strict=True)
        same = [e for e, one in enumerate(known) if one == of]
        read = f"{READ} {branches.name[mine[0]]}"
        element = same[0] if same else elements.name.index(read)
        places = elements.conductors(element)
        return places[np.isin(elements.node[places], branches.near[mine])]

    def _control(self, elements: Elements, k: int, own: int) -> Capacitor:
        row, rule = self.rows[k], self.rules[k]
        one, moved = self.net.shunt.iloc[row], elements.conductors(own)
        a = elements.node[moved]
        base_v = 1000.0 * float(self.feeder.nodes.v_base_kv[a[0]])
        unit = base_v if rule.kind == "voltage" else 1.0
        most = int(one["max_step"])
        through = self._through(elements, k) if len(self.watched[k]) else moved
        return Capacitor(
            name=called(self.net.shunt, KIND, row),
            kind=rule.kind,
            on=unit * rule.on,
            off=unit * rule.off,
            read=np.array((a, np.full(len(a), REFERENCE))),
            through=through,
            terminal=through,
            moved=moved,
            share=np.arange(most + 1) / most,
            kvar=-1000.0 * float(one["q_mvar"]) * most,
            closed=int(one["step"]),
            phase=rule.phase,
            ct_phase=rule.phase,
            pt_ratio=1.0,
            ct_ratio=1.0,
            delay_on_s=rule.delay_s,
            delay_off_s=rule.delay_s,
            dead_time_s=rule.dead_time_s,
        )


def _choose(
    net: Network, feeder: Feeder, rule: CapacitorRule, by_row: dict[int, CapacitorRule]
) -> None:
    names = [called(net.shunt, KIND, row) for row in range(len(net.shunt))]
    rows, _ = chosen(rule.shunt, names, net.shunt.index.tolist(), "capacitor", rule.key)
    for row in rows:
        why = _why_not(net, feeder, row)
        if why:
            raise InputError.of(
                f"shunt '{names[row]}' is no capacitor that can be switched: {why}",
                rule.key,
            )
        by_row[row] = rule


def _why_not(net: Network, feeder: Feeder, row: int) -> str:
    one = net.shunt.iloc[row]
    if not bool(one["in_service"]):
        return "it is out of service"
    if str(int(one["bus"])) not in feeder.node_of_bus:
        return "it is not supplied"
    if not float(one["q_mvar"]) < 0.0:
        return f"its q_mvar is {one['q_mvar']:g}, not below 0"
    if float(one["p_mw"]) != 0.0:
        return f"it draws active power, p_mw is {one['p_mw']:g}"
    if not 0 <= int(one["step"]) <= int(one["max_step"]) or int(one["max_step"]) < 1:
        return f"step {one['step']} of max_step {one['max_step']}"
    if one.get("step_dependency_table") is True:
        return "its steps follow a table"
    return ""


def _element(net: Network, feeder: Feeder, row: int) -> Element:
    """The bank with all steps closed: y = -j Q / S_base, Q < 0 at its rated voltage."""
    one = net.shunt.iloc[row]
    first = feeder.node_of_bus[str(int(one["bus"]))]
    n_phase = 3 if feeder.model == "three_phase" else 1
    node = first + np.arange(n_phase)
    most = int(one["max_step"])
    kvar = 1000.0 * float(one["q_mvar"]) * most
    of_base = (_line_kv(feeder, first) / float(one["vn_kv"])) ** 2
    each: complex = -1j * kvar / n_phase * of_base / feeder.s_base_kva
    y = np.diag(np.full(n_phase, each, dtype=np.complex128))
    index = int(net.shunt.index[row])
    return Element(
        name=f"shunt.{index}",
        kind=KIND,
        row=index,
        movable=True,
        node=node.astype(np.int64),
        terminal=np.zeros(n_phase, dtype=np.int64),
        conductor=np.arange(n_phase),
        y=y,
        scale=np.full(n_phase, np.sqrt(int(one["step"]) / most)),
    )


def _line_kv(feeder: Feeder, node: int) -> float:
    """Base voltage from line to line."""
    by_phase = bool(feeder.nodes.phase[node] > 0)
    return float(feeder.nodes.v_base_kv[node]) * (np.sqrt(3.0) if by_phase else 1.0)


def _read(net: Network, feeder: Feeder, row: int, rule: CapacitorRule) -> Ints:
    """Branches whose reactive flow is read, phase by phase."""
    branches, key = feeder.branches, f"{rule.key}.at"
    if rule.at is not None:
        names = list(dict.fromkeys(branches.name))
        found, _ = chosen(str(rule.at), names, [], "branch", key)
        if len(found) > 1:
            raise InputError.of(f"'{rule.at}' means {len(found)} branches", key)
        return np.flatnonzero(np.array(branches.name) == names[found[0]])
    node = feeder.node_of_bus[str(int(net.shunt["bus"].iloc[row]))]
    zone = int(zones_of(feeder).transformer_of_node[node])
    if zone < 0:
        raise InputError.of(
            "no transformer is upstream of it; name the branch that is read with at",
            key,
        )
    return np.flatnonzero(branches.transformer == zone)


def _watched(feeder: Feeder, mine: Ints) -> Element:
    """Branches whose flow is read; terminal 0 is the end nearer the source."""
    branches, n = feeder.branches, len(mine)
    node = np.concatenate([branches.near[mine], branches.far[mine]])
    y: Complexes = np.vstack(
        [one[mine][:, node].toarray() for one in (branches.y_near, branches.y_far)]
    )
    return Element(
        name=f"{READ} {branches.name[mine[0]]}",
        kind=READ,
        row=int(branches.element[mine[0]]),
        movable=False,
        node=node,
        terminal=np.repeat([0, 1], n),
        conductor=np.tile(np.arange(n), 2),
        y=y,
        scale=np.ones(2 * n),
    )
