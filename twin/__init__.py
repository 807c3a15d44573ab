"""A digital twin of a distribution feeder whose electric cars live their days.

>>> from twin import read, run
>>> folder = run(read("scenarios/first.yaml"), "results")   # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twin.analysis.report import write as report
    from twin.errors import InputError, TwinError
    from twin.results.record import Run
    from twin.scenario.read import read
    from twin.scenario.spec import Scenario
    from twin.scenario.study import read_study
    from twin.simulation.grids import load_feeder
    from twin.simulation.run import run
    from twin.studies.runner import run_study

__all__ = [
    "InputError",
    "Run",
    "Scenario",
    "TwinError",
    "load_feeder",
    "read",
    "read_study",
    "report",
    "run",
    "run_study",
]

_ROOMS = {
    "InputError": "twin.errors:InputError",
    "Run": "twin.results.record:Run",
    "Scenario": "twin.scenario.spec:Scenario",
    "TwinError": "twin.errors:TwinError",
    "load_feeder": "twin.simulation.grids:load_feeder",
    "read": "twin.scenario.read:read",
    "read_study": "twin.scenario.study:read_study",
    "report": "twin.analysis.report:write",
    "run": "twin.simulation.run:run",
    "run_study": "twin.studies.runner:run_study",
}


def __getattr__(name: str) -> Any:
    """Open a room only when somebody asks for it: importing twin costs nothing."""
    if name not in _ROOMS:
        raise AttributeError(f"module 'twin' has no attribute '{name}'")
    module, _, thing = _ROOMS[name].partition(":")
    return getattr(import_module(module), thing)
