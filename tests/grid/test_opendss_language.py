"""A stranger's circuit reads nothing else, writes nothing, starts and hangs nothing."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from twin.errors import InputError
from twin.grid import opendss_process
from twin.grid.opendss import load_opendss
from twin.grid.opendss_language import Vocabulary, flattened
from twin.grid.opendss_parser import Word, lines, words

HEAD = """clear
new circuit.small basekv=12.47
new line.one bus1=sourcebus bus2=end length=1 units=km
new load.home bus1=end kv=12.47 kw=100
"""
TAIL = """
set voltagebases=[12.47]
calcvoltagebases
solve
"""
PROPERTIES = {
    "vsource": ["bus1", "bus2", "basekv", "pu"],
    "line": ["bus1", "bus2", "linecode", "length", "units", "phases", "rmatrix", "r1"],
    "load": ["phases", "bus1", "kv", "kw", "pf", "model", "yearly", "debugtrace"],
    "loadshape": ["npts", "interval", "mult", "hour", "csvfile", "memorymapping"],
    "generator": ["phases", "bus1", "kw", "usermodel"],
}
COMMANDS = [
    "new", "edit", "more", "m", "~", "select", "save", "show", "solve", "enable",
    "disable", "plot", "reset", "compile", "set", "open", "close", "redirect", "cd",
    "clear", "calcvoltagebases", "fileedit", "doscmd", "buscoords", "batchedit", "var",
    "export",
]  # fmt: skip
OPTIONS = ["mode", "editor", "voltagebases", "datapath", "loadmult", "cktmodel"]


def master(folder: Path, script: str, name: str = "Master.dss") -> Path:
    (folder / name).write_text(script)
    return folder / name


def rewritten(folder: Path, script: str) -> list[str]:
    copies = folder / "copies"
    copies.mkdir(exist_ok=True)
    vocabulary = Vocabulary(COMMANDS, OPTIONS, PROPERTIES)
    found = flattened(master(folder, script), folder, copies, vocabulary)
    return [command.text for command in found.commands]


def refused(folder: Path, script: str) -> str:
    with pytest.raises(InputError) as told:
        rewritten(folder, script)
    return str(told.value)


def test_words_are_split_as_the_engine_does() -> None:
    line = 'New "Load.a b" kW = (3 4 +), bus1=[x.1 y] {q} kv=.4!c d=e'
    assert words(line) == [
        Word("", "New"),
        Word("", "Load.a b", '"'),
        Word("kW", "3 4 +", "("),
        Word("bus1", "x.1 y", "["),
        Word("", "q", "{"),
        Word("kv", ".4"),
    ]
    assert words("bus2=a//b=c") == [Word("bus2", "a")]
    assert words("bus2= , kw=") == [Word("bus2", ""), Word("kw", "")]


def test_block_comments_hide_whole_lines() -> None:
    script = "a\n/* b\nc */ d\ne\n/* f */\ng\rh"
    assert [(n, text) for n, text in lines(script) if text] == [
        (1, "a"), (4, "e"), (6, "g h"),
    ]  # fmt: skip


def test_short_words_positions_and_continuations_get_full_names(
    tmp_path: Path,
) -> None:
    script = """ed Circuit.x basek=12
    New Line.a b1 b2 len=3 ft 4 ! positions go on after a name
    ~ r1=2
    m rm=(1 | 2 3)
    Line.a.length=5 km 1
    var @z=7
    Load.b.kw=@z kv=(@z 2 *)
    """
    assert rewritten(tmp_path, script) == [
        'edit "circuit.x" basekv=12',
        'new "line.a" bus1=b1 bus2=b2 length=3 units=ft phases=4',
        "more r1=2",
        "more rmatrix=(1 | 2 3)",
        'edit "line.a" length=5 units=km phases=1',
        'edit "load.b" kw=7 kv=(7 2 *)',
    ]


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("DOScmd touch here", "doscmd"),
        ("dos touch here", "doscmd"),
        ("fileedit x.txt", "fileedit"),
        ("CD /", "cd"),
        ("set editor=/bin/sh", "editor"),
        ("set datapath=/", "datapath"),
        ("set ed=/bin/sh", "editor"),
        ("set nonsense=1", "nonsense"),
        ("set cktmodel=positive", "cktmodel"),
        ("new generator.g usermodel=/tmp/evil.so", "usermodel"),
        ("new generator.g user=evil", "usermodel"),
        ("generator.g.usermodel=evil", "usermodel"),
        ("~ usermodel=evil", "usermodel"),
        ("nonsense", "nonsense"),
        ("command=doscmd", "command"),
        ("new script.x a=b", "script"),
        ("new line.a b=c lenth=3", "lenth"),
        ("new line.a rmatrix=[key=3]", "rmatrix"),
        ("new load.a 1 2 3 4 5 6 7 8 9", "9"),
        ("new load.a kw=@nowhere", "@nowhere"),
        ("open line.a;x 1;y", "1;y"),
    ],
)
def test_what_a_circuit_does_not_need_is_refused_by_name_and_line(
    line: str, word: str, tmp_path: Path
) -> None:
    told = refused(tmp_path, f"{HEAD}new generator.g\n{line}\n")
    assert f"Master.dss:6: {word}: " in told


@pytest.mark.parametrize(
    "line",
    [
        "redirect {}",
        "compile {}",
        "buscoords {}",
        "new loadshape.s npts=1 csvfile={}",
        "new loadshape.s npts=1 mult=(file={})",
        "new loadshape.s npts=1 mult=[ File = {} , column=2]",
        "new loadshape.s npts=1 mult='dblfile={}'",
        "var @f=file={}",
        'var @f="{}"\nredirect @f',
        'var @f="file={}"\nnew loadshape.s mult=@f',
    ],
)
@pytest.mark.parametrize("way", ["absolute", "dots", "link", "linked folder"])
def test_no_file_outside_of_the_root_is_read(
    line: str, way: str, tmp_path: Path
) -> None:
    inside, secret = tmp_path / "in", tmp_path / "secret.txt"
    inside.mkdir()
    secret.write_text("solve\n1\n")
    (inside / "link.txt").symlink_to(secret)
    (inside / "up").symlink_to(tmp_path)
    path = {
        "absolute": str(secret),
        "dots": "../secret.txt",
        "link": "link.txt",
        "linked folder": "up\\secret.txt",
    }[way]
    if line.startswith("var @f=file"):
        line = "new loadshape.s npts=1 mult=\"file='{}'\""
    told = refused(inside, HEAD + line.format(path))
    assert "outside of" in told or "no value" in told
    assert "Master.dss:" in told


def test_what_is_no_regular_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "no regular file" in refused(tmp_path, "redirect pipe")
    assert "no such file: gone.dss" in refused(tmp_path, "redirect gone.dss")
    assert "no regular file" in refused(tmp_path, "redirect .")


def test_a_script_that_calls_itself_ends(tmp_path: Path) -> None:
    told = refused(tmp_path, "redirect Master.dss\nredirect Master.dss\n")
    assert "files within one another" in told


def test_data_files_are_copied_and_found_whatever_their_capitals(
    tmp_path: Path,
) -> None:
    (tmp_path / "Sub").mkdir()
    (tmp_path / "Sub" / "Shape.CSV").write_text("1\n2\n")
    master(tmp_path / "Sub", "new loadshape.s 2 1 (file=shape.csv column=1)", "s.dss")
    copy = tmp_path / "copies" / "data0.txt"
    assert rewritten(tmp_path, "redirect sub\\S.dss") == [
        f'new "loadshape.s" npts=2 interval=1 mult=[file="{copy}" column=1]'
    ]
    assert copy.read_text() == "1\n2\n"


def test_what_shows_or_writes_is_left_out_and_told(tmp_path: Path) -> None:
    script = f"""{HEAD}show voltages
    export voltages evil.csv
    save circuit dir=evil
    plot circuit
    new generator.g bus1=end kw=1 debugtrace=yes
    set demandinterval=true casename=evil
    set recorder=yes log=yes
    {TAIL}
    solve mode=daily number=1000000000
    """
    folder = tmp_path / "in"
    folder.mkdir()
    feeder = load_opendss(master(folder, script))
    assert sorted(path.name for path in folder.iterdir()) == ["Master.dss"]
    told = next(note for note in feeder.notes if note.startswith("ignored"))
    for word in ("show", "debugtrace", "set recorder", "set mode", "solve over time"):
        assert f"{word} (1)" in told


def test_a_misspelt_word_names_the_nearest(tmp_path: Path) -> None:
    assert "did you mean 'redirect'" in refused(tmp_path, "redirekt x.dss")
    assert "did you mean 'length'" in refused(tmp_path, "new line.a lenght=3")
    assert "did you mean 'loadshape'" in refused(tmp_path, "new loadshap.a npts=3")


def test_the_engine_s_own_complaint_has_file_and_line(tmp_path: Path) -> None:
    master(tmp_path, "\nnew load.bad bus1=end yearly=nowhere\n", "loads.dss")
    with pytest.raises(InputError, match=r"loads.dss:2: OpenDSS: .*nowhere"):
        load_opendss(master(tmp_path, f"{HEAD}redirect loads.dss{TAIL}"))


def child(monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    """A converting process that comes to a place, and then to this ending."""
    code = (
        "import os, sys, time, subprocess as s\n"
        "open(sys.argv[3] + '/reached', 'w').write('loads.dss:7\\n')\n" + ending
    )
    monkeypatch.setattr(opendss_process, "CHILD", ("-c", code))


def test_a_circuit_that_takes_too_long_is_ended_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = tmp_path / "mark"
    child(monkeypatch, f"s.run(['sh', '-c', 'sleep 3; touch {mark}'])")
    with pytest.raises(InputError, match=r"^loads.dss:7: .*not done within 1 s"):
        opendss_process.converted(master(tmp_path, HEAD + TAIL), most_seconds=1.0)
    time.sleep(2.5)
    assert not mark.exists()


@pytest.mark.parametrize(
    "line",
    ["new line.x phases=1e9", "new loadshape.s npts=-1", "line.x.phases=(9 9 *)"],
)
def test_far_too_many_of_anything_is_refused(line: str, tmp_path: Path) -> None:
    assert "a number from 0 to" in refused(tmp_path, line)


def test_a_crash_of_the_engine_is_told_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child(monkeypatch, "os.abort()")
    with pytest.raises(InputError, match=r"loads.dss:7: .*ended with signal 6"):
        load_opendss(master(tmp_path, HEAD + TAIL))


@pytest.mark.parametrize("script", ["", "new load.a", "clear\n", "solve"])
def test_what_is_no_circuit_is_told(script: str, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        load_opendss(master(tmp_path, script))
