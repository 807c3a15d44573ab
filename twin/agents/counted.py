"""Lets a Mesa model go once it is done with."""

from __future__ import annotations

import mesa


def all_counted(model: mesa.Model) -> None:
    """To be called when a model has all its agents.

    Mesa before 3.5 counts the agents of each model in a table of the class's own, which
    keeps the model, and all that it knows, for as long as the process lives: a
    thousand runs, a thousand worlds. Source: Mesa, issue 3179 "Memory leak in models".
    """
    getattr(mesa.Agent, "_ids", {}).pop(model, None)
