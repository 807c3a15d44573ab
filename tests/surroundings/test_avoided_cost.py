import numpy as np
import pytest

from twin.errors import InputError
from twin.surroundings.avoided_cost import (
    DAY_TYPES,
    avoided_cost_of,
    shipped_avoided_cost,
)

HEADER = "month,day_type,hour,usd_per_kwh"


def table(tmp_path, change=lambda rows: rows):
    rows = [
        f"{month},{kind},{hour},{month / 100 + hour / 10000}"
        for month in range(1, 13)
        for kind in DAY_TYPES
        for hour in range(24)
    ]
    file = tmp_path / "export.csv"
    file.write_text("\n".join([HEADER, *change(rows)]) + "\n")
    return file


def test_576_values_by_month_day_type_and_hour(tmp_path):
    own = avoided_cost_of(table(tmp_path))
    assert own.usd_per_kwh.shape == (12, 2, 24)
    assert own.by_minute(3, "weekend")[13 * 60 : 14 * 60] == pytest.approx(0.0313)


def test_the_table_that_ships_keeps_to_the_published_range():
    usd = shipped_avoided_cost().usd_per_kwh
    assert usd.shape == (12, 2, 24)
    assert (usd > 0).all() and usd.max() < 3
    assert (usd > 1).sum() == 2 and np.argwhere(usd > 1)[:, 0].tolist() == [8, 8]
    midday = usd[:, :, 10:15]
    assert (midday >= 0.03).all() and (midday <= 0.08).all()
    above_retail = np.unique(np.argwhere(usd > 0.4)[:, 0]) + 1
    assert above_retail.tolist() == [8, 9, 10]


@pytest.mark.parametrize(
    "change, told",
    [
        (lambda rows: rows[1:], "1 of 576 prices are missing, the first is month 1, "),
        (
            lambda rows: [*rows, rows[0]],
            "export.csv:578: tariff.export_file: month 1, weekday, hour 0 comes twice",
        ),
        (lambda rows: ["13,weekday,0,1", *rows[1:]], "month '13'; allowed: 1 to 12"),
        (lambda rows: ["1,sunday,0,1", *rows[1:]], "day_type 'sunday'; allowed: week"),
        (lambda rows: ["1,weekday,24,1", *rows[1:]], "hour '24'; allowed: 0 to 23"),
        (lambda rows: ["1,weekday,0,x", *rows[1:]], "'x' is not a finite number of"),
    ],
)
def test_what_is_wrong_is_told_with_its_row(tmp_path, change, told):
    with pytest.raises(InputError) as error:
        avoided_cost_of(table(tmp_path, change))
    assert told in str(error.value)


def test_other_columns_are_refused(tmp_path):
    file = tmp_path / "export.csv"
    file.write_text("hour,usd\n0,1\n")
    with pytest.raises(InputError, match="has the columns hour, usd; needed: month"):
        avoided_cost_of(file)
