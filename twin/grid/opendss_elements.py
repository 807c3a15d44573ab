"""What each element of a compiled OpenDSS circuit says of itself, as plain words."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.errors import InputError

PD_KINDS = (
    "Line",
    "Transformer",
    "AutoTrans",
    "Capacitor",
    "Reactor",
    "Fault",
    "GICTransformer",
)
PC_KINDS = ("Generator", "PVSystem", "Storage")
HELD_KINDS = ("Isource", "VCCS", "UPFC", "IndMach012", "GICLine")
FOLLOWED_CONTROLS = ("RegControl", "CapControl")
HELD = "held at the taps and steps of the file's own solution"
SHAPE_KINDS = ("yearly", "daily", "duty")


def names(dss: Any, kind: str) -> list[str]:
    """Names of all elements of a class."""
    if dss.Circuit.SetActiveClass(kind) < 0 or not dss.ActiveClass.Count():
        return []
    found = [str(one) for one in dss.ActiveClass.AllNames()]
    return [one for one in found if one.lower() != "none"]


def enabled(dss: Any, kind: str) -> list[str]:
    """Names of the elements of a class that are switched on."""
    found = []
    for name in names(dss, kind):
        dss.Circuit.SetActiveElement(f"{kind}.{name}")
        if dss.CktElement.Enabled():
            found.append(name)
    return found


def activate(dss: Any, kind: str, name: str) -> None:
    """Make an element the one that is asked."""
    dss.Circuit.SetActiveElement(f"{kind}.{name}")


def loads(dss: Any) -> list[dict[str, Any]]:
    """Every load: where it is, what it draws at which voltage, and who it is."""
    multiplier, growth = float(dss.Solution.LoadMult()), _growth(dss)
    found = []
    for name in enabled(dss, "Load"):
        activate(dss, "Load", name)
        dss.Loads.Name(name)
        status = str(dss.Properties.Value("status")).lower()[:1]
        if growth != 1.0 and str(dss.Properties.Value("growth")).strip():
            raise InputError.of(
                f"Load.{name} grows by a shape, which is not represented: set year=0",
                key="feeder.source",
            )
        times = growth * (multiplier if status == "v" else 1.0)
        found.append(
            {
                **place(dss, name),
                "delta": bool(dss.Loads.IsDelta()),
                "kv": float(dss.Loads.kV()),
                "kw": float(dss.Loads.kW()) * times,
                "kvar": float(dss.Loads.kvar()) * times,
                "pf": float(dss.Loads.PF()),
                "model": int(dss.Loads.Model()),
                "v_low_pu": float(dss.Loads.Vminpu()),
                "v_high_pu": float(dss.Loads.Vmaxpu()),
                "v_lowest_pu": number(dss, "Vlowpu", 0.5),
                "cvr": [float(dss.Loads.CVRwatts()), float(dss.Loads.CVRvars())],
                "zipv": [float(one) for one in dss.Loads.ZipV()],
                "class": int(dss.Loads.Class()),
                "customers": int(dss.Loads.NumCust()),
                "status": status,
                "r_neutral_ohm": float(dss.Loads.Rneut()),
                "x_neutral_ohm": float(dss.Loads.Xneut()),
                **{
                    kind: str(dss.Properties.Value(kind)).lower()
                    for kind in SHAPE_KINDS
                },
            }
        )
    return found


def _growth(dss: Any) -> float:
    """How much loads have grown by the year that the file sets (without shapes)."""
    year = int(dss.Solution.Year())
    rate = 1.0 + float(dss.Solution.PctGrowth()) / 100.0
    return rate ** (year - 1) if year > 0 else 1.0


def plants(dss: Any) -> list[dict[str, Any]]:
    """Generators, solar, storage and what else pushes, with what each conductor drew.

    S = (V - V_neutral) conj(I) in the circuit's own solution, ``kw`` and ``kvar`` by
    conductor of all terminals; to ground where a conductor has no neutral beside it.
    """
    found = []
    for kind in (*PC_KINDS, *HELD_KINDS):
        for name in enabled(dss, kind):
            activate(dss, kind, name)
            where = place(dss, name)
            power = _drawn(dss, where["phases"], where["conductors"])
            found.append(
                {
                    **where,
                    "kind": kind.lower(),
                    "kw": [float(one) for one in power.real],
                    "kvar": [float(one) for one in power.imag],
                }
            )
    return found


def _drawn(dss: Any, phases: int, conductors: int) -> NDArray[Any]:
    """Power of every conductor against the neutral of its terminal, kVA."""
    v, i = complexes(dss.CktElement.Voltages()), complexes(dss.CktElement.Currents())
    across = v.copy()
    if conductors == phases + 1:
        for first in range(0, len(v), conductors):
            across[first : first + conductors] -= v[first + phases]
    power: NDArray[Any] = across * np.conj(i) / 1000.0
    return power


def carriers(dss: Any) -> tuple[list[dict[str, Any]], NDArray[Any], NDArray[Any]]:
    """Sources and all that carries current; their admittances; sources' currents."""
    found, flat, currents = [], [], []
    done = 0
    for kind in ("Vsource", *PD_KINDS):
        for name in enabled(dss, kind):
            activate(dss, kind, name)
            y = complexes(dss.CktElement.YPrim()).ravel()
            found.append(
                {
                    **place(dss, name),
                    "kind": kind.lower(),
                    "normal_a": float(dss.CktElement.NormalAmps()),
                    "emergency_a": float(dss.CktElement.EmergAmps()),
                    "open": _open(dss),
                    "at": done,
                    "size": round(len(y) ** 0.5),
                    **_more(dss, kind, name),
                }
            )
            done += len(y)
            flat.append(y)
            if kind == "Vsource":
                activate(dss, kind, name)
                currents.append(complexes(dss.CktElement.Currents()))
    none = np.empty(0, dtype=complex)
    return found, np.concatenate([none, *flat]), np.concatenate([none, *currents])


