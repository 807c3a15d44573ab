"""The regulators and switched capacitors of an OpenDSS circuit, per unit.

Everything starts as the circuit's file leaves it, before any control has acted.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.arrays import Complexes, Ints
from twin.grid.capacitors import KINDS, Capacitor
from twin.grid.controls import Regulation
from twin.grid.feeder import REFERENCE, Feeder
from twin.grid.opendss_circuit import Circuit
from twin.grid.regulators import Phase, Regulator
from twin.grid.taps import Element, Elements

PHASES = {"max": Phase.HIGHEST, "min": Phase.LOWEST, "avg": Phase.MEAN}
REG_WITHOUT = {"cogen": "no", "ldc_z": "0", "rev_z": "0"}
Words = dict[str, Any]


def regulation(circuit: Circuit, feeder: Feeder) -> Regulation:
    """Regulators and switched capacitors that can be followed."""
    left_out: list[str] = []
    chosen: list[tuple[str, Words]] = []
    for kind, table in (("RegControl", "reg_controls"), ("CapControl", "cap_controls")):
        for words in circuit.words[table]:
            why = _why_not(circuit, kind, words)
            if why:
                left_out.append(f"{kind}.{words['name']}: {why}")
            else:
                chosen.append((kind, words))
    parts = Parts(circuit, feeder, chosen)
    return Regulation(
        elements=parts.elements,
        regulators=tuple(parts.regulator(w) for k, w in chosen if k == "RegControl"),
        capacitors=tuple(parts.capacitor(w) for k, w in chosen if k == "CapControl"),
        left_out=tuple(left_out),
    )


def _why_not(circuit: Circuit, kind: str, words: Words) -> str:
    """Why a control can't be followed; empty where it can."""
    known = {f"{one['kind']}.{one['name']}".lower() for one in circuit.elements}
    if kind == "RegControl":
        odd = [key for key, usual in REG_WITHOUT.items() if words[key].lower() != usual]
        if odd:
            return f"{', '.join(odd)} not represented"
        moved, watched = f"transformer.{words['transformer'].lower()}", ""
    else:
        if words["type"].lower() not in KINDS:
            return f"type {words['type']} not represented"
        moved = f"capacitor.{words['capacitor'].lower()}"
        watched = words["element"].lower()
    for one in filter(None, (moved, watched)):
        if one not in known or one.startswith("vsource."):
            return f"{one} is no enabled carrier of current"
    return ""


