"""How each headline figure is called, in which unit and how finely it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Value = float | int | str | None
OverTime = Literal["", "sum", "month", "highest", "lowest"]
LEAST_SHOWN = 0.001


@dataclass(frozen=True)
class Measure:
    """One figure. ``scale`` turns the recorded number into the unit that is shown.

    ``over_time``: what stretches make of a longer time: their sum, an amount a month
    that adds up where the tariff is linear, their highest or lowest; empty: nothing.
    """

    key: str
    title: str
    unit: str = ""
    digits: int = 0
    scale: float = 1.0
    group: str = ""
    less_is_better: bool | None = None
    over_time: OverTime = ""

    @property
    def name(self) -> str:
        """Title with its unit, as a table's row says it."""
        return f"{self.title} [{self.unit}]" if self.unit else self.title

    @property
    def is_weighed(self) -> bool:
        """Whether a planner weighs its difference, though none may be better."""
        return self.less_is_better is not None or self.key in _WEIGHED_TOO

    def written(self, value: Value, signed: bool = False) -> str:
        """A value as people read it; a dash where it is not known.

        One that its digits would show as 0 is written by its first significant digit,
        down to a thousandth: a mean over seeds of what is counted is not nothing. A
        difference is so only of whole numbers: others say by their digits what matters.
        """
        if value is None:
            return "–"
        if isinstance(value, str):
            return value
        number, form = value * self.scale, f",.{self.digits}f"
        if self.rounds_to_nothing(value):
            is_told = abs(number) >= LEAST_SHOWN and not (signed and self.digits)
            number, form = (number, ".1g") if is_told else (0.0, form)
        sign = "+" if signed and number else ""
        return f"{number:{sign}{form}}".replace("-", "−")

    def rounds_to_nothing(self, value: float) -> bool:
        """Whether its usual digits would show it as 0."""
        return round(value * self.scale, self.digits) == 0


