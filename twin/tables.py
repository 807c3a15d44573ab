"""The single place that says which columns a run's tables have, and what they mean.

The files, their checks and ``docs/tables.md`` come from here. Power > 0 is
consumption, < 0 is export, at the AC side; shares and SOC are 0..1; instants are UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Dtype = Literal["time", "text", "bool", "u8", "i32", "f32", "f64"]
Per = Literal["", "node", "branch", "customer", "ev", "transformer", "battery"]
Kind = Literal["static", "interval", "day", "rows"]
Level = Literal["always", "all", "summary"]

SCHEMA = 1
STATES = ("parked", "driving", "plugged")
PLACES = ("home", "work", "other")
TABLE_OF: Mapping[Per, str] = MappingProxyType(
    {
        "node": "nodes",
        "branch": "branches",
        "customer": "customers",
        "ev": "evs",
        "transformer": "transformers",
        "battery": "storage",
    }
)


@dataclass(frozen=True)
class Column:
    """One column: a number or word a row, or with ``per`` a fixed-size array a row.

    ``optional``: only in runs that have what it speaks of.
    """

    name: str
    dtype: Dtype
    unit: str
    meaning: str
    per: Per = ""
    optional: bool = False

    @property
    def type_name(self) -> str:
        """The type as a reader would say it: ``float32 [n_node]``."""
        return _TYPE_NAMES[self.dtype] + (f" [n_{self.per}]" if self.per else "")


@dataclass(frozen=True)
class Table:
    """One file of a run.

    kind   static: written once; interval: one row an interval; day: one row a local
           day; rows: any number of rows a day
    level  the ``output.level`` that writes it
    """

    name: str
    one_row_per: str
    columns: tuple[Column, ...]
    kind: Kind = "static"
    level: Level = "always"

    @property
    def column_names(self) -> tuple[str, ...]:
        """The columns' names in the order of the file."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """The column of that name; KeyError if the table has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name!r}")


def as_markdown(tables: Iterable[Table]) -> str:
    """``docs/tables.md``: every table with its columns, types, units and meaning."""
    return "\n".join([_HEAD, *(_section(table) for table in tables)])


def _section(table: Table) -> str:
    lines = [
        f"## `{table.name}.parquet`\n",
        f"One row per {table.one_row_per}; {_LEVELS[table.level]}.\n",
        "| column | type | unit | meaning |",
        "|---|---|---|---|",
    ]
    for column in table.columns:
        unit = column.unit or "-"
        lines.append(
            f"| `{column.name}` | {column.type_name} | {unit} | {column.meaning} |"
        )
    return "\n".join(lines) + "\n"


_TYPE_NAMES: Mapping[Dtype, str] = MappingProxyType(
    {
        "time": "datetime, microseconds, UTC",
        "text": "text",
        "bool": "boolean",
        "u8": "unsigned int8",
        "i32": "int32",
        "f32": "float32",
        "f64": "float64",
    }
)

_LEVELS: Mapping[Level, str] = MappingProxyType(
    {
        "always": "written by every run",
        "all": "written with `output.level: all`",
        "summary": "written with `output.level: summary`",
    }
)

_HEAD = f"""\
# The tables of a run

Generated from `twin/tables.py`; do not edit (`python -m twin.tables > docs/tables.md`).
Schema {SCHEMA}. A run's folder holds one parquet file per table, `run.json` (what was
asked, with what, how well it went, checksums) and `status.json` (how far it is).

Files of `twin export`, and the tables it adds: [exports.md](exports.md).

- Power > 0 is consumption, < 0 is export, at the AC side. Shares and SOC are 0..1.
- Instants are UTC; a row's `time` is the start of its interval.
- An array column `[n_node]` holds one value per row of `nodes.parquet`, in its order;
  likewise branches, customers, evs, transformers, and batteries of `storage.parquet`.
  Row groups hold at most 672 rows.
- NaN: not known, as voltages of a step that has no solution or of a dead section.
- `state`: 0 parked, 1 driving, 2 plugged. `place`: 0 home, 1 work, 2 other.
- `phase`: 0 positive sequence, 1, 2, 3 the phases (OpenDSS: the node's number).
"""


