"""Control totals: read strictly, straight between years, mistakes with their place."""

from pathlib import Path

import pytest

from twin.errors import InputError
from twin.surroundings.control_totals import read_totals


def totals(folder: Path, text: str):
    path = folder / "evs.csv"
    path.write_text(text)
    return read_totals(path)


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(InputError) as told:
        totals(folder, text)
    return str(told.value).replace(f"{folder}/", "").splitlines()


def test_totals_are_exact_in_their_years_and_straight_between(tmp_path: Path):
    said = totals(
        tmp_path, "year,evs,load_factor,pv_kw\n2026,100,1.0,50\n2030,300,1.04,90\n"
    )
    asked = [said.homes("evs", year, 1000) for year in (2026, 2027, 2029, 2030)]
    assert asked == [100, 150, 250, 300]
    assert said.at("load_factor", 2028) == pytest.approx(1.02)
    assert said.homes("pv_kw", 2026, 1000, 5.0) == 10
    assert said.homes("heat_pumps", 2026, 1000) == 0
    assert not said.illustrative and said.source == "evs.csv"


def test_shares_are_of_homes(tmp_path: Path):
    said = totals(tmp_path, "year,ev_share,heat_pump_share\n2026,0.2,0.1\n")
    assert said.homes("evs", 2026, 1001) == 200
    assert said.homes("heat_pumps", 2026, 1001) == 100


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "year,ev\n2026,3\n",
            [
                "evs.csv:1:2: adoption.totals: unknown column 'ev'; allowed: year, "
                "evs, ev_share, pv_kw, pv_share, heat_pumps, heat_pump_share, "
                "load_factor; did you mean 'evs'?",
                "evs.csv:1:1: adoption.totals: column 'evs' or 'ev_share' is missing",
            ],
        ),
        (
            "year,evs,ev_share\n2026,3,0.1\n",
            ["evs.csv:1:3: adoption.totals: evs and ev_share: one of them"],
        ),
        (
            "year;ev_share\n2026;0,3\n",
            [
                "evs.csv:1: adoption.totals: columns are separated by semicolons; "
                "needed: commas, and decimals with a point"
            ],
        ),
        ("evs\n3\n", ["evs.csv:1:1: adoption.totals: column 'year' is missing"]),
        (
            "year,evs,evs\n2026,3,4\n",
            ["evs.csv:1:3: adoption.totals: the column 'evs' comes twice"],
        ),
        (
            "year,evs\n2026,many\n2027,-1\n\n2028,2.5\n",
            [
                "evs.csv:2:2: evs: got 'many', allowed is a whole number from 0 to "
                "1,000,000,000",
                "evs.csv:3:2: evs: got '-1', allowed is a whole number from 0 to "
                "1,000,000,000",
                "evs.csv:5:2: evs: got '2.5', allowed is a whole number from 0 to "
                "1,000,000,000",
            ],
        ),
        (
            "year,ev_share\n2026,inf\n20.5,1\n",
            [
                "evs.csv:2:2: ev_share: got 'inf', allowed is a number from 0 to 16",
                "evs.csv:3:1: year: got '20.5', allowed is a year from 1990 to 2199",
            ],
        ),
        (
            "year,evs\n2026,3,4\n",
            ["evs.csv:2:1: adoption.totals: got 3 values, the header has 2"],
        ),
        (
            "year,evs\n2030,5\n2026,9\n2027,8\n",
            [
                "evs.csv:3:1: year: got 2026 after 2030; years must rise",
                "evs.csv:4:2: evs: got 8 after 9; totals must not fall: what wears out "
                "is replaced",
            ],
        ),
        (
            "year,evs\n",
            ["evs.csv:2:1: adoption.totals: no rows; at least one year is needed"],
        ),
    ],
)
def test_every_mistake_is_told_with_its_place(tmp_path: Path, text, expected):
    assert problems(tmp_path, text) == expected


def test_a_file_that_is_no_text_is_told(tmp_path: Path):
    path = tmp_path / "evs.csv"
    path.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(InputError, match=r"evs.csv: adoption.totals: not a CSV table"):
        read_totals(path)
