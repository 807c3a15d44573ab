"""Changes of a pandapower network, made in it before it is converted.

So all element models stay pandapower's own, and ratings, limits and the audit follow.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np

from twin.arrays import Floats
from twin.errors import InputError, Problem, listed
from twin.grid.changes import Change, Made, Wanted, next_size, one_of
from twin.grid.pp_supply import refuse_unsupplied, supplied
from twin.grid.ppc import Network, called

TAP_DATA = ("tap_neutral", "tap_min", "tap_max", "tap_step_percent")
ZERO_SEQUENCE = ("r0_ohm_per_km", "x0_ohm_per_km", "c0_nf_per_km", "g0_us_per_km")
PER_KM = ("r_ohm_per_km", "x_ohm_per_km", "c_nf_per_km", "g_us_per_km", "max_i_ka")
CARRIERS = ("line", "trafo", "trafo3w", "impedance")
SAME_KV = 0.02
PHASES = "abc"


def change(net: Network, wanted: Wanted) -> tuple[Made, ...]:
    """Make all changes in a network, in their order; every mistake is told at once."""
    before = supplied(net) if wanted.cuts else None
    sizes_kva = np.array(wanted.sizes_kva)
    made: list[Made] = []
    problems: list[Problem] = []
    for one in wanted.changes:
        try:
            made.append(_make(net, one, sizes_kva))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    if before is not None:
        refuse_unsupplied(net, before, wanted.cuts)
    return tuple(made)


def _make(net: Network, one: Change, sizes_kva: Floats) -> Made:
    makers: dict[tuple[str, str], Callable[[], Made]] = {
        ("transformer", "rating_kva"): lambda: _rating(net, one, sizes_kva),
        ("transformer", "tap"): lambda: _tap(net, one),
        ("transformer", "like"): lambda: _transformer_like(net, one),
        ("line", "parallel"): lambda: _parallel(net, one),
        ("line", "like"): lambda: _line_like(net, one),
        ("customer", "phase"): lambda: _phase(net, one),
        ("switch", "closed"): lambda: _switch(net, one),
        ("out", ""): lambda: _out(net, one),
    }
    return makers[one.what, one.do]()


def _names(net: Network, *tables: str) -> dict[str, list[tuple[str, int]]]:
    """Table and index by every name that an element goes by: its own, table and index.

    An index alone is a name, too, where only one table is meant.
    """
    tables = tuple(table for table in tables if len(net[table]))
    found = _own_names(net, *tables)
    more: dict[str, tuple[str, int]] = {}
    for table in tables:
        for index in net[table].index.tolist():
            more[f"{table} {index}"] = (table, index)
            if len(tables) == 1:
                more[str(index)] = (table, index)
    for name, element in more.items():
        found.setdefault(name, [element])
    return found


def _own_names(net: Network, *tables: str) -> dict[str, list[tuple[str, int]]]:
    """Table and index by the names that elements are shown by."""
    found: dict[str, list[tuple[str, int]]] = {}
    for table in tables:
        for row, index in enumerate(net[table].index.tolist()):
            name = called(net[table], table, row)
            found.setdefault(name, []).append((table, index))
    return found


def _named(net: Network, one: Change, what: str, *tables: str) -> tuple[str, int]:
    """The table and index of what a change names."""
    own = len(_own_names(net, *tables))
    element: tuple[str, int] = one_of(_names(net, *tables), own, one, what)
    return element


def _called(net: Network, table: str, index: int) -> str:
    return called(net[table], table, net[table].index.get_loc(index))


def _transformer(net: Network, one: Change) -> tuple[int, str]:
    """Index and name; one of three windings is refused."""
    table, index = _named(net, one, "transformer", "trafo", "trafo3w")
    if table == "trafo3w":
        raise InputError.of(
            f"'{one.name}' has three windings: it can be out, and no more", one.at
        )
    return index, _called(net, "trafo", index)


def _rating(net: Network, one: Change, sizes_kva: Floats) -> Made:
    """One transformer of another rating: the same uk and losses per kVA."""
    index, name = _transformer(net, one)
    row = net.trafo.loc[index]
    old = 1000.0 * float(row["sn_mva"]) * float(row["parallel"])
    new = next_size(old, sizes_kva, one) if one.to == "next" else float(one.to or 0.0)
    if new == old:
        raise InputError.of(f"'{name}' has {old:g} kVA already", one.action)
    share = new / (1000.0 * float(row["sn_mva"]))
    net.trafo.loc[index, "sn_mva"] = new / 1000.0
    net.trafo.loc[index, "pfe_kw"] = float(row["pfe_kw"]) * share
    net.trafo.loc[index, "parallel"] = 1
    net.trafo.loc[index, "std_type"] = None
    words = f"transformer {name}: {new:g} kVA in place of {old:g} kVA"
    return Made("transformer", name, words, kva=new)


def _transformer_like(net: Network, one: Change) -> Made:
    """One transformer of a standard type, of the same voltages."""
    index, name = _transformer(net, one)
    kind = _type_of(net, "trafo", one, {})
    data, row = net.std_types["trafo"][kind], net.trafo.loc[index]
    for side in ("vn_hv_kv", "vn_lv_kv"):
        if abs(float(data[side]) / float(row[side]) - 1.0) > SAME_KV:
            raise InputError.of(
                f"'{kind}' is of {data['vn_hv_kv']:g}/{data['vn_lv_kv']:g} kV, "
                f"'{name}' of {row['vn_hv_kv']:g}/{row['vn_lv_kv']:g} kV",
                one.action,
            )
    old = 1000.0 * float(row["sn_mva"]) * float(row["parallel"])
    _take_type(net, "trafo", index, kind)
    net.trafo.loc[index, "parallel"] = 1
    kva = 1000.0 * float(data["sn_mva"])
    words = f"transformer {name}: {kind} ({kva:g} kVA) in place of {old:g} kVA"
    return Made("transformer", name, words, kva=kva)


def _tap(net: Network, one: Change) -> Made:
    """Some steps of its own tap changer, within its limits."""
    index, name = _transformer(net, one)
    row = net.trafo.loc[index]
    missing = [key for key in TAP_DATA if not np.isfinite(float(row.get(key, np.nan)))]
    if row.get("tap_side") not in ("hv", "lv") or missing:
        raise InputError.of(
            f"'{name}' has no tap changer in the network's data", one.at
        )
    low, high = int(row["tap_min"]), int(row["tap_max"])
    stands = float(row["tap_pos"])
    stands = float(row["tap_neutral"]) if np.isnan(stands) else stands
    position = stands + float(one.to or 0)
    if not low <= position <= high:
        raise InputError.of(
            f"got {one.to:+}; the tap changer of '{name}' stands at {stands:g} of "
            f"{low} to {high}; allowed: {low - stands:+g} to {high - stands:+g}",
            one.action,
        )
    net.trafo.loc[index, "tap_pos"] = position
    percent = float(row["tap_step_percent"]) * (position - stands)
    words = (
        f"transformer {name}: tap {position:g} in place of {stands:g} (of {low} to "
        f"{high}), {percent:+g} % turns at {row['tap_side']}"
    )
    return Made("tap", name, words)


def _parallel(net: Network, one: Change) -> Made:
    """Several of the line side by side."""
    _, index = _named(net, one, "line", "line")
    times, before = int(one.to or 1), int(net.line.loc[index, "parallel"])
    net.line.loc[index, "parallel"] = before * times
    name, km = _called(net, "line", index), float(net.line.loc[index, "length_km"])
    words = (
        f"line {name} ({1000 * km:.0f} m): {before * times} side by side in place of "
        f"{before}"
    )
    return Made("line", name, words, km=km, count=before * (times - 1))


def _line_like(net: Network, one: Change) -> Made:
    """A line of another type: a standard type, or that of another line."""
    _, index = _named(net, one, "line", "line")
    lines = _names(net, "line")
    kind = _type_of(net, "line", one, lines)
    name, km = _called(net, "line", index), float(net.line.loc[index, "length_km"])
    before = 1000.0 * float(net.line.loc[index, "max_i_ka"])
    if kind in net.std_types["line"]:
        _take_type(net, "line", index, kind)
    else:
        other = one_of(
            lines, len(lines), Change("like", kind, "", None, one.key), "line"
        )[1]
        for column in (*PER_KM, *ZERO_SEQUENCE, "type", "std_type"):
            if column in net.line:
                net.line.loc[index, column] = net.line.loc[other, column]
    ampere = 1000.0 * float(net.line.loc[index, "max_i_ka"])
    words = (
        f"line {name} ({1000 * km:.0f} m): {kind} ({ampere:g} A) in place of "
        f"{before:g} A"
    )
    return Made("line", name, words, km=km)


def _type_of(net: Network, table: str, one: Change, others: Collection[str]) -> str:
    """The type that a change names: a standard type, or another element of the kind."""
    types, word = list(net.std_types[table]), str(one.to)
    if word in types or word in others:
        return word
    kinds = "standard type" + " or line" * (table == "line")
    known = [*types, *(_own_names(net, table) if others else ())]
    raise InputError.of(
        f"no {kinds} is called '{word}'; there are {listed(word, known)}", one.action
    )


def _take_type(net: Network, table: str, index: int, kind: str) -> None:
    """All that a standard type says; zero-sequence data of the old type are gone."""
    data = net.std_types[table][kind]
    for column in net[table].columns:
        if column in data:
            net[table].loc[index, column] = data[column]
        elif column in ZERO_SEQUENCE:
            net[table].loc[index, column] = np.nan
    net[table].loc[index, "std_type"] = kind


def _phase(net: Network, one: Change) -> Made:
    """A one-phase load's power to another phase."""
    table, index = _named(net, one, "load", "asymmetric_load", "load")
    name, to = _called(net, table, index), str(one.to)
    if table == "load":
        raise InputError.of(
            f"'{name}' draws on all three phases alike: it has no phase to change",
            one.at,
        )
    row = net.asymmetric_load.loc[index]
    used = [p for p in PHASES if row[f"p_{p}_mw"] or row[f"q_{p}_mvar"]]
    if len(used) != 1:
        raise InputError.of(
            f"'{name}' draws on {len(used)} phases; only a load of one is moved", one.at
        )
    if used[0] == to:
        raise InputError.of(f"'{name}' is on phase {to} already", one.action)
    for quantity in ("p_{}_mw", "q_{}_mvar"):
        old, new = quantity.format(used[0]), quantity.format(to)
        net.asymmetric_load.loc[index, new] = float(row[old])
        net.asymmetric_load.loc[index, old] = 0.0
    return Made("phase", name, f"customer {name}: phase {to} in place of {used[0]}")


def _switch(net: Network, one: Change) -> Made:
    """A switch closed or opened."""
    _, index = _named(net, one, "switch", "switch")
    name, word = _called(net, "switch", index), "closed" if one.to else "open"
    if bool(net.switch.loc[index, "closed"]) is bool(one.to):
        raise InputError.of(f"'{name}' is {word} already", one.action)
    net.switch.loc[index, "closed"] = bool(one.to)
    return Made("switch", name, f"switch {_plain(name, 'switch')}: {word}")


def _out(net: Network, one: Change) -> Made:
    """A line or transformer out of service."""
    table, index = _named(net, one, "line or transformer", *CARRIERS)
    name = _called(net, table, index)
    if not bool(net[table].loc[index, "in_service"]):
        raise InputError.of(f"'{name}' is out of service already", one.at)
    net[table].loc[index, "in_service"] = False
    kind = {"line": "line", "impedance": "impedance"}.get(table, "transformer")
    return Made("out", name, f"{kind} {_plain(name, kind)}: out of service")


def _plain(name: str, kind: str) -> str:
    """A name without the kind that it may begin with."""
    return name.removeprefix(f"{kind} ")