def _time(name: str, meaning: str) -> Column:
    return Column(name, "time", "UTC", meaning)


def _text(name: str, meaning: str) -> Column:
    return Column(name, "text", "", meaning)


def _index(name: str, meaning: str) -> Column:
    return Column(name, "i32", "", meaning)


def _number(name: str, unit: str, meaning: str) -> Column:
    return Column(name, "f64", unit, meaning)


def _array(per: Per, name: str, unit: str, meaning: str) -> Column:
    return Column(name, "f32", unit, meaning, per)


def _of_storage(name: str, meaning: str) -> Column:
    said = f"{meaning}; only where a scenario has `storage`"
    return Column(name, "f64", "kW", said, optional=True)


_STEPS = Table(
    "steps",
    "interval",
    (
        _time("time", "start of the interval"),
        _number("grid_kw", "kW", "drawn from all sources; < 0 is given back"),
        _number("grid_kvar", "kvar", "reactive power drawn from all sources"),
        _number("losses_kw", "kW", "losses, from branch currents"),
        _number("shunts_kw", "kW", "taken by the network's shunts and impedances"),
        _number("homes_kw", "kW", "load of all customers that was served"),
        _number("unserved_kw", "kW", "load of customers that an outage left unserved"),
        _number("pv_kw", "kW", "produced by customers' PV, >= 0"),
        _number("generation_kw", "kW", "of the network's own plants and storage, net"),
        _number("ev_charge_kw", "kW", "drawn by charging cars, >= 0"),
        _number("ev_discharge_kw", "kW", "given by discharging cars, >= 0"),
        _number(
            "ev_held_back_kw",
            "kW",
            "more that cars would have given, held back by their inverters, >= 0",
        ),
        _number(
            "ev_kvar",
            "kvar",
            "reactive power of cars; > 0 is absorbed; NaN: no solution",
        ),
        _of_storage("storage_charge_kw", "drawn by stationary batteries, >= 0"),
        _of_storage("storage_discharge_kw", "given by stationary batteries, >= 0"),
        _index("ev_plugged", "cars at a plug at the interval's end"),
        _index("ev_driving", "cars on the road at the interval's end"),
        _number(
            "ev_could_draw_kw",
            "kW",
            "more that cars at a plug could draw for an hour on, >= 0",
        ),
        _number(
            "ev_could_shed_kw",
            "kW",
            "of ev_charge_kw, what could wait for an hour and be charged in time, >= 0",
        ),
        _number(
            "ev_could_give_kw",
            "kW",
            "more that cars at a plug could give for an hour on, >= 0",
        ),
        _number("v_min_pu", "pu", "lowest voltage of any live bus"),
        _number("v_max_pu", "pu", "highest voltage of any live bus"),
        _number(
            "vuf_max",
            "share",
            "negative in positive sequence of the voltage, the largest of any bus with "
            "three phases; NaN without phases",
        ),
        _number(
            "neutral_max_a",
            "A",
            "sum of a line's three phase currents, the largest of any line; NaN "
            "without phases",
        ),
        _number("temperature_degc", "degC", "outdoor temperature"),
        _number("price_usd_per_kwh", "USD/kWh", "what a customer pays"),
        _number("export_price_usd_per_kwh", "USD/kWh", "what a customer is paid"),
        _index("iterations", "iterations of the power flow"),
        Column("converged", "bool", "", "false: no method found a solution"),
        _number(
            "residual_kw",
            "kW",
            "grid_kw - (homes - PV - generation + charging - giving + losses + "
            "shunts), stationary batteries among charging and giving",
        ),
    ),
    kind="interval",
)

