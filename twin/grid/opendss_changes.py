"""Changes of a circuit, by a few commands of our own once the engine has compiled it.

Names are those that the engine itself lists and numbers are our own, so nothing that a
scenario says reaches the engine as a word of its language.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from twin.errors import InputError, Problem, listed
from twin.grid import opendss_elements as ask
from twin.grid.changes import Change, Made, Wanted, next_size, one_of
from twin.grid.opendss_parser import Word

LETTERS = {"a": 1, "b": 2, "c": 3}
LEG_KV = 0.15
KM_PER_UNIT = {
    1: 1.609344, 2: 0.3048, 3: 1.0, 4: 0.001, 5: 0.0003048, 6: 2.54e-5, 7: 1e-5,
    8: 1e-6,
}  # fmt: skip
CARRIERS = ("Line", "Transformer", "AutoTrans")


def change(dss: Any, wanted: Wanted) -> tuple[Made, ...]:
    """Make all changes in the circuit, in order; every mistake is told at once."""
    made: list[Made] = []
    problems: list[Problem] = []
    for one in wanted.changes:
        try:
            made.append(_make(dss, one, wanted))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return tuple(made)


def _make(dss: Any, one: Change, wanted: Wanted) -> Made:
    makers: dict[tuple[str, str], Callable[[], Made]] = {
        ("transformer", "rating_kva"): lambda: _rating(dss, one, wanted),
        ("transformer", "tap"): lambda: _tap(dss, one),
        ("line", "parallel"): lambda: _parallel(dss, one),
        ("line", "like"): lambda: _like(dss, one),
        ("customer", "phase"): lambda: _phase(dss, one),
        ("switch", "closed"): lambda: _switch(dss, one),
        ("out", ""): lambda: _out(dss, one),
    }
    if (one.what, one.do) not in makers:
        raise InputError.of(
            "a circuit has no standard types of transformers; say rating_kva",
            one.action,
        )
    return makers[one.what, one.do]()


def _named(dss: Any, one: Change, what: str, *kinds: str) -> tuple[str, str]:
    """Class and name of what a change names, with or without its class."""
    found: dict[str, list[tuple[str, str]]] = {}
    for kind in kinds:
        for name in ask.names(dss, kind):
            found.setdefault(name.lower(), []).append((kind, name))
    own = len(found)
    for kind, name in [row for rows in found.values() for row in rows]:
        found.setdefault(f"{kind}.{name}".lower(), [(kind, name)])
    plain = Change(one.what, str(one.name).lower(), one.do, one.to, one.key, one.said)
    element: tuple[str, str] = one_of(found, own, plain, what)
    return element


def _target(kind: str, name: str) -> str:
    return Word("", f"{kind}.{name}", '"').written()


def _transformer(dss: Any, one: Change) -> str:
    kind, name = _named(dss, one, "transformer", "Transformer", "AutoTrans")
    if kind != "Transformer":
        raise InputError.of(
            f"'{name}' is an autotransformer: it can be out, and no more", one.at
        )
    return name


def _rating(dss: Any, one: Change, wanted: Wanted) -> Made:
    """All windings in proportion; percentages of impedance and losses stay."""
    name = _transformer(dss, one)
    dss.Transformers.Name(name)
    kva = []
    for winding in range(1, dss.Transformers.NumWindings() + 1):
        dss.Transformers.Wdg(winding)
        kva.append(float(dss.Transformers.kVA()))
    old = kva[0]
    sizes = np.array(wanted.sizes_kva)
    new = next_size(old, sizes, one) if one.to == "next" else float(one.to or 0.0)
    if new == old:
        raise InputError.of(f"'{name}' has {old:g} kVA already", one.action)
    ask.activate(dss, "Transformer", name)
    limits = [ask.number(dss, key, np.nan) for key in ("normhkva", "emerghkva")]
    share = new / old
    listed = " ".join(repr(share * each) for each in kva)
    dss.Text.Command(f"edit {_target('transformer', name)} kvas=[{listed}]")
    for key, value in zip(("normhkva", "emerghkva"), limits, strict=True):
        if np.isfinite(value):
            said = f"{key}={share * value!r}"
            dss.Text.Command(f"edit {_target('transformer', name)} {said}")
    words = f"transformer {name}: {new:g} kVA in place of {old:g} kVA"
    return Made("transformer", name, words, kva=new)


def _tap(dss: Any, one: Change) -> Made:
    """Steps of the winding that a RegControl taps; else of the first."""
    name = _transformer(dss, one)
    winding, control = _tapped(dss, name)
    dss.Transformers.Name(name)
    dss.Transformers.Wdg(winding)
    low, high = float(dss.Transformers.MinTap()), float(dss.Transformers.MaxTap())
    stands, count = float(dss.Transformers.Tap()), int(dss.Transformers.NumTaps())
    step = (high - low) / count if count else 0.0
    if not step > 0.0:
        raise InputError.of(f"'{name}' has no tap changer in the circuit", one.at)
    tap = stands + step * int(one.to or 0)
    if not low - 1e-9 <= tap <= high + 1e-9:
        down, up = round((low - stands) / step), round((high - stands) / step)
        raise InputError.of(
            f"got {one.to:+}; winding {winding} of '{name}' stands at {stands:g} of "
            f"{low:g} to {high:g}; allowed: {down:+d} to {up:+d}",
            one.action,
        )
    dss.Text.Command(f"edit {_target('transformer', name)} wdg={winding} tap={tap!r}")
    words = (
        f"transformer {name}: tap {tap:g} in place of {stands:g} (of {low:g} to "
        f"{high:g}), {100 * step * int(one.to or 0):+g} % turns at winding {winding}"
    )
    words += f", where RegControl {control} starts" if control else ""
    return Made("tap", name, words)


def _tapped(dss: Any, name: str) -> tuple[int, str]:
    """Which winding is tapped, and the RegControl that does so."""
    for control in ask.enabled(dss, "RegControl"):
        dss.RegControls.Name(control)
        if str(dss.RegControls.Transformer()).lower() == name.lower():
            return int(dss.RegControls.TapWinding()), control
    return 1, ""


def _line(dss: Any, one: Change) -> tuple[str, float]:
    """Name and length in km of a line that is in service."""
    _, name = _named(dss, one, "line", "Line")
    ask.activate(dss, "Line", name)
    if not dss.CktElement.Enabled():
        raise InputError.of(f"'{name}' is out of service in the circuit", one.at)
    dss.Lines.Name(name)
    each = KM_PER_UNIT.get(int(dss.Lines.Units()), 1.0)
    return name, float(dss.Lines.Length()) * each


def _parallel(dss: Any, one: Change) -> Made:
    """Further lines beside it, each a copy between the same buses."""
    name, km = _line(dss, one)
    times = int(one.to or 1)
    ask.activate(dss, "Line", name)
    first, second = (str(bus) for bus in dss.CktElement.BusNames())
    known = {other.lower() for other in ask.names(dss, "Line")}
    for k in range(2, times + 1):
        copy = f"{name}_beside{k}"
        while copy.lower() in known:
            copy += "_"
        ends = " ".join(
            Word(key, bus, '"').written()
            for key, bus in (("bus1", first), ("bus2", second))
        )
        like = Word("like", name, '"').written()
        dss.Text.Command(f"new {_target('line', copy)} {like} {ends}")
    words = f"line {name} ({1000 * km:.0f} m): {times} side by side in place of 1"
    return Made("line", name, words, km=km, count=times - 1)


def _like(dss: Any, one: Change) -> Made:
    """A linecode of the circuit, of as many phases."""
    name, km = _line(dss, one)
    codes = {code.lower(): code for code in ask.names(dss, "LineCode")}
    word = str(one.to).lower()
    if word not in codes:
        has = listed(str(one.to), codes.values()) or "none"
        raise InputError.of(
            f"no linecode is called '{one.to}'; the circuit has {has}", one.action
        )
    dss.LineCodes.Name(codes[word])
    theirs = int(dss.LineCodes.Phases())
    dss.Lines.Name(name)
    ask.activate(dss, "Line", name)
    mine, before = int(dss.CktElement.NumPhases()), float(dss.CktElement.NormalAmps())
    if mine != theirs:
        raise InputError.of(
            f"'{codes[word]}' has {theirs} phases, line '{name}' {mine}", one.action
        )
    said = Word("linecode", codes[word], '"').written()
    dss.Text.Command(f"edit {_target('line', name)} {said}")
    ask.activate(dss, "Line", name)
    ampere = float(dss.CktElement.NormalAmps())
    words = (
        f"line {name} ({1000 * km:.0f} m): {codes[word]} ({ampere:g} A) in place of "
        f"{before:g} A"
    )
    return Made("line", name, words, km=km)


def _phase(dss: Any, one: Change) -> Made:
    """A load from one phase to neutral to another of its bus."""
    _, name = _named(dss, one, "load", "Load")
    dss.Loads.Name(name)
    ask.activate(dss, "Load", name)
    bus, *nodes = str(dss.CktElement.BusNames()[0]).split(".")
    phases, delta = int(dss.CktElement.NumPhases()), bool(dss.Loads.IsDelta())
    across = len(nodes) > 1 and nodes[1] in ("1", "2", "3")
    if phases != 1 or delta or across or not nodes:
        raise InputError.of(
            f"'{name}' is not between one phase and neutral: it is not moved", one.at
        )
    dss.Circuit.SetActiveBus(bus)
    there = sorted(int(node) for node in dss.Bus.Nodes() if int(node) in (1, 2, 3))
    if 3 not in there and float(dss.Bus.kVBase()) < LEG_KV:
        raise InputError.of(
            f"'{name}' hangs behind a transformer of one phase: bus {bus} has legs, "
            "and no phases",
            one.at,
        )
    to, now = LETTERS[str(one.to)], int(nodes[0])
    letters = {number: letter for letter, number in LETTERS.items()}
    if to == now:
        raise InputError.of(f"'{name}' is on phase {one.to} already", one.action)
    if to not in there:
        named = ", ".join(letters[node] for node in there)
        raise InputError.of(
            f"bus {bus} of '{name}' has no phase {one.to}; it has {named}", one.action
        )
    said = Word("bus1", ".".join([bus, str(to), *nodes[1:]]), '"').written()
    dss.Text.Command(f"edit {_target('load', name)} {said}")
    words = f"customer {name}: phase {one.to} in place of {letters[now]}"
    return Made("phase", name, words)


def _switch(dss: Any, one: Change) -> Made:
    """A line opened or closed; a control that would move it stands aside."""
    _, name = _named(dss, one, "switch", "Line")
    ask.activate(dss, "Line", name)
    on = bool(dss.CktElement.Enabled())
    closed = on and not any(bool(dss.CktElement.IsOpen(t, 0)) for t in (1, 2))
    word, line = "closed" if one.to else "open", _target("line", name)
    if closed is bool(one.to):
        raise InputError.of(f"'{name}' is {word} already", one.action)
    for control in ask.enabled(dss, "SwtControl"):
        ask.activate(dss, "SwtControl", control)
        if str(dss.Properties.Value("SwitchedObj")).lower() == f"line.{name.lower()}":
            dss.Text.Command(f"disable {_target('swtcontrol', control)}")
    if one.to:
        dss.Text.Command(f"enable {line}")
        for terminal in (1, 2):
            dss.Text.Command(f"close {line} {terminal}")
    else:
        dss.Text.Command(f"open {line} 1")
    return Made("switch", name, f"switch {name}: {word}")


def _out(dss: Any, one: Change) -> Made:
    """A line or transformer switched off, with the controls of its taps."""
    kind, name = _named(dss, one, "line or transformer", *CARRIERS)
    ask.activate(dss, kind, name)
    if not dss.CktElement.Enabled():
        raise InputError.of(f"'{name}' is out of service already", one.at)
    if kind == "Transformer":
        for control in ask.enabled(dss, "RegControl"):
            dss.RegControls.Name(control)
            if str(dss.RegControls.Transformer()).lower() == name.lower():
                dss.Text.Command(f"disable {_target('regcontrol', control)}")
    dss.Text.Command(f"disable {_target(kind.lower(), name)}")
    word = "line" if kind == "Line" else "transformer"
    return Made("out", name, f"{word} {name}: out of service")
