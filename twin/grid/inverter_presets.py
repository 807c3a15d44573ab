"""Volt-var and volt-watt curves that inverters come with, by standard.

Volt-var: (voltage, vars per rated kVA, > 0 injected). Volt-watt: (voltage, most given
per rated kW), for what can also absorb: it ends at nothing given.

Source: IEEE 1547-2018, Tables 8 and 31 (volt-watt: P2' of DER that can absorb; P2 of
others is 0.2 at most); Electric Rule 21 (California), section Hh, Phase 1 of 2017
(volt-var) and Phase 3 of 2019 (volt-watt). All are off unless asked for.
"""

from __future__ import annotations

from typing import NamedTuple

Curve = tuple[tuple[float, float], ...]

STORAGE_WATT: Curve = ((1.06, 1.0), (1.10, 0.0))


class Preset(NamedTuple):
    """The curves of a standard, and what it is called."""

    label: str
    volt_var: Curve
    volt_watt: Curve = STORAGE_WATT


PRESETS = {
    "ieee1547_a": Preset(
        "IEEE 1547-2018, category A", ((0.90, 0.25), (1.00, 0.0), (1.10, -0.25))
    ),
    "ieee1547_b": Preset(
        "IEEE 1547-2018, category B",
        ((0.92, 0.44), (0.98, 0.0), (1.02, 0.0), (1.08, -0.44)),
    ),
    "rule21_phase1": Preset(
        "California Rule 21 before IEEE 1547-2018",
        ((0.92, 0.30), (0.967, 0.0), (1.033, 0.0), (1.07, -0.30)),
    ),
}