_NODES = Table(
    "nodes",
    "node",
    (
        _index("node", "position in every array [n_node]"),
        _text("bus", "pandapower: the bus's index as text; OpenDSS: its name"),
        _index("phase", "0 positive sequence; 1, 2, 3 the phases"),
        _number("distance_km", "km", "along the lines from the source"),
        _number("x", "", "longitude, or the network's own easting; NaN if unknown"),
        _number("y", "", "latitude, or the network's own northing; NaN if unknown"),
        _number(
            "v_base_kv", "kV", "what 1 pu is: line to line; to neutral if phase > 0"
        ),
        _index("transformer", "row of the transformer that feeds it; null if none"),
        Column("geographic", "bool", "", "x, y are degrees of WGS 84"),
        Column("auxiliary", "bool", "", "a point inside an element, not a real bus"),
    ),
)

_BRANCHES = Table(
    "branches",
    "branch, and phase where `three_phase`",
    (
        _index("branch", "position in every array [n_branch]"),
        _text("name", "the network's own name, else kind and index"),
        _text("kind", "line, transformer, switch or other"),
        _index("from_node", "node at the end nearer the source"),
        _index("to_node", "node at the far end"),
        _index("phase", "0 positive sequence; 1, 2, 3 the phases"),
        _index("transformer", "row of the transformer that it is; null if none"),
        _number("length_km", "km", "0 where it has none"),
        _number("normal_a", "A", "normal rating at the nearer end; NaN if unknown"),
        _number("emergency_a", "A", "emergency rating at the nearer end; NaN if none"),
        _number("emergency_h", "h", "how long the emergency rating may be used"),
    ),
)

_CUSTOMERS = Table(
    "customers",
    "customer",
    (
        _index("customer", "position in every array [n_customer]"),
        _text("name", "the customer's own id, else the load's name"),
        _text("kind", "home, business or other"),
        _index("node", "node of its terminal (the first, if between two)"),
        _index("transformer", "row of the transformer that feeds it; null if none"),
        _index("phase", "0 all three; 1, 2, 3 the phase it is on"),
        _number("annual_kwh", "kWh", "yearly consumption without cars"),
        _number("pv_kw", "kW", "installed PV"),
        _number("import_limit_kw", "kW", "most that its meter may draw"),
        _number("export_limit_kw", "kW", "most that its meter may give; 0: no permit"),
        _index("ports", "charging plugs"),
        _index("evs", "cars at home here"),
        _number("demand_kwh", "kWh", "total demand without cars"),
        _number("served_kwh", "kWh", "total of it that was served"),
        _number("pv_kwh", "kWh", "total produced by its PV"),
        _number("import_kwh", "kWh", "total drawn through the meter"),
        _number("export_kwh", "kWh", "total given through the meter, >= 0"),
        _number("import_peak_kw", "kW", "highest power drawn in an interval"),
        _number("export_peak_kw", "kW", "highest power given in an interval, >= 0"),
    ),
)

_TRANSFORMERS = Table(
    "transformers",
    "transformer",
    (
        _index("transformer", "position in every array [n_transformer]"),
        _text("name", "the network's own name, else its index"),
        _index("branch", "its row in branches (the first phase); null if it has none"),
        _index("node", "node of its low-voltage side (the first phase)"),
        _number("rating_kva", "kVA", "normal rating"),
        _index("customers", "customers behind it"),
        _index("evs", "cars at home behind it"),
    ),
)

_VOLTAGES = Table(
    "voltages",
    "interval",
    (
        _time("time", "start of the interval"),
        _array("node", "v_pu", "pu", "voltage magnitude; NaN: dead, or no solution"),
    ),
    kind="interval",
    level="all",
)

_FLOWS = Table(
    "flows",
    "interval",
    (
        _time("time", "start of the interval"),
        _array("branch", "p_kw", "kW", "at the nearer end; > 0 away from the source"),
        _array("branch", "q_kvar", "kvar", "at the nearer end; > 0 away"),
        _array("branch", "i_a", "A", "current magnitude at the nearer end"),
        _array("branch", "loading", "share", "of the normal rating; 1 is full"),
    ),
    kind="interval",
    level="all",
)

