"""The tap controllers that a pandapower network brings, as rules for its taps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from twin.grid.pp_rules import TapRule
from twin.grid.ppc import Network

FOLLOWED = "DiscreteTapControl"
DELAY_S = 60.0
DELAY_PER_LEVEL_S = 10.0


def own_rules(net: Network) -> list[TapRule]:
    """A rule for each transformer that a followed controller in service holds.

    pandapower knows no delays: 60 s (assumed), and 10 s more for each level, so that
    lower levels come to rest first as there.
    """
    return [rule for _, one in _followed(net) for rule in _rules(one)]


def other_controllers(net: Network) -> list[str]:
    """Controllers in service that only pandapower itself can run, by name."""
    mine = {index for index, _ in _followed(net)}
    on = net.controller[net.controller["in_service"].astype(bool)]
    return [
        f"controller {index} ({row.object})"
        for index, row in on.iterrows()
        if index not in mine
    ]


def _followed(net: Network) -> Iterator[tuple[Any, Any]]:
    """Index and row of controllers in service that move taps as ours do."""
    if not len(net.controller):
        return
    for index, row in net.controller.iterrows():
        of, on = row["object"], bool(row["in_service"])
        if on and type(of).__name__ == FOLLOWED and of.element == "trafo":
            yield index, row


def _rules(row: Any) -> list[TapRule]:
    of = row["object"]
    level = float(np.max(np.atleast_1d(np.asarray(row["level"], dtype=float))))
    elements = np.atleast_1d(np.asarray(of.element_index))
    lower = np.broadcast_to(np.asarray(of.vm_lower_pu, dtype=float), elements.shape)
    upper = np.broadcast_to(np.asarray(of.vm_upper_pu, dtype=float), elements.shape)
    return [
        TapRule(
            trafo=int(index),
            v_set_pu=0.5 * (low + high),
            band_pu=high - low,
            delay_s=DELAY_S + DELAY_PER_LEVEL_S * level,
            side=str(of.side),
            key="feeder.source",
        )
        for index, low, high in zip(
            elements.tolist(), lower.tolist(), upper.tolist(), strict=True
        )
    ]