class Parts:
    """The elements that controls move and watch, and the controls made of them."""

    def __init__(
        self, circuit: Circuit, feeder: Feeder, chosen: list[tuple[str, Words]]
    ) -> None:
        self._circuit, self._feeder = circuit, feeder
        self._row = {
            f"{one['kind']}.{one['name']}".lower(): k
            for k, one in enumerate(circuit.elements)
        }
        self._start = {one["name"].lower(): one for one in circuit.words["capacitors"]}
        self._first = circuit.words["first"]
        names = []
        for kind, words in chosen:
            names += [self._moved_name(kind, words)]
            names += [words["element"].lower()] if kind == "CapControl" else []
        moved = {self._moved_name(kind, words) for kind, words in chosen}
        self._number = {name: k for k, name in enumerate(dict.fromkeys(names))}
        self.elements = Elements.of(
            [self._element(name, name in moved) for name in self._number]
        )

    def regulator(self, words: Words) -> Regulator:
        """A RegControl, at the tap that the file gives its winding."""
        name = f"transformer.{words['transformer'].lower()}"
        winding, tapped = int(words["winding"]) - 1, int(words["tapwinding"]) - 1
        transformer = self._words(name)
        of = transformer["windings"][tapped]
        read = self._winding_pairs(name, winding)
        bus = words["bus"].lower()
        elsewhere = self._bus_pairs(bus, transformer["windings"][winding]["delta"])
        element = self._number[name]
        return Regulator(
            name=words["name"],
            read=elsewhere if bus else read,
            through=self._phases(name, winding),
            terminal=self.elements.conductors(element, winding),
            moved=self.elements.conductors(element, tapped),
            tap=float(self._first["taps"][transformer["name"]][tapped]),
            tap_step=(of["tap_high"] - of["tap_low"]) / of["taps"],
            tap_low=float(of["tap_low"]),
            tap_high=float(of["tap_high"]),
            rated_v=_rated_v(transformer, winding),
            v_set=float(words["vreg"]),
            band=float(words["band"]),
            pt_ratio=float(words["ptratio"]),
            opposite=tapped != winding,
            remote=bool(bus),
            remote_pt_ratio=float(words["remoteptratio"]),
            phase=_phase(words["ptphase"]),
            ct_rating_a=float(words["ctprim"]),
            r=float(words["r"]),
            x=float(words["x"]),
            delay_s=float(words["delay"]),
            tap_delay_s=float(words["tapdelay"]),
            inverse_time=_yes(words["inversetime"]),
            most_taps=int(words["maxtapchange"]),
            v_limit=float(words["vlimit"]),
            local=(int(read[0, 0]), int(read[1, 0])),
            reversible=_yes(words["reversible"]),
            rev_v_set=float(words["revvreg"]),
            rev_band=float(words["revband"]),
            rev_r=float(words["revr"]),
            rev_x=float(words["revx"]),
            rev_delay_s=float(words["revdelay"]),
            rev_threshold_w=1000.0 * float(words["revthreshold"]),
            rev_neutral=_yes(words["revneutral"]),
        )

    def capacitor(self, words: Words) -> Capacitor:
        """A CapControl, with the steps closed that the file closes."""
        name, bank = words["element"].lower(), words["capacitor"].lower()
        terminal, start = int(words["terminal"]) - 1, self._start[bank]
        phases = self._words(f"capacitor.{bank}")["phases"]
        moved = self.elements.conductors(self._number[f"capacitor.{bank}"])
        read = self._terminal_pairs(name, terminal)
        if start["delta"] and _phase(words["ptphase"]) > 0:
            read = np.array((read[0], np.roll(read[0], -1)))
        bus = words["vbus"].lower()
        own = words["ctphase"].lower()
        of = terminal if own in PHASES else 0
        steps = np.array(start["kvar"], dtype=float)
        return Capacitor(
            name=words["name"],
            kind=words["type"].lower(),
            on=_setting(words["type"], words["onsetting"]),
            off=_setting(words["type"], words["offsetting"]),
            read=read,
            through=self._phases(name, of)[: None if of == 0 else phases],
            terminal=self.elements.conductors(self._number[name], terminal),
            moved=moved,
            share=np.concatenate([[0.0], np.cumsum(steps) / steps.sum()]),
            kvar=float(steps.sum()),
            closed=int(sum(self._first["steps"][start["name"]])),
            phase=_phase(words["ptphase"]),
            ct_phase=_phase(own),
            pt_ratio=float(words["ptratio"]),
            ct_ratio=float(words["ctratio"]),
            delay_on_s=float(words["delay"]),
            delay_off_s=float(words["delayoff"]),
            dead_time_s=float(words["deadtime"]),
            v_override=_yes(words["voltoverride"]),
            v_min=float(words["vmin"]),
            v_max=float(words["vmax"]),
            least_kvar_share=float(words["pctminkvar"]) / 100.0,
            watch=self._bus_pairs(bus, False) if bus else read,
        )

    def _moved_name(self, kind: str, words: Words) -> str:
        of = "transformer" if kind == "RegControl" else "capacitor"
        return f"{of}.{words[of].lower()}"

    def _words(self, name: str) -> Words:
        found: Words = self._circuit.elements[self._row[name]]
        return found

    def _element(self, name: str, movable: bool) -> Element:
        words = self._words(name)
        places = self._circuit.places(words)
        live = np.flatnonzero(places >= 0)
        each = int(words["conductors"])
        y, scale = self._circuit.yprim(words), np.ones(len(places))
        if words["kind"] == "transformer" and movable:
            taps = np.array([one["tap"] for one in words["windings"]])
            scale = 1.0 / np.repeat(taps, each)
        elif words["kind"] == "capacitor" and movable:
            start = self._start[words["name"].lower()]
            kvar = np.array(start["kvar"], dtype=float)
            y = bank_admittance(
                kvar.sum(), start["kv"], words["phases"], start["delta"]
            )
            y = y[: len(places), : len(places)]
            scale[:] = np.sqrt(np.dot(start["states"], kvar) / kvar.sum())
        nodes = self._feeder.nodes
        v = 1000.0 * nodes.v_base_kv[places[live]]
        per_unit = np.outer(v, v) / (1000.0 * self._feeder.s_base_kva)
        y = y[np.ix_(live, live)] * per_unit
        if words["kind"] == "transformer":
            y = y / np.outer(scale[live], scale[live])
        return Element(
            name=name,
            kind=str(words["kind"]),
            row=self._row[name],
            movable=movable,
            node=places[live],
            terminal=live // each,
            conductor=live % each,
            y=y,
            scale=scale[live],
        )

    def _phases(self, name: str, terminal: int) -> Ints:
        """Conductors of a terminal's phases, one after the other."""
        element, words = self._number[name], self._words(name)
        places = [
            self.elements.place(element, terminal, phase)
            for phase in range(int(words["phases"]))
        ]
        return np.array(places, dtype=np.int64)

    def _terminal_pairs(self, name: str, terminal: int) -> Ints:
        """Each phase of a terminal against ground."""
        words = self._words(name)
        first = terminal * int(words["conductors"])
        a = self._circuit.places(words)[first : first + int(words["phases"])]
        return np.array((a, np.full(len(a), REFERENCE)))

    def _winding_pairs(self, name: str, winding: int) -> Ints:
        """Each phase of a winding: to its neutral, or to the next where delta."""
        words = self._words(name)
        each, phases = int(words["conductors"]), int(words["phases"])
        mine = self._circuit.places(words)[winding * each : (winding + 1) * each]
        if not words["windings"][winding]["delta"]:
            return np.array((mine[:phases], np.full(phases, mine[phases])))
        following = np.arange(1, phases + 1) % max(phases, 2)
        return np.array((mine[:phases], mine[following]))

    def _bus_pairs(self, bus: str, delta: bool) -> Ints:
        """The nodes of a bus, its first where none are named, against ground."""
        name, *nodes = bus.split(".")
        numbers = [int(one) for one in nodes] or [
            node for at, node in self._circuit.nodes if at == name
        ]
        a = [self._circuit.place_of.get((name, one), REFERENCE) for one in numbers]
        b = [*a[1:], a[0]] if delta else [REFERENCE] * len(a)
        return np.array((a, b), dtype=np.int64)


