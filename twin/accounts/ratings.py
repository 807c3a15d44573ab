"""What transformers of a class are like, thermally, by the two loading guides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from twin.arrays import Floats, Ints

Guide = Literal["ieee", "iec"]
GUIDE_OF_REGION: Mapping[str, Guide] = MappingProxyType({"us": "ieee", "eu": "iec"})


@dataclass(frozen=True)
class ThermalClass:
    """One class of oil-immersed, naturally cooled transformers.

    up_to_kva          the largest rating that is taken for one of the class
    top_oil_rise_k     of the top oil over the air, at rated load
    hot_spot_rise_k    of the hot spot over the top oil, at rated load
    loss_ratio         load loss over no-load loss, at rated load
    oil_exponent       of the losses; n (IEEE), x (IEC)
    winding_exponent   of the load; 2 m (IEEE), y (IEC)
    oil_h, winding_h   time constants, at rated load
    k11, k21, k22      of IEC's differential equations; 1, 1, 1 make IEEE's
    surcharge_k        how much warmer its surroundings are than the air outdoors
    """

    name: str
    up_to_kva: float
    top_oil_rise_k: float
    hot_spot_rise_k: float
    loss_ratio: float
    oil_exponent: float
    winding_exponent: float
    oil_h: float
    winding_h: float
    k11: float = 1.0
    k21: float = 1.0
    k22: float = 1.0
    surcharge_k: float = 0.0


CLASSES: Mapping[Guide, tuple[ThermalClass, ...]] = MappingProxyType(
    {
        "ieee": (
            ThermalClass("pole-mounted", 167.0, 50, 30, 4, 0.8, 1.6, 5, 5 / 60),
            ThermalClass("pad-mounted", np.inf, 55, 25, 4, 0.8, 1.6, 6, 5 / 60),
        ),
        "iec": (
            ThermalClass(
                "distribution", 2500.0, 55, 23, 5, 0.8, 1.6, 3, 4 / 60,
                1.0, 1.0, 2.0, surcharge_k=10,
            ),
            ThermalClass(
                "medium power", np.inf, 52, 26, 6, 0.8, 1.3, 3.5, 10 / 60, 0.5, 2.0, 2.0
            ),
        ),
    }
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Thermal:
    """Thermal parameters of each transformer, as columns. [n_transformer]

    guide    whose equations hold
    columns  a class's numbers by name
    classes  the name of each one's class
    """

    guide: Guide
    classes: tuple[str, ...]
    columns: Mapping[str, Floats]

    @classmethod
    def of(cls, guide: Guide, classes: tuple[ThermalClass, ...]) -> Thermal:
        """Of one class a transformer."""
        columns = {
            name: np.array([getattr(one, name) for one in classes], dtype=np.float64)
            for name in _NUMBERS
        }
        return cls(guide, tuple(one.name for one in classes), columns)

    @classmethod
    def by_rating(cls, guide: Guide, rating_kva: Floats) -> Thermal:
        """Of each transformer's rating; an unknown one is taken for the smallest."""
        known = CLASSES[guide]
        bounds = np.array([one.up_to_kva for one in known])
        row: Ints = np.searchsorted(bounds, np.nan_to_num(rating_kva, nan=0.0))
        return cls.of(guide, tuple(known[index] for index in row.tolist()))

    def __getitem__(self, name: str) -> Floats:
        return self.columns[name]

    def __len__(self) -> int:
        return len(self.classes)


_NUMBERS = (
    "top_oil_rise_k",
    "hot_spot_rise_k",
    "loss_ratio",
    "oil_exponent",
    "winding_exponent",
    "oil_h",
    "winding_h",
    "k11",
    "k21",
    "k22",
    "surcharge_k",
)