_EV_STEPS = Table(
    "ev_steps",
    "interval",
    (
        _time("time", "start of the interval"),
        _array("ev", "kw", "kW", "mean over the interval; > 0 charges, < 0 gives"),
        _array("ev", "kvar", "kvar", "of its inverter; > 0 absorbs; NaN: no solution"),
        _array("ev", "soc", "share", "state of charge at the interval's end"),
        Column("state", "u8", "", "0 parked, 1 driving, 2 plugged, at the end", "ev"),
        Column("place", "u8", "", "0 home, 1 work, 2 other, at the end", "ev"),
    ),
    kind="interval",
    level="all",
)

_SHADOW_STEPS = Table(
    "shadow_steps",
    "interval, where the run has a reference beside it",
    (
        _time("time", "start of the interval"),
        _array("ev", "kw", "kW", "the same car under reference charging; mean, >= 0"),
        _array("ev", "soc", "share", "its state of charge at the interval's end"),
    ),
    kind="interval",
    level="all",
)

_STORAGE = Table(
    "storage",
    "stationary battery, where a scenario has `storage`",
    (
        _index("battery", "position in every array [n_battery]"),
        _text("name", "its name in the scenario"),
        _index("node", "node that it is at (the first of its phases)"),
        _index("transformer", "row of the transformer that it serves; null if none"),
        _number("kw", "kW", "most that it draws or gives"),
        _number("kwh", "kWh", "what it stores when it is full"),
        _number("round_trip_efficiency", "share", "AC to AC, standby left out"),
        _number("standby_kw", "kW", "drawn from its store all the time"),
        _number("soc_low", "share", "lowest state of charge that it uses"),
        _number("soc_high", "share", "highest state of charge that it uses"),
        _number("target_kw", "kW", "its target; NaN: what its forecast lets it reach"),
        _number("soc_start", "share", "state of charge at the run's start"),
        _number("soc_end", "share", "state of charge at the run's end"),
        _number("charged_kwh", "kWh", "total drawn, at the AC side"),
        _number("discharged_kwh", "kWh", "total given, at the AC side, >= 0"),
        _number("losses_kwh", "kWh", "total lost in conversion"),
        _number("standby_kwh", "kWh", "total taken from its store by standby"),
        _number("full_cycles", "", "given from its store over what its window holds"),
    ),
)

_STORAGE_STEPS = Table(
    "storage_steps",
    "interval, where a scenario has `storage`",
    (
        _time("time", "start of the interval"),
        _array("battery", "kw", "kW", "mean over the interval; > 0 charges"),
        _array("battery", "soc", "share", "state of charge at the interval's end"),
    ),
    kind="interval",
)

_CUSTOMER_STEPS = Table(
    "customer_steps",
    "interval",
    (
        _time("time", "start of the interval"),
        _array("customer", "demand_kw", "kW", "what the customer wants, without cars"),
        _array("customer", "served_kw", "kW", "what of it was served"),
        _array("customer", "pv_kw", "kW", "produced by PV, >= 0"),
        _array("customer", "net_kw", "kW", "through the meter; < 0 is export"),
        _array(
            "customer",
            "island_kw",
            "kW",
            "of served_kw, by its own car (V2H), less what that car took of PV then",
        ),
    ),
    kind="interval",
    level="all",
)

_SESSIONS = Table(
    "sessions",
    "stay at a plug",
    (
        _index("ev", "row in evs"),
        _index("customer", "whose plug; null where it is nobody's here"),
        _time("plug_in", "when it was plugged in"),
        _time("plug_out", "when it was unplugged; null if the run ended first"),
        _time("declared", "the departure that the driver declared"),
        _number("soc_in", "share", "state of charge at plug-in"),
        _number("soc_out", "share", "state of charge at unplugging, or the run's end"),
        _number("soc_target", "share", "what the driver wanted at departure"),
        _number("charged_kwh", "kWh", "drawn, at the AC side"),
        _number("discharged_kwh", "kWh", "given, at the AC side, >= 0"),
        _number("shortfall_kwh", "kWh", "max(0, soc_target - soc_out) x capacity"),
    ),
    kind="rows",
)

