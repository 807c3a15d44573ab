"""The compiled loops of the power flow: iterate, measure."""

from __future__ import annotations

import numpy as np

from twin.arrays import Complexes, Floats, Ints, compiled

DIVERGED = -1
HOPELESS_PU = 1e3
STANDSTILL = 1e-4
BALANCED = 20.0
ROUNDING_PU = 4e-15


@compiled
def gather_demand(
    port: Ints, shares: Floats, load: Complexes, fixed: Complexes, ports: Complexes
) -> None:
    """Sum terminals into ports: constant power, current and impedance parts.

    port [n_terminal]; shares [n_terminal, 4]: p_z, p_i, q_z, q_i; load, fixed pu
    [n_terminal]; ports pu [3, n_port], overwritten.
    """
    ports[:] = 0.0
    for t in range(len(port)):
        k = port[t]
        p, q = load[t].real, load[t].imag
        p_z, p_i = p * shares[t, 0], p * shares[t, 1]
        q_z, q_i = q * shares[t, 2], q * shares[t, 3]
        ports[0, k] += complex(p - p_z - p_i, q - q_z - q_i) + fixed[t]
        ports[1, k] += complex(p_i, q_i)
        ports[2, k] += complex(p_z, q_z)


@compiled
def iterate(
    x: Complexes,
    drive: Complexes,
    read_a: Ints,
    read_b: Ints,
    push_a: Ints,
    push_b: Ints,
    ports: Complexes,
    dependent: bool,
    low_ptr: Ints,
    low_row: Ints,
    low_val: Complexes,
    up_ptr: Ints,
    up_col: Ints,
    up_val: Complexes,
    up_inverse: Complexes,
    y: Complexes,
    tolerance: float,
    most: int,
) -> int:
    """Fixed-point current injection: V <- Y^-1 (I_source - sum conj(S(V) / V)).

    x [n + sources + 1] voltages in elimination order, then the sources', then 0 for
    the reference; updated in place. Stops when the estimated distance to the fixed
    point, delta r / (1 - r) with r the ratio of successive changes, is below half the
    tolerance and the last change small enough for powers to balance, or when changes
    are so small that their ratio is noise. Returns the iterations, negative where it
    did not converge.

    Source: Dugan, McDermott, "An open source platform for collaborating on smart grid
    research", IEEE PES GM 2011 (OpenDSS "normal" solution).
    """
    n = len(up_inverse)
    before, ratio_before = np.inf, 1.0
    floor = max(STANDSTILL * tolerance, ROUNDING_PU)
    for iteration in range(1, most + 1):
        y[:n] = drive
        y[n] = 0.0
        for k in range(len(read_a)):
            v = x[read_a[k]] - x[read_b[k]]
            square = v.real * v.real + v.imag * v.imag
            if dependent:
                size = np.sqrt(square)
                s = ports[0, k] + ports[1, k] * size + ports[2, k] * square
            else:
                s = ports[0, k]
            if s.real == 0.0 and s.imag == 0.0:
                continue
            if not square > 0.0:
                return DIVERGED * iteration
            inverse = 1.0 / square
            i = complex(
                (s.real * v.real + s.imag * v.imag) * inverse,
                (s.real * v.imag - s.imag * v.real) * inverse,
            )
            y[push_a[k]] -= i
            y[push_b[k]] += i
        for k in range(n):
            value = y[k]
            for j in range(low_ptr[k], low_ptr[k + 1]):
                y[low_row[j]] -= low_val[j] * value
        worst = 0.0
        for k in range(n - 1, -1, -1):
            value = y[k]
            for j in range(up_ptr[k], up_ptr[k + 1]):
                value -= up_val[j] * y[up_col[j]]
            value *= up_inverse[k]
            y[k] = value
            change = value - x[k]
            square = change.real * change.real + change.imag * change.imag
            if not square <= worst:
                worst = square
            x[k] = value
        delta = np.sqrt(worst)
        if not delta < HOPELESS_PU:
            return DIVERGED * iteration
        if delta == 0.0 or (iteration > 1 and delta < floor):
            return iteration
        ratio = delta / before
        if iteration > 1:
            r = max(ratio, ratio_before) if iteration > 2 else ratio
            near = r < 1.0 and delta * r < 0.5 * tolerance * (1.0 - r)
            if near and delta < BALANCED * tolerance:
                return iteration
        before, ratio_before = delta, ratio
    return DIVERGED * most


@compiled
def measure_branches(
    v: Complexes,
    near: Ints,
    far: Ints,
    near_ptr: Ints,
    near_col: Ints,
    near_val: Complexes,
    far_ptr: Ints,
    far_col: Ints,
    far_val: Complexes,
    scale: Floats,
    s_base_kva: float,
    out: Floats,
) -> float:
    """Flows at the end nearer the source, and what is lost between the ends, kW.

    S_near = V_near conj(I_near), > 0 away from the source; losses = sum of the powers
    that enter branches at both ends. scale [n_branch, 3]: base current of the near
    end, A; loading per unit of current at the near and at the far end. out
    [4, n_branch]: p_kw, q_kvar, i_a, loading.
    """
    lost = 0.0
    for b in range(len(near)):
        i_near = 0j
        for j in range(near_ptr[b], near_ptr[b + 1]):
            i_near += near_val[j] * v[near_col[j]]
        i_far = 0j
        for j in range(far_ptr[b], far_ptr[b + 1]):
            i_far += far_val[j] * v[far_col[j]]
        v_near, v_far = v[near[b]], v[far[b]]
        p = v_near.real * i_near.real + v_near.imag * i_near.imag
        q = v_near.imag * i_near.real - v_near.real * i_near.imag
        lost += p + v_far.real * i_far.real + v_far.imag * i_far.imag
        size_near = np.sqrt(i_near.real * i_near.real + i_near.imag * i_near.imag)
        size_far = np.sqrt(i_far.real * i_far.real + i_far.imag * i_far.imag)
        out[0, b] = p * s_base_kva
        out[1, b] = q * s_base_kva
        out[2, b] = size_near * scale[b, 0]
        loading, other = size_near * scale[b, 1], size_far * scale[b, 2]
        out[3, b] = other if other > loading or np.isnan(loading) else loading
    return lost * s_base_kva


@compiled
def measure_terminals(
    v: Complexes,
    node_a: Ints,
    node_b: Ints,
    shares: Floats,
    load: Complexes,
    out: Complexes,
) -> None:
    """What the voltage-following part of each terminal draws, pu [n_terminal]."""
    for t in range(len(node_a)):
        across = v[node_a[t]] - (v[node_b[t]] if node_b[t] >= 0 else 0j)
        size = abs(across)
        p_z, p_i, q_z, q_i = shares[t, 0], shares[t, 1], shares[t, 2], shares[t, 3]
        p = 1.0 + p_i * (size - 1.0) + p_z * (size * size - 1.0)
        q = 1.0 + q_i * (size - 1.0) + q_z * (size * size - 1.0)
        out[t] = complex(load[t].real * p, load[t].imag * q)
