"""Writes down each interval, a day at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from twin.arrays import Floats, Ints
from twin.customers.customers import Customers
from twin.fleet.fleet import Fleet, Taken
from twin.fleet.state import Phase
from twin.grid.flow import Demand, Flow
from twin.grid.newton import WITHOUT_LIMITS
from twin.results.store import RunWriter
from twin.simulation import rapid_changes
from twin.simulation.audit import Audit
from twin.simulation.daily import branches_daily, customers_daily, nodes_daily
from twin.simulation.feeder_head import Allocated
from twin.simulation.guests import Guests
from twin.simulation.happenings import failed_steps, session_rows, trip_rows
from twin.simulation.leeway import reach
from twin.simulation.quality import Phases, largest
from twin.simulation.rapid_changes import RapidChanges
from twin.simulation.regulation import Logbook
from twin.simulation.service_voltage import ServiceVoltage
from twin.simulation.violations import DayOf, Watch
from twin.surroundings.surroundings import Given
from twin.timeline import Timeline

Array = (
    NDArray[np.float32]
    | NDArray[np.float64]
    | NDArray[np.uint8]
    | Ints
    | NDArray[np.bool_]
)

SCALARS = (
    "grid_kw",
    "grid_kvar",
    "losses_kw",
    "shunts_kw",
    "homes_kw",
    "unserved_kw",
    "pv_kw",
    "generation_kw",
    "ev_charge_kw",
    "ev_discharge_kw",
    "ev_held_back_kw",
    "ev_kvar",
    "ev_plugged",
    "ev_driving",
    "ev_could_draw_kw",
    "ev_could_shed_kw",
    "ev_could_give_kw",
    "v_min_pu",
    "v_max_pu",
    "vuf_max",
    "neutral_max_a",
    "temperature_degc",
    "price_usd_per_kwh",
    "export_price_usd_per_kwh",
    "iterations",
    "converged",
    "residual_kw",
)
WHOLE = ("ev_plugged", "ev_driving", "iterations")


@dataclass(frozen=True)
class Sizes:
    """How wide the arrays of a row are."""

    node: int
    branch: int
    customer: int
    ev: int


@dataclass(frozen=True)
class Quality:
    """What judges customers' voltages, a day at a time."""

    service: ServiceVoltage
    rapid: RapidChanges