def _more(dss: Any, kind: str, name: str) -> dict[str, Any]:
    if kind == "Line":
        dss.Lines.Name(name)
        return {
            "length": float(dss.Lines.Length()),
            "units": int(dss.Lines.Units()),
            "switch": bool(dss.Lines.IsSwitch()),
        }
    if kind == "Transformer":
        return {"windings": _windings(dss, name)}
    if kind == "AutoTrans":
        return _auto(dss)
    return {}


def _windings(dss: Any, name: str) -> list[dict[str, Any]]:
    dss.Transformers.Name(name)
    found = []
    for winding in range(1, dss.Transformers.NumWindings() + 1):
        dss.Transformers.Wdg(winding)
        found.append(
            {
                "kv": float(dss.Transformers.kV()),
                "kva": float(dss.Transformers.kVA()),
                "delta": bool(dss.Transformers.IsDelta()),
                "tap": float(dss.Transformers.Tap()),
                "tap_low": float(dss.Transformers.MinTap()),
                "tap_high": float(dss.Transformers.MaxTap()),
                "taps": int(dss.Transformers.NumTaps()),
            }
        )
    return found


def _auto(dss: Any) -> dict[str, Any]:
    """An autotransformer: its series winding ends at the bus of its second terminal.

    It has no interface of its own: its properties are read.
    """
    kv, kva, tap = (listed(dss, name) for name in ("kVs", "kVAs", "Taps"))
    phases, each = int(dss.CktElement.NumPhases()), int(dss.CktElement.NumConductors())
    of = [k // each for k in range(each * int(dss.CktElement.NumTerminals()))]
    of[phases : 2 * phases] = [1] * phases
    windings = [
        {"kv": one, "kva": two, "tap": three, "delta": False}
        for one, two, three in zip(kv, kva, tap, strict=True)
    ]
    return {"windings": windings, "bus_of": of}


def place(dss: Any, name: str) -> dict[str, Any]:
    """Where the active element is: buses, and the node of every conductor."""
    buses = [str(one).partition(".")[0].lower() for one in dss.CktElement.BusNames()]
    return {
        "name": name,
        "buses": buses,
        "conductors": int(dss.CktElement.NumConductors()),
        "phases": int(dss.CktElement.NumPhases()),
        "nodes": [int(one) for one in dss.CktElement.NodeOrder()],
    }


def _open(dss: Any) -> bool:
    terminals = range(1, dss.CktElement.NumTerminals() + 1)
    return any(bool(dss.CktElement.IsOpen(one, 0)) for one in terminals)


def properties(dss: Any, kind: str, name: str) -> dict[str, str]:
    """Every property of an element, in small letters, as the engine words it."""
    activate(dss, kind, name)
    return {
        str(one).lower(): str(dss.Properties.Value(str(one)))
        for one in dss.Element.AllPropertyNames()
    }


def controls(dss: Any, kind: str) -> list[dict[str, Any]]:
    """RegControls or CapControls: all their properties, by name."""
    return [
        {"name": name, **properties(dss, kind, name)} for name in enabled(dss, kind)
    ]


def capacitors(dss: Any) -> list[dict[str, Any]]:
    """Capacitors with the kvar and the state of each of their steps."""
    found = []
    for name in enabled(dss, "Capacitor"):
        dss.Capacitors.Name(name)
        activate(dss, "Capacitor", name)
        states = [int(one) for one in dss.Capacitors.States()]
        found.append(
            {
                "name": name,
                "states": states,
                "kvar": listed(dss, "kvar"),
                "kv": float(dss.Capacitors.kV()),
                "delta": bool(dss.Capacitors.IsDelta()),
            }
        )
    return found


def positions(dss: Any) -> dict[str, dict[str, list[float]]]:
    """Taps of each winding of each transformer, states of each capacitor's steps."""
    taps = {
        name: [one["tap"] for one in _windings(dss, name)]
        for name in enabled(dss, "Transformer")
    }
    steps = {one["name"]: one["states"] for one in capacitors(dss)}
    return {"taps": taps, "steps": steps}


def shapes(dss: Any) -> tuple[dict[str, dict[str, Any]], NDArray[Any], NDArray[Any]]:
    """Load shapes by name; their P and their Q multipliers, one after the other."""
    found: dict[str, dict[str, Any]] = {}
    p_all, q_all = [np.empty(0)], [np.empty(0)]
    for name in names(dss, "LoadShape"):
        dss.LoadShape.Name(name)
        p, q = (np.atleast_1d(one) for one in _multipliers(dss))
        hours = np.atleast_1d(np.asarray(dss.LoadShape.TimeArray(), dtype=float))
        found[name.lower()] = {
            "at": sum(len(one) for one in p_all),
            "size": len(p),
            "q_at": sum(len(one) for one in q_all),
            "q_size": len(q),
            "interval_h": float(dss.LoadShape.HrInterval()),
            "hours": hours.tolist() if dss.LoadShape.HrInterval() == 0.0 else [],
            "actual": bool(dss.LoadShape.UseActual()),
        }
        p_all.append(p)
        q_all.append(q)
    return found, np.concatenate(p_all), np.concatenate(q_all)


def _multipliers(dss: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    """P and Q multipliers; none of Q where the shape says P alone."""
    p = np.asarray(dss.LoadShape.PMult(), dtype=float)
    q = np.asarray(dss.LoadShape.QMult(), dtype=float)
    return p, q if len(np.atleast_1d(q)) == len(np.atleast_1d(p)) else np.empty(0)


def buses(dss: Any) -> dict[str, list[float | None]]:
    """Base voltage to neutral (kV), x and y of every bus; none where unknown."""
    found: dict[str, list[float | None]] = {}
    for name in dss.Circuit.AllBusNames():
        dss.Circuit.SetActiveBus(name)
        known = bool(dss.Bus.Coorddefined())
        xy = [float(dss.Bus.X()), float(dss.Bus.Y())] if known else [None, None]
        found[str(name).lower()] = [float(dss.Bus.kVBase()), *xy]
    return found


def number(dss: Any, name: str, usual: float) -> float:
    """A property of the active element as a number."""
    try:
        return float(dss.Properties.Value(name))
    except ValueError:
        return usual


def listed(dss: Any, name: str) -> list[float]:
    """A property of the active element as numbers."""
    words = str(dss.Properties.Value(name)).strip("[]() ").replace(",", " ").split()
    return [float(one) for one in words]


def complexes(values: Any) -> NDArray[Any]:
    """Complex numbers, however the engine hands them over."""
    flat = np.asarray(values).ravel()
    if np.iscomplexobj(flat):
        return flat.astype(np.complex128)
    return np.ascontiguousarray(flat, dtype=np.float64).view(np.complex128)
