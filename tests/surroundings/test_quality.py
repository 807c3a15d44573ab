import numpy as np
import pytest

from twin.surroundings.quality import faults, good_days


@pytest.fixture
def household():
    """A year of a plain home: 0.3 kW at night, 0.5 by day, 1 kW in the evening."""
    day = np.full(24, 0.5)
    day[:6], day[17:22] = 0.3, 1.0
    ripple = 1 + 0.1 * np.sin(np.arange(365 * 24)).reshape(365, 24)
    return day * ripple


def test_a_plain_home_passes(household):
    assert faults(household) == ()
    assert good_days(household).all()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda kw: kw.__setitem__((3, 3), -0.2), "negative"),
        (lambda kw: kw.__setitem__(slice(0, 30), 0.0), "8% of hours near zero"),
        (
            lambda kw: kw.__setitem__((slice(0, 60), 12), 0.01),
            "16% near zero at 12 h",
        ),
        (lambda kw: kw.__setitem__((slice(None), slice(0, 6)), 0.06), "night is 0.1"),
        (
            lambda kw: kw.__setitem__((slice(None), slice(10, 14)), 2.0),
            "midday is 2.0 times the evening",
        ),
        (lambda kw: kw.__setitem__((9, slice(2, 18)), 0.4), "16 hours without change"),
    ],
)
def test_each_gate_says_its_fault(household, spoil, said):
    spoil(household)
    assert any(said in fault for fault in faults(household))


def test_single_bad_days_are_left_out(household):
    household[5, 4] = 0.0
    household[8, 10:14] = 0.7
    assert np.flatnonzero(~good_days(household)).tolist() == [5, 8]
