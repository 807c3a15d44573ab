"""What a scenario says of its grid."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from twin.scenario.change_words import Change
from twin.scenario.words import FilePath, Words

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
    changes: list[Change] = Field(
        default_factory=list,
        max_length=1000,
        description="What is changed in the grid: transformers, lines, taps, phases, "
        "switches, elements out of service",
    )

    @property
    def is_opendss(self) -> bool:
        """Whether it comes from OpenDSS files."""
        return self.source.startswith("opendss:")

    @property
    def three_phase(self) -> bool:
        """Whether it is solved by phase."""
        return self.is_opendss or self.model == "three_phase"
