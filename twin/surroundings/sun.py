"""Where the sun stands, and how much of its light reaches a plane."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.arrays import Floats, Ints

SOLAR_CONSTANT_WM2 = 1367.0
GROUND_ALBEDO = 0.2


@dataclass(frozen=True)
class Site:
    """A place, in degrees; ``meridian_deg`` is that of its standard time."""

    latitude_deg: float
    longitude_deg: float
    meridian_deg: float


@dataclass(frozen=True)
class Sun:
    """The sun at each instant [steps]: unit vector to east, north, up; day of year."""

    east: Floats
    north: Floats
    up: Floats
    day_of_year: Ints

    def extraterrestrial_wm2(self) -> Floats:
        """Irradiance on a horizontal plane above the atmosphere [steps]."""
        distance = 1 + 0.033 * np.cos(2 * np.pi * (self.day_of_year + 1) / 365)
        flux: Floats = SOLAR_CONSTANT_WM2 * distance * np.maximum(self.up, 0)
        return flux

    def clear_sky_wm2(self) -> Floats:
        """Global horizontal irradiance under a clear sky [steps].

        ``1098 cos(z) exp(-0.057 / cos(z))``. Source: Haurwitz, Insolation in relation
        to cloud type, Journal of Meteorology 5 (1948).
        """
        up = np.maximum(self.up, 1e-3)
        clear = 1098.0 * up * np.exp(-0.057 / up)
        return np.where(self.up > 0, clear, 0.0)


def sun_at(site: Site, day_of_year: Ints, hour: Floats) -> Sun:
    """The sun's direction for a day of year (0..) and an hour in standard time [steps].

    Declination (Cooper) and equation of time (Spencer) as in Duffie and Beckman,
    Solar Engineering of Thermal Processes (4th ed. 2013), section 1.5 and 1.6.
    """
    b = 2 * np.pi * day_of_year / 365
    declination = np.radians(23.45) * np.sin(2 * np.pi * (285 + day_of_year) / 365)
    equation_min = 229.2 * (
        0.000075
        + 0.001868 * np.cos(b)
        - 0.032077 * np.sin(b)
        - 0.014615 * np.cos(2 * b)
        - 0.04089 * np.sin(2 * b)
    )
    solar_hour = (
        hour + equation_min / 60 + (site.longitude_deg - site.meridian_deg) / 15
    )
    angle = np.radians(15 * (solar_hour - 12))
    latitude = np.radians(site.latitude_deg)
    east = -np.cos(declination) * np.sin(angle)
    north = np.sin(declination) * np.cos(latitude) - np.cos(declination) * np.cos(
        angle
    ) * np.sin(latitude)
    up = np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(
        declination
    ) * np.cos(angle)
    return Sun(east, north, up, day_of_year)


def on_plane_wm2(
    sun: Sun, global_wm2: Floats, tilt_deg: float, azimuth_deg: float
) -> Floats:
    """Irradiance on a tilted plane [steps]; azimuth clockwise from north (180: south).

    Diffuse share by Erbs, Klein, Duffie, Solar Energy 28 (1982); beam, isotropic sky
    and ground by Liu and Jordan, Solar Energy 7 (1963). Below 5 degrees of elevation
    all light counts as diffuse.
    """
    above = np.maximum(sun.extraterrestrial_wm2(), 1e-6)
    clearness = np.clip(global_wm2 / above, 0, 1)
    high = sun.up > np.sin(np.radians(5))
    diffuse = global_wm2 * np.where(high, _erbs_diffuse_share(clearness), 1.0)
    tilt, azimuth = np.radians(tilt_deg), np.radians(azimuth_deg)
    facing = (
        sun.east * np.sin(tilt) * np.sin(azimuth)
        + sun.north * np.sin(tilt) * np.cos(azimuth)
        + sun.up * np.cos(tilt)
    )
    gain = np.where(high, np.maximum(facing, 0) / np.maximum(sun.up, 0.05), 0.0)
    sky, ground = (1 + np.cos(tilt)) / 2, GROUND_ALBEDO * (1 - np.cos(tilt)) / 2
    plane: Floats = (global_wm2 - diffuse) * gain + diffuse * sky + global_wm2 * ground
    return plane


def _erbs_diffuse_share(clearness: Floats) -> Floats:
    k = clearness
    middle = 0.9511 - 0.1604 * k + 4.388 * k**2 - 16.638 * k**3 + 12.336 * k**4
    return np.where(k <= 0.22, 1 - 0.09 * k, np.where(k <= 0.8, middle, 0.165))