_TRIPS = Table(
    "trips",
    "trip that has ended",
    (
        _index("ev", "row in evs"),
        _time("depart", "when it left"),
        _time("arrive", "when it arrived"),
        _number("distance_km", "km", "driven"),
        _number("energy_kwh", "kWh", "needed from the battery"),
        _text("purpose", "what the trip was for"),
        _number("short_kwh", "kWh", "bought on the way, for lack of charge"),
    ),
    kind="rows",
)

_EVS = Table(
    "evs",
    "car",
    (
        _index("ev", "position in every array [n_ev]"),
        _text("model", "name in the catalogue"),
        _index("customer", "row of the home where it lives"),
        _index("transformer", "row of the transformer that feeds that home; or null"),
        _index("phase", "1, 2, 3 the phase of its charger; 0 all three, or between"),
        _number("capacity_kwh", "kWh", "usable battery capacity"),
        _number("charge_kw", "kW", "most it can draw at home"),
        _number("discharge_kw", "kW", "most it can give at home; 0: it cannot"),
        Column("hypothetical", "bool", "", "gives what the catalogue says it cannot"),
        _number("soc_start", "share", "state of charge at the run's start"),
        _number("soc_end", "share", "state of charge at the run's end"),
        _number("charged_kwh", "kWh", "total drawn, at the AC side"),
        _number("discharged_kwh", "kWh", "total given, at the AC side, >= 0"),
        _number("public_kwh", "kWh", "total bought away from home"),
        _number("public_usd", "USD", "what that cost"),
        _number("driven_kwh", "kWh", "total needed by trips, from the battery"),
        _number("losses_kwh", "kWh", "total lost in converters and on standby"),
        _number("km", "km", "total driven"),
        _number("full_cycles", "", "wear: battery throughput over twice the capacity"),
        _number("wear_usd", "USD", "wear: what the discharging cost the battery"),
    ),
)

_HISTORIES = Table(
    "histories",
    "record that days were drawn from, of travel and of loads",
    (
        _text("of", "travel or load"),
        _text("source", "the data set's name"),
        _text(
            "how",
            "record: a recorded or made day, used as it is or moved; idle: a car that "
            "stood still; drawn: from distributions, no two alike; constant",
        ),
        _index("whose", "whose record, by number; null where there is none"),
        _index("which", "which day or form of it; null where there is none"),
        _index("draws", "days of cars, or of homes, that were drawn from it"),
        _number("total", "km or kWh", "what these cars drove, or homes asked for"),
        _number("squares", "", "sum of the squares of the same, day by day"),
    ),
)

_SHADOW_EVS = Table(
    "shadow_evs",
    "car under reference charging, where the run has one beside it",
    (
        _index("ev", "row in evs"),
        Column(
            "soc_start",
            "f64",
            "share",
            "state of charge at the run's start; only after lead-in days, else as evs",
            optional=True,
        ),
        _number("soc_end", "share", "state of charge at the run's end"),
        _number("charged_kwh", "kWh", "total drawn, at the AC side"),
        _number("public_kwh", "kWh", "total bought away from home"),
        _number("public_usd", "USD", "what that cost"),
        _number("losses_kwh", "kWh", "total lost in converters"),
        _index("plug_ins", "how often it was plugged in"),
    ),
)

_EVENTS = Table(
    "events",
    "thing that happened",
    (
        _time("time", "when it began"),
        _time("until", "when it ended; null: an instant, or not ended yet"),
        _text(
            "kind",
            "violation, rapid_change, failed_step, tap, capacitor, outage, dark, "
            "alight, call, dimming",
        ),
        _text("entity", "what it happened to"),
        _number(
            "value",
            "",
            "how much, in the kind's own unit; NaN if none; tap, capacitor: the new "
            "position; rapid_change: by how much the voltage rose, pu; outage: how "
            "many customers; dark, alight: hours; call: mean kW given; dimming: the "
            "highest loading measured",
        ),
        _text("reason", "why, in words"),
    ),
    kind="rows",
)

