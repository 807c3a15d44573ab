"""What a scenario says, as frozen words: every key with its unit, range and default."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from twin.scenario.names import circuit_of, region_default, region_of
from twin.scenario.outage_words import Backup, Event, Restoration
from twin.scenario.regulation import RegulationSpec
from twin.scenario.words import (
    NAMED,
    Clock,
    FilePath,
    IsoDate,
    Name,
    PositiveKw,
    PositiveNumber,
    Share,
    Words,
    from_name,
    in_order,
)

OF_OUTAGES = ("events", "backup", "restoration")


class Time(Words):
    """Which days are simulated, and in which steps."""

    start: IsoDate = Field(description="First simulated day, local date [YYYY-MM-DD]")
    days: int = Field(ge=1, le=3660, description="Number of simulated days [days]")
    step_min: Literal[1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60] = Field(
        default=15, description="Length of a step; divides 60 [min]"
    )
    timezone: str | None = Field(
        default=None,
        min_length=1,
        description="IANA time zone of all local times, such as Europe/Berlin; "
        "default: that of the feeder's region",
    )


Ratio = Annotated[float, Field(ge=0, le=1_000_000)]
AboveZero = Annotated[float, Field(gt=0, le=1_000_000)]


class ZeroSequence(Words):
    """What stands in for zero-sequence data that a network does not give."""

    line_r0_per_r1: AboveZero = Field(
        default=4.0, description="Resistance of lines, zero over positive sequence [-]"
    )
    line_x0_per_x1: AboveZero = Field(
        default=4.0, description="Reactance of lines, zero over positive sequence [-]"
    )
    line_c0_per_c1: Ratio = Field(
        default=1.0, description="Capacitance of lines, zero over positive sequence [-]"
    )
    trafo_vk0_per_vk: AboveZero = Field(
        default=1.0, description="Short-circuit voltage of transformers, the same [-]"
    )
    trafo_vkr0_per_vkr: Ratio = Field(
        default=1.0, description="Its real part, the same [-]"
    )
    trafo_zm0_per_z0: AboveZero = Field(
        default=100.0,
        description="Magnetising over leakage impedance, zero sequence [-]",
    )
    trafo_mag0_rx: Ratio = Field(
        default=0.0, description="R/X of the magnetising impedance [-]"
    )
    trafo_si0_hv_partial: AboveZero = Field(
        default=0.9, description="Share of the leakage at the high-voltage side [-]"
    )
    trafo_vector_group: Literal["YNyn", "Dyn", "Yzn"] = Field(
        default="Dyn", description="Vector group of transformers"
    )
    source_s_sc_mva: AboveZero = Field(
        default=1000.0, description="Short-circuit power of the grid above [MVA]"
    )
    source_rx: Ratio = Field(default=0.1, description="R/X of the grid above [-]")
    source_x0_per_x1: AboveZero = Field(
        default=1.0, description="Reactance of the grid above, zero over positive [-]"
    )
    source_r0_per_x0: Ratio = Field(
        default=0.1, description="R/X of the grid above in the zero sequence [-]"
    )


class FeederSpec(Words):
    """Which grid it is."""

    source: str = Field(
        description="Where the grid comes from: pandapower:<network function>, "
        "simbench:<code>, json:<pandapower file> or opendss:<master file>"
    )
    arguments: dict[str, bool | int | float | str] = Field(
        default_factory=dict,
        description="Arguments of the pandapower network function",
    )
    model: Literal["balanced", "three_phase"] = Field(
        default="balanced",
        description="How the grid is solved; opendss: feeders are always three_phase",
    )
    loads: Literal["as_in_file", "constant_power"] = Field(
        default="as_in_file",
        description="How loads of an opendss: feeder follow their voltage",
    )
    zero_sequence: ZeroSequence | None = Field(
        default=None,
        description="Zero-sequence data where a three_phase pandapower network has "
        "none; default: assumed ones, which the run names",
    )
    source_voltage_pu: Annotated[float, Field(ge=0.8, le=1.2)] | None = Field(
        default=None, description="Voltage of every slack; default: the grid's own [pu]"
    )
    root: FilePath | None = Field(
        default=None,
        description="Folder that OpenDSS files may come from; default: the folder of "
        "the master file",
    )
    enforce_q_limits: bool = Field(
        default=True, description="Hold generators within their reactive power limits"
    )

    @property
    def is_opendss(self) -> bool:
        """Whether it comes from OpenDSS files."""
        return self.source.startswith("opendss:")

    @property
    def three_phase(self) -> bool:
        """Whether it is solved by phase."""
        return self.is_opendss or self.model == "three_phase"


class CustomersSpec(Words):
    """Who lives on the grid, and what they draw and produce."""

    profiles: str | None = Field(
        default=None,
        description="Load shapes: a data set, a .csv file, network (the grid's own "
        "loads and shapes) or network_constant (without shapes); default: by region",
    )
    annual_kwh: PositiveKw | Literal["network"] | None = Field(
        default=None,
        description="Mean yearly demand of a home, or network: scaled to the grid's "
        "own peak loads; default: by region [kWh]",
    )
    annual_kwh_spread: Share = Field(
        default=0.35,
        description="Spread of yearly demand over homes, lognormal: its standard "
        "deviation as a share of the mean [-]",
    )
    pv_share: Share = Field(default=0.0, description="Share of homes with PV [0..1]")
    pv_kw: PositiveKw = Field(
        default=5.0, description="Peak power of one home's PV [kWp]"
    )
    power_factor: Annotated[float, Field(ge=0.5, le=1)] | None = Field(
        default=None,
        description="Power factor of the homes; default: the grid's own [-]",
    )
    feeder_head: FilePath | None = Field(
        default=None,
        description="CSV of what was measured at the feeder's head, time,kw[,kvar]: "
        "loads are scaled by one factor an interval to meet it without EVs",
    )
    allocate_by: Literal["annual_kwh", "peak_kw"] | None = Field(
        default=None,
        description="With feeder_head: loads' energies in proportion to yearly kWh or "
        "to the grid's own kW; default: as the profiles have them",
    )
    file: FilePath | None = Field(
        default=None,
        description="CSV of known customers: node, yearly kWh, PV, EVs, chargers",
    )
    homes_per_load: Annotated[int, Field(ge=1, le=100_000)] | Literal["auto"] = Field(
        default=1,
        description="Homes behind one network load; auto: its peak kW / kw_per_home "
        "[homes]",
    )
    kw_per_home: PositiveKw = Field(
        default=2.0,
        description="Peak of one home among many, for homes_per_load: auto [kW]",
    )
    loads: str = Field(
        default="all",
        min_length=1,
        description="Which network loads are homes: all, lv (below 1 kV) or a glob on "
        "their names",
    )
    import_limit_kw: PositiveKw | None = Field(
        default=None,
        description="Most that a connection may draw; default: by region [kW]",
    )
    export_limit_kw: Annotated[float, Field(ge=0, le=1_000_000)] | None = Field(
        default=None,
        description="Most that a connection may feed in; default: its PV and what its "
        "cars with a permit can give [kW]",
    )


Point = Annotated[list[float], Field(min_length=2, max_length=2)]
Curve = Annotated[list[Point], Field(min_length=2, max_length=10)]


class Inverter(Words):
    """What the inverters of cars that can give do by themselves."""

    mode: Literal["unity", "power_factor", "volt_var", "volt_watt", "volt_var_watt"] = (
        Field(
            default="unity",
            description="Nothing, a fixed power factor, vars by voltage, less giving "
            "by voltage, or both",
        )
    )
    preset: Literal["ieee1547_a", "ieee1547_b", "rule21_phase1"] = Field(
        default="ieee1547_b", description="Whose curves, where none are given"
    )
    power_factor: Annotated[float, Field(ge=0.5, le=1)] = Field(
        default=0.95, description="Of mode: power_factor [-]"
    )
    power_factor_vars: Literal["absorb", "inject"] = Field(
        default="absorb", description="Which way the vars of mode: power_factor go"
    )
    kva_per_kw: Annotated[float, Field(ge=1, le=2)] = Field(
        default=1.0, description="Apparent power rating per rated kW [kVA/kW]"
    )
    vars_while: Literal["at_power", "giving", "plugged"] = Field(
        default="at_power",
        description="When volt-var acts: while charging or giving, in full from 20 % "
        "of rated power and not below 5 %; only while giving; or whenever plugged in",
    )
    volt_var: Curve | None = Field(
        default=None,
        description="Curve of your own: points of voltage [pu] and vars per rated "
        "kVA, > 0 injected [-]",
    )
    volt_watt: Curve | None = Field(
        default=None,
        description="Curve of your own: points of voltage [pu] and the most given per "
        "rated kW [-]",
    )


class Fleet(Words):
    """The cars: how many, which, how they charge and travel."""

    ev_share: Share | None = Field(
        default=None, description="Share of homes with an EV; or ev_count [0..1]"
    )
    ev_count: Annotated[int, Field(ge=0, le=1_000_000)] | None = Field(
        default=None, description="Number of EVs, in place of ev_share [cars]"
    )
    bidirectional_share: Share = Field(
        default=0.0, description="Share of the EVs that can give power back [0..1]"
    )
    models: Annotated[dict[str, Share], AfterValidator(in_order)] | None = Field(
        default=None,
        description="Car models with their shares, which sum to 1; default: the "
        "region's mix",
    )
    charger_kw: (
        PositiveKw
        | Annotated[dict[PositiveNumber, Share], AfterValidator(in_order)]
        | None
    ) = Field(
        default=None,
        description="Charger power at home, or powers with their shares, which sum "
        "to 1; default: the region's distribution [kW]",
        json_schema_extra={"keyMessage": "a number above 0 [kW]"},
    )
    travel: str | None = Field(
        default=None,
        description="Data set that trips are drawn from; default: by region",
    )
    travel_file: FilePath | None = Field(
        default=None, description="Your own NHTS tripv2pub.csv, with travel: nhts"
    )
    plug_in: Literal["always", "when_needed"] = Field(
        default="always", description="When drivers plug in at home"
    )
    target_soc: Annotated[float, Field(ge=0.3, le=1)] = Field(
        default=0.9, description="State of charge wanted at departure [0..1]"
    )
    initial_soc: Share | None = Field(
        default=None,
        description="State of charge at the start; default: as lived in [0..1]",
    )
    departure_error_min: Annotated[float, Field(ge=0, le=1440)] = Field(
        default=30.0,
        description="Standard deviation of the declared departure's error [min]",
    )
    export_permit: bool = Field(
        default=True, description="Bidirectional cars may feed into the grid"
    )
    export_limit_phase_kw: Annotated[float, Field(ge=0, le=1_000_000)] | None = Field(
        default=None,
        description="Most that cars may make a connection feed in on one of its "
        "phases; default: no limit of its own [kW]",
    )
    inverter: Inverter = Field(
        default_factory=Inverter,
        description="What inverters of bidirectional cars do at their voltage",
    )


class Window(Words):
    """Daily hours in which a timer charges; may pass midnight."""

    start: Clock = Field(description="Local time at which charging may start [HH:MM]")
    end: Clock = Field(description="Local time at which charging stops [HH:MM]")


class Policy(Words):
    """Who decides what the cars charge and give, and by which rules."""

    name: str = Field(
        default="uncontrolled",
        description="A registered policy, or package.module:Class",
    )
    reserve_soc: Share = Field(
        default=0.3, description="State of charge that giving never goes below [0..1]"
    )
    outlook: Literal["persistence", "day_ahead_error", "perfect"] = Field(
        default="persistence",
        description="Forecast that the policy sees; perfect is an upper bound",
    )
    outlook_error: Annotated[float, Field(ge=0, le=2)] = Field(
        default=0.1,
        description="Relative standard deviation of outlook: day_ahead_error [-]",
    )
    target_kw: PositiveKw | None = Field(
        default=None, description="Transformer load above which v2g_peak gives [kW]"
    )
    target_share: Annotated[float, Field(gt=0, le=2)] = Field(
        default=0.9,
        description="The same as a share of the highest base load of the next 24 h, "
        "where target_kw is not given [-]",
    )
    window: Window | None = Field(
        default=None,
        description="When tou charges; default: the tariff's cheapest hours",
    )
    random_start_min: Annotated[float, Field(ge=0, le=1440)] = Field(
        default=120.0, description="tou starts at random within so long [min]"
    )
    wear_usd_per_kwh: Annotated[float, Field(ge=0, le=100)] = Field(
        default=0.04,
        description="Price of battery wear that v2g_price counts [USD/kWh]",
    )
    parameters: dict[str, Any] = Field(
        default_factory=dict, description="Parameters of a policy class of your own"
    )

    model_config = NAMED
    _short = model_validator(mode="before")(from_name)


UsdPerKwh = Annotated[float, Field(ge=-100, le=100)]


class TariffSpec(Words):
    """What energy costs."""

    name: str = Field(
        default="flat", description="A registered tariff, or realtime with a file"
    )
    file: FilePath | None = Field(
        default=None,
        description="CSV of prices, with name: realtime; columns time, "
        "price_usd_per_kwh and, if wished, export_price_usd_per_kwh",
    )
    effective: IsoDate | Literal["by_date"] | None = Field(
        default=None,
        description="Version of the tariff by its date, or by_date: on each day the "
        "latest that holds; default: the version that has the plain name",
        json_schema_extra={"errorMessage": "by_date, or a date such as 2026-01-01"},
    )
    export: Literal["avoided_cost"] | UsdPerKwh | None = Field(
        default=None,
        description="What is paid for energy fed in: avoided_cost (by month, day type "
        "and hour) or a price; default: 0 [USD/kWh]",
        json_schema_extra={"errorMessage": "avoided_cost, or a number of USD/kWh"},
    )
    export_file: FilePath | None = Field(
        default=None,
        description="CSV of your own 576 export prices, with export: avoided_cost; "
        "columns month, day_type, hour, usd_per_kwh",
    )
    export_price_usd_per_kwh: UsdPerKwh | None = Field(
        default=None, description="The same as export with a number [USD/kWh]"
    )
    event_days: Annotated[list[IsoDate], Field(max_length=3660)] = Field(
        default_factory=list,
        description="Local dates on which the tariff's event adder, or the programme, "
        "is called",
    )
    programme: str | None = Field(
        default=None,
        description="A registered programme that pays for less load on event_days",
    )

    model_config = NAMED
    _short = model_validator(mode="before")(from_name)


Pu = Annotated[float, Field(ge=0.5, le=1.5)]


class Limits(Words):
    """By which standard, or within which band, voltages are judged."""

    standard: Literal["en50160", "ansi_c84_1"] | None = Field(
        default=None, description="A standard; default: the region's"
    )
    voltage_pu: Annotated[list[Pu], Field(min_length=2, max_length=2)] | None = Field(
        default=None,
        description="Lowest and highest voltage, in place of a standard [pu]",
    )
    rapid_change_pu: Annotated[float, Field(gt=0, le=0.5)] = Field(
        default=0.03,
        description="Change of a voltage from one interval to the next that is told "
        "as rapid [pu]",
    )


class PowerFlow(Words):
    """How the grid is solved."""

    solver: Literal["fast", "pandapower"] = Field(
        default="fast",
        description="The fixed point, or pandapower's Newton-Raphson each step",
    )
    tolerance_pu: Annotated[float, Field(ge=1e-12, le=1e-4)] = Field(
        default=1e-8,
        description="Largest error of a voltage, as estimated [pu]",
    )
    controls: Literal["free", "held"] = Field(
        default="free",
        description="Regulators, tap changers and switched capacitors move, or stay as "
        "the feeder's file (OpenDSS: its own solution) leaves them",
    )


class Output(Words):
    """What a run records."""

    level: Literal["all", "summary"] = Field(
        default="all", description="Every interval, or figures per element and day"
    )


class Scenario(Words):
    """A question about a feeder and its cars."""

    schema_: Literal[1] = Field(alias="schema", description="Version of this format")
    name: Name = Field(description="Name of the scenario and of its results' folder")
    seed: Annotated[int, Field(ge=0, le=2**63 - 1)] = Field(
        default=1, description="Seed of everything that is drawn at random"
    )
    time: Time = Field(description="When")
    feeder: FeederSpec = Field(description="Which grid")
    customers: CustomersSpec = Field(
        default_factory=CustomersSpec, description="Who lives there"
    )
    fleet: Fleet = Field(description="Which cars")
    policy: Policy = Field(default_factory=Policy, description="Who decides")
    tariff: TariffSpec = Field(default_factory=TariffSpec, description="At what price")
    events: list[Event] = Field(
        default_factory=list, max_length=1000, description="Outages"
    )
    backup: Backup = Field(
        default_factory=Backup, description="Homes that their own car supplies"
    )
    restoration: Restoration = Field(
        default_factory=Restoration, description="What happens after an outage"
    )
    limits: Limits | None = Field(
        default=None,
        description="How voltages are judged; default: the region's standard",
    )
    power_flow: PowerFlow = Field(
        default_factory=PowerFlow, description="How the grid is solved"
    )
    regulation: RegulationSpec = Field(
        default_factory=RegulationSpec,
        description="Tap changers and switched capacitors of a pandapower network; "
        "default: those that its own tap controllers move",
    )
    output: Output = Field(default_factory=Output, description="What is recorded")

    @property
    def region(self) -> str:
        """``DE`` (Europe) or ``US``."""
        return region_of(self.feeder.source, self.time.timezone)

    @property
    def timezone(self) -> str:
        """As said, else the region's."""
        return self.time.timezone or region_default(self.region, "timezone")

    @property
    def profiles(self) -> str:
        """The data set of load shapes: as said, else the region's."""
        return self.customers.profiles or region_default(self.region, "profiles")

    @property
    def travel(self) -> str:
        """The data set of trips: as said, else the region's."""
        return self.fleet.travel or region_default(self.region, "travel")

    @property
    def judged_by(self) -> Limits:
        """The limits: as said, else the region's standard."""
        said = self.limits or Limits()
        if said.standard is not None or said.voltage_pu is not None:
            return said
        usual = {"standard": region_default(self.region, "standard")}
        return Limits.model_validate(said.model_dump() | usual)

    @property
    def cars_may_export(self) -> bool:
        """With a permit, unless the policy keeps all at home."""
        return self.fleet.export_permit and self.policy.name != "v2h"

    def files(self) -> dict[str, Path]:
        """Every data file that the scenario names, by key."""
        named = {
            "feeder.source": _file_of(self.feeder.source),
            "customers.profiles": _csv_of(self.customers.profiles),
            "customers.feeder_head": self.customers.feeder_head,
            "customers.file": self.customers.file,
            "fleet.travel_file": self.fleet.travel_file,
            "tariff.file": self.tariff.file,
            "tariff.export_file": self.tariff.export_file,
        }
        return {key: path for key, path in named.items() if path is not None}

    def resolved(self) -> dict[str, Any]:
        """All that changes results, defaults written out, as plain JSON.

        Without the scenario's name; files by their names only (their content is
        identified by checksum, see ``files``), so that a folder may move; a circuit
        that ships by the name that finds it anywhere.
        """
        left_out = {"name"} if self.events else {"name", *OF_OUTAGES}
        plain = self.model_dump(mode="json", by_alias=True, exclude=left_out)
        plain["time"]["timezone"] = self.timezone
        plain["customers"]["profiles"] = self.profiles
        plain["fleet"]["travel"] = self.travel
        plain["limits"] = self.judged_by.model_dump(mode="json", exclude_none=True)
        plain["feeder"].pop("root")
        if not self.feeder.is_opendss:
            plain["feeder"].pop("loads")
        if not self.regulation:
            plain.pop("regulation")
        plain["feeder"]["model"] = (
            "three_phase" if self.feeder.three_phase else "balanced"
        )
        for key, path in self.files().items():
            section, name = key.split(".")
            kind = self.feeder.source.partition(":")[0]
            prefix = f"{kind}:" if key == "feeder.source" else ""
            plain[section][name] = prefix + path.name
        shipped = circuit_of(self.feeder.source)
        if shipped is not None:
            plain["feeder"]["source"] = f"opendss:{shipped}"
        return plain


def _file_of(source: str) -> Path | None:
    prefix, _, rest = source.partition(":")
    return Path(rest) if prefix in ("json", "opendss") else None


def _csv_of(profiles: str | None) -> Path | None:
    is_file = profiles is not None and profiles.lower().endswith(".csv")
    return Path(profiles) if profiles is not None and is_file else None