class Recorder:
    """The day under way in memory, the days before on disk.

    Keeps the balance of the whole run: the largest residual of any converged step
    relative to its throughput.
    """

    def __init__(
        self,
        writer: RunWriter | None,
        timeline: Timeline,
        customers: Customers,
        watch: Watch,
        phases: Phases,
        buses: Ints,
        sizes: Sizes,
        audit: Audit,
        level: str,
        quality: Quality,
        guests: Guests,
        logbook: Logbook | None = None,
        allocated: Allocated | None = None,
    ) -> None:
        self.writer, self.timeline, self.customers = writer, timeline, customers
        self.watch, self.buses, self.phases = watch, buses, phases
        self.audit, self.level, self.logbook = audit, level, logbook
        self.quality, self.guests, self.allocated = quality, guests, allocated
        self.on_day: Callable[[int], None] | None = None
        self.worst_residual = 0.0
        self.steps_failed = 0
        self.steps_without_limits = 0
        self.meters = np.zeros((7, sizes.customer))
        self._times = timeline.utc_times()
        self._sizes = sizes
        self._begin(0)

    def write(
        self,
        k: int,
        given: Given,
        taken: Taken,
        demand: Demand,
        flow: Flow,
        fleet: Fleet,
    ) -> None:
        """Write down interval k."""
        row = k - self._steps[0]
        drawn_kw = self._served_kw(given.drawn_kw, flow)
        island_kw = self.customers.cars_kw(taken.island_kw)
        sun_kw = 0.0 if given.island_pv_kw is None else given.island_pv_kw
        by_itself_kw = island_kw + sun_kw
        served_kw = drawn_kw + by_itself_kw
        cars_kw = self.customers.cars_kw(taken.net_kw + taken.island_kw)
        net_kw = drawn_kw - given.pv_kw + cars_kw
        given = given._replace(pv_kw=given.pv_kw + sun_kw)
        unserved_kw = float((given.load_kw - given.drawn_kw - by_itself_kw).sum())
        v_pu = flow.v_pu
        judged_pu = v_pu[self.buses]
        low_pu, high_pu = -largest(-judged_pu), largest(judged_pu)
        self.audit.look(k, demand, flow, low_pu, high_pu)
        seen = (low_pu, high_pu, *self._unbalance(row, flow))
        own_kw = float(self.customers.fixed_kw.sum()) - demand.off_kw
        loads = (served_kw, unserved_kw, own_kw)
        self._write_scalars(row, given, taken, flow, seen, loads, fleet)
        self._v_pu[row] = v_pu
        flows = self._flows
        flows[0, row], flows[1, row] = flow.p_kw, flow.q_kvar
        flows[2, row], flows[3, row] = flow.i_a, flow.loading
        meters = self._customers
        meters[0, row], meters[1, row] = given.load_kw, served_kw
        meters[2, row], meters[3, row] = given.pv_kw, net_kw
        meters[4, row] = island_kw
        cars, state = self._cars, fleet.state
        cars[0, row], cars[1, row] = taken.net_kw, state["soc"]
        cars[2, row] = taken.kvar
        self._where[0, row], self._where[1, row] = state["phase"], state["place"]
        guests = self.guests
        if guests.responses is not None:
            guests.responses.write(taken)
        if guests.calls is not None:
            guests.calls.write(k * self.timeline.step_s, taken, flow.grid_kw)
        if guests.operator is not None:
            guests.operator.write(taken, given, fleet)
        if guests.shadow is not None:
            beside = self._beside
            beside[0, row], beside[1, row] = guests.shadow.kw, guests.shadow.soc
        if guests.storage is not None:
            self._stored[:, row] = guests.storage.kw, guests.storage.batteries.soc
        if k + 1 == self._steps[-1] + 1:
            self._end_day(fleet)

    def _unbalance(self, row: int, flow: Flow) -> tuple[float, float]:
        """The largest unbalance of any bus; the largest neutral current, A."""
        share = self.phases.unbalance(flow.v)
        self._vuf[row] = share[: self._vuf.shape[1]]
        return largest(share), self.phases.neutral_a(flow)

    def _served_kw(self, load_kw: Floats, flow: Flow) -> Floats:
        if not flow.converged or not self.customers.voltage_dependent:
            return load_kw
        return self.customers.served_kw(load_kw, flow.terminal_kw)

    def _write_scalars(
        self,
        row: int,
        given: Given,
        taken: Taken,
        flow: Flow,
        seen: tuple[float, float, float, float],
        loads: tuple[Floats, float, float],
        fleet: Fleet,
    ) -> None:
        charge_kw, give_kw = float(taken.charge_kw.sum()), float(taken.give_kw.sum())
        served_kw, unserved_kw, own_kw = loads
        homes_kw, pv_kw = float(served_kw.sum()), float(given.pv_kw.sum())
        generation_kw = flow.generation_kw - own_kw
        stored_kw, released_kw = self._storage_kw()
        supplied_kw = flow.grid_kw + pv_kw + generation_kw + give_kw + released_kw
        taken_kw = homes_kw + charge_kw + stored_kw + flow.losses_kw + flow.shunt_kw
        residual_kw = supplied_kw - taken_kw
        if flow.converged:
            through = abs(flow.grid_kw) + pv_kw + generation_kw + give_kw + homes_kw
            through += charge_kw + stored_kw + released_kw
            relative = abs(residual_kw) / max(through, 1e-9)
            self.worst_residual = max(self.worst_residual, relative)
        else:
            self.steps_failed += 1
        self.steps_without_limits += flow.method == WITHOUT_LIMITS
        phase = fleet.state["phase"]
        self._scalars[row] = (
            flow.grid_kw,
            flow.grid_kvar,
            flow.losses_kw,
            flow.shunt_kw,
            homes_kw,
            unserved_kw,
            pv_kw,
            generation_kw,
            charge_kw,
            give_kw,
            float(taken.held_back_kw.sum()),
            float(taken.kvar.sum()),
            np.count_nonzero(phase == Phase.PLUGGED),
            np.count_nonzero(phase == Phase.DRIVING),
            *reach(self.customers, fleet, given, taken, self._end_s(row)),
            *seen,
            given.temperature_degc,
            given.price_usd_per_kwh,
            given.export_price_usd_per_kwh,
            flow.iterations,
            flow.converged,
            residual_kw,
        )

    def _storage_kw(self) -> tuple[float, float]:
        """What stationary batteries drew and gave, both >= 0."""
        if self.guests.storage is None:
            return 0.0, 0.0
        kw = self.guests.storage.kw
        return float(np.maximum(kw, 0.0).sum()), float(np.maximum(-kw, 0.0).sum())

    def _end_s(self, row: int) -> int:
        """When an interval of the day under way ends."""
        return (int(self._steps[0]) + row + 1) * self.timeline.step_s

    def _begin(self, day: int) -> None:
        self.day = day
        if day >= self.timeline.days:
            return
        self._steps = self.timeline.steps_of_day(day)
        n, sizes = len(self._steps), self._sizes
        beside = 0 if self.guests.shadow is None else sizes.ev
        self._scalars = np.zeros((n, len(SCALARS)))
        self._v_pu = np.zeros((n, sizes.node), dtype=np.float32)
        self._vuf = np.zeros((n, len(self.phases.judged)), dtype=np.float32)
        self._flows = np.zeros((4, n, sizes.branch), dtype=np.float32)
        self._customers = np.zeros((5, n, sizes.customer), dtype=np.float32)
        self._cars = np.zeros((3, n, sizes.ev), dtype=np.float32)
        self._where = np.zeros((2, n, sizes.ev), dtype=np.uint8)
        self._beside = np.zeros((2, n, beside), dtype=np.float32)
        n_battery = 0 if self.guests.storage is None else len(self.guests.storage)
        self._stored = np.zeros((2, n, n_battery))

    def _end_day(self, fleet: Fleet) -> None:
        self._meter()
        if self.writer is not None:
            self._write_day(self.writer, fleet)
        fleet.clear()
        if self.guests.shadow is not None:
            self.guests.shadow.fleet.clear()
        if self.on_day is not None:
            self.on_day(self.day)
        self._begin(self.day + 1)

    def _meter(self) -> None:
        """Totals and peaks at each customer's meter."""
        demand, served, pv, net, _ = self._customers.astype(np.float64)
        hours = self.timeline.step_h
        taken, fed = np.maximum(net, 0.0), np.maximum(-net, 0.0)
        for row, energy in enumerate((demand, served, pv, taken, fed)):
            self.meters[row] += energy.sum(axis=0) * hours
        np.maximum(self.meters[5], taken.max(axis=0, initial=0.0), out=self.meters[5])
        np.maximum(self.meters[6], fed.max(axis=0, initial=0.0), out=self.meters[6])

    def _write_day(self, writer: RunWriter, fleet: Fleet) -> None:
        day, time = self.day, self._times[self._steps[0] : self._steps[-1] + 1]
        writer.day("steps", day, {"time": time, **self._scalar_columns()})
        if self.level == "all":
            self._write_arrays(writer, day, time)
        else:
            self._write_summary(writer, day, time)
        if self.guests.storage is not None:
            kw, soc = self._stored.astype(np.float32)
            writer.day("storage_steps", day, {"time": time, "kw": kw, "soc": soc})
        if self.guests.responses is not None:
            writer.day("responses", day, {"time": time, **self.guests.responses.day()})
        if self.guests.operator is not None:
            for name, columns in self.guests.operator.day(self.level).items():
                daily = {"day": np.array([day])} if name.endswith("_daily") else {}
                head = {**daily, "time": time[: _rows(columns)]}
                writer.day(name, day, {**head, **columns})
        changes = self._write_quality(writer, day, time)
        stays = fleet.sessions()
        if day == self.timeline.days - 1:
            stays = np.concatenate([stays, fleet.open_sessions()])
        first = self.timeline.first_instant
        writer.rows("sessions", day, session_rows(stays, fleet.traits, first))
        writer.rows("trips", day, trip_rows(fleet.driven(), first))
        writer.rows("events", day, self._events(time, changes))

    def _scalar_columns(self) -> dict[str, Array]:
        columns: dict[str, Array] = {}
        for number, name in enumerate(SCALARS):
            column = self._scalars[:, number]
            columns[name] = column.astype(np.int64) if name in WHOLE else column
        columns["converged"] = self._scalars[:, SCALARS.index("converged")] > 0
        if self.guests.storage is not None:
            kw = self._stored[0]
            columns["storage_charge_kw"] = np.maximum(kw, 0.0).sum(axis=1)
            columns["storage_discharge_kw"] = np.maximum(-kw, 0.0).sum(axis=1)
        return columns

    def _write_arrays(
        self, writer: RunWriter, day: int, time: NDArray[np.datetime64]
    ) -> None:
        named = zip(("p_kw", "q_kvar", "i_a", "loading"), self._flows, strict=True)
        flows = dict(named)
        meters = ("demand_kw", "served_kw", "pv_kw", "net_kw", "island_kw")
        writer.day("voltages", day, {"time": time, "v_pu": self._v_pu})
        writer.day("flows", day, {"time": time, **flows})
        writer.day(
            "customer_steps",
            day,
            {"time": time, **dict(zip(meters, self._customers, strict=True))},
        )
        writer.day(
            "ev_steps",
            day,
            {
                "time": time,
                "kw": self._cars[0],
                "kvar": self._cars[2],
                "soc": self._cars[1],
                "state": self._where[0],
                "place": self._where[1],
            },
        )

        if self.guests.shadow is not None:
            kw, soc = self._beside
            writer.day("shadow_steps", day, {"time": time, "kw": kw, "soc": soc})

    def _write_summary(
        self, writer: RunWriter, day: int, time: NDArray[np.datetime64]
    ) -> None:
        head = {"day": np.array([day]), "time": time[:1]}
        hours = self.timeline.step_h
        writer.day(
            "nodes_daily", day, head | nodes_daily(self._v_pu, self.watch.limits, hours)
        )
        writer.day(
            "branches_daily",
            day,
            head | branches_daily(self._flows, self.watch.emergency, hours),
        )
        writer.day(
            "customers_daily", day, head | customers_daily(self._customers[:4], hours)
        )

    def _write_quality(
        self, writer: RunWriter, day: int, time: NDArray[np.datetime64]
    ) -> pl.DataFrame:
        """What each rule of voltage counts of each customer; the rapid changes."""
        _, served, pv, _, _ = self._customers
        base = np.concatenate([served - pv, self._stored[0].astype(np.float32)], axis=1)
        today = rapid_changes.DayOf(self._v_pu, self._cars[0], base)
        rapid = self.quality.rapid.day(time, today)
        judged = self.quality.service.day(day, self._v_pu, self._vuf)
        head = {"day": np.array([day]), "time": time[:1]}
        columns = {key: one[None] for key, one in {**judged, **rapid.columns}.items()}
        writer.day("quality_daily", day, head | columns)
        return rapid.events

    def _events(
        self, time: NDArray[np.datetime64], changes: pl.DataFrame
    ) -> pl.DataFrame:
        step = np.timedelta64(self.timeline.step_s, "s")
        failed = self._scalars[:, SCALARS.index("converged")] == 0
        violations = self.watch.rows(time, step, DayOf(self._v_pu, self._flows[3]))
        told = failed_steps(time[failed], step).vstack(violations)
        told = told.vstack(self.phases.rows(time, step, self._vuf)).vstack(changes)
        if self.logbook is not None:
            told = told.vstack(self.logbook.rows(time, self._steps[0]))
        if self.guests.outages is not None:
            told = told.vstack(self.guests.outages.events(self.day))
        if self.guests.calls is not None:
            told = told.vstack(self.guests.calls.events(self.day))
        if self.guests.operator is not None:
            told = told.vstack(self.guests.operator.events(self.day))
        return told.sort("time", maintain_order=True)


def _rows(columns: Mapping[str, Array]) -> int:
    return len(next(iter(columns.values())))
