"""Spells beyond a limit, as rows of ``events``: where, from when to when, how far."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from twin.arrays import Bools, Floats, Ints
from twin.grid.feeder import Feeder
from twin.grid.limits import Limits

Single = NDArray[np.float32]
Times = NDArray[np.datetime64]


@dataclass(frozen=True)
class Watch:
    """What is judged: the nodes at which customers hang, and every rated branch."""

    node: Ints
    node_name: list[str]
    branch_name: list[str]
    emergency: Floats
    limits: Limits

    @classmethod
    def of(cls, feeder: Feeder, customer_node: Ints, limits: Limits) -> Watch:
        """Watch every node at which customers are, and the branches, phase by phase."""
        node = np.unique(customer_node)
        branches = feeder.branches
        known = names_of(feeder)
        names = [f"node {known[n]}" for n in node]
        rows = zip(branches.kind, branches.name, branches.phase, strict=True)
        return cls(
            node,
            names,
            [f"{kind} {_by_phase(name, phase)}" for kind, name, phase in rows],
            branches.emergency_factor,
            limits,
        )

    def rows(self, times: Times, step: np.timedelta64, day: DayOf) -> pl.DataFrame:
        """The spells of one local day; one that passes midnight is two."""
        v_pu = day.v_pu[:, self.node]
        low, high = self.limits.low_pu, self.limits.high_pu
        over = spells(day.loading > 1.0, day.loading)
        far = over.worst > self.emergency[over.column]
        found = [
            (spells(v_pu < low, -v_pu), self.node_name, "voltage below the limit"),
            (spells(v_pu > high, v_pu), self.node_name, "voltage above the limit"),
            (over.chosen(~far), self.branch_name, "above its normal rating"),
            (over.chosen(far), self.branch_name, "above its emergency rating"),
        ]
        frames = [
            frame(spell, names, reason, times, step)
            for spell, names, reason in found
            if len(spell.first)
        ]
        return pl.concat(frames).sort("time", "entity") if frames else nothing()


@dataclass(frozen=True)
class DayOf:
    """A day's voltages [n_step, n_node] and loadings [n_step, n_branch]."""

    v_pu: Single
    loading: Single


@dataclass(frozen=True)
class Spells:
    """First and last interval, column and greatest magnitude of each spell."""

    first: Ints
    last: Ints
    column: Ints
    worst: Floats

    def chosen(self, which: Bools) -> Spells:
        return Spells(
            self.first[which], self.last[which], self.column[which], self.worst[which]
        )


def names_of(feeder: Feeder) -> list[str]:
    """Nodes as events name them: the bus, and its phase if it has one."""
    nodes = feeder.nodes
    return [_by_phase(*one) for one in zip(nodes.bus, nodes.phase, strict=True)]


def _by_phase(name: str, phase: int) -> str:
    """A name with its phase, as OpenDSS writes it; without in the positive sequence."""
    return f"{name}.{phase}" if phase else name


def nothing() -> pl.DataFrame:
    """No event at all."""
    return pl.DataFrame(
        schema={
            "time": pl.Datetime("us"),
            "until": pl.Datetime("us"),
            "kind": pl.String,
            "entity": pl.String,
            "value": pl.Float64,
            "reason": pl.String,
        }
    )


def spells(beyond: Bools, depth: Single) -> Spells:
    """Unbroken spells in each column; the worst is where the depth is greatest."""
    columns = np.flatnonzero(beyond.any(axis=0))
    edge = np.zeros((1, len(columns)), dtype=np.int8)
    inside = beyond[:, columns].astype(np.int8)
    change = np.diff(inside, axis=0, prepend=edge, append=edge).T
    column, first = np.nonzero(change == 1)
    _, after = np.nonzero(change == -1)
    spans = zip(columns[column], first, after, strict=True)
    worst = [float(np.abs(depth[a:b, c].max())) for c, a, b in spans]
    return Spells(first, after - 1, columns[column], np.array(worst))


def frame(
    found: Spells, names: list[str], reason: str, times: Times, step: np.timedelta64
) -> pl.DataFrame:
    """Spells as rows, each in the time from its first interval to its last."""
    n = len(found.first)
    return pl.DataFrame(
        {
            "time": times[found.first],
            "until": times[found.last] + step,
            "kind": ["violation"] * n,
            "entity": [names[column] for column in found.column],
            "value": found.worst,
            "reason": [reason] * n,
        }
    )
