"""JSON and JMESPath as Promtail's `json` stage reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stack.embedded.jmespath import compile_path
from stack.embedded.json_values import Malformed, as_text, extracted, read_object
from stack.embedded.refusal import NotSimulated


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("a", 1.0),
        ("b.c", "d"),
        ('"x.y"', True),
        ("none || b.c", "d"),
        ('e || f || "x.y"', True),
        ("b.c.d", None),
        ("none", None),
    ],
)
def test_paths(expression: str, found: object) -> None:
    data = {"a": 1.0, "b": {"c": "d"}, "x.y": True, "e": "", "f": []}
    assert compile_path(expression, "here")(data) == found


@pytest.mark.parametrize("expression", ["a[-1]", "a.*", "length(a)", "a && ", "a | b", "@", "a.", "`1`", "a || "])
def test_paths_that_are_not_known_are_refused(expression: str) -> None:
    with pytest.raises(NotSimulated, match="here: the JMESPath expression"):
        compile_path(expression, "here")


@pytest.mark.parametrize(
    "text",
    ["", "[]", "1", "{", '{"a":NaN}', '{"a":1e999}', '{"a":01}', '{"a":"\t"}', '{"a":"\t\\n"}', "{}x", "\ufeff{}"],
)
def test_malformed_json(text: str) -> None:
    with pytest.raises(Malformed):
        read_object(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1795521605.1234567", "1795521605.1234567"),
        ("1", "1"),
        ("1.0", "1"),
        ("-0", "-0"),
        ("1e21", "1000000000000000000000"),
        ("12345678901234567890", "12345678901234567000"),
        ("1e-7", "0.0000001"),
        ("true", "true"),
        ("null", None),
        ('"x"', "x"),
        ('["a",1]', '["a",1]'),
        ('{"k":"<"}', '{"k":"\\u003c"}'),
        ('"\\ud800"', "�"),
        ('"a\\n\t"', "a\n\t"),
    ],
)
def test_json_values_become_the_text_that_promtail_makes_of_them(text: str, value: str | None) -> None:
    assert as_text(extracted(read_object(f'{{"a":{text}}}')["a"], utf8=True)) == value


@given(st.text())
def test_reading_json_never_raises_anything_else(text: str) -> None:
    for line in (text, f'{{"a": "{text}"}}', f'{{"a": {text}}}', "[" * 100_000):
        try:
            read_object(line)
        except Malformed:
            continue