_OUTAGES = Table(
    "outages",
    "customer and outage, where a scenario has any",
    (
        _index("event", "number of the outage that began it, in order of their starts"),
        _index("customer", "row in customers"),
        _time("start", "when its supply was lost"),
        _time("until", "when it came back; null: not within the run"),
        _number("hours", "h", "without supply, within the run"),
        _number("alight_h", "h", "of these supplied by its own car"),
        _number("demand_kwh", "kWh", "what it would have used, without cars"),
        _number("served_by_car_kwh", "kWh", "what its own car gave of that"),
        _number("served_by_pv_kwh", "kWh", "what its own PV served in its island"),
        _number("unserved_kwh", "kWh", "what was not served"),
        Column(
            "capable", "bool", "", "has a car, charger and switch that can supply it"
        ),
        Column("medical", "bool", "", "a home with a medical baseline"),
        _text(
            "why_dark", "why it was dark last; empty: it was not, but for the transfer"
        ),
    ),
)

_CALLS = Table(
    "calls",
    "call to cars, where a scenario has any",
    (
        _index("call", "number, in the order of the scenario"),
        _time("announced", "from when on it was known"),
        _time("start", "when it began"),
        _time("until", "when it ended; cars return at random after it"),
        _index("enrolled", "cars that it was meant for"),
        _index("plugged", "of these at a plug as it began"),
        _index("opted_out", "of these whose driver had opted out"),
        _number("can_give_kw", "kW", "what those at a plug, not opted out, can give"),
        _number("given_kwh", "kWh", "given by all cars while it lasted"),
        _number("given_kw", "kW", "the same as a mean; NaN: it never began"),
        _number("charged_kwh", "kWh", "charged by all cars while it lasted"),
        _number("peak_kw", "kW", "highest grid_kw while it lasted"),
        _number("rebound_kw", "kW", "highest grid_kw within six hours after it"),
        _time("rebound_time", "when that was"),
    ),
)

_PARTICIPANTS = Table(
    "participants",
    "car, where a scenario has `participation`",
    (
        _index("ev", "row in evs"),
        _text("make", "who made it"),
        _number("could_kw", "kW", "what it would give if it passed every stage"),
        Column("carmaker", "bool", "", "its maker is committed to the standard"),
        Column("vehicle", "bool", "", "the model is able to give"),
        Column("charger", "bool", "", "its home has a charger that works with it"),
        Column("permit", "bool", "", "its home has permit and interconnection"),
        Column("enrolled", "bool", "", "it is enrolled"),
        Column("takes_part", "bool", "", "all of these"),
        _text("stopped_at", "the first of these stages that it fails; empty: none"),
    ),
)

_FUNNEL = Table(
    "funnel",
    "local hour and stage, where a scenario has `participation`",
    (
        _index("hour", "local hour at which the call begins, 0 to 23"),
        _text(
            "stage",
            "cars, carmaker, vehicle, charger, permit, enrolled, plugged_in, "
            "above_reserve, not_opted_out, follows; each of those that passed before",
        ),
        _text("title", "the stage in words"),
        _index("days", "calls at this hour, one a day, that ended within the run"),
        _number("cars", "", "cars left after the stage, median over days"),
        _number("cars_p10", "", "10th percentile over days"),
        _number(
            "kw",
            "kW",
            "what they would give throughout the call, median over days; before "
            "above_reserve the power that they can give, whatever is stored",
        ),
        _number("kw_p10", "kW", "10th percentile over days; of follows: dependable"),
        _number("lost_kw", "kW", "kw of the stage before less kw"),
        _number("share", "share", "what the stage was drawn with; NaN: simulated"),
        _text("mark", "published, reported, recalled, assumed, ... or simulated"),
        _text("source", "whose word that is"),
    ),
)

