"""The little languages that the stand-ins read: variables, Go's expressions, selectors, sizes."""

import re

import pytest

from stack.embedded.config import duration_ns, read_config, size
from stack.embedded.go_regex import compile_go
from stack.embedded.refusal import ConfigError, NotSimulated
from stack.embedded.selector import parse_selector
from stack.text.interpolation import expand_env


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("${A}", "a"),
        ("${NONE}", ""),
        ("${NONE:-x/y:1}", "x/y:1"),
        ("${A:-x}", "a"),
        ("${EMPTY:-x}", "x"),
        ("${EMPTY:=x}", "x"),
        ("${EMPTY:-}", ""),
        ("$A", "$A"),
        ("$$", "$"),
        ("$${A}", "${A}"),
        (r"\d \\ \/", r"\d \ /"),
        ("^a$'", "^a$'"),
    ],
)
def test_variables_are_expanded_as_the_servers_do(text: str, expanded: str) -> None:
    assert expand_env(text, {"A": "a", "EMPTY": ""}) == expanded


@pytest.mark.parametrize("text", ["${A/x/y}", "${#A}", "${A:0:1}", "${A%x}", "${A^^}"])
def test_other_substitutions_are_refused(text: str) -> None:
    with pytest.raises(NotSimulated, match=r"f\.yaml: the substitution"):
        read_config(text, {}, "f.yaml")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: [", "f.yaml: line 2: not YAML: "),
        ("a: 1\nb: {c", "f.yaml: line 3: not YAML: "),
        ("- a", "f.yaml: line 1: expected a mapping"),
    ],
)
def test_broken_configuration_names_file_and_line(text: str, place: str) -> None:
    with pytest.raises(ConfigError, match=place):
        read_config(text, {}, "f.yaml")


@pytest.mark.parametrize(
    ("expression", "matching", "other"),
    [
        ("^a$", "a", "a\n"),
        (r"\d", "5", "٥"),
        ("(?i:ERR)x", "errx", "errX"),
        ("x{2}", "xx", "x"),
        (r"a\.log", "a.log", "a-log"),
        (r"\{\"a\":\ 1\}\-", '{"a": 1}-', "{}"),
        ("/[^/]+/", "/a/", "//"),
        ("(?:a|b)c", "bc", "cc"),
        ("a.c", "a\u2028c", "a\nc"),
    ],
)
def test_expressions_match_what_go_matches(expression: str, matching: str, other: str) -> None:
    pattern = compile_go(expression, "here")
    assert pattern.search(matching)
    assert not pattern.search(other)


@pytest.mark.parametrize(
    "expression",
    ["[[:alpha:]]", r"\pL", r"\Qa\E", "(?U)a", "(?i)a", "(?<a>x)", "a*+", "a{2}+", r"\1", r"\w", r"[\d]", "[]a]", "a{",
     "(?=a)", "(?!a)", "(?<=a)b", "(?<!a)b", "[a"],
)  # fmt: skip
def test_expressions_that_are_not_known_are_refused(expression: str) -> None:
    with pytest.raises(NotSimulated, match="here: "):
        compile_go(expression, "here")


@pytest.mark.parametrize("expression", ["(a", "*", "a)"])
def test_expressions_that_are_none_are_errors(expression: str) -> None:
    with pytest.raises(ConfigError, match="here: "):
        compile_go(expression, "here")


@pytest.mark.parametrize(
    ("query", "selected"),
    [
        ('{a="1"}', True),
        ('{a="2"}', False),
        ('{a=~"1|2"}', True),
        ('{a=~"."}', True),
        ('{a=~"x"}', False),
        ('{b=""}', True),
        (r'{a="\U00000031"}', True),
        (r'{a="\\U00000031"}', False),
        (r'{b="\U00000000\U0001f600"}', False),
        ('{a="1", b=~".*"} |= "lin"', True),
        ('{a="1"} |= "lines"', False),
        ('{a="1"} |~ "^l.n"', True),
        ('{a="1"} |~ "in$|x"', False),
    ],
)
def test_selectors(query: str, selected: bool) -> None:
    assert parse_selector(query, "here").selects({"a": "1"}, "line") is selected


@pytest.mark.parametrize("query", ["", "{}", "a", '{a="1"', "{a=1}", '{a="1" b="2"}', r'{a="\q"}'])
def test_selectors_that_loki_refuses_are_errors(query: str) -> None:
    with pytest.raises(ConfigError, match="here: "):
        parse_selector(query, "here")


@pytest.mark.parametrize(
    ("query", "refused"),
    [
        ('{a="1"} | json', "| json"),
        ('{a!="1"}', "!="),
        ('{a!~"1"}', "!~"),
        ('{a="1"} != "x"', '!= "x"'),
        ('{a="1"} |= "x" |= "y"', '|= "y"'),
    ],
)
def test_queries_that_are_not_known_are_refused(query: str, refused: str) -> None:
    with pytest.raises(NotSimulated, match=re.escape(f"here: `{refused}` in a query")):
        parse_selector(query, "here")


def test_sizes_and_durations() -> None:
    assert [size(text, "here") for text in ("256KB", "1MB", "12", "3b", 7)] == [262144, 1048576, 12, 3, 7]
    assert [duration_ns(text, "here") for text in ("168h", "1m30s", "250ms", 0)] == [
        604800 * 10**9,
        90 * 10**9,
        250 * 10**6,
        0,
    ]
    for wrong in ("0.5KB", "x", "1KiB", ""):
        with pytest.raises(ConfigError, match="here"):
            size(wrong, "here")
    for wrong in ("1", "x", "1h x"):
        with pytest.raises(ConfigError, match="here"):
            duration_ns(wrong, "here")
