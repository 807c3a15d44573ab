import numpy as np
import pytest

from twin.surroundings.sun import Site, Sun, on_plane_wm2, sun_at

FREIBURG = Site(48.0, 7.85, 15.0)


def elevation_deg(site: Site, day_of_year: int, hour: float) -> float:
    sun = sun_at(site, np.array([day_of_year]), np.array([hour]))
    return float(np.degrees(np.arcsin(sun.up[0])))


def test_noon_elevation_at_the_solstices():
    """90 - latitude +- 23.45 degrees; noon is 12:28 plus the equation of time."""
    assert elevation_deg(FREIBURG, 171, 12.50) == pytest.approx(65.4, abs=0.2)
    assert elevation_deg(FREIBURG, 354, 12.44) == pytest.approx(18.6, abs=0.2)


@pytest.mark.parametrize(
    ("day_of_year", "noon"),
    [(41, 12.477 + 14.2 / 60), (306, 12.477 - 16.4 / 60)],
)
def test_solar_noon_by_longitude_and_equation_of_time(day_of_year, noon):
    """7.15 degrees west of its meridian: 12:28.6; +14.2 and -16.4 min at extremes."""
    hours = np.arange(11, 14, 0.001)
    sun = sun_at(FREIBURG, np.full(len(hours), day_of_year), hours)
    assert hours[sun.up.argmax()] == pytest.approx(noon, abs=0.01)


def test_a_day_at_the_equinox_lasts_half_the_day():
    hours = np.arange(0, 24, 0.01)
    sun = sun_at(FREIBURG, np.full(len(hours), 79), hours)
    assert (sun.up > 0).mean() == pytest.approx(0.5, abs=0.01)


def test_morning_sun_stands_in_the_east_noon_in_the_south():
    sun = sun_at(FREIBURG, np.array([79, 79]), np.array([7.0, 12.6]))
    assert sun.east[0] > 0.9
    assert abs(sun.east[1]) < 0.02 and sun.north[1] < -0.7
    length = sun.east**2 + sun.north**2 + sun.up**2
    assert length == pytest.approx([1, 1])


def test_haurwitz_by_hand():
    sun = Sun(np.zeros(2), np.zeros(2), np.array([1.0, -0.2]), np.array([0, 0]))
    assert sun.clear_sky_wm2() == pytest.approx([1098 * np.exp(-0.057), 0.0])


def test_a_flat_plane_sees_the_horizontal_irradiance():
    hours = np.arange(6, 19, 0.5)
    sun = sun_at(FREIBURG, np.full(len(hours), 150), hours)
    horizontal = sun.clear_sky_wm2() * 0.7
    assert on_plane_wm2(sun, horizontal, 0.0, 180.0) == pytest.approx(horizontal)


def test_beam_on_a_plane_by_hand():
    """Sun due south at 30 degrees; a south plane of 60 degrees faces it: gain 2.

    Clearness 0.9 has the diffuse share 0.165 (Erbs).
    """
    sun = Sun(np.zeros(1), np.array([-np.sqrt(0.75)]), np.array([0.5]), np.array([90]))
    horizontal = 0.9 * sun.extraterrestrial_wm2()
    beam, diffuse = 0.835 * horizontal, 0.165 * horizontal
    expected = beam / 0.5 + diffuse * 0.75 + horizontal * 0.2 * 0.25
    assert on_plane_wm2(sun, horizontal, 60.0, 180.0) == pytest.approx(expected)


def test_overcast_light_is_all_diffuse():
    sun = Sun(np.zeros(1), np.array([-np.sqrt(0.75)]), np.array([0.5]), np.array([90]))
    horizontal = np.array([1e-3])
    south = on_plane_wm2(sun, horizontal, 90.0, 180.0)
    north = on_plane_wm2(sun, horizontal, 90.0, 0.0)
    assert south == pytest.approx(north, rel=1e-3)
