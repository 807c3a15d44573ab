"""The cards of the money page, in order; nothing lists them.

Each is a file with ``ORDER``, ``card(desk, case, query)`` and ``register(desk)``. What
a card keeps in the address it gives to ``desk.remember("money", ...)`` itself.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from dash.development.base_component import Component

from dashboards.desk import Desk, Query
from twin.analysis.case import Case


def register(desk: Desk) -> None:
    """Let every card register its callbacks."""
    for one in _every():
        one.register(desk)


def drawn(desk: Desk, case: Case, query: Query) -> list[Component]:
    """Every card for a run, as its address asks for it."""
    return [one.card(desk, case, query) for one in _every()]


def _every() -> list[Any]:
    names = [found.name for found in iter_modules(__path__)]
    modules: list[Any] = [import_module(f"{__name__}.{name}") for name in names]
    return sorted(modules, key=lambda one: (one.ORDER, one.__name__))
