"""What a scenario says, as frozen words: every key with its unit, range and default."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from twin.scenario.adoption_words import Adoption
from twin.scenario.customers_words import CustomersSpec
from twin.scenario.feeder_words import FeederSpec
from twin.scenario.fleet_words import Fleet
from twin.scenario.ledger_words import LedgerSpec
from twin.scenario.names import circuit_of, region_default, region_of
from twin.scenario.operator_words import Operator
from twin.scenario.outage_words import Backup, Event, Restoration
from twin.scenario.participation_words import Participation
from twin.scenario.policy_words import Policy
from twin.scenario.regulation import RegulationSpec
from twin.scenario.storage_words import Battery
from twin.scenario.stress_words import Stress
from twin.scenario.tariff_words import TariffSpec
from twin.scenario.words import (
    IsoDate,
    Name,
    Words,
)

OF_OUTAGES = ("backup", "restoration")
OF_CALLS = ("notice_h", "return_min")
OF_SOME = (
    "participation",
    "adoption",
    "stress",
    "storage",
    "operator",
    "weather_seed",
)


class Time(Words):
    """Which days are simulated, and in which steps."""

    start: IsoDate = Field(description="First simulated day, local date [YYYY-MM-DD]")
    days: int = Field(ge=1, le=3660, description="Number of simulated days [days]")
    step_min: Literal[1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60] = Field(
        default=15, description="Length of a step; divides 60 [min]"
    )
    lead_in_days: Annotated[int, Field(ge=0, le=31)] = Field(
        default=0,
        description="Days before the first that are simulated and not recorded, so "
        "that batteries, places and taps begin as lived [days]",
    )
    timezone: str | None = Field(
        default=None,
        min_length=1,
        description="IANA time zone of all local times, such as Europe/Berlin; "
        "default: that of the feeder's region",
    )


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
    weather_seed: Annotated[int, Field(ge=0, le=2**63 - 1)] | None = Field(
        default=None,
        description="Seed of clouds and temperatures where these are drawn, so that "
        "several runs have one sky; default: seed",
    )
    time: Time = Field(description="When")
    feeder: FeederSpec = Field(description="Which grid")
    customers: CustomersSpec = Field(
        default_factory=CustomersSpec, description="Who lives there"
    )
    fleet: Fleet = Field(description="Which cars")
    policy: Policy = Field(default_factory=Policy, description="Who decides")
    reference: Literal["uncontrolled", "valley", "none"] = Field(
        default="uncontrolled",
        description="One-way charging of the same cars beside the run, without a power "
        "flow, from which wear and bills are told; none: not recorded",
    )
    tariff: TariffSpec = Field(default_factory=TariffSpec, description="At what price")
    ledger: LedgerSpec = Field(
        default_factory=LedgerSpec, description="Money that bills don't show"
    )
    events: list[Event] = Field(
        default_factory=list, max_length=1000, description="Outages, and calls to cars"
    )
    backup: Backup = Field(
        default_factory=Backup, description="Homes that their own car supplies"
    )
    restoration: Restoration = Field(
        default_factory=Restoration, description="What happens after an outage"
    )
    participation: Participation | None = Field(
        default=None,
        description="Who can take part in giving at all, stage by stage; default: "
        "the cars of fleet.bidirectional_share",
    )
    adoption: Adoption | None = Field(
        default=None,
        description="The years ahead: who owns a car, PV or a heat pump by then; "
        "default: as fleet and customers say",
    )
    stress: Stress | None = Field(
        default=None,
        description="Cars that are asked and do not act; default: everybody does",
    )
    storage: list[Battery] = Field(
        default_factory=list,
        max_length=200,
        description="Stationary batteries of the grid operator; default: none",
    )
    operator: Operator | None = Field(
        default=None,
        description="How the grid operator holds cars back; default: not at all",
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
    def seed_of_weather(self) -> int:
        """As said, else that of everything."""
        return self.seed if self.weather_seed is None else self.weather_seed

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
    def shadowed_by(self) -> str | None:
        """The reference; None where there is none, or the run itself is it."""
        free = self.fleet.inverter.mode == "unity" and not self.events
        free &= self.operator is None
        itself = self.policy.name == self.reference and free
        return None if self.reference == "none" or itself else self.reference

    @property
    def cars_may_export(self) -> bool:
        """With a permit, unless the policy keeps all at home."""
        return self.fleet.export_permit and self.policy.name != "v2h"

    @property
    def has_outages(self) -> bool:
        """Whether any event may cut off supply."""
        return any(event.kind != "call" for event in self.events)

    @property
    def has_calls(self) -> bool:
        """Whether cars are called by an event, or by the tariff's days."""
        return any(event.kind == "call" for event in self.events) or bool(
            self.tariff.event_days
        )

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
            **{
                f"events.{number}.records": _csv_of(event.records)
                for number, event in enumerate(self.events)
            },
        }
        if self.adoption is not None:
            named["adoption.totals"] = self.adoption.totals
        return {key: path for key, path in named.items() if path is not None}

    def resolved(self) -> dict[str, Any]:
        """All that changes results, defaults written out, as plain JSON.

        Without the scenario's name; files by their names only (their content is
        identified by checksum, see ``files``), so that a folder may move; a circuit
        that ships by the name that finds it anywhere.
        """
        left_out = {"name"} if self.has_outages else {"name", *OF_OUTAGES}
        left_out |= set() if self.events else {"events"}
        plain = self.model_dump(mode="json", by_alias=True, exclude=left_out)
        for event in plain.get("events", ()):
            for key in OF_CALLS if event["kind"] != "call" else ():
                event.pop(key)
        plain["time"]["timezone"] = self.timezone
        if not self.time.lead_in_days:
            plain["time"].pop("lead_in_days")
        plain["customers"]["profiles"] = self.profiles
        plain["fleet"]["travel"] = self.travel
        plain["limits"] = self.judged_by.model_dump(mode="json", exclude_none=True)
        plain["feeder"].pop("root")
        changes = self.feeder.model_dump(mode="json", exclude_none=True).pop("changes")
        plain["feeder"].pop("changes")
        plain["feeder"] |= {"changes": changes} if changes else {}
        if not self.feeder.is_opendss:
            plain["feeder"].pop("loads")
        if not self.regulation:
            plain.pop("regulation")
        for key in OF_SOME:
            if plain[key] in (None, []):
                plain.pop(key)
        if self.operator is not None:
            plain["operator"] = self.operator.settled
        plain["feeder"]["model"] = (
            "three_phase" if self.feeder.three_phase else "balanced"
        )
        for key, path in self.files().items():
            section, *between, name = key.split(".")
            kind = self.feeder.source.partition(":")[0]
            prefix = f"{kind}:" if key == "feeder.source" else ""
            holder = plain[section][int(between[0])] if between else plain[section]
            holder[name] = prefix + path.name
        shipped = circuit_of(self.feeder.source)
        if shipped is not None:
            plain["feeder"]["source"] = f"opendss:{shipped}"
        return plain


def _file_of(source: str) -> Path | None:
    prefix, _, rest = source.partition(":")
    return Path(rest) if prefix in ("json", "opendss") else None


def _csv_of(said: str | None) -> Path | None:
    """The user's file; None where a data set that ships is named."""
    is_file = said is not None and said.lower().endswith(".csv")
    return Path(said) if said is not None and is_file else None
