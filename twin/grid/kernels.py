"""The compiled loops of the power flow: gather demand, iterate, serve."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.arrays import Complexes, Floats, Ints, compiled
from twin.grid.inverters import Wired, adapt, inject_inverters
from twin.grid.laws import drawn

HOPELESS_PU = 1e3
STANDSTILL = 1e-4
BALANCED = 20.0
AT_REST = 0.2
ROUNDING_PU = 4e-15


class Sweep(NamedTuple):
    """What an iteration needs, in the order of elimination, in few arrays.

    Place n + k holds source k, the last place 0 V for the reference. ports [4, n_port]:
    a port reads the voltage between places 0 and 1 and pushes its current at places 2
    and 3 (place n takes what goes into a source). lines [4, n]: what the sources push,
    the first number beside the diagonal of each column of L and of each row of U, and
    the inverted diagonal of U; to [2, n]: the places of those numbers. A tree has no
    others; a mesh has a few, `more_*` with line and place in `more_*_to` [2, few],
    ascending for L, descending for U, closed by line -1.

    Where few nodes are loaded, the same is said of them alone: their places are 0 to
    m - 1, and impedance [2, m, m] (resistance and reactance, from the node of the
    current by row) gives what currents at them change in their voltages without load,
    `unloaded` [m]. Empty otherwise.
    """

    place: Ints
    ports: Ints
    to: Ints
    lines: Complexes
    more_low_to: Ints
    more_low: Complexes
    more_up_to: Ints
    more_up: Complexes
    impedance: Floats
    unloaded: Complexes


class Connections(NamedTuple):
    """Where terminals are: nodes, port, and shares p_z, p_i, q_z, q_i [n_terminal, 4].

    `source` is the source that a terminal lies beside, -1 for none; `rated` the
    voltage across it at which it draws what is asked, pu; `law` its row in the laws,
    -1 where the shares say all.
    """

    node_a: Ints
    node_b: Ints
    port: Ints
    source: Ints
    shares: Floats
    rated: Floats
    law: Ints


class Lawful(NamedTuple):
    """Terminals that draw by a law of their own: places as in `Sweep.ports` [4, n_law].

    terminal [n_law]; numbers [n_law, N_LAW] as `twin.grid.laws` orders them; rated
    [n_law], pu.
    """

    terminal: Ints
    places: Ints
    numbers: Floats
    rated: Floats


class Asked(NamedTuple):
    """Power asked at each terminal, kW and kvar [n_terminal]."""

    load_kw: Floats
    load_kvar: Floats
    fixed_kw: Floats
    fixed_kvar: Floats


@compiled
def gather_demand(
    connections: Connections, asked: Asked, per_kva: float, ports: Complexes
) -> None:
    """Sum terminals into ports: constant power, current and impedance parts.

    S(V) = S_0 + S_1 |V| + S_2 |V|^2; ports pu [3, n_port], overwritten. What follows a
    law of its own is left out.
    """
    ports[:] = 0.0
    port, shares, law = connections.port, connections.shares, connections.law
    for t in range(len(port)):
        k = port[t]
        p = asked.fixed_kw[t] * per_kva
        q = asked.fixed_kvar[t] * per_kva
        if law[t] < 0:
            per_v = 1.0 / connections.rated[t]
            load_p, load_q = asked.load_kw[t] * per_kva, asked.load_kvar[t] * per_kva
            p_z, p_i = load_p * shares[t, 0], load_p * shares[t, 1]
            q_z, q_i = load_q * shares[t, 2], load_q * shares[t, 3]
            p += load_p - p_z - p_i
            q += load_q - q_z - q_i
            ports[1, k] += complex(p_i, q_i) * per_v
            ports[2, k] += complex(p_z, q_z) * (per_v * per_v)
        ports[0, k] += complex(p, q)


@compiled
def iterate(
    sweep: Sweep,
    ports: Complexes,
    dependent: bool,
    lawful: Lawful,
    own: Complexes,
    x: Complexes,
    y: Complexes,
    tolerance: float,
    most: int,
    inverters: Wired | None,
) -> int:
    """Fixed-point current injection: V <- Y^-1 (I_source - sum conj(S(V) / V)).

    x [n + sources + 1] voltages, updated in place; y [n + 1] is room to work in. Stops
    when the estimated distance to the fixed point, delta r / (1 - r) with r the ratio
    of successive changes, is below half the tolerance and the last change small enough
    for powers to balance, or when changes are so small that their ratio is noise.
    With inverters, when twice running a whole step toward what they are to do would
    change no voltage by a fifth of the tolerance.
    Returns the iterations, negative where it did not converge.

    Source: Dugan, McDermott, "An open source platform for collaborating on smart grid
    research", IEEE PES GM 2011 (OpenDSS "normal" solution).
    """
    drive = sweep.lines[0]
    n = len(drive)
    before, ratio_before, step = np.inf, 1.0, 1.0
    floor = max(STANDSTILL * tolerance, ROUNDING_PU)
    for iteration in range(1, most + 1):
        y[:n] = drive
        if not n:
            y[:] = 0.0
        if not inject(sweep, ports, dependent, x, y):
            return -iteration
        if not inject_lawful(lawful, own, x, y):
            return -iteration
        if inverters is not None:
            step = adapt(inverters, x, iteration == 1)
            if not inject_inverters(inverters, x, y):
                return -iteration
        delta = substitute(sweep, x, y) if n else multiply(sweep, x, y)
        if not delta < HOPELESS_PU:
            return -iteration
        if inverters is not None:
            delta /= step
            if max(delta, before) < AT_REST * tolerance:
                return iteration
            before = delta
            continue
        if delta == 0.0 or (iteration > 1 and delta < floor):
            return iteration
        ratio = delta / before
        if iteration > 1:
            r = max(ratio, ratio_before) if iteration > 2 else ratio
            near = r < 1.0 and delta * r < 0.5 * tolerance * (1.0 - r)
            if near and delta < BALANCED * tolerance:
                return iteration
        before, ratio_before = delta, ratio
    return -most


@compiled
def inject(
    sweep: Sweep, ports: Complexes, dependent: bool, x: Complexes, y: Complexes
) -> bool:
    """Take the ports' currents conj(S(V) / V) from y; false where V has vanished."""
    read_a, read_b, push_a, push_b = sweep.ports
    for k in range(len(read_a)):
        v = x[read_a[k]] - x[read_b[k]]
        square = v.real * v.real + v.imag * v.imag
        s = ports[0, k]
        if dependent:
            s += ports[1, k] * np.sqrt(square) + ports[2, k] * square
        if s.real == 0.0 and s.imag == 0.0:
            continue
        if not square > 0.0:
            return False
        inverse = 1.0 / square
        current = complex(
            (s.real * v.real + s.imag * v.imag) * inverse,
            (s.real * v.imag - s.imag * v.real) * inverse,
        )
        y[push_a[k]] -= current
        y[push_b[k]] += current
    return True


