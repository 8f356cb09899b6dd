"""YAML with lines: what files of servers may hold, and how each mistake is named; strictness: test_catalog.py."""

from typing import Any

import pytest

from stack.text.yaml_text import ConfigError, read_mapping, read_yaml

MERGED = """\
base: &base {a: 1, b: [x, y]}
other: &other {b: 5, c: yes}
both:
  <<: [*base, *other]
  a: 3
again: *base
"""


def test_aliases_and_merged_mappings_keep_the_lines_of_what_they_name() -> None:
    document = read_yaml(MERGED)
    assert document.data["both"] == {"a": 3, "b": ["x", "y"], "c": True}
    assert document.data["again"] == {"a": 1, "b": ["x", "y"]}
    assert [document.line("both", key) for key in ("a", "b", "c")] == [5, 1, 2]
    assert [document.line("again"), document.line("again", "b", 1), document.line("both", "nothing")] == [6, 1, 3]
    assert document.line("nowhere") is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[1, -2.5, 1e3]", [1, -2.5, 1000.0]),
        ("[yes, Off, TRUE, ~, null, yEs]", [True, False, True, None, None, "yEs"]),
        ("['yes', \"1\", !!str 5]", ["yes", "1", "5"]),
        ("[12:30, 2026-01-31]", ["12:30", "2026-01-31"]),
        ("{8080: a, '<<': b}", {"8080": "a", "<<": "b"}),
        ("", None),
        ("# nothing", None),
    ],
)
def test_plain_values(text: str, value: Any) -> None:
    assert read_yaml(text).data == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "line 2: not YAML: "),
        ("a: *b", "line 1: a: not YAML: there is no anchor &b before this alias"),
        ("a: &a [1, *a]", "line 1: a[1]: not YAML: there is no anchor &a before this alias"),
        ("a: 1\nb: {c: 1, c: 2}", "line 2: b.c: duplicate key, first given in line 2"),
        ("a: !vault x", "line 1: a: the tag !vault is not allowed; values are plain data"),
        ("a: {<<: 5}", "line 1: a.<<: `<<` merges mappings only"),
        ("{[a]: b}", "line 1: a key must be a plain text"),
        ("a: 1\n---\nb: 2", "line 2: a second document begins here; a file holds one"),
        ("a: " + "[" * 400, "line 1: a[0][0]: nested more than 32 levels deep"),
        (
            "".join(f"a{n}: &a{n} {'[' * 20}{f'*a{n - 1}' * (n > 0)}{']' * 20}\n" for n in range(60)),
            "line 2: a1[0][0]: nested more than 32 levels deep with what *a0 stands for",
        ),
        ("\x00", "line 1: not YAML: "),
        ("- a", "line 1: expected a mapping of keys, found a list"),
    ],
)
def test_mistakes_are_named_with_line_and_key(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_mapping(text)
    assert str(caught.value).startswith(message)


def test_aliases_that_multiply_are_refused() -> None:
    levels = "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 30))
    with pytest.raises(ConfigError, match="more than 100000 values once aliases are resolved"):
        read_yaml(f"l0: &l0 [x]\n{levels}")
