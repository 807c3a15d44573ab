"""Holds the grid against every reference and writes the table into the documents.

A line a number: the largest difference, and what tests demand of it. Run as a script.
"""

from __future__ import annotations

import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

for threads in ("POLARS_MAX_THREADS", "NUMBA_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(threads, "1")
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
warnings.filterwarnings("ignore")

from tests.grid import references_opendss as engine
from tests.grid import references_pandapower as others
from tests.grid.held import DOCUMENT, Held, keep, written


def main() -> None:
    """Compute, print, write; end with an error where a demand is not met."""
    rows = []
    for one in references():
        print(one.row, flush=True)
        rows.append(one)
    DOCUMENT.write_text(
        written(DOCUMENT.read_text(encoding="utf-8"), rows), encoding="utf-8"
    )
    keep(rows)


def references() -> Iterator[Held]:
    """All numbers, in the order of the table."""
    with tempfile.TemporaryDirectory() as name:
        yield from _opendss(Path(name))
    for case in others.STREET:
        yield from others.beside_street(case)
    yield from others.beside_street_neutral()
    yield from others.beside_equivalent()
    yield others.beside_unbalance()
    for group in others.GROUPS:
        yield from others.beside_powerfactory(group)
    for minute in others.MINUTES:
        yield others.beside_runpp_3ph(minute)
    for network in others.BALANCED:
        yield from others.beside_positive_sequence(network)
    yield others.beside_all_networks()


def _opendss(folder: Path) -> Iterator[Held]:
    for name in engine.TITLES:
        for constant_power in (False, True):
            yield from engine.beside_engine(name, folder, constant_power)
    yield from engine.beside_engine_day(folder)
    yield engine.beside_published_taps(folder)
    for name in engine.PUBLISHED:
        yield engine.beside_published(name, folder)
    yield engine.beside_constant_power(folder)
    yield from engine.beside_day(folder)
    yield from engine.beside_shipped(folder)
    for case in engine.SERVICES:
        yield from engine.beside_service(case, folder)


if __name__ == "__main__":
    main()
