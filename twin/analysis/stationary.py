"""What stationary batteries did in a run: totals, and courses beside their load."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from twin.analysis.case import Case
from twin.arrays import Floats, Ints

Answer = float | int | str | None
KEYS = (
    "storage_charged_kwh",
    "storage_discharged_kwh",
    "storage_losses_kwh",
    "storage_cycles",
)


@dataclass(frozen=True, eq=False)
class Course:
    """A battery over the run. [n_step]

    kw    > 0 charges; soc at each interval's end
    load  what passes the transformer that it serves, or the substation, kW
    """

    kw: Floats
    soc: Floats
    load: Floats

    @property
    def is_loaded(self) -> bool:
        """Whether the load beside it is known."""
        return bool(np.isfinite(self.load).any())

    @property
    def peak(self) -> int:
        """The interval of the highest load; where none is known, that of most given."""
        if self.is_loaded:
            return int(np.nanargmax(self.load))
        return int(np.argmin(self.kw))


def batteries(case: Case) -> pl.DataFrame | None:
    """One row a battery; None where the run has none, or did not come to its end."""
    return case.run.static("storage") if case.run.has("storage") else None


def storage_answers(case: Case) -> dict[str, Answer]:
    """Energy through all batteries, what they lost, their mean cycles."""
    rows = batteries(case)
    if rows is None:
        return dict.fromkeys(KEYS)
    window = (rows["kwh"] * (rows["soc_high"] - rows["soc_low"])).to_numpy()
    cycled = float((rows["full_cycles"].to_numpy() * window).sum())
    return {
        "storage_charged_kwh": float(rows["charged_kwh"].sum()),
        "storage_discharged_kwh": float(rows["discharged_kwh"].sum()),
        "storage_losses_kwh": float((rows["losses_kwh"] + rows["standby_kwh"]).sum()),
        "storage_cycles": cycled / float(window.sum()),
    }


def course(case: Case, row: int) -> Course | None:
    """One battery's course; None where it was not recorded."""
    rows = batteries(case)
    if rows is None or not case.run.has("storage_steps"):
        return None
    of = (pl.col(name).arr.get(row) for name in ("kw", "soc"))
    steps = case.run.scan("storage_steps").select(of).collect()
    kw, soc = (steps[name].to_numpy().astype(np.float64) for name in ("kw", "soc"))
    return Course(kw, soc, load_kw(case, rows["transformer"][row]))


def load_kw(case: Case, transformer: int | None) -> Floats:
    """What passes a transformer, all phases; of none the substation; NaN: not known."""
    if transformer is None:
        return case.steps["grid_kw"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    branches = case.transformer_branches[transformer]
    if not len(branches) or not case.run.has("flows"):
        return np.full(case.steps.height, np.nan)
    return _through(case, branches)


def peak_of(case: Case, transformer: int | None) -> tuple[float, str | None] | None:
    """The highest of it and when, local; a run of daily figures knows no hour.

    Nor does such a run know the sum of phases, and so no peak where there are any.
    """
    load = load_kw(case, transformer)
    if np.isfinite(load).any():
        row = int(np.nanargmax(load))
        return float(load[row]), case.local(case.steps["time"][row])
    if transformer is None or not case.run.has("branches_daily"):
        return None
    branches = case.transformer_branches[transformer]
    if len(branches) != 1:
        return None
    most = pl.col("p_max_kw").arr.get(int(branches[0])).fill_nan(None).max()
    highest = case.run.scan("branches_daily").select(most).collect().item()
    return None if highest is None else (float(highest), None)


def _through(case: Case, branches: Ints) -> Floats:
    parts = [pl.col("p_kw").arr.get(one) for one in branches.tolist()]
    total = pl.sum_horizontal(*(part.cast(pl.Float64) for part in parts))
    found = case.run.scan("flows").select(total.alias("kw")).collect()
    kw: Floats = found["kw"].to_numpy()
    return kw


def by_zone(case: Case) -> tuple[Floats, Ints] | None:
    """Each battery's kW [n_step, n], and its transformer [n], -1 for none."""
    rows = batteries(case)
    if rows is None or not case.run.has("storage_steps"):
        return None
    kw = case.run.scan("storage_steps").select("kw").collect()["kw"].to_numpy()
    zone = rows["transformer"].fill_null(-1).to_numpy().astype(np.int64)
    return kw.astype(np.float64), zone
