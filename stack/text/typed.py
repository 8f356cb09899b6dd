"""Frozen records from plain data, such as YAML: strictly typed, without unknown keys, every mistake with its key."""

from datetime import date
from typing import Any, Self, TypeVar, cast

from cattrs import Converter, transform_error
from cattrs.errors import ForbiddenExtraKeysError

from stack.text.plain_yaml import plain_yaml

T = TypeVar("T")


class ShapeError(ValueError):
    """Data that does not fit a record; the text lists every mistake with the key that it is at."""


class FromYaml:
    """A record whose text form is YAML with its fields as keys."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the record from YAML with its fields as keys; raises ShapeError where they do not fit."""
        return structure(plain_yaml(text) or {}, cls)


def structure(data: Any, kind: type[T]) -> T:
    """Build a dataclass of type `kind` from mappings, lists and single values, nested ones included.

    Raises:
        ShapeError: a key is unknown or missing, or a value has another type than its field.

    """
    if not isinstance(data, dict):
        raise ShapeError(f"{kind.__name__}: expected a mapping, got {data!r}")
    try:
        return _CONVERTER.structure(data, kind)
    except Exception as broken:
        mistakes = transform_error(broken, kind.__name__, _message)
        raise ShapeError("; ".join(mistakes)) from broken


def _strict(value: Any, kind: type[T]) -> T:
    # An int is a float here, as in YAML; True is no int.
    if type(value) is kind or (kind is float and type(value) is int):
        return cast("T", value)
    raise TypeError(f"expected {kind.__name__}, got {value!r}")


def _message(broken: BaseException, _kind: type | None) -> str:
    if isinstance(broken, KeyError):
        return f"the key {broken} is missing"
    if isinstance(broken, ForbiddenExtraKeysError):
        return f"unknown keys: {', '.join(sorted(map(str, broken.extra_fields)))}"
    if isinstance(broken, AttributeError):
        return "expected a mapping"
    return str(broken)


_CONVERTER = Converter(forbid_extra_keys=True)
for _kind in (str, int, float, bool, bytes, date):
    _CONVERTER.register_structure_hook(_kind, _strict)