def bank_admittance(kvar: float, kv: float, phases: int, delta: bool) -> Complexes:
    """Admittances, S, of a capacitor's first terminal and its grounded second.

    Y = j Q / V^2 for each phase, V across it: kv for a single phase or a delta, else
    kv / sqrt(3). Source: OpenDSS, Capacitor.
    """
    across_kv = kv if phases == 1 or delta else kv / np.sqrt(3.0)
    own = 1j * kvar / phases / (1000.0 * across_kv**2)
    if not delta:
        whole = own * np.eye(phases)
        return np.block([[whole, -whole], [-whole, whole]])
    pairs = [(0, 1)] if phases == 1 else [(k, (k + 1) % phases) for k in range(phases)]
    y = np.zeros((max(phases, 2), max(phases, 2)), dtype=np.complex128)
    for a, b in pairs:
        y[[a, b], [a, b]] += own
        y[[a, b], [b, a]] -= own
    return y


def _rated_v(transformer: Words, winding: int) -> float:
    words = transformer["windings"][winding]
    to_neutral = not words["delta"] and int(transformer["phases"]) > 1
    return 1000.0 * float(words["kv"]) / (np.sqrt(3.0) if to_neutral else 1.0)


def _setting(kind: str, word: str) -> float:
    """A setting as it is compared; a leading power factor, below 0, as 2 - |pf|."""
    value = float(word)
    return 2.0 + value if kind.lower() == "pf" and value < 0.0 else value


def _phase(word: str) -> int:
    return int(PHASES.get(word.lower(), 0) or int(word))


def _yes(word: str) -> bool:
    return word.lower()[:1] in ("y", "t")
