"""What a study depends on, in words and as a figure."""

import pytest

from tests.analysis.test_tornado import ENDS, TWO_SEEDS
from twin.analysis.tornado import TORNADO_FILE, tornado
from twin.analysis.tornado_section import section, tornado_figure
from twin.analysis.tornado_words import ONE_SEED, questions_of, text
from twin.errors import InputError


@pytest.fixture
def folder(tmp_path):
    tornado(TWO_SEEDS, [], ENDS).write_parquet(tmp_path / TORNADO_FILE)
    return tmp_path


def test_differences_are_asked_before_levels(folder):
    names = [one.name for one in questions_of(folder)]
    assert names == ["v2g − base", "base", "v2g"]


def test_the_screen_tells_each_end_with_its_interval_the_widest_range_first(folder):
    lines = text(folder).splitlines()
    assert lines[1] == "What it depends on"
    assert "  Peak [kW]: −31.0 as it is; single draws −32.0 to −31.0" not in lines
    assert lines[4] == "  Peak [kW]: −31.0 as it is; single draws −31.9 to −30.1"
    told = "plug 0: −30.0 [−30.0 to −30.0]; 1: −50.0 [−50.0 to −50.0]"
    assert " ".join(lines[5].split()) == told
    assert lines[6].split()[:2] == ["load", "2500:"]
    assert "+5.0 [−7.7 to +17.7]" in lines[6]


def test_the_figure_has_two_bars_a_range_and_no_words_on_them(folder):
    figure = tornado_figure(questions_of(folder)[0])
    low, high = (trace for trace in figure.data if trace.type == "bar")
    assert list(low.x) == [-30.0, 5.0]
    assert list(high.x) == [-50.0, -6.0]
    assert "plug" in low.y[0] and "load" in low.y[1]
    assert "2500" in low.y[1] and "4500" in low.y[1]
    assert low.text is None
    assert low.error_x.array[1] == pytest.approx(12.706, abs=1e-3)
    (band,) = (shape for shape in figure.layout.shapes if shape.type == "rect")
    assert (band.x0, band.x1) == (pytest.approx(-0.95), pytest.approx(0.95))


def test_a_level_without_any_effect_is_told_in_words(tmp_path):
    still = TWO_SEEDS.filter(variant="base").with_columns(peak_kw=100.0)
    tornado(still, [], ENDS).write_parquet(tmp_path / TORNADO_FILE)
    assert "No range changes a main figure" in section(tmp_path)
    assert "no range changes a main figure" in text(tmp_path)


def test_one_seed_is_said_to_have_no_interval(tmp_path):
    one = TWO_SEEDS.filter(seed=1)
    tornado(one, [], ENDS).write_parquet(tmp_path / TORNADO_FILE)
    assert ONE_SEED in text(tmp_path)
    assert ONE_SEED in section(tmp_path)
    assert "±" not in text(tmp_path) and "[−" not in text(tmp_path)


def test_without_ranges_nothing_is_said_and_a_broken_file_is_told(tmp_path):
    assert section(tmp_path) == text(tmp_path) == ""
    (tmp_path / TORNADO_FILE).write_text("nothing of the kind")
    with pytest.raises(InputError, match="cannot be read"):
        questions_of(tmp_path)
