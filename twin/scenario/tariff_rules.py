"""Rules of prices, on plain values of any shape."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from twin.scenario.looking import Finding, at, is_at


def tariff(data: Mapping[str, Any]) -> Iterator[Finding]:
    """What is wrong with the prices."""
    for rule in (_prices, _called_days):
        yield from rule(data)


def _prices(data: Mapping[str, Any]) -> Iterator[Finding]:
    """What of a tariff's keys goes together."""
    realtime = at(data, "tariff.name") == "realtime"
    if realtime and not is_at(data, "tariff.file"):
        yield "tariff.name", "realtime needs tariff.file, a CSV of your own prices"
    if realtime and at(data, "tariff.export") == "avoided_cost":
        yield (
            "tariff.export",
            "avoided_cost is not for realtime; allowed: a price, or a column "
            "export_price_usd_per_kwh of its file",
        )
    if (
        realtime
        and at(data, "policy.name") == "tou"
        and not is_at(data, "policy.window")
    ):
        yield (
            "policy.window",
            "needed by tou with tariff realtime: no hours are the cheapest every day",
        )
    for key in ("effective", "event_days", "programme") if realtime else ("file",):
        if at(data, f"tariff.{key}"):
            only = "a tariff that ships" if realtime else "name: realtime"
            yield f"tariff.{key}", f"is only read with {only}"
    if is_at(data, "tariff.export") and is_at(data, "tariff.export_price_usd_per_kwh"):
        yield (
            "tariff.export",
            "both export and export_price_usd_per_kwh are given; needed: one of them",
        )
    if is_at(data, "tariff.export_file") and (
        at(data, "tariff.export") != "avoided_cost"
    ):
        yield "tariff.export_file", "is only read with export: avoided_cost"


def _called_days(data: Mapping[str, Any]) -> Iterator[Finding]:
    days = at(data, "tariff.event_days")
    if not isinstance(days, list):
        return
    twice = sorted({str(day) for day in days if days.count(day) > 1})
    if twice:
        yield "tariff.event_days", f"{twice[0]} comes twice"
    if is_at(data, "tariff.programme") and not days:
        yield "tariff.event_days", "is empty; a programme pays on called days only"
