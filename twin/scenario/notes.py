"""Notes on what a scenario says but cannot do, or that means less than it seems."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from twin.scenario.names import ONE_WAY, TWO_WAY, known
from twin.scenario.spec import Scenario


def notes(scenario: Scenario) -> list[str]:
    """What is allowed but has no effect, or means less than it seems."""
    return [text for applies, text in _NOTES if applies(scenario)]


def _none_gives(s: Scenario) -> bool:
    """Whether no car can give, whatever happens."""
    by_share = s.participation is None and s.adoption is None
    return by_share and s.fleet.bidirectional_share == 0


def _called_outside(scenario: Scenario) -> list[date]:
    first = scenario.time.start
    end = first + timedelta(days=scenario.time.days)
    return [day for day in scenario.tariff.event_days if not first <= day < end]


_NOTES: tuple[tuple[Callable[[Scenario], bool], str], ...] = (
    (
        lambda s: s.policy.name in TWO_WAY and _none_gives(s),
        "fleet.bidirectional_share is 0: no car can give, so this V2G policy only "
        "charges",
    ),
    (
        lambda s: s.policy.name in TWO_WAY and not s.fleet.export_permit,
        "fleet.export_permit is false: cars give at most what their own home draws",
    ),
    (
        lambda s: (
            s.policy.name in ONE_WAY
            and s.fleet.bidirectional_share > 0
            and s.participation is None
            and s.adoption is None
            and not (s.has_outages and s.backup.share > 0)
        ),
        "fleet.bidirectional_share has no effect: this policy only charges",
    ),
    (
        lambda s: (
            s.policy.name == "v2g_price"
            and not (s.tariff.export_price_usd_per_kwh or s.tariff.export)
            and s.tariff.name != "realtime"
        ),
        "tariff.export_price_usd_per_kwh is 0: v2g_price has nothing to earn by "
        "feeding in",
    ),
    (
        lambda s: s.policy.name in ("tou", "v2g_price") and s.tariff.name == "flat",
        "the tariff is flat: a policy by price sees one price all day",
    ),
    (
        lambda s: s.tariff.programme is not None and s.policy.name != "emergency",
        "tariff.programme pays by the bill only: no policy is told of it, or seeks it",
    ),
    (
        lambda s: bool(_called_outside(s)),
        "tariff.event_days holds days outside the run: they have no effect on it",
    ),
    (
        lambda s: (
            s.policy.window is not None
            and s.policy.name in known("policies")
            and s.policy.name != "tou"
        ),
        "policy.window has no effect: only tou charges by timer",
    ),
    (
        lambda s: s.has_outages and s.backup.share > 0 and _none_gives(s),
        "backup.share has no effect: fleet.bidirectional_share is 0",
    ),
    (
        lambda s: s.backup.share > 0 and not s.has_outages,
        "backup has no effect: there are no events",
    ),
    (
        lambda s: s.fleet.inverter.mode != "unity" and _none_gives(s),
        "fleet.inverter has no effect: only cars that can give have one, and "
        "fleet.bidirectional_share is 0",
    ),
    (
        lambda s: (
            s.fleet.inverter.volt_var is not None
            and s.fleet.inverter.mode not in ("volt_var", "volt_var_watt")
        ),
        "fleet.inverter.volt_var has no effect without mode: volt_var or volt_var_watt",
    ),
    (
        lambda s: (
            s.fleet.inverter.volt_watt is not None
            and s.fleet.inverter.mode not in ("volt_watt", "volt_var_watt")
        ),
        "fleet.inverter.volt_watt has no effect without mode: volt_watt or "
        "volt_var_watt",
    ),
    (
        lambda s: (
            "power_factor" in s.fleet.inverter.model_fields_set
            and s.fleet.inverter.mode != "power_factor"
        ),
        "fleet.inverter.power_factor has no effect without mode: power_factor",
    ),
    (
        lambda s: s.policy.name == "emergency" and not s.has_calls,
        "nobody calls: without events of kind call, or tariff.event_days, emergency "
        "charges like valley",
    ),
    (
        lambda s: (
            s.policy.name in known("policies")
            and s.policy.name != "emergency"
            and any(event.kind == "call" for event in s.events)
        ),
        "events of kind call have no effect: only emergency answers them",
    ),
    (
        lambda s: (
            s.adoption is not None
            and s.adoption.totals is None
            and 0 not in (s.fleet.ev_share, s.fleet.ev_count)
        ),
        "adoption.totals is not given: the course of EVs is illustrative, no forecast "
        "of anybody's",
    ),
    (
        lambda s: s.adoption is not None and s.fleet.bidirectional_share > 0,
        "fleet.bidirectional_share has no effect: with adoption, year of purchase and "
        "participation say which cars can give",
    ),
    (
        lambda s: (
            s.participation is not None
            and s.adoption is None
            and s.fleet.bidirectional_share > 0
        ),
        "fleet.bidirectional_share has no effect: participation says which cars can "
        "give (participation.vehicle_share in its place)",
    ),
    (
        lambda s: (
            s.participation is not None
            and s.participation.matched_share is not None
            and s.participation.standard == "unified"
        ),
        "participation.matched_share has no effect with standard: unified",
    ),
    (
        lambda s: (
            s.participation is not None
            and s.participation.carmaker_share is not None
            and bool(s.participation.carmakers)
        ),
        "participation.carmakers has no effect: carmaker_share is given",
    ),
    (
        lambda s: s.stress is not None and s.policy.name == "uncontrolled",
        "stress has no effect: uncontrolled asks nothing of any car",
    ),
    (
        lambda s: (
            s.stress is not None
            and "communication_loss_h" in s.stress.model_fields_set
            and s.stress.communication_loss_share == 0
        ),
        "stress.communication_loss_h has no effect: communication_loss_share is 0",
    ),
    (
        lambda s: (
            s.operator is not None
            and s.operator.method == "dimming"
            and s.region != "DE"
        ),
        "operator.method dimming is German law (EnWG 14a); this feeder is elsewhere",
    ),
    (
        lambda s: s.policy.outlook == "perfect",
        "policy.outlook is perfect: results are an upper bound that no operator "
        "reaches",
    ),
    (
        lambda s: (
            "outlook_error" in s.policy.model_fields_set
            and s.policy.outlook != "day_ahead_error"
        ),
        "policy.outlook_error has no effect without outlook: day_ahead_error",
    ),
    (
        lambda s: (
            s.policy.target_kw is not None
            and "target_share" in s.policy.model_fields_set
        ),
        "policy.target_share has no effect: target_kw is given",
    ),
    (
        lambda s: (
            s.feeder.source.startswith("json:")
            and s.region == "DE"
            and s.time.timezone is None
        ),
        "a json: feeder's region is not known: Europe is taken (time zone, limits, "
        "data sets); a time zone in America makes it North American",
    ),
    (
        lambda s: s.feeder.is_opendss and s.time.timezone is None,
        "an opendss: feeder's region is not known: North America is taken (time zone, "
        "limits, data sets); a time zone in Europe makes it European",
    ),
)