_WEIGHED_TOO = ("ev_charged_kwh", "ev_discharged_kwh", "stored_change_kwh")
_ROWS = (
    (
        "Substation",
        (
            Measure(
                "peak_kw", "Peak", "kW", 1, less_is_better=True, over_time="highest"
            ),
            Measure("peak_time", "Peak at (local time)"),
            Measure("peak_ev_kw", "EVs at the peak", "kW", 1, less_is_better=True),
            Measure("min_kw", "Lowest power", "kW", 1, over_time="lowest"),
            Measure(
                "reverse_h",
                "Reverse flow",
                "h",
                2,
                less_is_better=True,
                over_time="sum",
            ),
            Measure(
                "reverse_depth_kw",
                "Deepest reverse flow",
                "kW",
                1,
                less_is_better=True,
                over_time="highest",
            ),
            Measure(
                "transformer_reverse_h",
                "Reverse flow through transformers",
                "transformer-h",
                1,
                less_is_better=True,
                over_time="sum",
            ),
            Measure("diversity_homes", "Diversity factor of homes", "", 2),
            Measure("coincidence_homes", "Coincidence factor of homes", "%", 1, 100),
            Measure("diversity_ev", "Diversity factor of EV charging", "", 2),
            Measure("coincidence_ev", "Coincidence factor of EV charging", "%", 1, 100),
        ),
    ),
    (
        "Voltage",
        (
            Measure(
                "v_min_pu",
                "Lowest voltage",
                "pu",
                4,
                less_is_better=False,
                over_time="lowest",
            ),
            Measure("v_min_node", "Lowest voltage at node"),
            Measure("v_min_time", "Lowest voltage at (local time)"),
            Measure("v_max_pu", "Highest voltage", "pu", 4, over_time="highest"),
            Measure("v_max_node", "Highest voltage at node"),
            Measure("v_max_time", "Highest voltage at (local time)"),
            Measure(
                "vuf_max",
                "Highest voltage unbalance",
                "%",
                2,
                100,
                less_is_better=True,
                over_time="highest",
            ),
            Measure(
                "neutral_max_a",
                "Highest neutral current of a line",
                "A",
                1,
                less_is_better=True,
                over_time="highest",
            ),
            Measure(
                "tap_operations", "Tap operations", less_is_better=True, over_time="sum"
            ),
            Measure(
                "capacitor_operations",
                "Capacitor operations",
                less_is_better=True,
                over_time="sum",
            ),
            Measure(
                "customer_hours_below",
                "Below the lower limit",
                "customer-h",
                1,
                less_is_better=True,
                over_time="sum",
            ),
            Measure(
                "customer_hours_above",
                "Above the upper limit",
                "customer-h",
                1,
                less_is_better=True,
                over_time="sum",
            ),
            Measure(
                "customer_hours_below_outer",
                "Below the outer limit",
                "customer-h",
                1,
                less_is_better=True,
                over_time="sum",
            ),
            Measure(
                "customer_hours_above_outer",
                "Above the outer limit",
                "customer-h",
                1,
                less_is_better=True,
                over_time="sum",
            ),
            Measure(
                "customers_beyond",
                "Customers ever beyond a limit",
                "",
                0,
                less_is_better=True,
            ),
            Measure(
                "customers_noncompliant",
                "Customers failing EN 50160's 95 % of a week",
                "",
                0,
                less_is_better=True,
            ),
            Measure(
                "customers_outside_a",
                "Customers ever outside ANSI range A",
                less_is_better=True,
            ),
            Measure(
                "customers_outside_b",
                "Customers ever outside ANSI range B",
                less_is_better=True,
            ),
            Measure(
                "customers_unbalanced",
                "Customers with too much unbalance in a week",
                less_is_better=True,
            ),
            Measure(
                "customers_rapid_change",
                "Customers with a rapid voltage change",
                less_is_better=True,
            ),
            Measure(
                "rapid_changes",
                "Instants with a rapid voltage change",
                less_is_better=True,
                over_time="sum",
            ),
            Measure(
                "rapid_by_cars",
                "Instants with a rapid change by cars",
                less_is_better=True,
                over_time="sum",
            ),
        ),
    ),
    (
        "Voltage, against the baseline",
        (
            Measure(
                "preexisting_h", "Beyond the limits without EVs too", "customer-h", 1
            ),
            Measure("caused_h", "Caused by EVs", "customer-h", 1, less_is_better=True),
            Measure("cured_h", "Cured by EVs", "customer-h", 1, less_is_better=False),
        ),
    ),
    (
        "Transformers and lines",
        (
            Measure(
                "transformers_over_normal",
                "Transformers over normal rating",
                "",
                0,
                less_is_better=True,
            ),
            Measure(
                "transformer_h_over_normal",
                "Time over normal rating",
                "transformer-h",
                2,
                less_is_better=True,
                over_time="sum",
            ),
            Measure(
                "transformers_over_emergency",
                "Transformers over emergency rating",
                "",
                0,
                less_is_better=True,
            ),
            Measure(
                "transformer_h_over_emergency",
                "Time over emergency rating",
                "transformer-h",
                2,
                less_is_better=True,
                over_time="sum",
            ),
            Measure(
                "transformers_over_duration",
                "Transformers over normal rating for longer than allowed",
                less_is_better=True,
            ),
            Measure(
                "worst_transformer_loading",
                "Most loaded transformer",
                "%",
                1,
                100,
                less_is_better=True,
                over_time="highest",
            ),
            Measure("worst_transformer", "Most loaded transformer is"),
            Measure(
                "hot_spot_degc",
                "Hottest hot spot of a transformer",
                "degC",
                1,
                less_is_better=True,
                over_time="highest",
            ),
            Measure(
                "worst_transformer_ageing",
                "Ageing of the worst transformer (1 is normal)",
                "",
                5,
                less_is_better=True,
            ),
            Measure(
                "transformer_aged_h",
                "Ageing of all transformers",
                "aged h",
                2,
                less_is_better=True,
                over_time="sum",
            ),
            Measure(
                "lines_over_normal",
                "Lines over normal rating",
                "",
                0,
                less_is_better=True,
            ),
            Measure(
                "worst_line_loading",
                "Most loaded line",
                "%",
                1,
                100,
                less_is_better=True,
                over_time="highest",
            ),
        ),
    ),
    (
        "Energy",
        (
            Measure(
                "losses_kwh",
                "Network losses",
                "kWh",
                1,
                less_is_better=True,
                over_time="sum",
            ),
            Measure(
                "losses_share",
                "Network losses of what is delivered",
                "%",
                2,
                100,
                less_is_better=True,
            ),
            Measure(
                "grid_import_kwh",
                "Drawn from the grid above",
                "kWh",
                0,
                less_is_better=True,
                over_time="sum",
            ),
            Measure(
                "grid_export_kwh", "Fed into the grid above", "kWh", 0, over_time="sum"
            ),
            Measure("homes_kwh", "Served to customers", "kWh", 0, over_time="sum"),
            Measure(
                "unserved_kwh", "Not served (outages)", "kWh", 1, less_is_better=True
            ),
            Measure("pv_kwh", "Produced by PV", "kWh", 0, over_time="sum"),
            Measure("ev_charged_kwh", "Charged by EVs", "kWh", 0, over_time="sum"),
            Measure(
                "storage_charged_kwh",
                "Charged by stationary batteries",
                "kWh",
                0,
                over_time="sum",
            ),
            Measure(
                "storage_discharged_kwh",
                "Given by stationary batteries",
                "kWh",
                0,
                over_time="sum",
            ),
            Measure(
                "storage_losses_kwh",
                "Lost in stationary batteries",
                "kWh",
                1,
                less_is_better=True,
                over_time="sum",
            ),
            Measure(
                "storage_cycles",
                "Full cycles of stationary batteries",
                "",
                2,
                over_time="sum",
            ),
            Measure(
                "ev_discharged_kwh", "Given back by EVs", "kWh", 0, over_time="sum"
            ),
            Measure(
                "held_back_by_volt_watt_kwh",
                "Giving held back by volt-watt",
                "kWh",
                1,
                over_time="sum",
            ),
            Measure(
                "held_back_by_vars_kwh",
                "Giving held back for vars",
                "kWh",
                1,
                over_time="sum",
            ),
            Measure(
                "ev_absorbed_kvarh",
                "Absorbed by EVs' inverters",
                "kvarh",
                1,
                over_time="sum",
            ),
            Measure(
                "ev_injected_kvarh",
                "Injected by EVs' inverters",
                "kvarh",
                1,
                over_time="sum",
            ),
            Measure(
                "ev_public_kwh",
                "Bought on the way",
                "kWh",
                1,
                less_is_better=True,
                over_time="sum",
            ),
            Measure(
                "stored_change_kwh",
                "Change of what batteries hold",
                "kWh",
                0,
                over_time="sum",
            ),
            Measure(
                "wear_usd",
                "Battery wear from giving",
                "USD",
                2,
                less_is_better=True,
                over_time="sum",
            ),
            Measure(
                "battery_fade_nmc",
                "Battery fade per car in this time, if NMC",
                "%",
                4,
                100,
                less_is_better=True,
            ),
            Measure(
                "battery_fade_lfp",
                "Battery fade per car in this time, if LFP",
                "%",
                4,
                100,
                less_is_better=True,
            ),
            Measure(
                "wear_change_nmc_usd",
                "Wear per car in this time beyond the reference, if NMC",
                "USD",
                2,
                less_is_better=True,
            ),
            Measure(
                "wear_change_lfp_usd",
                "Wear per car in this time beyond the reference, if LFP",
                "USD",
                2,
                less_is_better=True,
            ),
            Measure(
                "wear_nmc_usd_per_kwh_given",
                "Wear beyond the reference per kWh given, if NMC",
                "USD/kWh",
                4,
                less_is_better=True,
            ),
            Measure(
                "wear_lfp_usd_per_kwh_given",
                "Wear beyond the reference per kWh given, if LFP",
                "USD/kWh",
                4,
                less_is_better=True,
            ),
        ),
    ),
    (
        "Bills",
        (
            Measure("reference", "The same cars beside it charge"),
            Measure(
                "bill_change_ev_usd",
                "Bill beyond the reference's, per home with an EV",
                "USD/month",
                2,
                less_is_better=True,
                over_time="month",
            ),
            Measure(
                "bill_ev_usd",
                "Bill per home with an EV",
                "USD/month",
                2,
                less_is_better=True,
                over_time="month",
            ),
            Measure(
                "bill_other_usd",
                "Bill per home without one",
                "USD/month",
                2,
                less_is_better=True,
                over_time="month",
            ),
            Measure(
                "bill_event_pay_usd",
                "Pay for events in it, per home with an EV",
                "USD/month",
                2,
                less_is_better=False,
            ),
            Measure(
                "public_ev_usd",
                "Bought away from home, beside the bill",
                "USD/month",
                2,
                less_is_better=True,
                over_time="month",
            ),
        ),
    ),
    (
        "Outages",
        (
            Measure("homes_out", "Customers ever without supply", "", 0),
            Measure(
                "homes_alight",
                "Of these kept alight whole by their own car",
                "",
                0,
                less_is_better=False,
            ),
            Measure(
                "homes_critical_alight",
                "Of these critical circuits kept alight by their own car",
                "",
                0,
                less_is_better=False,
            ),
            Measure("island_kwh", "Served by homes' own cars", "kWh", 1),
            Measure("saifi", "SAIFI, as the utility counts", "", 3),
            Measure("saidi_min", "SAIDI, as the utility counts", "min", 1),
            Measure("caidi_min", "CAIDI, as the utility counts", "min", 1),
            Measure(
                "saifi_felt", "SAIFI, as customers felt it", "", 3, less_is_better=True
            ),
            Measure(
                "saidi_felt_min",
                "SAIDI, as customers felt it",
                "min",
                1,
                less_is_better=True,
            ),
            Measure(
                "restoration_peak_kw",
                "Peak within 6 h of a return",
                "kW",
                1,
                less_is_better=True,
            ),
            Measure("restoration_peak_time", "That peak at (local time)"),
        ),
    ),
    (
        "Participation",
        (
            Measure("participants", "EVs that can take part in giving", "", 0),
            Measure(
                "dependable_kw",
                "Dependable for the call of participation",
                "kW",
                1,
                less_is_better=False,
            ),
            Measure(
                "dependable_median_kw",
                "The same on the median day",
                "kW",
                1,
                less_is_better=False,
            ),
            Measure("funnel_loses_most", "Most is lost at"),
        ),
    ),
    (
        "Requests",
        (
            Measure("calls", "Calls to EVs", "", 0),
            Measure(
                "call_given_kw", "Given in calls, mean", "kW", 1, less_is_better=False
            ),
            Measure("call_peak_kw", "Peak within calls", "kW", 1, less_is_better=True),
            Measure(
                "rebound_peak_kw",
                "Peak within 6 h after a call",
                "kW",
                1,
                less_is_better=True,
            ),
            Measure("asked_give_kwh", "Giving asked of EVs at a plug", "kWh", 1),
            Measure(
                "not_followed_give_kwh",
                "Of it not followed",
                "kWh",
                1,
                less_is_better=True,
            ),
            Measure(
                "unasked_charge_kwh",
                "Charged by EVs that did not follow, unasked",
                "kWh",
                1,
                less_is_better=True,
            ),
            Measure("held_h", "Dimming under way", "h", 2, less_is_better=True),
            Measure(
                "put_off_kwh",
                "Charging put off by the operator",
                "kWh",
                1,
                less_is_better=True,
            ),
            Measure(
                "departures_held_short",
                "Departures short by the operator's holding back",
                "",
                0,
                less_is_better=True,
            ),
        ),
    ),
    (
        "Mobility",
        (
            Measure("departures", "Departures from a plug", "", 0, over_time="sum"),
            Measure(
                "departures_short_share",
                "Departures short of target",
                "%",
                2,
                100,
                less_is_better=True,
            ),
            Measure(
                "shortfall_kwh",
                "Missing at departures",
                "kWh",
                1,
                less_is_better=True,
                over_time="sum",
            ),
            Measure("trips", "Trips", "", 0, over_time="sum"),
            Measure("driven_km", "Driven", "km", 0, over_time="sum"),
            Measure(
                "trips_short",
                "Trips that bought energy on the way",
                "",
                0,
                less_is_better=True,
                over_time="sum",
            ),
        ),
    ),
    (
        "Trust",
        (
            Measure(
                "steps_failed", "Steps without a solution", "", 0, less_is_better=True
            ),
            Measure("n_customers", "Customers", "", 0),
            Measure("n_ev", "EVs", "", 0),
            Measure("n_bidirectional", "EVs that can give power back", "", 0),
            Measure("hypothetical_ev", "EVs that give hypothetically", "", 0),
        ),
    ),
)

