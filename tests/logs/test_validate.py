"""The fast validator and the explaining one agree on every line."""

import jsonschema
import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from stack.records.logs.format import FORMATS
from suites.logs.helpers.validate import kind_of, validator

VALUES: st.SearchStrategy[object] = st.sampled_from(
    ["", "info", "a:7", "8.11", "x\n", "undefined", 0, -1.5, 1.0, 2**70, 1e300, True, None, [], [1], {}]
)
INNER = st.dictionaries(st.sampled_from(["level", "logger", "version", "name", "message", "stack_trace", ""]), VALUES)


def keys_of(form: str) -> list[str]:
    own = FORMATS[form].own_schema or {}
    keys = (key for part in ("time", "level", "message") for key in getattr(FORMATS[form], part))
    return [*own.get("properties", {}), *keys, *(key.partition(".")[0] for key in keys), "", "further"]


def lines_of(form: str) -> st.SearchStrategy[dict[str, object]]:
    return st.dictionaries(st.sampled_from(keys_of(form)), VALUES | INNER, max_size=10)


FIELDS = [name for name, form in FORMATS.items() if form.lines != "text"]


@pytest.mark.parametrize("form", FIELDS)
def test_the_schema_is_valid_and_demands_something(form: str) -> None:
    jsonschema.Draft202012Validator.check_schema(FORMATS[form].schema)
    assert not validator(FORMATS[form]).valid({})


@pytest.mark.parametrize("form", ["zap", "ecs", "structlog", "otel", "loguru", "serilog"])
def test_both_validators_agree_on_any_line(form: str) -> None:
    both = validator(FORMATS[form])
    plain = jsonschema.Draft202012Validator(FORMATS[form].schema)

    @settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])  # tables are built once
    @given(lines_of(form))
    @example({"ts": 1, "level": "info", "msg": "m", "caller": "a:7\n"})
    @example({"timestamp": "t", "level": "info", "event": "e", "request_id": ""})
    def agree(line: dict[str, object]) -> None:
        assert both.valid(line) is plain.is_valid(line)
        assert (both.explain(line) == []) is both.valid(line)
        assert (both.kind_of_failure(line) == ()) is both.valid(line)

    agree()


def test_lines_that_fail_in_one_way_have_one_kind() -> None:
    zap = validator(FORMATS["zap"])
    first, second = ({"ts": None, "level": "info", "msg": text} for text in "ab")
    other = {"ts": 1, "level": 3, "msg": "a"}
    assert zap.kind_of_failure(first) == zap.kind_of_failure(second) != zap.kind_of_failure(other)


@pytest.mark.parametrize("depth", [300, 1000])
def test_deep_nesting_is_judged(depth: int) -> None:
    line = {"ts": 1, "level": "info", "msg": "m", "x": orjson.loads("[" * depth + "]" * depth)}
    assert validator(FORMATS["zap"]).valid(line)
    assert not validator(FORMATS["zap"]).valid({**line, "msg": 1})


def test_breaches_name_their_key() -> None:
    ecs = validator(FORMATS["ecs"])
    found = {(breach.key, breach.wanted) for breach in ecs.explain({"message": 1, "log": {"level": ""}})}
    assert found == {
        ("@timestamp", "is missing"),
        ("message", "is an integer, not a string"),
        ("log.level", "is empty"),
        ("ecs.version", "is missing"),
    }


@pytest.mark.parametrize(
    ("value", "kind"),
    [(True, "boolean"), (1, "integer"), (1.0, "number"), (None, "null"), ({}, "object"), ([], "array")],
)
def test_json_types(value: object, kind: str) -> None:
    assert kind_of(value) == kind
