"""Counts the cycles of many courses by rainflow, one stretch of time after another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.arrays import Floats, Ints, compiled, totals

HALF, WHOLE = 0.5, 1.0
CLASS_EDGES = tuple(tenth / 10 for tenth in range(11))
DEPTH_DIGITS = 6


@dataclass(frozen=True, eq=False)
class Residue:
    """What no range has closed yet of each course: its reversals and its last value.

    points                                                       [n_course, at least 1]
    count   how many of a row are points                                     [n_course]
    """

    points: Floats
    count: Ints


@dataclass(frozen=True, eq=False)
class Cycles:
    """Cycles in the order in which they closed, course by course. [n_cycle]

    course  whose
    depth   highest less lowest value
    count   1 for a cycle, 0.5 for half a one
    """

    course: Ints
    depth: Floats
    count: Floats


@dataclass(frozen=True, eq=False)
class Depths:
    """How deep batteries were cycled, by class of depth: ten of a tenth each.

    cycles       how many, a half one as 0.5                          [n_ev, n_class]
    full_cycles  the same as equivalent full ones, depth times count  [n_ev, n_class]
    deepest      deepest cycle or half a one                                   [n_ev]
    """

    cycles: Floats
    full_cycles: Floats
    deepest: Floats


def nothing_yet(n_course: int) -> Residue:
    """Before the first value."""
    return Residue(np.zeros((n_course, 1)), np.zeros(n_course, np.int64))


def follow(residue: Residue, values: Floats) -> tuple[Cycles, Residue]:
    """The cycles that close in a stretch, and what stays open after it.

    values  known numbers; the same as before is no movement      [n_sample, n_course]

    With X the newest range of three reversals and Y the one before: X < Y waits, else Y
    is a cycle, or half a one if it holds the first reversal that is left, which is then
    dropped. The newest value counts as a reversal, because X only grows until it is
    one. So stretches of any length find what the whole course does.
    Source: ASTM E1049-85 (2017), 5.4.4, rainflow counting.
    """
    width = int(residue.count.max(initial=1)) + len(values)
    points = np.zeros((len(residue.count), width))
    points[:, : residue.points.shape[1]] = residue.points[:, :width]
    count = residue.count.copy()
    most = int(count.sum()) + values.size
    course, depth = np.empty(most, np.int64), np.empty(most)
    weight = np.empty(most)
    found = _follow(points, count, values, course, depth, weight)
    closed = Cycles(course[:found].copy(), depth[:found].copy(), weight[:found].copy())
    return closed, Residue(points[:, : int(count.max(initial=1))].copy(), count)


def halves(residue: Residue) -> Cycles:
    """The ranges that never closed, each half a cycle."""
    steps = np.abs(np.diff(residue.points, axis=1))
    known = np.arange(1, residue.points.shape[1])[None, :] < residue.count[:, None]
    course, place = np.nonzero(known)
    return Cycles(course, steps[course, place], np.full(len(course), HALF))


def by_depth(cycles: Cycles, n_course: int) -> Depths:
    """Cycles of states of charge by class of depth.

    A class begins at its lower edge; 1 belongs to the last. Depths are taken to a
    millionth, since states of charge are recorded in single precision.
    """
    depth = np.round(cycles.depth, DEPTH_DIGITS)
    n_class = len(CLASS_EDGES) - 1
    place = np.searchsorted(CLASS_EDGES[1:-1], depth, side="right")
    index = cycles.course * n_class + place
    deepest = np.zeros(n_course)
    np.maximum.at(deepest, cycles.course, cycles.depth)
    counted, full = (
        totals(index, weight, n_course * n_class).reshape(n_course, n_class)
        for weight in (cycles.count, cycles.depth * cycles.count)
    )
    return Depths(counted, full, deepest)


def none_cycled(n_course: int) -> Depths:
    """Before the first cycle."""
    empty = Cycles(np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
    return by_depth(empty, n_course)


def plus(depths: Depths, more: Depths) -> Depths:
    """Both together."""
    return Depths(
        depths.cycles + more.cycles,
        depths.full_cycles + more.full_cycles,
        np.maximum(depths.deepest, more.deepest),
    )


@compiled
def _follow(
    points: Floats,
    count: Ints,
    values: Floats,
    course: Ints,
    depth: Floats,
    weight: Floats,
) -> int:
    """``follow`` in place: points and their count; returns how many cycles closed."""
    found = 0
    for column in range(values.shape[1]):
        kept, n = points[column], count[column]
        for row in range(values.shape[0]):
            value = values[row, column]
            if n > 0 and value == kept[n - 1]:
                continue
            if n > 1 and (value > kept[n - 1]) == (kept[n - 1] > kept[n - 2]):
                kept[n - 1] = value
            else:
                kept[n] = value
                n += 1
            while n > 2 and abs(kept[n - 1] - kept[n - 2]) >= abs(
                kept[n - 2] - kept[n - 3]
            ):
                course[found] = column
                depth[found] = abs(kept[n - 2] - kept[n - 3])
                if n == 3:
                    weight[found] = HALF
                    kept[0], kept[1] = kept[1], kept[2]
                    n = 2
                else:
                    weight[found] = WHOLE
                    kept[n - 3] = kept[n - 1]
                    n -= 2
                found += 1
        count[column] = n
    return found