@compiled
def inject_lawful(lawful: Lawful, own: Complexes, x: Complexes, y: Complexes) -> bool:
    """The same for terminals that follow a law of their own, asked own [n_law], pu."""
    read_a, read_b, push_a, push_b = lawful.places
    for k in range(len(own)):
        if own[k].real == 0.0 and own[k].imag == 0.0:
            continue
        v = x[read_a[k]] - x[read_b[k]]
        square = v.real * v.real + v.imag * v.imag
        if not square > 0.0:
            return False
        p, q = drawn(np.sqrt(square) / lawful.rated[k], lawful.numbers[k])
        s = complex(own[k].real * p, own[k].imag * q)
        current = np.conj(s) * v / square
        y[push_a[k]] -= current
        y[push_b[k]] += current
    return True


@compiled
def substitute(sweep: Sweep, x: Complexes, y: Complexes) -> float:
    """x <- U^-1 L^-1 y; the largest change of x, pu."""
    to, low = sweep.to[0], sweep.lines[1]
    more_at, more_to, more = sweep.more_low_to[0], sweep.more_low_to[1], sweep.more_low
    n, other = len(low), 0
    for k in range(n):
        value = y[k]
        y[to[k]] -= low[k] * value
        while more_at[other] == k:
            y[more_to[other]] -= more[other] * value
            other += 1
    to, up, inverse = sweep.to[1], sweep.lines[2], sweep.lines[3]
    more_at, more_to, more = sweep.more_up_to[0], sweep.more_up_to[1], sweep.more_up
    worst, other = 0.0, 0
    for k in range(n - 1, -1, -1):
        value = y[k] - up[k] * x[to[k]]
        while more_at[other] == k:
            value -= more[other] * x[more_to[other]]
            other += 1
        value *= inverse[k]
        change = value - x[k]
        square = change.real * change.real + change.imag * change.imag
        if not square <= worst:
            worst = square
        x[k] = value
    return float(np.sqrt(worst))


