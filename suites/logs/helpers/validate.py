"""Validates log lines against the schema of their format: fast for the pass, in words for the failures.

jsonschema-rs gives the verdict on every line; jsonschema, which is far slower, explains one line of
each kind of failure. `tests/logs/test_validate.py` proves that both agree on every line.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import jsonschema
import jsonschema_rs
from jsonschema.exceptions import ValidationError

from stack.records.logs.format import LogFormat
from suites.logs.helpers.judge import quoted


class Breach(NamedTuple):
    """One way in which a line breaks its schema: the key (dotted path), the value there, and what is wanted."""

    key: str
    value: Any
    wanted: str

    def __str__(self) -> str:
        """For messages: key `ts` is null, not a number or a string: `null`."""
        key = f"key `{self.key}`" if self.key else "the line"
        return f"{key} {self.wanted}{f': {quoted(self.value)}' if ' not ' in self.wanted else ''}"


class LineValidator:
    """The schema of one log format."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._fast = jsonschema_rs.Draft202012Validator(dict(schema))
        self._explaining = jsonschema.Draft202012Validator(dict(schema))

    def valid(self, value: Mapping[str, Any]) -> bool:
        """Whether a parsed line keeps to the schema."""
        try:
            return self._fast.is_valid(value)
        except ValueError:  # values that Rust cannot represent, such as nesting beyond its recursion limit
            return bool(self._explaining.is_valid(value))

    def kind_of_failure(self, value: Mapping[str, Any]) -> object:
        """Something equal for lines that fail in the same way, and cheap: which keys break which parts."""
        try:
            return tuple(
                (*error.instance_path, "|", *error.schema_path, type(error.kind).__name__, _missing(error.message))
                for error in self._fast.iter_errors(value)
            )
        except ValueError:
            return None

    def explain(self, value: Mapping[str, Any]) -> list[Breach]:
        """All ways in which a line breaks the schema; empty for a line that does not."""
        return [_breach(error) for error in self._explaining.iter_errors(value)]


def _missing(message: str) -> str:
    """The part of an error of `required` that distinguishes it from another at the same place."""
    return message if message.endswith("is a required property") else ""


def _breach(error: ValidationError) -> Breach:
    path = ".".join(str(part) for part in error.absolute_path)
    wanted: Any = error.validator_value
    if "propertyNames" in error.absolute_schema_path:
        return Breach(path, None, "contains a key without a name")
    if error.validator == "required":
        name = error.message.split("'")[1]
        return Breach(f"{path}.{name}" if path else name, None, "is missing")
    if error.validator == "anyOf":
        title = error.schema.get("title", "") if isinstance(error.schema, Mapping) else ""
        return Breach(title.removeprefix("key ").strip("`"), None, "is missing")
    if error.validator == "type":
        kinds = [wanted] if isinstance(wanted, str) else list(wanted)
        return Breach(path, error.instance, f"is {article(kind_of(error.instance))}, not {_either(kinds)}")
    if error.validator == "minLength":
        return Breach(path, error.instance, "is empty")
    if error.validator == "pattern":
        return Breach(path, error.instance, f"does not match `{wanted}`")
    return Breach(path, error.instance, f"breaks `{error.validator}`")


def kind_of(value: object) -> str:
    """The JSON type of a parsed value; whole numbers are `integer`."""
    if isinstance(value, bool):
        return "boolean"
    kinds = {dict: "object", list: "array", str: "string", int: "integer", float: "number", type(None): "null"}
    return kinds[type(value)]


def article(kind: str) -> str:
    """The name of a JSON type with its article: `an object`, `null`."""
    return kind if kind == "null" else f"{'an' if kind[0] in 'aio' else 'a'} {kind}"


def _either(kinds: list[str]) -> str:
    return " or ".join(article(kind) for kind in kinds)


@cache
def validator(form: LogFormat) -> LineValidator:
    """The validator of a format, built once."""
    return LineValidator(form.schema)
