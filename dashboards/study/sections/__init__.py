"""The sections of a study's page. Each is a module with a ``SECTION``."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from dashboards.study.section import Section


def sections() -> list[Section]:
    """Every section of this folder, in the order of the page."""
    names = (found.name for found in iter_modules(__path__))
    found = [import_module(f"{__name__}.{name}").SECTION for name in names]
    return sorted(found, key=lambda one: (one.order, one.key))