_RESPONSES = Table(
    "responses",
    "interval, where a scenario has `stress`",
    (
        _time("time", "start of the interval"),
        _number("asked_give_kw", "kW", "giving asked of cars at a plug, >= 0"),
        _number("not_followed_give_kw", "kW", "of it, of cars that did not follow"),
        _number("opted_out_kw", "kW", "what cars at a plug that opted out can give"),
        _number("asked_charge_kw", "kW", "charging asked of cars at a plug"),
        _number(
            "unasked_charge_kw",
            "kW",
            "charged by cars that did not follow, beyond what was asked of them",
        ),
        _index("opted_out", "cars at a plug whose driver opted out today"),
        _index("no_response", "cars at a plug that did not respond"),
        _index("no_link", "cars at a plug whose link was down"),
        Column(
            "response",
            "u8",
            "",
            "0 follows, 1 opted out, 2 does not respond, 3 without link",
            "ev",
        ),
    ),
    kind="interval",
)

_DAY = (
    _index("day", "local day of the run, from 0"),
    _time("time", "start of the day's first interval"),
)

_OPERATOR_STEPS = Table(
    "operator_steps",
    "interval, where a scenario has `operator`",
    (
        _time("time", "start of the interval"),
        _index(
            "binding",
            "dimming: elements whose dimming is under way; envelopes: limits that bind",
        ),
        _index("cut_evs", "cars at a plug that may charge less than they would"),
        _number("cut_kw", "kW", "by how much, when the interval begins"),
        _number("cut_give_kw", "kW", "the same of giving, >= 0"),
        _number(
            "behind_kwh",
            "kWh",
            "how far cars are, at its end, behind what they would have taken since "
            "they were first cut, at most what was missing to their target then",
        ),
    ),
    kind="interval",
)

_ENVELOPES = Table(
    "envelopes",
    "interval, where a scenario has `operator` with envelopes",
    (
        _time("time", "start of the interval"),
        _array(
            "customer",
            "import_kw",
            "kW",
            "the most that the meter may draw with its cars, as issued when the "
            "interval begins, at most what these can use; NaN: no car at a plug",
        ),
        _array("customer", "export_kw", "kW", "the most that it may feed in with them"),
        _index("thermal", "ratings that bind, by branch end"),
        _index("voltage", "voltages that bind"),
    ),
    kind="interval",
    level="all",
)

_ENVELOPES_DAILY = Table(
    "envelopes_daily",
    "local day, where a scenario has `operator` with envelopes",
    (
        *_DAY,
        _array("customer", "import_min_kw", "kW", "least import envelope of the day"),
        _array("customer", "import_mean_kw", "kW", "mean while a car is at a plug"),
        _array("customer", "export_min_kw", "kW", "least export envelope of the day"),
        _array("customer", "export_mean_kw", "kW", "mean while a car is at a plug"),
    ),
    kind="day",
    level="summary",
)

_QUALITY_DAILY = Table(
    "quality_daily",
    "local day",
    (
        *_DAY,
        _array("customer", "known_h", "h", "with a known voltage"),
        _array("customer", "a_below_h", "h", "below range A of ANSI C84.1, any phase"),
        _array("customer", "a_above_h", "h", "above range A, any phase"),
        _array("customer", "a_outside_h", "h", "outside range A, any phase"),
        _array("customer", "a_depth_pu_h", "pu h", "outside range A, the worst phase"),
        _array("customer", "b_below_h", "h", "below range B, any phase"),
        _array("customer", "b_above_h", "h", "above range B, any phase"),
        _array("customer", "b_outside_h", "h", "outside range B, any phase"),
        _array("customer", "b_depth_pu_h", "pu h", "outside range B, the worst phase"),
        _array("customer", "beyond_h", "h", "outside 0.85 to 1.1 pu, any phase"),
        _array("customer", "worst_pu", "pu", "the value farthest from nominal"),
        _array("customer", "worst_phase", "", "the phase of that value; 0 if none"),
        _array(
            "customer",
            "week_outside",
            "share",
            "of the 10-minute values of the week so far, those outside 0.9 to 1.1 pu, "
            "on the worst phase; weeks are days 0 to 6, 7 to 13, ...",
        ),
        _array(
            "customer",
            "week_vuf_p95",
            "share",
            "|V2| / |V1| at its bus, 95th percentile of the week's 10-minute values so "
            "far; NaN where the bus has not three phases",
        ),
        _array(
            "customer",
            "rapid_changes",
            "",
            "how often its voltage changed by more than limits.rapid_change_pu from "
            "one interval to the next",
        ),
        _array(
            "customer",
            "rapid_by_cars",
            "",
            "how often of these cars behind its transformer pushed that way, at least "
            "as strongly as all else",
        ),
        _array("customer", "rapid_largest_pu", "pu", "the largest such change, a size"),
        _index("rapid_instants", "instants with such a change at any customer"),
        _index("rapid_instants_by_cars", "of these with one by cars"),
    ),
    kind="day",
)

