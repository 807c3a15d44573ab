"""The pages. Each is a file with a function ``register(desk)``; nothing lists them."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from dashboards.desk import Desk


def register(desk: Desk) -> None:
    """Let every page of this folder register itself."""
    for found in sorted(iter_modules(__path__), key=lambda one: one.name):
        import_module(f"{__name__}.{found.name}").register(desk)