GROUPS: Mapping[str, tuple[Measure, ...]] = MappingProxyType(dict(_ROWS))
MEASURES: Mapping[str, Measure] = MappingProxyType(
    {measure.key: measure for rows in GROUPS.values() for measure in rows}
)

KEY_FIGURES = tuple(
    MEASURES[key]
    for key in (
        "peak_kw",
        "peak_ev_kw",
        "v_min_pu",
        "customer_hours_below",
        "customer_hours_above",
        "customers_outside_a",
        "customers_outside_b",
        "customers_noncompliant",
        "rapid_changes",
        "worst_transformer_loading",
        "transformer_h_over_normal",
        "reverse_h",
        "losses_kwh",
        "ev_charged_kwh",
        "ev_discharged_kwh",
        "bill_ev_usd",
        "departures_short_share",
        "steps_failed",
    )
)
WORTH_FIGURES = tuple(
    MEASURES[key]
    for key in (
        "participants",
        "dependable_kw",
        "dependable_median_kw",
        "reference",
        "bill_change_ev_usd",
        "wear_change_nmc_usd",
        "wear_change_lfp_usd",
        "wear_nmc_usd_per_kwh_given",
        "wear_lfp_usd_per_kwh_given",
        "transformer_aged_h",
        "worst_transformer_ageing",
        "homes_out",
        "homes_alight",
        "homes_critical_alight",
        "saidi_min",
        "saidi_felt_min",
    )
)
