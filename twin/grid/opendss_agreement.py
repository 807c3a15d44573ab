"""How near a solution comes to the OpenDSS engine's own of the same circuit."""

from __future__ import annotations

import numpy as np

from twin.grid.engines import power_flow
from twin.grid.feeder import Feeder
from twin.grid.flow import Demand
from twin.grid.inspect import Agreement
from twin.grid.opendss_circuit import Circuit

ENGINE = "the OpenDSS engine's own solution, with its taps and steps"


def agreement_with_engine(feeder: Feeder, circuit: Circuit) -> Agreement:
    """Largest difference of node voltages at the loads of the file.

    Magnitudes and angles: |V - V_engine| / V_base. NaN where there is no solution.
    """
    flow = power_flow(feeder, None).solve(Demand.own(feeder))
    engine_v = dict(
        zip(
            (name.lower() for name in circuit.words["own_nodes"]),
            circuit.arrays["own_v"],
            strict=True,
        )
    )
    own = [engine_v.get(f"{bus}.{phase}", np.nan) for bus, phase in circuit.nodes]
    base = 1000.0 * feeder.nodes.v_base_kv[: len(own)]
    apart = np.abs(flow.v[: len(own)] - np.array(own) / base)
    return Agreement(float(np.max(apart, initial=0.0)), ENGINE)
