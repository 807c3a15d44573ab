"""What went through each meter, and what would have under reference charging."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from twin.arrays import Floats, Ints
from twin.results.record import Run


def run_net_kw(run: Run, steps: slice) -> Floats:
    """As recorded [n_step, n_customer]."""
    return array_of(run, "customer_steps", "net_kw", steps)


def reference_net_kw(run: Run, steps: slice) -> Floats:
    """Had cars charged as the run's reference did [n_step, n_customer].

    Loads and PV as the run recorded them, without what a car gave its own home in an
    outage.
    """
    columns = ("served_kw", "island_kw", "pv_kw")
    served, island, pv = (
        array_of(run, "customer_steps", one, steps) for one in columns
    )
    home = run.static("evs")["customer"].to_numpy()
    charge_kw = array_of(run, "shadow_steps", "kw", steps)
    return served - island - pv + summed(charge_kw, home, served.shape[1])


def summed(values: Floats, place: Ints, n: int) -> Floats:
    """Sums over the columns that share a place; below 0 is none [n_row, n]."""
    kept = np.flatnonzero(place >= 0)
    ones = np.ones(len(kept)), (kept, place[kept])
    return np.asarray(values @ csr_array(ones, shape=(len(place), n)))


def array_of(run: Run, table: str, column: str, steps: slice) -> Floats:
    """Some intervals of an array column, read once [n_step, n]."""
    part = run.scan(table).select(column).slice(steps.start, steps.stop - steps.start)
    values: Floats = part.collect()[column].to_numpy().astype(np.float64)
    return values
