"""JSON from elsewhere: what cannot be read, or only walked into too deeply, is named."""

import json

import pytest

from stack.records.config.scrape_jobs import jobs_of
from stack.text.json_text import MAX_DEPTH, read_json
from stack.text.yaml_text import ConfigError

TOO_DEEP = f"nested more than {MAX_DEPTH} levels deep"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        (b"\xff", "not JSON: "),
        ("9" * 5000, "not JSON: Exceeds the limit"),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), TOO_DEEP),
        ('{"a":' * 900 + "1" + "}" * 900, TOO_DEEP),
        ("[" * 100_000, TOO_DEEP),
    ],
)
def test_what_cannot_be_read_is_named(text: str | bytes, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_json(text)
    assert str(caught.value).startswith(message)


def test_what_can_be_read_is_plain_data() -> None:
    text = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert read_json(text) == json.loads(text)
    assert read_json(b'{"a": [1, "\xc3\xa4"]}') == {"a": [1, "ä"]}


def test_a_target_file_nested_too_deeply_is_refused() -> None:
    with pytest.raises(ConfigError, match=TOO_DEEP):
        jobs_of("[" * 100_000, "targets.json")
