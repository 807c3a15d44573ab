"""The golden run: its scenario, its figures, and (as a program) writing them anew."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

FILE = Path(__file__).with_name("v2g_peak.json")
SERIES = ("grid_kw", "losses_kw", "charge_kw", "give_kw", "v_min_pu", "plugged")


def figures() -> dict[str, Any]:
    """What the golden scenario gives: a row a step, and each car's end."""
    from tests.worlds import DORFNETZ, lived, scenario
    from twin.fleet.state import Phase

    diary = lived(
        scenario(
            name="golden",
            seed=7,
            feeder__source=DORFNETZ,
            fleet__ev_share=1.0,
            fleet__bidirectional_share=1.0,
            customers__pv_share=0.2,
            policy__name="v2g_peak",
        )
    )
    fleet = diary.world.fleet
    series = {
        "grid_kw": diary.column("grid_kw"),
        "losses_kw": diary.column("losses_kw"),
        "charge_kw": diary.column("charge_kw").sum(axis=1),
        "give_kw": diary.column("give_kw").sum(axis=1),
        "v_min_pu": diary.column("v_pu").min(axis=1),
        "plugged": (diary.column("phase") == Phase.PLUGGED).sum(axis=1),
    }
    cars = ("soc", "charged_kwh", "discharged_kwh", "driven_kwh", "public_kwh")
    return {
        "steps": {name: _rounded(values) for name, values in series.items()},
        "cars": {name: _rounded(fleet.state[name]) for name in cars},
        "stays": len(diary.sessions),
        "trips": len(diary.trips),
    }


def _rounded(values: np.ndarray) -> list[float]:
    return [float(f"{value:.7g}") for value in values.tolist()]


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    FILE.write_text(json.dumps(figures(), separators=(",", ":")) + "\n")
    print(f"wrote {FILE}")
