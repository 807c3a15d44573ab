"""YAML 1.2, strictly: what is a number, what is text, what is refused, and where."""

from pathlib import Path

import pytest

from twin.errors import InputError
from twin.scenario.document import parse, read_document, scalar


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("16:30", "16:30"),
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("1e3", 1000.0),
        ("1.0e-8", 1e-8),
        (".5", 0.5),
        ("0x1F", 31),
        ("0o17", 15),
        ("017", 17),
        ("1_000", "1_000"),
        ("2026-01-12", "2026-01-12"),
        ("true", True),
        ("False", False),
        ("tRUE", "tRUE"),
        ("null", None),
        ("~", None),
        ("", None),
        ("-.inf", float("-inf")),
        ("+12", 12),
        ("=", "="),
    ],
)
def test_plain_scalars_follow_the_core_schema_of_yaml_1_2(word, value):
    assert scalar(word) == value
    assert type(scalar(word)) is type(value)


def test_a_quoted_scalar_is_always_text():
    node = parse("{a: '1', b: \"true\", c: 1}", "x", Path(), [])
    assert node.plain() == {"a": "1", "b": "true", "c": 1}


def test_every_value_and_key_knows_its_place():
    node = parse("a: 1\nb:\n  - c: 2\n", "x.yaml", Path(), [])
    c = node.child("b").child(0).child("c")
    assert (c.where, c.key_where) == ("x.yaml:3:8", "x.yaml:3:5")


BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "a: 1\na: 2\n",
            ["f.yaml:2:1: a: given twice, first at f.yaml:1:1; keep one"],
        ),
        (
            "t:\n  a: 1\n  a: 2\n  a: 3\n",
            [
                "f.yaml:3:3: t.a: given twice, first at f.yaml:2:3; keep one",
                "f.yaml:4:3: t.a: given twice, first at f.yaml:2:3; keep one",
            ],
        ),
        (
            BOMB,
            [
                "f.yaml:1:4: anchor '&a' is not allowed",
                "f.yaml:2:4: anchor '&b' is not allowed",
                "f.yaml:2:8: alias '*a' is not allowed, write it out",
                "f.yaml:2:12: alias '*a' is not allowed, write it out",
                "f.yaml:3:5: alias '*b' is not allowed, write it out",
                "f.yaml:3:9: alias '*b' is not allowed, write it out",
            ],
        ),
        (
            "a: !!python/object:os.system x\n",
            [
                "f.yaml:1:4: tag 'tag:yaml.org,2002:python/object:os.system' "
                "is not allowed"
            ],
        ),
        (
            "a: 1\n<<: {b: 2}\n",
            ["f.yaml:2:1: merge key '<<' is not allowed; use extends"],
        ),
        (
            "a: 1\n---\nb: 2\n",
            ["f.yaml:2:1: a second document; one file is one document"],
        ),
        ("%YAML 1.1\n---\na: 1\n", ["f.yaml:2:1: only YAML 1.2 is read"]),
        ("? {a: 1}\n: 2\n", ["f.yaml:1:3: a key must be a single word"]),
    ],
)
def test_what_is_refused_without_stopping(text, told):
    problems = []
    parse(text, "f.yaml", Path(), problems)
    assert [str(problem) for problem in problems] == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a:\n\tb: 1\n", "f.yaml:2:1: a tab; indent with spaces"),
        (
            "a: b: c\n",
            "f.yaml:1:5: a ':' too many: are the keys of one mapping indented alike? "
            "Text that holds ': ' needs quotes",
        ),
        (
            "a: 'x\n",
            "f.yaml:2:1: the text ends within quotes, the closing one lacks",
        ),
        (
            "a: [1, 2\n",
            "f.yaml:2:1: the text ends within brackets, a closing one lacks",
        ),
        ("a: [1, 2\nb: 3\n", "f.yaml:2:2: a ',' or a closing bracket is needed here"),
        ("a:\n  b: 1\n c: 2\n", "f.yaml:3:2: not indented like what it belongs to"),
        ("a: @x\n", "f.yaml:1:4: text that starts with this character needs quotes"),
        (
            "a: 1\nb: \x07\n",
            "f.yaml:2:4: control character 0x07; a YAML file in UTF-8 is needed",
        ),
        ("a: " + "[" * 50, "f.yaml:1:23: nested deeper than 20 levels"),
    ],
)
def test_what_stops_the_reading(text, told):
    with pytest.raises(InputError) as caught:
        parse(text, "f.yaml", Path(), [])
    assert str(caught.value) == told


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"", "f.yaml: is empty, a mapping of keys is needed"),
        (b"# nothing\n", "f.yaml: is empty, a mapping of keys is needed"),
        (b"- a\n", "f.yaml:1:1: holds no mapping of 'key: value'"),
        (b"PK\x00\x01", "f.yaml: is a binary file, a YAML file in UTF-8 is needed"),
        (
            b"a: 1\nb: M\xfcller\n",
            "f.yaml:2:5: byte 0xfc is not UTF-8 text; save the file in the encoding "
            "UTF-8",
        ),
        (b"a" * 1_000_001, "f.yaml: is larger than 1 MB, which no scenario is"),
    ],
)
def test_files_that_are_no_scenario(tmp_path, monkeypatch, raw, told):
    monkeypatch.chdir(tmp_path)
    Path("f.yaml").write_bytes(raw)
    with pytest.raises(InputError) as caught:
        read_document(Path("f.yaml"), [])
    assert str(caught.value) == told


def test_a_folder_and_a_missing_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("d").mkdir()
    for name, told in [
        ("d", "d: is a folder, a YAML file is needed"),
        ("none.yaml", "none.yaml: no such file"),
    ]:
        with pytest.raises(InputError) as caught:
            read_document(Path(name), [])
        assert str(caught.value) == told


def test_a_byte_order_mark_is_no_text(tmp_path):
    path = tmp_path / "f.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert read_document(path, []).plain() == {"a": 1}