_AT = "hours from the day's first instant to the first interval with it"
_NODES_DAILY = Table(
    "nodes_daily",
    "local day",
    (
        *_DAY,
        _array("node", "v_min_pu", "pu", "lowest voltage of the day"),
        _array("node", "v_p05_pu", "pu", "5th percentile of the day's intervals"),
        _array("node", "v_p50_pu", "pu", "median"),
        _array("node", "v_p95_pu", "pu", "95th percentile"),
        _array("node", "v_max_pu", "pu", "highest voltage of the day"),
        _array("node", "below_h", "h", "below the standard's limit"),
        _array("node", "above_h", "h", "above the standard's limit"),
        _array("node", "v_min_at_h", "h", f"the lowest: {_AT}"),
        _array("node", "v_max_at_h", "h", f"the highest: {_AT}"),
    ),
    kind="day",
    level="summary",
)

_BRANCHES_DAILY = Table(
    "branches_daily",
    "local day",
    (
        *_DAY,
        _array("branch", "p_min_kw", "kW", "lowest power; < 0 is reverse flow"),
        _array("branch", "p_max_kw", "kW", "highest power"),
        _array("branch", "loading_p95", "share", "95th percentile of the loading"),
        _array("branch", "loading_max", "share", "highest loading"),
        _array("branch", "over_normal_h", "h", "above the normal rating"),
        _array("branch", "over_emergency_h", "h", "above the emergency rating"),
        _array(
            "branch",
            "longest_over_normal_h",
            "h",
            "longest unbroken stay above the normal rating",
        ),
        _array("branch", "loading_max_at_h", "h", f"the highest loading: {_AT}"),
        _array("branch", "p_min_at_h", "h", f"the lowest power: {_AT}"),
    ),
    kind="day",
    level="summary",
)

_CUSTOMERS_DAILY = Table(
    "customers_daily",
    "local day",
    (
        *_DAY,
        _array("customer", "demand_kwh", "kWh", "wanted, without cars"),
        _array("customer", "served_kwh", "kWh", "served of it"),
        _array("customer", "pv_kwh", "kWh", "produced by PV"),
        _array("customer", "import_kwh", "kWh", "drawn through the meter"),
        _array("customer", "export_kwh", "kWh", "given through the meter, >= 0"),
        _array("customer", "import_peak_kw", "kW", "highest drawn in an interval"),
        _array("customer", "export_peak_kw", "kW", "highest given, >= 0"),
    ),
    kind="day",
    level="summary",
)

TABLES: Mapping[str, Table] = MappingProxyType(
    {
        table.name: table
        for table in (
            _STEPS,
            _NODES,
            _BRANCHES,
            _CUSTOMERS,
            _TRANSFORMERS,
            _EVS,
            _HISTORIES,
            _SHADOW_EVS,
            _VOLTAGES,
            _FLOWS,
            _EV_STEPS,
            _SHADOW_STEPS,
            _STORAGE,
            _STORAGE_STEPS,
            _CUSTOMER_STEPS,
            _SESSIONS,
            _TRIPS,
            _EVENTS,
            _OUTAGES,
            _CALLS,
            _PARTICIPANTS,
            _FUNNEL,
            _RESPONSES,
            _OPERATOR_STEPS,
            _ENVELOPES,
            _ENVELOPES_DAILY,
            _QUALITY_DAILY,
            _NODES_DAILY,
            _BRANCHES_DAILY,
            _CUSTOMERS_DAILY,
        )
    }
)

if __name__ == "__main__":
    print(as_markdown(TABLES.values()), end="")
