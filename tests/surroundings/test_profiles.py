import numpy as np
import pytest

from twin.errors import InputError
from twin.surroundings.profiles import NAMES, draw_annual_kwh, profile


@pytest.mark.parametrize("name", ["eulv_bdew", "fontana", "network_constant"])
def test_every_data_set_has_the_same_face(name, make_homes, winter_week):
    model = profile(name, make_homes(4), winter_week, 1)
    assert model.name == name and name in NAMES
    assert model.notes and all(note.startswith(name) for note in model.notes)
    assert all(path.is_file() for path in model.inputs)
    for day in (0, 6, 7):
        assert model.day_kw(day).shape == model.mean_kw(day).shape == (96, 4)
        assert (model.day_kw(day) >= 0).all()


def test_unknown_names_are_told_with_the_nearest(make_homes, winter_week):
    with pytest.raises(InputError, match="did you mean 'eulv_bdew'") as caught:
        profile("eulv", make_homes(1), winter_week, 1)
    assert "eulv_bdew, fontana, network, network_constant or a .csv file" in str(
        caught.value
    )


def test_a_village_s_day_is_of_plausible_size(make_homes, winter_week):
    """1,500 homes of 3,500 kWh: 0.40 kW on average, 10.9 kWh on a January workday."""
    homes = make_homes(*[107] * 14)
    annual = draw_annual_kwh(1, homes.n, 3500, 0.5)
    kw = profile("eulv_bdew", homes, winter_week, 1).day_kw(0)
    assert kw.sum(axis=0).mean() / 4 == pytest.approx(10.9, rel=0.03)
    assert annual.mean() == pytest.approx(3500, rel=0.05)
    assert 0.6 < kw.mean(axis=1).max() < 0.85
    assert np.median(kw.max(axis=0)) > 2.0
