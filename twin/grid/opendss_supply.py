"""Which loads of an OpenDSS circuit a source reaches, and who is left without."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twin.errors import InputError
from twin.grid.changes import KEY, Change
from twin.grid.opendss_circuit import DEAD, Circuit
from twin.grid.ppc import listed


def unsupplied(circuit: Circuit) -> dict[str, str]:
    """Loads that no source reaches, with their buses."""
    return {
        str(load["name"]): str(load["buses"][0])
        for load in circuit.words["loads"]
        if np.any(circuit.places(load) == DEAD)
    }


def refuse_unsupplied(before: Circuit, after: Circuit, by: Sequence[Change]) -> None:
    """Refuse changes by which loads lose every source."""
    known = unsupplied(before)
    lost = {name: bus for name, bus in unsupplied(after).items() if name not in known}
    if not lost:
        return
    buses = sorted(set(lost.values()))
    raise InputError.of(
        f"no source reaches {len(lost)} load{'s' * (len(lost) > 1)} at "
        f"{len(buses)} bus{'es' * (len(buses) > 1)} any more: {listed(buses)}; close a "
        "tie that supplies them another way (switch with closed: true), or say an "
        "outage in events",
        by[0].at if len(by) == 1 else KEY,
    )
