"""Fewer points for the screen: every dip and peak is kept, and a zoom asks for more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.arrays import Ints

Values = NDArray[Any]
Times = NDArray[np.datetime64]
MOST_POINTS = 1200


def thinned(
    time: Times, values: Values, most: int = MOST_POINTS
) -> tuple[Times, Values]:
    """At most so many rows, in order, with the extremes of every stretch.

    values  one course [n_row], or several beside each other [n_row, n_column]
    """
    rows = kept_rows(values, most)
    return time[rows], values[rows]


def kept_rows(values: Values, most: int = MOST_POINTS) -> Ints:
    """Rows that draw the same picture: of each stretch a minimum, a maximum, a gap.

    First and last row are among them. Several columns share the rows, so that areas
    can be stacked; each then gets its part of ``most``.
    """
    height = len(values)
    if height <= most:
        return np.arange(height)
    columns = np.asarray(values, np.float64).reshape(height, -1)
    per_stretch = (2 + bool(np.isnan(columns).any())) * columns.shape[1]
    stretches = max(1, (most - 2) // per_stretch)
    edges = np.linspace(0, height, stretches + 1).round().astype(np.int64)
    found = [_telling(column, edges) for column in columns.T]
    return np.unique(np.concatenate([[0, height - 1], *found]))


def window(relayout: object, times: Times) -> tuple[int, int]:
    """First row, and the one past the last, of what a chart's x axis shows.

    relayout  what plotly says of a zoom (``relayoutData``); all rows where it says
              nothing of x, or nothing that can be understood
    times     as they are drawn, rising
    """
    said = _x_range(relayout)
    return (0, len(times)) if said is None else rows_between(times, *said)


def says_x(relayout: object) -> bool:
    """Whether it tells of the x axis at all: a resize or a zoom of y does not."""
    return isinstance(relayout, Mapping) and any(
        str(key).startswith("xaxis.") for key in relayout
    )


def range_words(relayout: object) -> str | None:
    """A zoom in time as an address keeps it: both ends, to the minute.

    Empty where all of the time is shown, None where nothing is told of an axis of time.
    """
    if not says_x(relayout):
        return None
    both = _x_range(relayout)
    if both is None:
        return ""
    ends = sorted(one for one in map(instant, both) if one is not None)
    if len(ends) < 2 or ends[0] == ends[1]:
        return None
    return ",".join(str(one.astype("datetime64[m]")) for one in ends)


def rows_between(times: Times, first: object, last: object) -> tuple[int, int]:
    """Rows from one local instant to another, with a neighbour on either side.

    Instants come as text from a browser or an address; all rows if one means nothing.
    """
    begin, end = instant(first), instant(last)
    height = len(times)
    if begin is None or end is None or not height:
        return 0, height
    begin, end = min(begin, end), max(begin, end)
    before = int(np.searchsorted(times, begin, "right")) - 1
    after = int(np.searchsorted(times, end, "left")) + 1
    low = min(max(0, before), height - 1)
    return low, max(low + 1, min(after, height))


def instant(words: object) -> np.datetime64 | None:
    """A local instant such as ``2026-01-12 17:30``; None if it is none."""
    if not isinstance(words, str) or not words[:4].isdigit() or len(words) > 32:
        return None
    try:
        found = np.datetime64(words.strip(), "us")
    except ValueError:
        return None
    return None if np.isnat(found) else found


def _x_range(relayout: object) -> tuple[object, object] | None:
    if not isinstance(relayout, Mapping):
        return None
    both = relayout.get("xaxis.range")
    if isinstance(both, list | tuple) and len(both) == 2:
        return both[0], both[1]
    if "xaxis.range[0]" in relayout and "xaxis.range[1]" in relayout:
        return relayout["xaxis.range[0]"], relayout["xaxis.range[1]"]
    return None


def _telling(column: NDArray[np.float64], edges: Ints) -> Ints:
    """Rows of each stretch's lowest and highest value, and of its first gap."""
    gaps = np.isnan(column)
    stretch = np.repeat(np.arange(len(edges) - 1), np.diff(edges))
    lows = _first_where(_reached(np.fmin, column, edges, stretch) & ~gaps, stretch)
    highs = _first_where(_reached(np.fmax, column, edges, stretch) & ~gaps, stretch)
    return np.concatenate([lows, highs, _first_where(gaps, stretch)])


def _reached(
    extreme: np.ufunc, column: NDArray[np.float64], edges: Ints, stretch: Ints
) -> NDArray[np.bool_]:
    return np.asarray(column == extreme.reduceat(column, edges[:-1])[stretch])


def _first_where(which: NDArray[np.bool_], stretch: Ints) -> Ints:
    """The first row of each stretch for which it is so."""
    rows = np.flatnonzero(which)
    _, first = np.unique(stretch[rows], return_index=True)
    return rows[first]
