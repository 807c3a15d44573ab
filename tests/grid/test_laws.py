"""What OpenDSS loads draw by voltage, beside the engine's own answers."""

import numpy as np
import pytest

from twin.grid.laws import drawn, opendss_law

BAND = (0.5, 0.95, 1.05)
AT = (0.4, 0.55, 0.7, 0.9, 0.94, 0.96, 1.04, 1.06, 1.2)
# 100 kW + 50 kvar on a stiff source (mvasc 1e9): engine 0.14.5; P, then Q.
ENGINE = {
    1: (
        (15.998, 30.873, 52.1861, 89.1989, 97.7803, 100, 100, 101.9013, 130.5962),
        (7.999, 15.4365, 26.093, 44.5995, 48.8902, 50, 50, 50.9507, 65.2981),
    ),
}
