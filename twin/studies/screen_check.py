"""The screen beside full solutions of some connections: how far off, and where."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from twin.arrays import Floats, Ints
from twin.grid.node_hosting import Bounds, Connection, Room

CHECKED_CONNECTIONS = 12
SMALL_KW = 0.1
TRUSTED_SHARE = 0.05

Full = Callable[[Sequence[Connection], Bounds, float], Room]


@dataclass(frozen=True, eq=False)
class Check:
    """Some of `n` connections by the screen and by full solutions.

    which      their places, by what the screen gives them  [n_checked]
    off_share  the screen's kW over the full solution's, less 1; where there is less
               than `SMALL_KW`, over that instead           [n_checked]
    """

    n: int
    which: Ints
    screen_kw: Floats
    full_kw: Floats
    off_share: Floats

    @property
    def most(self) -> int:
        """Which of those checked is the most optimistic."""
        return int(self.off_share.argmax())

    @property
    def p99_share(self) -> float:
        """What 99 of 100 of those checked do not exceed."""
        return float(np.quantile(self.off_share, 0.99, method="inverted_cdf"))

    @property
    def untrusted(self) -> Ints:
        """Of those checked, where the screen is too optimistic to be trusted."""
        beyond: Ints = np.flatnonzero(self.off_share > TRUSTED_SHARE)
        return beyond


def checked(
    room: Room,
    connections: Sequence[Connection],
    full: Full,
    bounds: Bounds,
    sign: float,
    n: int,
) -> Check:
    """Solve `n` connections in full, evenly by the screen's kW from least to most."""
    order = np.argsort(room.kw, kind="stable")
    few = np.linspace(0, len(order) - 1, min(n, len(order))).astype(np.int64)
    which = order[few]
    kw = full([connections[row] for row in which], bounds, sign).kw
    return Check(len(room.kw), which, room.kw[which], kw, off_share(room.kw[which], kw))


def off_share(screen_kw: Floats, full_kw: Floats) -> Floats:
    """How far the screen is above the full solution (> 0: optimistic)."""
    off: Floats = (screen_kw - full_kw) / np.maximum(full_kw, SMALL_KW)
    return off


def check_lines(check: Check, way: str, bus: Sequence[str]) -> list[str]:
    """What a check comes to; `bus` names the connections."""
    if not len(check.which):
        return []
    at = check.most
    said = [
        f"{way}, the screen beside full solutions of {len(check.which)} of {check.n} "
        f"connections: at most {_percent(check.off_share[at])} optimistic "
        f"(bus {bus[check.which[at]]}: {check.screen_kw[at]:,.1f} kW, in full "
        f"{check.full_kw[at]:,.1f}), at 99 % of them {_percent(check.p99_share)}; "
        f"at most {_percent(max(-check.off_share.min(), 0.0))} pessimistic"
    ]
    said += [
        f"  the screen is not trusted at bus {bus[check.which[k]]}: "
        f"{check.screen_kw[k]:,.2f} kW, in full {check.full_kw[k]:,.2f}"
        for k in check.untrusted
    ]
    return said


def _percent(share: float) -> str:
    return f"{100.0 * share:.2f} %"