@compiled
def multiply(sweep: Sweep, x: Complexes, y: Complexes) -> float:
    """x <- unloaded + Z y at the loaded nodes; the largest change of x, pu."""
    resistance, reactance = sweep.impedance
    unloaded, n = sweep.unloaded, len(sweep.unloaded)
    real, imag = unloaded.real.copy(), unloaded.imag.copy()
    for j in range(n):
        i_re, i_im, r, x_j = y[j].real, y[j].imag, resistance[j], reactance[j]
        for k in range(n):
            real[k] += r[k] * i_re - x_j[k] * i_im
            imag[k] += r[k] * i_im + x_j[k] * i_re
    worst = 0.0
    for k in range(n):
        value = complex(real[k], imag[k])
        change = value - x[k]
        square = change.real * change.real + change.imag * change.imag
        if not square <= worst:
            worst = square
        x[k] = value
    return float(np.sqrt(worst))


@compiled
def solve_reduced(
    full: tuple[Sweep, Lawful, Complexes, Complexes],
    few: tuple[Sweep, Lawful, Complexes, Complexes],
    ports: Complexes,
    dependent: bool,
    own: Complexes,
    tolerance: float,
    most: int,
    wires: Wired | None,
    few_wires: Wired | None,
) -> int:
    """Iterate at the loaded nodes, then once over the whole grid.

    Each of `full` and `few`: its sweep, its laws' places, and room x and y.
    """
    sweep, lawful, x, y = full
    small, small_lawful, small_x, small_y = few
    for k in range(len(small.place)):
        small_x[k] = x[small.place[k]]
    iterations = iterate(
        small, ports, dependent, small_lawful, own, small_x, small_y, tolerance, most,
        few_wires,
    )  # fmt: skip
    for k in range(len(small.place)):
        x[small.place[k]] = small_x[k]
    if iterations > 0:
        y[: len(sweep.lines[0])] = sweep.lines[0]
        inject(sweep, ports, dependent, x, y)
        inject_lawful(lawful, own, x, y)
        if wires is not None:
            inject_inverters(wires, x, y)
        substitute(sweep, x, y)
    return iterations


@compiled
def solve_from(
    sweep: Sweep,
    few: tuple[Sweep, Lawful, Complexes, Complexes],
    connections: Connections,
    asked: Asked,
    per_kva: float,
    dependent: bool,
    start: Complexes,
    ports: Complexes,
    lawful: Lawful,
    own: Complexes,
    x: Complexes,
    y: Complexes,
    tolerance: float,
    most: int,
    v: Complexes,
    wires: Wired | None,
    few_wires: Wired | None,
) -> int:
    """Gather, iterate from `start` [n_node], and leave the answer in v [n_node].

    `wires` are the inverters' places in `sweep`, `few_wires` those in `few`.
    """
    gather_demand(connections, asked, per_kva, ports)
    for k in range(len(own)):
        t = lawful.terminal[k]
        own[k] = complex(asked.load_kw[t] * per_kva, asked.load_kvar[t] * per_kva)
    place = sweep.place
    for node in range(len(start)):
        x[place[node]] = start[node]
    if len(few[0].unloaded):
        iterations = solve_reduced(
            (sweep, lawful, x, y), few, ports, dependent, own, tolerance, most,
            wires, few_wires,
        )  # fmt: skip
    else:
        iterations = iterate(
            sweep, ports, dependent, lawful, own, x, y, tolerance, most, wires
        )
    for node in range(len(v)):
        v[node] = x[place[node]]
    return iterations


@compiled
def serve(
    v: Complexes,
    connections: Connections,
    numbers: Floats,
    asked: Asked,
    kw: Floats,
    kvar: Floats,
) -> None:
    """What the voltage-following part of each terminal draws, kW and kvar.

    P = P_0 (1 + p_i (|V| - 1) + p_z (|V|^2 - 1)), and Q alike, V per rated voltage;
    or by the terminal's law, a row of numbers [n_law, N_LAW].
    """
    shares, node_b = connections.shares, connections.node_b
    for t in range(len(node_b)):
        across = v[connections.node_a[t]]
        if node_b[t] >= 0:
            across -= v[node_b[t]]
        size = np.sqrt(across.real * across.real + across.imag * across.imag)
        size /= connections.rated[t]
        if connections.law[t] >= 0:
            p, q = drawn(size, numbers[connections.law[t]])
            kw[t], kvar[t] = asked.load_kw[t] * p, asked.load_kvar[t] * q
            continue
        linear, square = size - 1.0, size * size - 1.0
        kw[t] = asked.load_kw[t] * (1.0 + shares[t, 1] * linear + shares[t, 0] * square)
        kvar[t] = asked.load_kvar[t] * (
            1.0 + shares[t, 3] * linear + shares[t, 2] * square
        )
